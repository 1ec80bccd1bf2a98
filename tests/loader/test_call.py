"""Calling objects of any make, by what their classes are called."""

from __future__ import annotations

import asyncio
import string
import sys
import threading
import types
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any

import pydantic
import pytest

from catalog.errors import LoadError
from catalog.loader.call import acall, acalled, call, called
from catalog.loader.usage import usage_of


def framework(module: str, named: str, /, **attributes: Any) -> type:
    """Return a class that looks as if *module* of a framework had defined it."""
    return type(named, (), {"__module__": module, **attributes})


def add(a: int, b: int = 2) -> int:
    """Add."""
    return a + b


async def later(a: int) -> int:
    """Add one, later."""
    await asyncio.sleep(0)
    return a + 1


def counted(n: int) -> Iterator[int]:
    """Count."""
    yield from range(n)


async def streamed(n: int) -> AsyncIterator[int]:
    """Count, later."""
    for one in range(n):
        yield one


async def said(value: Any) -> Any:
    """Say it, later."""
    return value


class Future:
    def __await__(self) -> Iterator[Any]:
        return later(1).__await__()


@pytest.mark.parametrize(
    ("obj", "arguments", "result"),
    [
        (add, {"a": 1}, 3),
        (add, {"a": 1, "b": 5}, 6),
        (lambda: 7, None, 7),
        (lambda: 7, {}, 7),
        (lambda text: text.upper(), "hi", "HI"),
        (lambda a, /, b: (a, b), {"a": 1, "b": 2}, (1, 2)),
        (lambda *, a, **rest: (a, rest), {"a": 1, "z": 2}, (1, {"z": 2})),
        (later, {"a": 1}, 2),
        (counted, {"n": 3}, [0, 1, 2]),
        (streamed, {"n": 3}, [0, 1, 2]),
        (Future, None, 2),
        ("x".join, "ab", "axb"),
        (len, "four", 4),
        (dict, {"a": 1}, {"a": 1}),
        ("Hello {who}", {"who": "you"}, "Hello you"),
        (string.Template("Hello $who"), {"who": "you"}, "Hello you"),
    ],
)
def test_functions_and_texts(obj: object, arguments: Any, result: object) -> None:
    """Functions take keyword arguments or one text; coroutines and generators are run to their end; awaited, too."""
    assert call(obj, arguments) == result
    assert asyncio.run(acall(obj, arguments)) == result


LANGCHAIN = framework(
    "langchain_core.tools.base",
    "BaseTool",
    invoke=lambda self, given: ("invoked", given),
    ainvoke=lambda self, given: said(("invoked", given)),
    __call__=lambda self, *args: pytest.fail("deprecated"),
)
FASTMCP = framework("fastmcp.tools.tool", "Tool", run=lambda self, arguments: later(arguments["a"]))
LLAMA = framework(
    "llama_index.core.tools.types",
    "BaseTool",
    __call__=lambda self: pytest.fail("not this one"),
    call=lambda self, a: types.SimpleNamespace(raw_output=a + 1),
)
OBJECTS: list[tuple[object, Any, object]] = [
    (LANGCHAIN, {"a": 1}, ("invoked", {"a": 1})),
    (LANGCHAIN, "text", ("invoked", "text")),
    (LANGCHAIN, None, ("invoked", {})),
    (
        framework("langchain_core.prompts.base", "BasePromptTemplate", format=lambda self, **kw: sorted(kw)),
        {"b": 1, "a": 2},
        ["a", "b"],
    ),
    (framework("pydantic_ai.tools", "Tool", takes_ctx=False, function=staticmethod(add)), {"a": 1}, 3),
    (
        framework(
            "pydantic_ai.agent", "Agent", run_sync=lambda self, text: text * 2, run=lambda self, text: said(text * 2)
        ),
        "hi",
        "hihi",
    ),
    (FASTMCP, {"a": 1}, 2),
    (framework("mcp.server.mcpserver.tools.base", "Tool", fn=staticmethod(later)), {"a": 1}, 2),
    (LLAMA, {"a": 1}, 2),
    (framework("smolagents.tools", "Tool", __call__=lambda self, a: a, forward=None), {"a": 1}, 1),
    (framework("crewai.tools.base_tool", "BaseTool", run=lambda self, a: a, arun=lambda self, a: said(a)), {"a": 1}, 1),
    (framework("unknown", "A", _run=lambda self, a: a), {"a": 1}, 1),
    (framework("unknown", "B", invoke=lambda self, given: given), {"a": 1}, {"a": 1}),
    (framework("unknown", "C", run=lambda self, a: a), {"a": 1}, 1),
    (framework("unknown", "D", call=lambda self, a: a), {"a": 1}, 1),
    (framework("unknown", "E", forward=lambda self, a: a), {"a": 1}, 1),
    (framework("unknown", "F", __call__=lambda self, a: a), {"a": 1}, 1),
]


@pytest.mark.parametrize(("cls", "arguments", "result"), OBJECTS)
@pytest.mark.parametrize("shape", ["object", "class", "subclass"])
def test_objects_and_classes_of_tools(cls: Any, arguments: Any, result: object, shape: str) -> None:
    """A tool is called as its framework does; a class of tools is made without arguments first; awaited, too."""
    made = {"object": lambda: cls(), "class": lambda: cls, "subclass": lambda: type("Own", (cls,), {})}[shape]()
    assert call(made, arguments) == result
    assert asyncio.run(acall(made, arguments)) == result


@pytest.mark.parametrize(
    ("content", "result"), [({"result": 3}, 3), ({"result": 3, "b": 1}, {"result": 3, "b": 1}), ({}, {})]
)
def test_the_result_of_a_fastmcp_tool_is_what_it_holds(content: dict[str, int], result: object) -> None:
    """Structured content is unwrapped; a single ``result`` is what the function returned."""
    answer = types.SimpleNamespace(structured_content=content)
    tool = framework("fastmcp.tools.tool", "Tool", run=lambda self, arguments: answer)()
    assert call(tool, {}) == result


def test_a_tool_that_is_only_a_coroutine_is_awaited() -> None:
    """A LangChain tool that refuses to be invoked is invoked asynchronously, if it can be."""

    def refused(self: object, given: object) -> None:
        raise NotImplementedError

    async def awaited(self: object, given: object) -> object:
        return given

    module = "langchain_core.tools.structured"
    assert call(framework(module, "BaseTool", invoke=refused, ainvoke=awaited)(), {"a": 1}) == {"a": 1}
    with pytest.raises(NotImplementedError):
        call(framework(module, "BaseTool", invoke=refused)(), {})


def test_arguments_a_framework_refuses_are_faults_of_the_arguments() -> None:
    """Pydantic's refusal of a tool's arguments is told as such; one from within the tool passes through."""

    class Given(pydantic.BaseModel):
        a: int

    class Inner(pydantic.BaseModel):
        b: int

    def invoke(self: object, given: Any) -> None:
        Given.model_validate(given)
        Inner.model_validate(given)

    tool = framework("langchain_core.tools", "BaseTool", invoke=invoke, args_schema=Given)()
    with pytest.raises(LoadError, match="doesn't take these arguments: a: Field required") as caught:
        call(tool, {})
    assert caught.value.facts["reason"] == "arguments"
    with pytest.raises(pydantic.ValidationError):
        call(tool, {"a": 1})


def test_an_openai_tool_gets_context_and_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool of OpenAI Agents gets its arguments as JSON text, and a context if that module is loaded."""

    async def invoked(context: Any, text: str) -> object:
        return (getattr(context, "tool_name", None), text)

    tool = framework("agents.tool", "FunctionTool", name="t", on_invoke_tool=staticmethod(invoked))()
    monkeypatch.delitem(sys.modules, "agents.tool_context", raising=False)
    assert call(tool, {"a": 1}) == (None, '{"a": 1}')

    class ToolContext:
        def __init__(self, context: object, tool_name: str, tool_call_id: str) -> None:
            self.tool_name = tool_name

    fake = types.ModuleType("agents.tool_context")
    fake.ToolContext = ToolContext  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "agents.tool_context", fake)
    assert call(tool, '{"a": 1}') == ("t", '{"a": 1}')


def test_an_openai_agent_is_run_by_its_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent of OpenAI Agents is given to the Runner of the module it came with."""

    async def run(agent: object, given: str) -> object:
        return types.SimpleNamespace(final_output=(agent, given))

    agent = framework("agents.agent", "Agent")()
    monkeypatch.delitem(sys.modules, "agents", raising=False)
    with pytest.raises(LoadError, match="has no Runner"):
        call(agent, "hi")
    fake = types.ModuleType("agents")
    fake.Runner = types.SimpleNamespace(run=run)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "agents", fake)
    assert call(agent, "hi") == (agent, "hi")


@pytest.mark.parametrize(
    ("obj", "arguments", "reason", "said"),
    [
        (3, None, "not-callable", "an object of builtins:int can't be called"),
        (object(), {}, "not-callable", "an object of builtins:object can't be called"),
        (add, {}, "arguments", "missing a required argument: 'a'"),
        (add, {"c": 1}, "arguments", "its parameters are (a:"),
        (add, {"a": 1, "c": 1}, "arguments", "unexpected keyword argument 'c'"),
        (lambda a, b: 1, "text", "arguments", "doesn't take one text"),
        (lambda: 1, "text", "arguments", "doesn't take one text"),
        ("Hello {who}", {}, "arguments", "the prompt needs a value for who; give who=…"),
        ("{who} {when}", "text", "arguments", "has 2 variables, so one text does not fill it in: give who, when"),
        (string.Template("$who"), {}, "arguments", "string:Template needs a value for who; give who=…"),
        (FASTMCP(), "text", "arguments", "takes an object with its parameters, not a text"),
        (
            framework("pydantic_ai", "Agent", run_sync=lambda self, t: t)(),
            None,
            "arguments",
            "an agent needs a request",
        ),
        (framework("pydantic_ai.tools", "Tool", takes_ctx=True)(), {}, "not-callable", "a running agent"),
        (
            framework("crewai.tools", "BaseTool", __init__=lambda self, key: None),
            {},
            "not-callable",
            "without arguments",
        ),
    ],
)
def test_what_does_not_fit_is_said(obj: object, arguments: Any, reason: str, said: str) -> None:
    """An object that can't be called, and arguments that don't fit, are errors of the catalog with a reason."""
    with pytest.raises(LoadError) as caught:
        call(obj, arguments)
    assert said in str(caught.value)
    assert caught.value.facts["reason"] == reason


@pytest.mark.parametrize("obj", [add, later, FASTMCP()])
def test_errors_of_the_object_itself_pass_through(obj: Callable[..., object]) -> None:
    """A TypeError within the called code is its own, not a fault of the arguments."""
    with pytest.raises(TypeError):
        call(obj, {"a": "text"})


def test_a_coroutine_is_run_while_a_loop_runs() -> None:
    """Called from code that an event loop runs, a coroutine still comes to its end."""

    async def outside() -> object:
        return call(later, {"a": 1})

    assert asyncio.run(outside()) == 2


def test_no_framework_is_imported_to_recognise_an_object() -> None:
    """Calling a foreign tool imports none of the frameworks it might belong to."""
    before = set(sys.modules)
    call(LANGCHAIN, {"a": 1})
    frameworks = {"langchain_core", "pydantic_ai", "agents", "llama_index", "smolagents", "crewai", "fastmcp", "mcp"}
    assert not frameworks & (set(sys.modules) - before)


def test_what_can_be_awaited_is_awaited_in_the_loop_of_the_caller() -> None:
    """A coroutine, an async method and an async twin run in the thread of the loop, all else in another."""
    here: list[int] = []

    async def coroutine() -> None:
        here.append(threading.get_ident())

    async def twin(self: object, given: object) -> None:
        here.append(threading.get_ident())

    async def method(self: object) -> None:
        here.append(threading.get_ident())

    def plain() -> None:
        here.append(threading.get_ident())

    with_twin = framework("unknown", "A", invoke=lambda self, given: pytest.fail("the other"), ainvoke=twin)()
    with_method = framework("unknown", "B", __call__=method)()

    async def loop() -> None:
        for obj in (coroutine, with_twin, with_method, plain):
            await acall(obj)

    asyncio.run(loop())
    assert [thread == threading.get_ident() for thread in here] == [True, True, True, False]


def test_no_exception_is_lost_in_a_thread() -> None:
    """A StopIteration, which no future takes, ends an awaited call all the same."""
    with pytest.raises(StopIteration):
        call(lambda: next(iter(())))
    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(asyncio.wait_for(acall(lambda: next(iter(()))), 10))


@pytest.mark.parametrize("function", [counted, streamed])
def test_what_is_yielded_is_told_as_it_comes(function: Any) -> None:
    """Each thing that a generator yields is told before the next is asked for, and all of them are the result."""
    told: list[int] = []
    assert called(function, {"n": 3}, None, told.append).value == told == [0, 1, 2]
    told.clear()

    async def loop() -> Any:
        return (await acalled(function, {"n": 3}, None, told.append)).value

    assert asyncio.run(loop()) == told == [0, 1, 2]


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        (None, {}),
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}, {"input_tokens": 3, "output_tokens": 2}),
        ([None, {"inputTokens": 1}, {"inputTokens": 2, "outputTokens": 4}], {"input_tokens": 3, "output_tokens": 4}),
        (
            {"gpt": {"prompt_tokens": 1, "cost": Decimal("0.25")}, "o": {"prompt_tokens": 2}},
            {"input_tokens": 3, "cost": 0.25},
        ),
        (types.SimpleNamespace(requests=2, input_tokens=0, output_tokens=7), {"requests": 2, "output_tokens": 7}),
        (
            {"prompt_token_count": 1, "candidates_token_count": 2, "thoughts_token_count": 3},
            {"input_tokens": 1, "output_tokens": 5},
        ),
        ({"input_tokens": "many", "output_tokens": True, "requests": float("nan")}, {}),
        ("text", {}),
    ],
)
def test_usage_is_told_in_the_same_words(said: object, usage: dict[str, float]) -> None:
    """Whatever a framework calls them, tokens, requests and dollars are counted; what nobody counted is left out."""
    assert usage_of(said) == usage
