"""``catalog run``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CALLED = '''
import sys

def add(a: int, b: int = 2) -> dict:
    """Add two numbers."""
    print("a word of its own")
    print("and one beside", file=sys.stderr)
    return {"sum": a + b}

def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()

def nothing() -> None:
    """Do nothing."""

def thing() -> object:
    """Return what JSON has no word for."""
    return {1, 1}

def fail(a: int) -> None:
    """Fail."""
    raise ValueError(f"no {a}")

def leave() -> None:
    """End the process."""
    raise SystemExit(7)

def wait() -> None:
    """Be interrupted."""
    raise KeyboardInterrupt

class Result:
    """What some frameworks return."""

    def model_dump(self, mode: str) -> dict:
        """Return the data."""
        return {"mode": mode}

LIMIT = 3
'''


@pytest.fixture
def called(project: Path, run_cli) -> Path:
    """The module ``called`` in the project, with entries for its functions."""
    (project / "called.py").write_text(CALLED)
    for name in ("add", "shout", "nothing", "thing", "fail", "leave", "wait", "Result", "LIMIT"):
        assert run_cli("register", "tool", name, f"called:{name}").status == 0
    return project / "called.py"


def test_data_is_printed_as_json(run_cli, called) -> None:
    """A result that is data is printed as JSON, after what the tool prints itself, each where it belongs."""
    assert run_cli("run", "tool:add", "--input", '{"a": 1}') == (
        0,
        'a word of its own\n{\n  "sum": 3\n}\n',
        "and one beside\n",
    )


@pytest.mark.parametrize(("given", "stdin"), [("@in.json", None), ("-", '"hello"'), ('"hello"', None)])
def test_text_is_printed_as_it_is(run_cli, called, given, stdin) -> None:
    """A text result has no quotes; the argument may come from a file or from standard input."""
    (called.parent / "in.json").write_text('"hello"')
    assert run_cli("run", "shout", "-i", given, stdin=stdin) == (0, "HELLO\n", "")


def test_json_quotes_every_result(run_cli, called) -> None:
    """``--json`` prints one JSON document whatever the result is."""
    assert run_cli("run", "shout", "-i", '"a"', "--json") == (0, '"A"\n', "")
    assert run_cli("run", "nothing", "--json") == (0, "null\n", "")
    assert run_cli("run", "Result", "--json") == (0, '{\n  "mode": "json"\n}\n', "")


def test_no_result_prints_nothing(run_cli, called) -> None:
    """A tool that returns None leaves standard output empty."""
    assert run_cli("run", "nothing") == (0, "", "")


def test_what_json_has_no_word_for_is_shown_as_python_does(run_cli, called) -> None:
    """A result that is no JSON is printed as its ``repr``."""
    assert run_cli("run", "thing") == (0, "{1}\n", "")


@pytest.mark.parametrize(("name", "what"), [("fail", "ValueError: no 1"), ("leave", "SystemExit: 7")])
def test_failing_code_is_one_line(run_cli, called, name, what) -> None:
    """What the code raises, SystemExit too, is one line and status 1; ``--traceback`` shows where."""
    given = ("--input", '{"a": 1}') if name == "fail" else ()
    assert run_cli("run", name, *given) == (1, "", f"Error: tool:{name} failed: {what}; --traceback shows where\n")
    shown = run_cli("run", name, *given, "--traceback")
    assert (shown.status, shown.out) == (1, "")
    assert "called.py" in shown.err
    assert shown.err.endswith(f"Error: tool:{name} failed: {what}\n")


def test_an_interrupt_ends_with_130(run_cli, called) -> None:
    """Ctrl-C while the code runs ends the command quietly with 130."""
    assert run_cli("run", "wait")[:2] == (130, "")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        (
            "add",
            '{"c": 1}',
            "Error: called:add doesn't take these arguments: missing a required argument: 'a'; "
            "its parameters are (a: int, b: int = 2) -> dict",
        ),
        (
            "add",
            "[1]",
            "Error: --input takes a JSON object with the arguments by name, or one text; see 'catalog run --help'",
        ),
        (
            "add",
            "{",
            "Error: --input is not JSON: Expecting property name enclosed in double quotes, at character 2; "
            "see 'catalog run --help'",
        ),
        (
            "add",
            "@no.json",
            "Error: no.json can't be read: No such file or directory; see 'catalog run --help'",
        ),
        (
            "LIMIT",
            "{}",
            "Error: an object of builtins:int can't be called: it has none of the methods tools, prompts and agents "
            "have",
        ),
    ],
)
def test_what_does_not_fit_is_wrong_use(run_cli, called, name, given, said) -> None:
    """Arguments that are no JSON or don't fit end with 2 before the code runs."""
    assert run_cli("run", name, "--input", given) == (2, "", f"{said}\n")


def test_changed_code_is_not_run(run_cli, called) -> None:
    """A tool whose signature has changed since it was recorded is refused, unless the policy is off."""
    called.write_text(CALLED.replace("def shout(text: str)", "def shout(text: str, times: int = 1)"))
    refused = run_cli("run", "shout", "-i", '"a"')
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.startswith(
        "Error: tool:shout: the signature of called:shout changed from (text: str) -> str to "
    )
    assert run_cli("run", "shout", "-i", '"a"', "--policy", "off") == (0, "A\n", "")


def test_code_that_can_not_be_imported_is_unusable(run_cli) -> None:
    """An entry whose module is missing ends with 3 and one line."""
    run_cli("register", "tool", "lost", "nowhere:f")
    done = run_cli("run", "lost")
    assert (done.status, done.out, done.err.count("\n")) == (3, "", 1)
    assert done.err.startswith("Error: can't load tool:lost (nowhere:f): there is no module 'nowhere';")


COUNCIL = '{"members": [{"id": "a", "role": "Writer", "system_prompt": "Write."}], "rounds": [{"type": "vote"}]}'
RUNNER = '''
def run(council, prompt):
    """Run a council."""
    return f"{council.name}: {[seat.id for seat in council.members]} on {prompt!r}"
'''


def test_a_council_that_is_data_goes_to_the_runner(run_cli, project: Path) -> None:
    """Without a runner one line says what to configure; with one, it gets the resolved council and the input."""
    (project / "runs.py").write_text(RUNNER)
    (project / "seo.json").write_text(COUNCIL)
    assert run_cli("register", "council", "seo", "@seo.json").status == 0
    status, out, err = run_cli("run", "council:seo", "-i", '"go"')
    assert (status, out) == (2, "")
    assert "council:seo is data, and nothing is configured that runs it" in err
    (project / "catalog.toml").write_text('runner = "runs:run"\n')
    assert run_cli("init", "--trust").status == 0
    assert run_cli("run", "council:seo", "-i", '"go"') == (0, "seo: ['a'] on 'go'\n", "")


TYPED = '''
def show(name: str, count: int = 1, ratio: float = 0.5, tag: str | None = None, rest=None, on: bool = False) -> list:
    """Show what arrives."""
    return [name, count, ratio, tag, rest, on]

def double(number: int) -> int:
    """Double it."""
    return 2 * number
'''


@pytest.fixture
def typed(project: Path, run_cli) -> None:
    """The module ``typed`` in the project, with entries for its functions."""
    (project / "typed.py").write_text(TYPED)
    for name in ("show", "double"):
        assert run_cli("register", "tool", name, f"typed:{name}").status == 0


def test_arguments_by_name_are_what_the_parameters_want(run_cli, typed) -> None:
    """``name=value`` is a text where the parameter is a text, else JSON where it is JSON, else a text."""
    given = ("name=7", "count=3", "ratio=2", "tag=null", 'rest={"a": "b=c"}', "on=True")
    assert run_cli("run", "show", *given, "--json").data == ["7", 3, 2, None, {"a": "b=c"}, True]
    assert run_cli("run", "show", "name=", "rest=a=b", "--json").data == ["", 1, 0.5, None, "a=b", False]
    assert run_cli("run", "show", "-i", '{"name": "x", "count": 2}', "count=4", "--json").data[:2] == ["x", 4]


@pytest.mark.parametrize(
    ("given", "shouted"),
    [("Paris", "PARIS"), ("5", "5"), ("true", "TRUE"), ("[draft] it", "[DRAFT] IT"), ('"a" b', '"A" B')],
)
def test_what_is_no_json_is_a_text(run_cli, called, given, shouted) -> None:
    """``-i Paris`` is the text Paris, from a file and from standard input, too."""
    assert run_cli("run", "shout", "-i", given) == (0, f"{shouted}\n", "")
    assert run_cli("run", "shout", "-i", "-", stdin=f"{given}\n") == (0, f"{shouted}\n", "")
    (called.parent / "given.txt").write_text(f"{given}\n")
    assert run_cli("run", "shout", "-i", "@given.txt") == (0, f"{shouted}\n", "")


def test_a_number_stays_one_where_one_is_wanted(run_cli, typed) -> None:
    """A number alone is a number if the first parameter is one, and a text if that is a text."""
    assert run_cli("run", "double", "-i", "5") == (0, "10\n", "")
    assert run_cli("run", "show", "-i", "5", "--json").data[0] == "5"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["Bo"], "arguments are written name=value, one text goes to --input; got 'Bo'"),
        (["=Bo"], "arguments are written name=value, one text goes to --input; got '=Bo'"),
        (["text=a", "text=b"], "'text' is given twice"),
        (
            ["text=a", "-i", "b"],
            "--input is one text, and NAME=VALUE go by name; give one or the other",
        ),
    ],
)
def test_arguments_of_another_form_are_wrong_use(run_cli, called, given, said) -> None:
    """What is no ``name=value``, or given twice, ends with 2 and is shown."""
    assert run_cli("run", "shout", *given) == (2, "", f"Error: {said}; see 'catalog run --help'\n")


def test_a_prompt_is_filled_in(run_cli, project) -> None:
    """A prompt registered as text, or from a file, is filled in; its braces of JSON stay."""
    (project / "greet.txt").write_text('Hello {name}, as {"a": {"b": 1}}\n')
    assert run_cli("register", "prompt", "greet", "Hello {name}") == (0, "registered prompt:greet (revision 1)\n", "")
    assert run_cli("register", "prompt", "filed", "@greet.txt").status == 0
    assert run_cli("register", "prompt", "piped", "@-", stdin="Hi {name}").status == 0
    assert run_cli("run", "greet", "name=Bo") == (0, "Hello Bo\n", "")
    assert run_cli("run", "greet", "name=007") == (0, "Hello 007\n", "")
    assert run_cli("run", "greet", "-i", "Paris") == (0, "Hello Paris\n", "")
    assert run_cli("run", "filed", "name=Bo") == (0, 'Hello Bo, as {"a": {"b": 1}}\n', "")
    assert run_cli("run", "piped", "name=Bo", "--json").data == "Hi Bo"


def test_a_missing_variable_is_named(run_cli, project) -> None:
    """A prompt without a value for a variable is wrong use, and names the entry and the variable."""
    run_cli("register", "prompt", "greet", "{greeting} {name}")
    assert run_cli("run", "greet", "nam=Bo") == (
        2,
        "",
        "Error: prompt:greet needs a value for greeting, name; give greeting=… name=…\n",
    )


def test_a_template_of_a_module_is_filled_in(run_cli, project) -> None:
    """A text that a module holds is a prompt, too, and its metadata says how its placeholders are written."""
    (project / "texts.py").write_text("""GREET = 'As {"a": 1}: {name}'""")
    run_cli("register", "prompt", "greet", "texts:GREET")
    assert run_cli("run", "greet", "name=Bo") == (0, 'As {"a": 1}: Bo\n', "")
    run_cli("register", "prompt", "other", "{{ name }}", "--meta", "template_format=liquid")
    assert run_cli("run", "other", "name=Bo").err == (
        "Error: prompt:other has template_format 'liquid', and only these can be filled in: f-string, jinja2, "
        "handlebars, mustache, plain, semantic-kernel, claude-command, copilot-prompt, gemini-command\n"
    )


NOISY = '''
import atexit, os, subprocess, sys
print("from print")
os.write(1, b"from the descriptor\\\\n")
sys.__stdout__.write("from the first stdout\\\\n")
subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
atexit.register(print, "from print at exit")
atexit.register(os.write, 1, b"from the descriptor at exit\\\\n")

def shout(text: str) -> str:
    """Say it loudly."""
    print("from the call")
    return text.upper()

class Embedder:
    """Prints when it is made."""

    name, width = "noisy", 2

    def __init__(self):
        print("from an embedder")

    def embed(self, texts):
        import numpy
        return numpy.array([[1, 0]] * len(texts), numpy.float32)
'''


@pytest.mark.parametrize("given", [("run", "shout", "text=a"), ("--embedder", "noisy:Embedder", "search", "loud")])
def test_json_stands_alone(project: Path, url: str, given) -> None:
    """Under ``--json`` all that imported code prints, in whatever way and at exit, too, goes to standard error."""
    (project / "noisy.py").write_text(NOISY.replace("\\\\", "\\"))
    (project / "catalog.toml").write_text('[trust]\nmode = "open"\n')  # as that of a file is by itself
    environment = {**os.environ, "CATALOG_URL": url, "CATALOG_TRUST": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "catalog_cli", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=project, env=environment, check=True)

    run("register", "tool", "shout", "noisy:shout")
    done = run(*given, "--json")
    assert json.loads(done.stdout) == "A" or [hit["key"] for hit in json.loads(done.stdout)] == ["tool:shout"]
    for printed in (
        "print",
        "the descriptor",
        "the first stdout",
        "a child",
        "print at exit",
        "the descriptor at exit",
    ):
        assert f"from {printed}\n" in done.stderr


AGENTS = '''
import asyncio, threading, time
from types import SimpleNamespace

class Agent:
    """An agent as pydantic-ai has them."""

    def run_sync(self, prompt):
        """Answer."""
        usage = SimpleNamespace(requests=2, input_tokens=1200, output_tokens=1, cost=0.00125)
        return SimpleNamespace(output=f"sorted: {prompt}", usage=usage)

Agent.__module__ = "pydantic_ai.agent"
triage = Agent()

def count(n: int):
    """Count."""
    for number in range(n):
        yield {"number": number}

def spell(word: str):
    """Spell."""
    yield from word

def hang() -> None:
    """Hang, in a thread that Python waits for."""
    threading.Thread(target=time.sleep, args=(60,)).start()
    time.sleep(60)

async def sleep() -> None:
    """Sleep."""
    await asyncio.sleep(60)
'''


@pytest.fixture
def agents(project: Path, run_cli) -> None:
    """The module ``agents_of_mine`` in the project, with an agent and tools."""
    (project / "agents_of_mine.py").write_text(AGENTS)
    assert run_cli("register", "agent", "triage", "agents_of_mine:triage").status == 0
    for name in ("count", "spell", "hang", "sleep"):
        assert run_cli("register", "tool", name, f"agents_of_mine:{name}").status == 0


def test_an_agent_answers_and_says_what_it_cost(run_cli, agents) -> None:
    """The answer is the result, the tokens a remark; kind and name may be two words; `--usage` gives all as JSON."""
    cost = "2 requests, 1200 input tokens, 1 output token, $0.00125"
    assert run_cli("run", "agent", "triage", "-i", "fire") == (0, "sorted: fire\n", f"{cost}\n")
    assert run_cli("run", "triage", "-i", "fire", "--json") == (0, '"sorted: fire"\n', f"{cost}\n")
    data = run_cli("run", "triage", "-i", "fire", "--json", "--usage").data
    assert data.pop("seconds") >= 0
    assert data == {
        "value": "sorted: fire",
        "usage": {"requests": 2, "input_tokens": 1200, "output_tokens": 1, "cost": 0.00125},
    }
    assert run_cli("run", "spell", "word=a", "--usage").err.endswith(" s\n")


def test_a_result_is_printed_as_it_comes(run_cli, agents) -> None:
    """`--stream` prints texts one behind the other and data line by line, and nothing twice."""
    assert run_cli("run", "spell", "word=tea", "--stream") == (0, "tea\n", "")
    assert run_cli("run", "count", "n=2", "--stream") == (0, '{"number": 0}\n{"number": 1}\n', "")
    assert run_cli("run", "count", "n=0", "--stream") == (0, "[]\n", "")
    assert run_cli("run", "spell", "word=tea", "--stream", "--json").status == 2


@pytest.mark.parametrize("name", ["hang", "sleep"])
def test_what_takes_too_long_ends_with_1(project: Path, url: str, run_cli, agents, name: str) -> None:
    """After `--timeout` the process ends with one line, whatever its threads still do."""
    (project / "catalog.toml").write_text('[trust]\nmode = "open"\n')  # as that of a file is by itself
    environment = {**os.environ, "CATALOG_URL": url, "CATALOG_TRUST": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-m", "catalog_cli", "run", name, "--timeout", "0.2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project, env=environment, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "Error: the call did not end within 0.2 s\n")


def test_a_time_that_is_none_is_wrong_use(run_cli, agents) -> None:
    """`--timeout` takes seconds above 0."""
    for given in ("0", "-1", "nan", "inf", "soon"):
        done = run_cli("run", "sleep", "--timeout", given)
        assert (done.status, f"'{given}' is no number of seconds above 0" in done.err) == (2, True)
