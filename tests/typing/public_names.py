"""What type checkers see of the public names. Never run: `tests/test_public_types.py` hands it to the checkers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

from catalog import (
    AutoCouncil,
    Candidate,
    Catalog,
    Council,
    CouncilSpec,
    Decision,
    Drift,
    Entry,
    Evaluation,
    Fault,
    FitReport,
    Graph,
    Hit,
    Reference,
    Registry,
    Result,
    Revision,
    ScanReport,
    Settings,
    Standing,
    agents,
    council_graph,
    councils,
    default_catalog,
    input_mappers,
    load_settings,
    models,
    profiles,
    prompts,
    resolve_council,
    rounds,
    routers,
    schemas,
    sub_councils,
    tool,
    tools,
)


@tool
def plot(path: str, *, width: int = 3) -> bytes:
    return path.encode() * width


@tool(name="named", tags=["a"])
def named(path: str) -> int:
    return len(path)


@tool
class Engine:
    def start(self) -> bool:
        return True


assert_type(plot("a", width=2), bytes)
assert_type(named("a"), int)
assert_type(Engine().start(), bool)

for registry in (
    tools, models, prompts, agents, profiles, schemas, routers, rounds, sub_councils, input_mappers, councils
):  # fmt: skip
    assert_type(registry, Registry[Any])

cat = Catalog("sqlite://", settings=Settings())
assert_type(cat, Catalog)
assert_type(default_catalog(), Catalog)
assert_type(load_settings(), Settings)
assert_type(cat.tools, Registry[Any])
assert_type(cat.sub_councils, Registry[Any])
assert_type(cat.registry("tool"), Registry[Any])
assert_type(cat.tools.filter(lambda entry: "plot" in entry.tags), Registry[Any])
assert_type(cat.tools.list(), list[str])
assert_type(cat.get("tool", "plot"), Any)
assert_type(cat["tool", "plot"], Any)
assert_type(cat.entry("tool", "plot"), Entry)
assert_type(cat.entries("tool"), Iterator[Entry])
assert_type(cat.list("tool"), list[str])
assert_type(cat.register("tool", "plot", plot), Entry)
assert_type(cat.register_many([{"kind": "tool"}]), int)
assert_type(cat.search("plot", kind=("tool", "agent"), limit=None), list[Hit])
assert_type(cat.search("plot")[0].entry, Entry)
assert_type(cat.search("plot")[0].score, float)
assert_type(cat.search("plot")[0].to_dict(), dict[str, Any])
assert_type(cat.which("tool", "plot"), list[Standing])
assert_type(cat.references("council", "seo"), list[Reference])
assert_type(cat.scan("json"), ScanReport)
assert_type(cat.verify(), list[Drift])
assert_type(cat.diagnose(), list[Fault])
assert_type(cat.history("tool", "plot"), list[Revision])
assert_type(cat.generation, int)
with cat as same:
    assert_type(same, Catalog)

router = AutoCouncil(cat, strategy="embedding", kind="tool")
assert_type(router.resolve("plot"), Decision)
assert_type(router.resolve("plot").name, str | None)
assert_type(router.resolve("plot").candidates, tuple[Candidate, ...])
assert_type(router.run("plot"), Result)
assert_type(router.fit([("plot", "plot"), ("bake", None)]), FitReport)
assert_type(router.evaluate([("plot", "plot")]), Evaluation)

spec = CouncilSpec().add_member("a").add_round("vote")
assert_type(spec, CouncilSpec)
assert_type(council_graph(spec), Graph)
assert_type(resolve_council(spec, cat), Council)
