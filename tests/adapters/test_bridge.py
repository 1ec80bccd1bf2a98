"""An entry as a tool: what a model sees of it, and what a call comes to."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog

from catalog import Catalog, Settings
from catalog.adapters.base import Bridge, ToolError, as_text, bridge, bridges, entries_of


def of(cat: Catalog, name: str) -> Bridge:
    """Return the tool of this name."""
    (made,) = bridges(cat, name)
    return made


def both(tool: Bridge, arguments: object) -> str:
    """Return what a call shows the model, which is the same when it is awaited."""
    text = tool.call(arguments).text
    assert asyncio.run(tool.acall(arguments)).text == text
    return text


def test_a_tool_says_what_its_entry_says(tools: Catalog) -> None:
    """Name, description and schema come from the record; nothing is imported before the first call."""
    tool = of(tools, "tool:add")
    assert (tool.name, tool.description, tool.key) == ("add", "Add two whole numbers.", "tool:add")
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "description": "the first one"},
            "b": {"type": "integer", "default": 1, "description": "the second one"},
        },
        "required": ["a"],
    }
    assert "abacus" not in sys.modules
    assert (tool.call({"a": 2, "b": 3}).value, tool.call('{"a": 2}').value, tool(a=4)) == (5, 3, 5)
    assert "abacus" in sys.modules


def test_an_async_function_runs_in_the_loop_of_its_caller(tools: Catalog) -> None:
    """A coroutine is awaited where `acall` is, and run to its end where `call` is."""
    assert both(of(tools, "wait"), {"text": "tea"}) == "waited: tea"


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("add", {}, "tool 'add' was not called: a is missing"),
        ("add", {"a": "2"}, "tool 'add' was not called: a is \"2\", not integer"),
        ("add", {"a": True}, "tool 'add' was not called: a is true, not integer"),
        ("add", {"a": 1, "c": 2}, "tool 'add' was not called: c is unknown; known: a, b"),
        (
            "add",
            "{",
            "tool 'add' was not called: the arguments are not JSON: Expecting property name enclosed in double "
            "quotes: line 1 column 2 (char 1)",
        ),
        (
            "add",
            "[1]",
            "tool 'add' was not called: the arguments are no JSON object; give one, with a member for each parameter",
        ),
        ("fail", {"text": "me"}, "tool 'fail' failed: ValueError: the key … is wrong for me"),
        (
            "drifting",
            {"x": 1},
            "tool 'drifting' can't be used: its code is not what was recorded, and somebody has to accept the change "
            "first",
        ),
        ("gone", {"x": 1}, "tool 'gone' can't be used: its code is gone, or can't be imported"),
    ],
)
def test_whatever_goes_wrong_is_a_short_text(tools: Catalog, name: str, arguments: object, text: str) -> None:
    """Wrong arguments, an exception, drift and missing code each end in a sentence, and never in an exception."""
    tool = of(tools, name)
    assert both(tool, arguments) == text
    with pytest.raises(ToolError) if isinstance(arguments, dict) else pytest.raises(TypeError):
        tool(**arguments)  # type: ignore[arg-type]


def test_what_is_taken_away_untrusted_or_unreviewed_is_not_called(tools: Catalog) -> None:
    """An entry that went, one of a stranger and one that needs a review are refused when they are called."""
    tool = of(tools, "add")
    tools.unregister("tool", "add")
    assert both(tool, {"a": 1}) == "tool 'add' is not in the catalog any more"
    tools.verify()
    assert tools.entry("tool", "drifting").state == "needs review"
    assert (
        both(of(tools, "drifting"), {"x": 1})
        == "tool 'drifting' can't be used: it is not as it was reviewed, and somebody has to approve it first"
    )
    with open_catalog(tools.url, settings=Settings(embedder="none", trust={"mode": "listed"})) as strict:
        said = both(of(strict, "wait"), {"text": "a"})
    assert said == "tool 'wait' can't be used: its code is not trusted here"


def test_signals_pass_and_exits_do_not(catalog: Catalog) -> None:
    """An interrupt and what a framework names pass through a call; a tool that exits ends nothing."""

    def leave() -> None:
        raise SystemExit(3)

    def stop() -> None:
        raise KeyboardInterrupt

    def signal() -> None:
        raise LookupError("a signal")

    for obj in (leave, stop, signal):
        catalog.register("tool", None, obj, runtime=True)
    assert both(of(catalog, "leave"), {}) == "tool 'leave' failed: SystemExit: 3"
    with pytest.raises(KeyboardInterrupt):
        of(catalog, "stop").call()
    entry = catalog.entry("tool", "signal")
    with pytest.raises(LookupError):
        bridge(catalog, entry, passing=(LookupError,)).call()


def test_prompts_and_agents_are_tools_too(catalog: Catalog) -> None:
    """A prompt takes its placeholders, an agent one text; other kinds say in their names what they are."""

    class Agent:
        def run(self, prompt: str) -> str:
            return prompt.upper()

    catalog.register("prompt", "greet", "Hello {name}!")
    catalog.register("agent", "shouter", Agent(), runtime=True, description="Shouts.")
    greet, shouter = bridges(catalog, ["prompt:greet", "agent:shouter"])
    assert [tool.name.rpartition("_")[0] for tool in (greet, shouter)] == ["prompt_greet", "agent_shouter"]
    assert both(greet, {"name": "Bo"}) == "Hello Bo!"
    assert list(shouter.parameters["properties"]) == ["input"]
    assert both(shouter, {"input": "hi"}) == "HI"


def test_what_nobody_knows_of_arguments_is_read_at_the_first_call(catalog: Catalog) -> None:
    """An object without a recorded schema takes anything until its own signature is there to be looked at."""

    def half(x: float) -> float:
        return x / 2

    catalog.register("tool", "half", half, runtime=True)
    tool = of(catalog, "half")
    assert tool.parameters == {"type": "object", "properties": {}, "additionalProperties": True}
    assert both(tool, {"y": 1}) == "tool 'half' was not called: x is missing; y is unknown; known: x"
    assert both(tool, {"x": 1}) == "0.5"


def test_a_deprecated_tool_says_so(tools: Catalog) -> None:
    """The model reads in the description that something else is better, and may call it all the same."""
    tools.deprecate("tool:wait", reason="too slow", instead="tool:add")
    assert of(tools, "wait").description == (
        "Wait for a text and give it back. (It is deprecated: too slow; use tool:add instead.)"
    )
    with pytest.warns(UserWarning, match="deprecated"):
        assert of(tools, "wait").call({"text": "a"}).text == "waited: a"


def test_keys_hits_and_entries_stand_for_entries(tools: Catalog) -> None:
    """Names, keys, pairs, hits and entries may be mixed; each entry comes once, in the order given."""
    (hit,) = tools.search("add", limit=1)
    mixed = ["wait", "tool:fail", ("tool", "add"), hit, tools.entry("tool", "wait")]
    assert [entry.name for entry in entries_of(tools, mixed)] == ["wait", "fail", "add"]
    assert [entry.name for entry in entries_of(tools, ("tool", "add"))] == ["add"]
    assert [entry.name for entry in entries_of(tools, hit)] == ["add"]


def test_parameters_get_names_that_providers_take(catalog: Catalog) -> None:
    """A parameter in letters of another script is shown in plain ones, and called by its own name."""

    def grow(größe: int, by: int = 1) -> int:
        return größe + by

    async def later(größe: int) -> int:
        return größe

    schema = {"type": "object", "properties": {"größe": {"type": "integer"}, "by": {}}, "required": ["größe"]}
    for obj in (grow, later):
        catalog.register("tool", None, obj, runtime=True, metadata={"parameters": schema})
    tool = of(catalog, "grow")
    shown, by = tool.parameters["properties"]
    assert (shown.isascii(), by, tool.parameters["required"]) == (True, "by", [shown])
    assert both(tool, {shown: 2, "by": 3}) == "5"
    assert both(tool, {}) == f"tool 'grow' was not called: {shown} is missing"
    assert both(of(catalog, "later"), {shown: 2}) == "2"


def test_async_agents_and_positional_parameters_are_called_as_others(catalog: Catalog) -> None:
    """An agent that is an async function gets its one text, and parameters without names get what is meant for them."""

    async def agent(request: str, /) -> str:
        return request.upper()

    async def divide(a: float, b: float, /, *, digits: int = 1) -> float:
        return round(a / b, digits)

    catalog.register("agent", None, agent, runtime=True)
    catalog.register("tool", None, divide, runtime=True)
    (tool,) = bridges(catalog, "agent:agent")
    assert both(tool, {"input": "hi"}) == "HI"
    assert both(of(catalog, "divide"), {"b": 2, "a": 5, "digits": 2}) == "2.5"
    assert both(of(catalog, "divide"), {"b": 2}).startswith("tool 'divide' was not called: a is missing")


def test_texts_are_short_visible_and_without_secrets(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Descriptions hold 1,024 visible characters at the most; an error shows no secret of the environment."""
    monkeypatch.setenv("BANK_API_KEY", "correct-horse-battery")

    def pay() -> None:
        raise RuntimeError("401 for correct-horse-battery at postgres://ann:pw@db/x " + "x" * 900)

    catalog.register("tool", None, pay, runtime=True, description="pay\u202e " + "x" * 2000)
    tool = of(catalog, "pay")
    assert (tool.description[:5], len(tool.description), tool.description[-1]) == ("pay\ufffd ", 1024, "…")
    text = both(tool, {})
    assert text.startswith("tool 'pay' failed: RuntimeError: 401 for … at postgres://db/x xxx")
    assert len(text) == 500


def test_results_become_text() -> None:
    """Text stays, data are JSON, and what JSON has no form for is shown somehow."""
    assert [as_text(value) for value in ("é", None, {"a": {1}}, (1, b"x"), Path("p"), float)] == [
        "é",
        "null",
        '{"a": [1]}',
        '[1, "x"]',
        '"p"',
        "\"<class 'float'>\"",
    ]


@dataclass
class Point:
    """A result, and an argument."""

    x: int
    rest: Any = None


def given_back(value: Any) -> Any:
    """Give back what a case names: no argument of a model could be such a thing."""
    return ODD[value][0]


ODD: dict[str, tuple[Any, str, Any]] = {
    "bytes": (b"\xff\x00a", "\ufffd\x00a", "\ufffd\x00a"),
    "dataclass": (Point(1, [Point(2)]), '{"x": 1, "rest": [{"x": 2, "rest": null}]}', None),
    "generator": ((n for n in range(2)), "[0, 1]", [0, 1]),
    "number that is none": (float("nan"), "NaN", "NaN"),
    "half a pair": ("\ud800 half", "? half", "? half"),
    "half a pair within": ({"a": "\ud800"}, '{"a": "?"}', '{"a": "?"}'),
    "keys that are no texts": ({(1, 2): 3}, "{(1, 2): 3}", "{(1, 2): 3}"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_results_are_what_a_request_can_hold(catalog: Catalog, case: str) -> None:
    """Whatever a tool returns, its text is UTF-8, and its data is JSON or that text."""
    catalog.register("tool", None, given_back, runtime=True)
    outcome = of(catalog, "given_back").call({"value": case})
    _, text, data = ODD[case]
    assert outcome.text == text
    assert outcome.data == (text if data is None else data)
    assert text.encode().decode() == text


def test_a_long_result_is_cut(catalog: Catalog) -> None:
    """Of a result a model is shown so many characters, and how many there are; a program has it all."""
    catalog.register("tool", "much", lambda: ["x"] * 50_000, runtime=True)
    outcome = of(catalog, "much").call()
    assert outcome.text.endswith("… (the first 100,000 of 250,000 characters)")
    assert (outcome.data, len(outcome.value)) == (outcome.text, 50_000)


def test_a_call_has_its_time(url: str) -> None:
    """`call_timeout` ends a call that takes longer with a text for the model, awaited or not."""

    async def sleep() -> None:
        await asyncio.sleep(60)

    with open_catalog(url, settings=Settings(embedder="none", call_timeout=0.05)) as cat:
        cat.register("tool", None, sleep, runtime=True)
        assert both(of(cat, "sleep"), {}) == "tool 'sleep' failed: it took too long"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("login with password=hunter2 failed", "login with password=… failed"),
        ("GET https://x/?api_key=abc&q=1", "GET https://x/?api_key=…&q=1"),
        ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer …"),
        ("unexpected token: foo, token limit = 5", "unexpected token: foo, token limit = 5"),
    ],
)
def test_an_error_gives_no_password_away(catalog: Catalog, said: str, shown: str) -> None:
    """What a message calls a password, a key or a token is hidden, and nothing else is."""

    def fail() -> None:
        raise ValueError(said)

    catalog.register("tool", None, fail, runtime=True)
    assert both(of(catalog, "fail"), {}) == f"tool 'fail' failed: ValueError: {shown}"


def test_a_model_gives_data_and_a_function_gets_what_it_wants(catalog: Catalog) -> None:
    """An argument that is annotated as a class arrives as an object of it."""

    def area(point: Point) -> str:
        return f"{type(point).__name__} {point.x}"

    catalog.register("tool", None, area, runtime=True)
    assert both(of(catalog, "area"), {"point": {"x": 3}}) == "Point 3"
    assert "was not called: " in both(of(catalog, "area"), {"point": {"x": "many"}})


def test_importing_the_catalog_loads_no_adapter(run_python) -> None:  # type: ignore[no-untyped-def]
    """`import catalog`, a search and a lookup load no adapter."""
    code = (
        "import sys\nfrom catalog import Catalog\n"
        "with Catalog('sqlite://', embedder='none') as cat:\n    cat.search('a')\n    cat.get('tool', 'a')\n"
        "print([name for name in sys.modules if name.startswith('catalog.adapters')])"
    )
    assert run_python(code) == "[]"
