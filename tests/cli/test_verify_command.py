"""``catalog verify``."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCE = "def f(a):\n    return a\n\ndef g(a):\n    return a\n\ndef h(a):\n    return a\n"


@pytest.fixture
def drifted(run_cli, project: Path) -> Path:
    """A module with three registered functions: another signature, another body, and one that is gone."""
    file = project / "drifting.py"
    file.write_text(SOURCE)
    for name in "fgh":
        run_cli("register", "tool", name, f"drifting:{name}")
    file.write_text("def f(a, b):\n    return a\n\ndef g(a):\n    return a + 1\n")
    return file


def test_sound_code_is_a_yes(run_cli, project) -> None:
    """Without drift the status is 0, nothing is on standard output, and an array is empty."""
    remark = "0 checked; no drift: all code is as it was recorded\n"
    assert run_cli("verify") == (0, "", remark)
    assert run_cli("verify", "--json") == (0, "[]\n", remark)


def test_drift_is_a_no(run_cli, drifted) -> None:
    """Every drifted entry is a line, and standard error says what to do about it."""
    assert run_cli("verify") == (
        1,
        "tool:f\tsignature\tdrifting:f\t(a) → (a, b)\ntool:g\tsource\tdrifting:g\t\ntool:h\tmissing\tdrifting:h\t\n",
        "3 checked; 3 entries have drifted; `catalog verify --accept [KEY]...` records the code as it is now; "
        "`catalog doctor` looks for code that is gone\n",
    )


def test_a_terminal_gets_a_table(run_cli, drifted) -> None:
    """On a terminal the same is a table."""
    assert run_cli("verify", "f", "g", width=80).out == (
        "KEY     CHANGED    REFERENCE   NOW\n"
        "tool:f  signature  drifting:f  (a) → (a, b)\n"
        "tool:g  source     drifting:g\n"
    )


def test_json_is_an_array_of_drifts(run_cli, drifted) -> None:
    """``--json`` gives all that is known of each drift."""
    done = run_cli("verify", "tool:f", "--json")
    (drift,) = done.data
    assert (done.status, drift["key"], drift["change"], drift["new_signature"], drift["accepted"]) == (
        1,
        "tool:f",
        "signature",
        "(a, b)",
        False,
    )


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (("--policy", "signature"), ["tool:f", "tool:h"]),
        (("tool:g", "h"), ["tool:g", "tool:h"]),
        (("--kind", "tool", "--policy", "source"), ["tool:f", "tool:g", "tool:h"]),
        (("--kind", "model"), []),
    ],
)
def test_options_choose_what_is_compared(run_cli, drifted, options, keys) -> None:
    """Keys, kinds and the policy leave exactly the drifts that were asked about."""
    done = run_cli("verify", *options, "--json")
    assert (done.status, [one["key"] for one in done.data]) == (1 if keys else 0, keys)


def test_accepting_is_explicit_and_recorded(run_cli, drifted) -> None:
    """``--accept`` takes the code as it is now; what is gone stays a drift."""
    assert run_cli("verify", "f", "--accept") == (0, "accepted tool:f\n", "1 checked\n")
    assert run_cli("verify", "--accept") == (
        1,
        "tool:h\tmissing\tdrifting:h\t\naccepted tool:g\n",
        "3 checked; 1 entry has drifted; `catalog doctor` looks for code that is gone\n",
    )
    assert [one["key"] for one in run_cli("verify", "--json").data] == ["tool:h"]
    assert [one["action"] for one in run_cli("log", "tool:f", "--json").data] == ["accept", "drifted", "register"]


def test_an_unknown_key_is_a_no(run_cli) -> None:
    """A key nobody has can't be verified."""
    assert run_cli("verify", "tool:nope") == (1, "", "Error: no entry 'tool:nope'\n")


def test_what_has_nothing_to_compare_is_counted(run_cli, project) -> None:
    """Compiled code is counted and no fault; what could be compared and was not is a no, until it is recorded."""
    (project / "plain.py").write_text("def f(a):\n    return a\n")
    run_cli("register", "tool", "f", "plain:f")
    run_cli("register", "tool", "root", "math:sqrt")
    run_cli("import", "-", stdin='{"kind": "schema", "name": "s", "spec": {"type": "object"}}')
    done = run_cli("verify", "--json")
    assert (done.status, [(one["key"], one["change"]) for one in done.data], done.err) == (
        0,
        [("tool:root", "uncheckable")],
        "1 checked, 1 has nothing to compare; no drift: all that was compared is as it was recorded\n",
    )
    run_cli("import", "-", stdin='{"kind": "tool", "name": "g", "ref": "later_on:g"}')
    assert run_cli("verify") == (
        1,
        "tool:g\tunchecked\tlater_on:g\t\n",
        "1 checked, 2 have nothing to compare; what is not to be seen from here is verified where its code is; "
        "--allow-unchecked lets it pass\n",
    )
    assert run_cli("verify", "--allow-unchecked").status == 0
    (project / "later_on.py").write_text("def g(a):\n    return a\n")
    assert run_cli("verify").err == (
        "1 checked, 2 have nothing to compare; `catalog verify --accept [KEY]...` records the code as it is now\n"
    )
    assert run_cli("verify", "--accept").out == "accepted tool:g\n"
    assert run_cli("verify").status == 0
