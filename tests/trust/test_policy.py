"""The policy of trust: what patterns fit, what each mode asks for, and that the object's true place counts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from factories import open_catalog
from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog, CatalogWarning, Settings, UntrustedReferenceError
from catalog.trust.patterns import Place, matches, pattern_fault

PART = st.text("abcxyz_", min_size=1, max_size=5)
DOTTED = st.lists(PART, min_size=1, max_size=4).map(".".join)


def listed(url: str, *allow: str, **trust: object) -> Catalog:
    """Open a catalog that imports only what is allowed."""
    return Catalog(url, settings=Settings(embedder="none", trust={"mode": "listed", "allow": list(allow), **trust}))


@given(DOTTED, DOTTED, DOTTED)
def test_a_pattern_of_a_module_stands_for_what_is_in_it(package: str, module: str, name: str) -> None:
    """``pkg`` and ``pkg.*`` fit the package and all below it, and no other name that begins like it."""
    for pattern in (package, f"{package}.*"):
        assert matches([pattern], Place(package, name), None) == pattern
        assert matches([pattern], Place(f"{package}.{module}", name), None) == pattern
        assert matches([pattern], Place(f"{package}9.{module}", name), None) is None
        assert matches([pattern], Place(f"q.{package}", name), None) is None


@given(DOTTED, DOTTED)
def test_a_pattern_of_an_object_stands_for_what_is_in_that(module: str, name: str) -> None:
    """``pkg:name`` fits the object and its attributes, and no other of the module."""
    pattern = f"{module}:{name}"
    assert matches([pattern], Place(module, name), None) == pattern
    assert matches([pattern], Place(module, f"{name}.run"), None) == pattern
    assert matches([pattern], Place(module, f"{name}9"), None) is None
    assert matches([pattern], Place(f"{module}.x", name), None) is None


@given(DOTTED, st.text(max_size=30))
def test_a_module_in_a_folder_that_a_row_names_fits_no_pattern_of_modules(module: str, other: str) -> None:
    """Where the import path does not lead, no pattern of modules fits: whoever names a folder would choose the code."""
    place = Place(module, "x", "/somewhere/x.py", is_home=False)
    assert matches([module, f"{module}.*", "*"], place, None) is None
    assert matches(["root:/somewhere"], place, None) == "root:/somewhere"
    assert matches(["root:/some"], place, None) is None
    assert matches([module], place, "/somewhere") == module
    assert pattern_fault(other) is None or isinstance(pattern_fault(other), str)


def test_only_what_is_listed_is_imported(url: str) -> None:
    """In the mode ``listed`` a reference needs a pattern, and the error names the one that would do."""
    with open_catalog(url) as cat:
        cat.register("tool", "dump", "json:dumps")
        cat.register("tool", "sneak", "wave:open")
    with listed(url) as cat:
        with pytest.raises(UntrustedReferenceError) as error:
            cat.get("tool:dump")
        assert error.value.facts == {
            "key": "tool:dump", "ref": "json:dumps", "mode": "listed", "setting": "trust.allow", "allow": '"json.*"',
        }  # fmt: skip
        assert str(error.value) == (
            "tool:dump: json:dumps is not imported, as it is not trusted: the mode is 'listed'; if you trust it, write "
            'allow = ["json.*"] under [tool.catalog.trust] in pyproject.toml'
        )
        assert [entry.key for entry in cat.entries("tool")] == ["tool:dump", "tool:sneak"]
    with listed(url, "json.*") as cat:
        assert cat.get("tool:dump")([1]) == "[1]"


@pytest.mark.parametrize(
    ("ref", "true"),
    [
        ("logging:os.system", "os:system"),
        ("wave:struct.pack", "struct:pack"),
        ("mine:run", "posix:system"),
        ("mine:bound", "posix:system"),
        ("mine:Shown", "subprocess:Popen"),
        ("mine:made.func", "posix:system"),
        ("mine:lazy", "subprocess:getoutput"),
    ],
)
def test_an_alias_leads_nowhere_its_true_name_would_not(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ref: str, true: str
) -> None:
    """An object is confirmed by its true module and name, and so is each module that the reference leads through."""
    (tmp_path / "mine.py").write_text(
        "import functools, subprocess\nfrom os import system as run\nfrom subprocess import Popen as Shown\n"
        "bound = functools.partial(run)\nmade = functools.partial(run)\n"
        "def __getattr__(name):\n    return subprocess.getoutput if name == 'lazy' else None\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with open_catalog(url) as cat:
        cat.register("tool", "alias", ref)
    with listed(url, "logging.*", "wave.*", "mine.*") as cat, pytest.raises(UntrustedReferenceError) as error:
        cat.get("tool:alias")
    sys.modules.pop("mine", None)
    assert error.value.facts["ref"] == true
    assert f"{ref}, which is really {true}, is not imported" in str(error.value)


def test_an_object_of_the_package_itself_passes(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions, classes, methods, instances and re-exports of an allowed package are handed over."""
    package = tmp_path / "ours"
    package.mkdir()
    (package / "__init__.py").write_text("from ours._impl import f, C\nimport functools\np = functools.partial(f, 1)\n")
    (package / "_impl.py").write_text(
        "def f(a):\n    return a\nclass C:\n    def run(self):\n        return 'ran'\nc = C()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with listed(url, "ours.*") as cat:
        for name in ("f", "C", "p", "C.run", "_impl.c"):
            module, _, attribute = f"ours.{name}".rpartition(".") if name == "_impl.c" else ("ours", "", name)
            cat.register("tool", name, f"{module}:{attribute}")
        assert [cat.get("tool", name) is not None for name in ("f", "C", "p", "C.run", "_impl.c")] == [True] * 5
    for name in [name for name in sys.modules if name.partition(".")[0] == "ours"]:
        del sys.modules[name]


def test_deny_comes_first_in_every_mode(url: str) -> None:
    """What is denied is not imported, whoever registered it and whatever allows it."""
    for trust in ({"deny": ["json:dumps"]}, {"mode": "listed", "allow": ["*"], "deny": ["json.*"]}):
        with Catalog(url, settings=Settings(embedder="none", trust=trust)) as cat:
            cat.register("tool", "dump", "json:dumps")
            with pytest.raises(UntrustedReferenceError, match=r"deny = \['json") as error:
                cat.get("tool:dump")
            assert error.value.facts["setting"] == "trust.deny"


def test_kinds_have_rules_of_their_own(url: str) -> None:
    """``[tool.catalog.trust.KIND]`` adds to the rules of all kinds, and may have another mode."""
    trust = {"mode": "open", "model": {"mode": "listed", "allow": ["json.*"]}}
    with Catalog(url, settings=Settings(embedder="none", trust=trust)) as cat:
        for kind in ("tool", "model"):
            cat.register(kind, "dump", "json:dumps")
            cat.register(kind, "cwd", "textwrap:dedent")
        assert [cat.get("tool:cwd") is not None, cat.get("model:dump") is not None] == [True, True]
        with pytest.raises(UntrustedReferenceError, match=r"under \[tool.catalog.trust.model\]"):
            cat.get("model:cwd")


def test_what_an_imported_file_names_is_not_imported(catalog: Catalog, tmp_path: Path) -> None:
    """In a catalog of one's own, too, a line of a file needs an allow, and the folder it brings is not looked in."""
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "evilmod.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\ndef f(): pass\n")
    line = '{"kind":"tool","name":"x","ref":"evilmod:f","source":"import","metadata":{"root":"%s"}}'
    (tmp_path / "lines.jsonl").write_text(line % (tmp_path / "evil"))
    with pytest.warns(CatalogWarning, match="1 named a folder for their code, which was left out"):
        catalog.import_jsonl(tmp_path / "lines.jsonl")
    before = list(sys.path)
    with pytest.raises(UntrustedReferenceError, match="it came from an imported file"):
        catalog.get("tool:x")
    assert (sys.path, (tmp_path / "ran").exists()) == (before, False)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.sqlite("its owner and mode are asked")
def test_a_database_of_another_user_is_listed(url: str, database: Path) -> None:
    """Whoever owns the file chose its rows; the reader has to name what may be imported."""
    with open_catalog(url) as cat:
        cat.register("tool", "dump", "json:dumps")
    os.chown(database, 4242, 4242)
    with open_catalog(url) as cat, pytest.raises(UntrustedReferenceError, match="belongs to another user"):
        cat.get("tool:dump")


@pytest.mark.sqlite("its owner and mode are asked")
def test_a_database_anybody_may_write_to_is_listed(url: str, database: Path) -> None:
    """Anybody may have put the row there."""
    with open_catalog(url) as cat:
        cat.register("tool", "dump", "json:dumps")
    database.chmod(0o666)
    with open_catalog(url) as cat, pytest.raises(UntrustedReferenceError, match="anybody may write to"):
        cat.get("tool:dump")
    database.chmod(0o664)
    with open_catalog(url) as cat:
        assert cat.get("tool:dump")([]) == "[]"


@pytest.mark.parametrize(
    ("trust", "fault"),
    [
        ("mode = 'closed'", "trust.mode is 'closed'; choose one of open, listed, pinned"),
        ("allow = 'x'", "trust.allow must be a list of texts"),
        ("allow = ['a b']", "trust.allow holds 'a b', which is no pattern"),
        ("allow = ['dist:']", "trust.allow holds 'dist:', which names no distribution"),
        ("alow = ['x']", "trust.alow is neither a setting of trust nor a kind; did you mean 'allow'?"),
        ("tool = {alow = []}", "trust.tool.alow is no setting; there are mode, allow, deny"),
    ],
)
def test_a_wrong_policy_is_refused(tmp_path: Path, trust: str, fault: str) -> None:
    """A slip in the policy is an error that names file and key, not a policy that lets everything pass."""
    from catalog import SettingsError, load_settings

    (tmp_path / "catalog.toml").write_text(f"[trust]\n{trust}\n")
    with pytest.raises(SettingsError) as error:
        load_settings(file=tmp_path / "catalog.toml")
    assert fault in str(error.value)


def test_a_distribution_is_known_by_its_files(url: str) -> None:
    """``dist:`` allows what that distribution installed, under whatever name, and nothing else."""
    with listed(url, "dist:click") as cat:
        cat.register("tool", "echo", "click:echo")
        cat.register("tool", "dump", "json:dumps")
        assert cat.get("tool:echo") is not None
        with pytest.raises(UntrustedReferenceError):
            cat.get("tool:dump")
