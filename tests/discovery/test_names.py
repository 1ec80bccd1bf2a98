"""Names for what has the same name: as little of its place in front as tells it from the others."""

from __future__ import annotations

from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.discovery.finding import Finding
from catalog.discovery.naming import longer_names, parts_of, settle_names
from catalog.discovery.scan import scan
from catalog.entry.key import NAME_LENGTH, name_fault


def finding(path: str, name: str, **fields: Any) -> Finding:
    """Return a finding of the file *path*."""
    module = path.removesuffix(".py").rpartition("/")[2]
    fields = {"kind": "agent", "ref": f"{module}:{name}", **fields}
    return Finding(name=name, given_name=name, module=module, path=path, **fields)


def names(*findings: Finding) -> list[str]:
    """Return the names that *findings* get, in their order."""
    named, _ = settle_names(findings)
    by_place = {(one.path, one.line, one.kind, one.ref): one.name for one in named}
    return [by_place[one.path, one.line, one.kind, one.ref] for one in findings]


def test_the_shortest_name_that_tells_them_apart_is_taken() -> None:
    """The module alone if that is enough, else the folders above it, as few as it takes."""
    assert names(
        finding("/r/routing.py", "spanish_agent"),
        finding("/r/patterns/conditional.py", "spanish_agent"),
        finding("/r/patterns/parallel.py", "spanish_agent"),
        finding("/r/other/parallel.py", "spanish_agent"),
        finding("/r/other/parallel.py", "agent"),
    ) == ["spanish_agent", "conditional/spanish_agent", "patterns/parallel/spanish_agent",
          "other/parallel/spanish_agent", "agent"]  # fmt: skip


def test_kinds_do_not_meet() -> None:
    """A tool and an agent of one name both have it."""
    assert names(finding("/r/a.py", "x"), finding("/r/a.py", "x", kind="tool")) == ["x", "x"]


def test_what_can_be_loaded_and_lies_the_least_deep_keeps_the_name() -> None:
    """A finding that can't be loaded, or lies deeper, gets the longer name, whatever its module is called."""
    assert names(
        finding("/r/a.py", "x", ref=None, nested_in="a:main"),
        finding("/r/a/b/c.py", "x"),
        finding("/r/z.py", "x"),
    ) == ["main/x", "c/x", "x"]


def test_methods_have_their_class_in_front() -> None:
    """What a class or a function of the module holds is told apart by that."""
    assert names(
        finding("/r/a.py", "run", ref="a:One.run", line=1), finding("/r/a.py", "run", ref="a:Two.run", line=9)
    ) == ["run", "Two/run"]


def test_a_module_called_like_the_thing_is_not_named_twice() -> None:
    """``weather/weather.py`` with a tool ``weather`` is ``weather`` of its folder."""
    assert names(finding("/r/a/weather.py", "weather"), finding("/r/b/weather.py", "weather")) == [
        "weather",
        "b/weather",
    ]


def test_documents_are_known_by_their_folders() -> None:
    """The name of a document's file says nothing: many are called the same."""
    spec: dict[str, Any] = {"ref": None, "spec": {}, "form": "document", "kind": "skill"}
    assert names(
        finding("/r/skills/pdf/SKILL.md", "pdf", **spec), finding("/r/more/skills/pdf/SKILL.md", "pdf", **spec)
    ) == ["pdf", "more/skills/pdf"]


def test_what_nothing_tells_apart_is_numbered() -> None:
    """Several of one name at one place get numbers, and a name that is somebody's by right is not taken."""
    assert names(
        finding("/r/a.py", "x", line=1),
        finding("/r/a.py", "x", line=2, ref="a:x2"),
        finding("/r/a.py", "x", line=3, ref="a:x3"),
        finding("/r/b.py", "a/x", line=1),
    ) == ["x", "r/a/x", "r/a/x-2", "a/x"]


def test_clashes_say_who_has_the_name() -> None:
    """Each longer name is reported with the name, who keeps it, and who was renamed."""
    _, clashes = settle_names([finding("/r/b.py", "x"), finding("/r/a.py", "x", ref=None, line=3)])
    assert [(one.kind, one.name, one.kept, one.other, one.renamed) for one in clashes] == [
        ("agent", "x", "b:x", "/r/a.py:3", "a/x")
    ]


def test_odd_places_give_names_that_are_allowed() -> None:
    """Folders with characters that no name may have, and paths longer than a name may be, give names all the same."""
    assert names(finding("/r/x.py", "x"), finding("/r/a\u200bb /d\n.py", "x"))[1] == "d_/x"
    deep = "/".join(f"folder{number}" for number in range(60))
    long = names(*(finding(f"/{top}/{deep}/c.py", "x") for top in ("a", "b")))[1]
    assert (len(long) <= NAME_LENGTH, name_fault(long), long.endswith("folder59/c/x")) == (True, None, True)


WORDS = st.sampled_from(["a", "b", "c", "x", "a/x", "b/x", "e\u0301", "long" * 30])
FINDINGS = st.lists(
    st.builds(
        lambda folders, name, line, ref: finding(
            "/" + "/".join([*folders, "m.py"]), name, line=line, **({} if ref else {"ref": None})
        ),
        st.lists(WORDS, max_size=4), WORDS, st.integers(1, 3), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@given(FINDINGS, st.randoms())
def test_names_are_unique_and_do_not_depend_on_the_order(found: list[Finding], random: Any) -> None:
    """Whatever clashes, each finding has a name that is allowed and its own; the order they come in changes nothing."""
    named, clashes = settle_names(found)
    assert len({(one.kind, one.name) for one in named}) == len(named) == len(found)
    assert all(name_fault(one.name) is None for one in named)
    assert len(clashes) == sum(one.name != one.given_name for one in named)
    random.shuffle(found)
    again, _ = settle_names(found)
    assert sorted((one.path, one.line, one.name) for one in again) == sorted(
        (one.path, one.line, one.name) for one in named
    )


@given(WORDS, st.lists(WORDS, max_size=5))
def test_longer_names_never_end(plain: str, parts: list[str]) -> None:
    """There is always another name, none twice in a row of ten, but for what is too long to tell apart."""
    given = list(islice(longer_names(plain, tuple(parts)), 10))
    assert len(given) == 10
    assert all(len(name) <= NAME_LENGTH for name in given)


def test_the_parts_are_folders_modules_and_owners() -> None:
    """What leads to a finding is its path, without ``__init__``, then the class or function around it."""
    assert parts_of(finding("/r/pkg/__init__.py", "x", ref="pkg:C.x")) == ("r", "pkg", "C")
    assert parts_of(finding("/r/m.py", "x", ref=None, nested_in="m:f.g")) == ("r", "m", "f", "g")
    assert parts_of(finding("", "x", ref="m:x")) == ()


def test_a_scan_names_across_roots(make: Any) -> None:
    """Modules of one name in several roots are told apart by the folders they lie in."""
    tool = "from catalog import tool\n@tool\ndef run(): ...\n"
    folder = make({"a-b/main.py": tool, "c-d/main.py": tool, "c_d/other.py": tool})
    assert [one.name for one in scan(folder).findings] == ["c-d/main/run", "run", "other/run"]


def test_a_name_that_everybody_has_says_where_it_is(make: Any) -> None:
    """A prompt called ``prompt`` in a function, and a method with an underscore, have what is around in front."""
    text = (
        "from langchain_core.prompts import PromptTemplate\n"
        "from langchain_core.tools import StructuredTool\n"
        "def grade(text):\n    prompt = PromptTemplate.from_template('Grade {text}.')\n"
        "class Search:\n    def _run(self, text: str): 'Search.'\n"
        "    def tools(self):\n        return [StructuredTool.from_function(self._run)]\n"
        "prompt = 1\n"
    )
    assert [each.key for each in scan(make({"app.py": text})).findings] == ["prompt:grade/prompt", "tool:Search/_run"]


def test_a_name_that_nobody_got_clashes_with_nothing(make: Any) -> None:
    """Of two findings whose plain name says nothing both are renamed, and no report says that the name is taken."""
    text = (
        "from langchain_core.prompts import PromptTemplate\n"
        "def grade(text):\n    prompt = PromptTemplate.from_template('Grade {text}.')\n"
        "def mark(text):\n    prompt = PromptTemplate.from_template('Mark {text}.')\n"
    )
    found = scan(make({"app.py": text}))
    assert ([each.key for each in found.findings], found.clashes) == (["prompt:grade/prompt", "prompt:mark/prompt"], ())
