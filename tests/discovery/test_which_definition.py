"""Of several definitions of one name the one that runs here is described; where reading can't tell, all are."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog
from catalog.discovery.scan import scan
from tests.discovery.helpers import purposes

RUNS = [
    ("if sys.platform == 'win32':", "else:", False),
    ("if sys.platform.startswith(('win', 'cygwin')):", "else:", False),
    ("if platform.system() == 'Windows':", "else:", False),
    ("if os.name in ('nt', 'java'):", "else:", False),
    ("if os.name == 'nt':", "elif os.name == 'posix':", False),
    ("if sys.version_info < (3, 9):", "else:", False),
    ("if sys.version_info[:2] >= (3, 9):", "else:", True),
    ("if sys.version_info.major == 2:", "else:", False),
    ("if sys.version_info[0] > 2 and not sys.platform == 'win32':", "else:", True),
    ("if version_info < (3,) or plat == 'win32':", "else:", False),
    ("if WINDOWS:", "else:", False),
    ("if HAS_JSON:", "else:", True),
    ("if HAS_NOTHING:", "else:", False),
    ("if nothing_xyz is None:", "else:", True),
    ("if find_spec('nothing_xyz') is not None:", "else:", False),
    ("try:\n    import nothing_xyz", "except ImportError:", False),
    ("try:\n    import json.nothing_xyz", "except ModuleNotFoundError:", False),
    ("try:\n    from json import nothing_xyz", "except (ImportError, AttributeError):", False),
    ("try:\n    from .nothing_xyz import name", "except Exception:", False),
    ("try:\n    importlib.import_module('nothing_xyz')", "except ImportError:", False),
    ("try:\n    raise ImportError", "except ImportError:", False),
    ("try:\n    import json", "except ImportError:", True),
    ("try:\n    import os.path", "except ImportError:", True),
    ("try:\n    from . import beside", "except ImportError:", True),
    ("try:\n    from .beside import name", "except ImportError:", True),
    ("match sys.platform:\n  case 'win32':", "  case _:", False),
    ("if __name__ == '__main__':", "else:", False),
    ("if TYPE_CHECKING:", "else:", False),
    ("if not typing.TYPE_CHECKING:", "else:", True),
]

HEAD = """
import importlib, os, platform, sys, typing
from importlib.util import find_spec
from sys import platform as plat, version_info
from typing import TYPE_CHECKING
from catalog import tool
WINDOWS = os.name == "nt"
try:
    import json as json_module
    HAS_JSON = True
except ImportError:
    HAS_JSON = False
try:
    import nothing_xyz
    HAS_NOTHING = True
except ImportError:
    nothing_xyz = None
    HAS_NOTHING = False
"""


def definition(argument: str, text: str) -> str:
    """Return a tool that takes *argument* and says *text*, indented."""
    return f'    @tool\n    def it({argument}):\n        """{text}."""\n'


@pytest.mark.skipif(os.name == "nt", reason="the conditions above are for other systems")
@pytest.mark.parametrize(("condition", "other", "first"), RUNS)
def test_the_branch_that_runs_here_is_described(
    make: Any, monkeypatch: pytest.MonkeyPatch, condition: str, other: str, first: bool
) -> None:
    """Scan, check and import agree on which of two definitions counts."""
    text = f"{HEAD}{condition}\n{definition('a', 'First')}{other}\n{definition('b', 'Second')}"
    folder = make({"branchy/__init__.py": "", "branchy/beside.py": "name = 1", "branchy/mod.py": text})
    expected = "First." if first else "Second."
    assert purposes(scan(folder / "branchy")) == {"tool:it": expected}
    with Catalog("sqlite://") as cat:
        report = cat.scan(folder / "branchy")
        assert (report.found, report.undecided) == (("tool:it",), ())
        assert cat.verify() == []
    monkeypatch.syspath_prepend(str(folder))
    try:
        assert importlib.import_module("branchy.mod").it.__doc__ == expected
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "branchy"]:
            del sys.modules[name]


@pytest.mark.parametrize("condition", ["if False:", "if 0:", "if TYPE_CHECKING:", "while False:", "if not True:"])
def test_what_runs_nowhere_is_no_tool(make: Any, condition: str) -> None:
    """A definition under a condition that never holds is neither reported nor there to be registered."""
    folder = make({"never.py": f"{HEAD}{condition}\n{definition('a', 'Never')}"})
    with Catalog("sqlite://") as cat:
        report = cat.scan(folder / "never.py")
        assert (report.found, report.skipped) == ((), ())


def test_what_reading_cannot_tell_is_described_as_all_of_it(make: Any) -> None:
    """The entry describes both definitions, and the report names their lines."""
    text = (
        "import os\nfrom catalog import tool\nif os.environ.get('FANCY'):\n"
        f"{definition('a', 'Fancy')}else:\n{definition('b', 'Plain')}"
    )
    folder = make({"either.py": text})
    with Catalog("sqlite://") as cat:
        report = cat.scan(folder / "either.py")
        entry = cat.entry("tool", "it")
        assert report.undecided == (
            {"key": "tool:it", "ref": "either:it", "path": str(folder / "either.py"), "lines": [4, 8]},
        )
        assert report.clashes == ()
        assert entry.description == "Fancy. Or: Plain."
        assert entry.metadata["definitions"] == [
            {"line": 4, "signature": "(a)", "description": "Fancy."},
            {"line": 8, "signature": "(b)", "description": "Plain."},
        ]
        assert cat.verify() == []
        assert cat.scan(folder / "either.py").undecided == report.undecided


def test_a_framework_that_is_missing_here_is_recognised_all_the_same(make: Any) -> None:
    """What stands in for a framework's decorator where it isn't installed doesn't hide what it marks."""
    text = """
        try:
            from langchain_core.tools import tool
        except ImportError:
            def tool(function):
                return function

        @tool
        def shine(x: int) -> int:
            "Shines."
    """
    assert purposes(scan(make({"stand_in.py": text}) / "stand_in.py")) == {"tool:shine": "Shines."}


def test_what_is_installed_later_decides_anew(make: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that did not change is read again once an import that failed would work, and the other way round."""
    text = (
        f"{HEAD}try:\n    import later_xyz\n{definition('a', 'With')}except ImportError:\n{definition('b', 'Without')}"
    )
    folder = make({"optional.py": text})
    os.utime(folder / "optional.py", ns=(1, 1))
    before = scan(folder / "optional.py")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "later_xyz.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    after = scan(folder / "optional.py", known=before.files)
    monkeypatch.undo()
    again = scan(folder / "optional.py", known=after.files)
    assert [purposes(result) for result in (before, after, again)] == [
        {"tool:it": "Without."},
        {"tool:it": "With."},
        {"tool:it": "Without."},
    ]


CONDITIONS = st.recursive(
    st.sampled_from(["sys.platform == 'win32'", "os.name == 'posix'", "sys.version_info >= (3, 8)", "True", "0"]),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: "({}) {} ({})".format(*parts)),
    ),
    max_leaves=6,
)


@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=3))
def test_any_conditions_give_what_python_gives(conditions: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the conditions are made of, the scan describes what running the module leaves."""
    lines = ["import os, sys", "from catalog import tool"]
    for number, condition in enumerate(conditions):
        lines += [f"if {condition}:", textwrap.indent(f"@tool\ndef it(): '{number}'", "    ")]
    text = "\n".join(lines)
    folder = tmp_path_factory.mktemp("conditions")
    (folder / "conditional.py").write_text(text)
    names: dict[str, Any] = {}
    exec(text, names)  # the text is made above
    expected = {"tool:it": names["it"].__doc__} if "it" in names else {}
    assert purposes(scan(folder / "conditional.py")) == expected
