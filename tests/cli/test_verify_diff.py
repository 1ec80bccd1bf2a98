"""``catalog verify --diff``."""

from __future__ import annotations

from pathlib import Path

import pytest

OLD = 'def price(item: str) -> int:\n    """The price of an item."""\n    return 1\n'
NEW = 'def price(item: str, count: int = 1) -> int:\n    """The price of some items."""\n    return count\n'
DIFF = """\
--- tool:price as recorded
+++ pricing:price now
@@ -1,3 +1,3 @@
-def price(item: str) -> int:
-    \"\"\"The price of an item.\"\"\"
-    return 1
+def price(item: str, count: int = 1) -> int:
+    \"\"\"The price of some items.\"\"\"
+    return count
"""


@pytest.fixture
def priced(run_cli, project: Path) -> Path:
    """A tool that was found by a scan."""
    (project / "pricing.py").write_text(OLD)
    run_cli("scan", "pricing.py", "--public")
    return project / "pricing.py"


def test_the_old_source_is_shown_where_it_was_kept(run_cli, priced) -> None:
    """After `pin` each field and the source show what was and what is."""
    run_cli("pin")
    priced.write_text(NEW)
    done = run_cli("verify", "--diff")
    assert (done.status, done.out) == (
        1,
        "tool:price  signature  pricing:price\n"
        "  - signature: (item: str) -> int\n"
        "  + signature: (item: str, count: int = 1) -> int\n"
        "  - description: The price of an item.\n"
        "  + description: The price of some items.\n"
        '  + parameters.count: {"type": "integer", "default": 1}\n'
        + "".join(f"  {line}\n" for line in DIFF.splitlines()),
    )
    (found,) = run_cli("verify", "--diff", "--json").data
    assert found["fields"] == {
        "signature": {"old": "(item: str) -> int", "new": "(item: str, count: int = 1) -> int"},
        "description": {"old": "The price of an item.", "new": "The price of some items."},
        "parameters.count": {"old": None, "new": {"type": "integer", "default": 1}},
    }
    assert (found["source"], found["why_not"], found["change"]) == (DIFF, "", "signature")


def test_without_it_the_fields_are_shown(run_cli, priced) -> None:
    """Where no source was kept that is said, and what keeps it."""
    priced.write_text(NEW)
    assert run_cli("verify", "--diff").out.splitlines()[-1] == (
        "  (the old source was not kept; `catalog pin` keeps it)"
    )


def test_source_of_another_state_is_not_taken_for_the_old(run_cli, priced) -> None:
    """What was pinned after the change is not what was recorded, so it is compared with nothing."""
    priced.write_text(NEW)
    run_cli("pin")
    priced.write_text(NEW.replace("return count", "return 7"))
    (found,) = run_cli("verify", "--diff", "--json").data
    assert (found["source"], found["why_not"]) == (None, "the old source was not kept; `catalog pin` keeps it")


def test_source_is_kept_only_where_it_is_wanted(run_cli, priced) -> None:
    """`--no-source` keeps nothing; too much is not kept, and the rest is."""
    run_cli("pin", "--no-source")
    priced.write_text(NEW)
    assert run_cli("verify", "--diff", "--json").data[0]["source"] is None


def test_a_person_s_own_description_is_not_compared(run_cli, project) -> None:
    """What somebody wrote for an entry says nothing about its code."""
    (project / "pricing.py").write_text(OLD)
    run_cli("register", "tool", "price", "pricing:price", "--description", "What things cost.")
    (project / "pricing.py").write_text(NEW)
    assert list(run_cli("verify", "--diff", "--json").data[0]["fields"]) == ["signature", "parameters.count"]


def test_escape_sequences_in_source_do_not_reach_the_terminal(run_cli, priced) -> None:
    """A changed source with control characters is shown without them; JSON has them escaped."""
    run_cli("pin")
    priced.write_text(NEW.replace("The price of some items.", "\x1b[2J\u202eevil"))
    out = run_cli("verify", "--diff", width=80).out
    assert not {"\x1b", "\u202e"} & set(out)


def test_a_changed_decorator_is_no_changed_description(run_cli, project, plots) -> None:
    """The description that a decorator gives is compared with the one it gave, not with the docstring."""
    run_cli("scan", "plots.py")
    run_cli("pin")
    plots.write_text(plots.read_text().replace("against", "over").replace("two CSV columns", "a file"))
    (found,) = run_cli("verify", "--diff", "--json").data
    assert found["fields"] == {
        "description": {"old": "Draw a scatter plot from two CSV columns.", "new": "Draw a scatter plot from a file."}
    }
    assert run_cli("verify", "--diff", "--accept").out.splitlines()[-1] == "accepted tool:create_scatter"


def test_code_that_is_gone_has_no_new_source(run_cli, priced) -> None:
    """Of what is gone nothing is compared, and that is said."""
    priced.write_text("")
    (found,) = run_cli("verify", "--diff", "--json").data
    assert (found["fields"], found["source"]) == ({}, None)
    assert found["why_not"].startswith("there is no new source: ")
