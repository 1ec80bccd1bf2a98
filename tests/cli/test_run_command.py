"""``catalog run``."""

from __future__ import annotations

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
            "Error: --input takes a JSON object with the arguments by name, or one JSON text; see 'catalog run --help'",
        ),
        (
            "add",
            "{",
            "Error: --input is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1); "
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
    assert run_cli("run", "council:seo", "-i", '"go"') == (0, "seo: ['a'] on 'go'\n", "")
