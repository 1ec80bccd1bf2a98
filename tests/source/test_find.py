"""From a reference to its definition, reading only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.source.describe import find_described
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator

Write = Callable[..., Path]


def found(ref: str) -> str:
    """Return where *ref* leads, or the reason why it doesn't."""
    answer = find_object(ref, Locator())
    return answer.reason if isinstance(answer, Missing) else answer.ref


PLOTS = """
    import os.path
    try:
        from fast import quick
    except ImportError:
        def quick(): "slow"
    try:
        import nothing
        def tried(): ...
    except ImportError:
        tried = None
    if os.name == "nt":
        def system(): "nt"
    else:
        def system(): "posix"
    if TYPE_CHECKING:
        from .lazy import later
    else:
        later = make()
    if sys.version_info >= (3, 0):
        def new(): "new"
    else:
        def new(): "old"
    def scatter(data): ...
    alias = scatter
    also = alias
    class Base:
        def run(self): ...
        class Inner:
            def deep(self): ...
        value = 3
    class Child(Base):
        again = Base.Inner
        def own(self): ...
    class Generic(Base[int]): ...
    class Foreign(dict): ...
    agent = Agent("gpt", name="x")
    agent_too = agent
    pair, other = Agent("a"), Agent("b")
    one, two = make()
    for loop in range(3): ...
    with open("x") as handle:
        def within(): ...
    typed: Agent = Agent("y")
    bare: int
    gone = 1
    del gone
    ring = ring2
    ring2 = ring
    builtin = len
    async def waits(): ...
"""


@pytest.fixture
def package(write: Write) -> None:
    """A package that imports, renames, inherits and hides things in every way."""
    write(
        shop____init__="""
            from .plots import scatter, scatter as dots
            from .plots import *
            from . import plots
            from .plots import Base as Above
            import shop.plots as p
            import shop.deeper.inner
            raise SystemExit("imported")
        """,
        shop__plots=PLOTS,
        shop__lazy="def later(): ...\n__all__ = ['listed']\nlisted = f()\n_hidden = g()",
        shop__deeper__inner="def f(): ...",
        shop__star="from shop.lazy import *\nfrom shop.plots import *",
        shop__half="from shop.nowhere import *\n",
        shop__magic="def __getattr__(name): ...\n",
        shop__writes="globals().update(a=1)\n",
        shop__broken="def (",
        shop__modules="import sys\nsys.modules['shop.modules.made'] = 1\n",
    )


@pytest.mark.parametrize(
    ("ref", "place"),
    [
        ("shop.plots:scatter", "shop.plots:scatter"),
        ("shop:scatter", "shop.plots:scatter"),
        ("shop:dots", "shop.plots:scatter"),
        ("shop:plots.scatter", "shop.plots:scatter"),
        ("shop:p.scatter", "shop.plots:scatter"),
        ("shop:shop.deeper.inner.f", "shop.deeper.inner:f"),
        ("shop:alias", "shop.plots:scatter"),
        ("shop.plots:also", "shop.plots:scatter"),
        ("shop:Above.run", "shop.plots:Base.run"),
        ("shop.plots:Child.own", "shop.plots:Child.own"),
        ("shop.plots:Child.run", "shop.plots:Base.run"),
        ("shop.plots:Generic.run", "shop.plots:Base.run"),
        ("shop.plots:Base.Inner.deep", "shop.plots:Base.Inner.deep"),
        ("shop.plots:Child.again.deep", "shop.plots:Base.Inner.deep"),
        ("shop.plots:Base.value", "shop.plots:Base.value"),
        ("shop.plots:agent", "shop.plots:agent"),
        ("shop.plots:agent_too", "shop.plots:agent"),
        ("shop.plots:other", "shop.plots:other"),
        ("shop.plots:typed", "shop.plots:typed"),
        ("shop.plots:within", "shop.plots:within"),
        ("shop.plots:tried", "shop.plots:tried"),
        ("shop.plots:quick", "shop.plots:quick"),
        ("shop.plots:new", "shop.plots:new"),
        ("shop.plots:later", "shop.plots:later"),
        ("shop.plots:system", "shop.plots:system"),
        ("shop.plots:builtin", "shop.plots:builtin"),
        ("shop.star:scatter", "shop.plots:scatter"),
        ("shop.star:listed", "shop.lazy:listed"),
        ("shop.star:later", "shop.plots:later"),
        ("json:JSONEncoder.default", "json.encoder:JSONEncoder.default"),
    ],
)
@pytest.mark.usefixtures("package")
def test_follows_imports_aliases_and_bases(ref: str, place: str) -> None:
    """A reference leads to the place its object is really defined, and nothing is imported on the way."""
    assert found(ref) == place
    assert "shop" not in sys.modules


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("nowhere_at_all:x", "elsewhere"),
        ("shop.nowhere:x", "module"),
        ("shop.plots.scatter:x", "module"),
        ("shop:missing", "attribute"),
        ("shop.plots:gone", "attribute"),
        ("shop.plots:Base.nothing", "attribute"),
        ("shop.plots:Child.nothing", "attribute"),
        ("shop.plots:ring", "attribute"),
        ("shop.star:_hidden", "attribute"),
        ("shop.deeper:nothing", "attribute"),
        ("shop.plots:one", "dynamic"),
        ("shop.plots:loop", "dynamic"),
        ("shop.plots:handle", "dynamic"),
        ("shop.plots:bare", "dynamic"),
        ("shop.plots:Foreign.get", "dynamic"),
        ("shop.plots:scatter.attribute", "dynamic"),
        ("shop.plots:agent.tool", "dynamic"),
        ("shop:plots", "dynamic"),
        ("shop.half:x", "dynamic"),
        ("shop.magic:x", "dynamic"),
        ("shop.writes:x", "dynamic"),
        ("shop.modules.made:x", "dynamic"),
        ("shop.broken:x", "unreadable"),
        ("sys:exit", "not-source"),
        ("no colon", "attribute"),
        (":x", "attribute"),
        ("shop:", "attribute"),
    ],
)
@pytest.mark.usefixtures("package")
def test_says_why_it_leads_nowhere(ref: str, reason: str) -> None:
    """What is gone, what can't be read and what only running would tell are told apart."""
    answer = find_object(ref, Locator())
    assert isinstance(answer, Missing)
    assert (answer.ref, answer.reason) == (ref, reason)
    assert answer.is_gone is (reason in ("module", "attribute"))
    assert answer.message


def test_the_last_definition_counts(write: Write) -> None:
    """Of several definitions of a name, as with overloads, the last one is found."""
    write(many="@overload\ndef f(a: int): ...\n@overload\ndef f(a: str): ...\ndef f(a): return a\n")
    answer = find_object("many:f", Locator())
    assert not isinstance(answer, Missing)
    assert (answer.signature, answer.line) == ("(a)", 5)


def test_the_branch_this_python_takes_counts(write: Write) -> None:
    """Where the condition tells, the definition of the branch that is run is found."""
    write(
        branch="""
            import sys
            if sys.version_info < (3, 11):
                def f(old): ...
            else:
                def f(new): ...
            if not TYPE_CHECKING:
                def g(run): ...
            else:
                def g(checked): ...
        """
    )
    locator = Locator()
    answers = [find_object(ref, locator) for ref in ("branch:f", "branch:g")]
    assert [getattr(answer, "signature", None) for answer in answers] == ["(new)", "(run)"]


def test_many_references_read_each_file_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand references into one file, half of them to nothing, parse it once."""
    from catalog.source import read

    write(full="\n".join(f"def f{number}(): ..." for number in range(500)))
    paths: list[str] = []
    real = read.parse_source

    def counted(data: bytes, path: str) -> read.ParsedFile:
        paths.append(path)
        return real(data, path)

    monkeypatch.setattr(read, "parse_source", counted)
    locator = Locator()
    answers = [find_object(f"full:f{number}", locator) for number in range(1000)]
    assert sum(isinstance(answer, Missing) for answer in answers) == 500
    assert len(paths) == 1


def test_a_reference_is_described_in_one_walk(write: Write) -> None:
    """Definition, JSON Schema and purpose of an object come together."""
    write(tools='def f(a: int):\n    """Do it\n    well.\n\n    Args:\n        a: how often.\n    """\n')
    answer = find_described("tools:f", Locator())
    assert not isinstance(answer, Missing)
    definition, parameters, purpose = answer
    assert (definition.ref, purpose) == ("tools:f", "Do it well.")
    properties = {"a": {"type": "integer", "description": "how often."}}
    assert parameters == {"type": "object", "properties": properties, "required": ["a"]}
    assert isinstance(find_described("tools:g", Locator()), Missing)
