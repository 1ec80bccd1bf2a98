"""What type checkers see of the public names. Never run: `tests/test_public_types.py` hands it to the checkers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, assert_type

from catalog import (
    DOCS_FORMATS,
    ENTRY_STATES,
    LARGEST_TEXT,
    REVIEW_STATES,
    SCHEMA_HEAD,
    SEARCH_MODES,
    STRATEGIES,
    VERIFY_POLICIES,
    AliasMove,
    AutoCouncil,
    BuiltDocs,
    CallResult,
    CallTimeoutError,
    Candidate,
    Case,
    Catalog,
    CatalogError,
    CatalogWarning,
    Changed,
    ChangedEntryError,
    Copied,
    Council,
    CouncilIssue,
    CouncilSpec,
    CouncilSpecError,
    Decision,
    DiscoveryError,
    Drift,
    DriftError,
    DuplicateEntryError,
    Embedder,
    EmbedderError,
    Entry,
    EntryError,
    EntryNotFoundError,
    Estimate,
    Evaluation,
    Event,
    ExportedDocument,
    Facets,
    Fault,
    FitReport,
    GateVerdicts,
    Graph,
    HashEmbedder,
    Health,
    Hit,
    InvalidEntryError,
    InvalidFilterError,
    InvalidReferenceError,
    LintFinding,
    LoadError,
    LockError,
    LoggedDecision,
    Marks,
    MissingExtraError,
    NewerFramework,
    NoMatchError,
    NotACatalogError,
    NotImportableError,
    ObjectRef,
    OpenAIEmbedder,
    PackageNotFoundError,
    Parameter,
    PinChange,
    PinError,
    Pinned,
    ReadOnlyError,
    Reference,
    Refusal,
    Registry,
    RemoteCallable,
    RemoteError,
    RemoteToolError,
    Replay,
    Replayed,
    ResolveError,
    Result,
    Revision,
    Rotated,
    RoutingError,
    Salvaged,
    ScanReport,
    SchemaOutdatedError,
    ScriptedChat,
    SearchError,
    Settings,
    SettingsError,
    Standing,
    StepFigures,
    StoreBusyError,
    StoreError,
    StrategyError,
    TableSum,
    UnknownKindError,
    UnreadableSourceError,
    UntrustedReferenceError,
    Verdict,
    Verified,
    __version__,
    acall,
    acting_as,
    add_mcp,
    agent,
    agents,
    arun_entry,
    arun_result,
    backup_database,
    backup_into,
    baseline,
    because,
    bounded_lines,
    build_docs,
    call,
    cases_for,
    changes_since,
    close_matches,
    code_in_configuration,
    copy_catalog,
    council,
    council_graph,
    councils,
    database_place,
    default_catalog,
    default_url,
    deprecated_in_words,
    did_you_mean,
    embedder_form,
    entry_marks,
    entry_of,
    entry_state,
    entry_words,
    evaluate,
    evaluation_svg,
    expecting,
    explain_council,
    facets,
    forget_decisions,
    forget_source,
    gate_verdicts,
    health,
    hide_secrets,
    input_mapper,
    input_mappers,
    json_text,
    leftovers,
    lint,
    load_settings,
    logged_decisions,
    looking_in,
    mark,
    mcp_server,
    mcp_servers,
    missing_reference,
    model,
    models,
    name_search,
    newer_frameworks,
    open_text,
    parameter_rows,
    profile,
    profiles,
    prompt,
    prompt_text,
    prompts,
    read_baseline,
    read_cases,
    read_configuration,
    read_json,
    read_text,
    reference_graph,
    release_when_idle,
    replay,
    resolve_council,
    round,
    rounds,
    router,
    routers,
    run_entry,
    run_result,
    salvage,
    schema,
    schema_advice,
    schema_revision,
    schemas,
    search_words,
    signature_line,
    skill,
    skills,
    small_words,
    sqlite_path,
    sub_council,
    sub_councils,
    tool,
    tools,
    trust_configuration,
    upgrade_database,
    validate_council,
    vector_search,
    visible,
    whole_file,
)


@tool
def plot(path: str, *, width: int = 3) -> bytes:
    return path.encode() * width


@tool(name="named", tags=["a"])
def named(path: str) -> int:
    return len(path)


dataset = mark("dataset")


@dataset
def rows(path: str) -> int:
    return len(path)


@mark("dataset", name="rest", tags=["a"])
def rest(path: str) -> int:
    return len(path)


assert_type(rows("x"), int)
assert_type(rest("x"), int)
assert_type(dataset(5, name="five"), int)


@tool
class Engine:
    def start(self) -> bool:
        return True


@tool()
def called(path: str) -> float:
    return float(path)


gpt = model(Engine(), name="openai/gpt-4o", providers=["openai"])
assert_type(gpt, Engine)
assert_type(plot("a", width=2), bytes)
assert_type(named("a"), int)
assert_type(called("a"), float)
assert_type(Engine().start(), bool)

# Every decorator keeps the type, bare and with arguments.
for bare in (
    tool, model, prompt, agent, profile, schema, router, round, sub_council, input_mapper, council, skill, mcp_server
):  # fmt: skip
    assert_type(bare(Engine), type[Engine])
    assert_type(bare(tags=["a"])(Engine), type[Engine])

for registry in (
    tools, models, prompts, agents, profiles, schemas, routers, rounds, sub_councils, input_mappers, councils, skills,
    mcp_servers,
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
assert_type(cat.search("plot", sources=["manual"], distributions=()), list[Hit])
assert_type(cat.entries(sources=["scan:mypkg"], distributions=["mypkg"]), Iterator[Entry])
assert_type(cat.search("plot")[0].entry, Entry)
assert_type(cat.search("plot")[0].score, float)
assert_type(cat.search("plot")[0].to_dict(), dict[str, Any])
assert_type(cat.which("tool", "plot"), list[Standing])
assert_type(cat.references("council", "seo"), list[Reference])
assert_type(cat.scan("json"), ScanReport)
assert_type(cat.verify(), Verified)
assert_type(cat.verify()[0], Drift)
assert_type(cat.states(), dict[str, str])
assert_type(entry_state({}), str | None)
assert_type(REVIEW_STATES, tuple[str, ...])
assert_type(entry_marks({}), Marks)
assert_type(deprecated_in_words({}), str)
assert_type(ENTRY_STATES, tuple[str, str, str, str])
assert_type(cat.diagnose(), list[Fault])
assert_type(cat.changes(cat.verify()), list[Changed])
assert_type(cat.pin("catalog.lock", ["tool:x"], kind=None), Pinned)
assert_type(cat.check_pins(), list[PinChange])
assert_type(cat.history("tool", "plot"), list[Revision])
assert_type(cat.export_document("openapi", "openapi.json", tags=["a"]), ExportedDocument)
assert_type(cat.where("tool:plot"), tuple[str, int] | None)
assert_type(cat.generation, int)
assert_type(cat["tool:plot"], Any)
assert_type("tool:plot" in cat, bool)
assert_type(cat.entry("tool:plot"), Entry)
assert_type(cat.kinds(), list[str])
assert_type(cat.all("tool"), Registry[Any])
assert_type(cat.update("tool:plot", description="d"), Entry)
assert_type(cat.rename("tool:plot", "draw"), Entry)
assert_type(cat.unregister("tool", "plot"), Entry)
assert_type(cat.approve("tool:plot"), Entry)
assert_type(cat.restore("tool", "plot", revision=3), Entry)
assert_type(cat.similar("tool", "plot", limit=3), list[Hit])
assert_type(cat.used_by("profile", "mini"), list[Reference])
assert_type(cat.all_references(), list[Reference])
assert_type(cat.refresh(), list[ScanReport])
assert_type(cat.log(limit=3), list[Revision])
assert_type(cat.export_jsonl("x.jsonl"), int)
assert_type(cat.import_jsonl("x.jsonl"), int)
assert_type(cat.embedder, str | None)
assert_type(cat.embed_estimate(), Estimate | None)
assert_type(cat.embed_update(), int)
assert_type(cat.check(), list[str])
with cat as same:
    assert_type(same, Catalog)

auto = AutoCouncil(cat, strategy="embedding", kind="tool")
assert_type(auto.resolve("plot"), Decision)
assert_type(auto.resolve("plot").name, str | None)
assert_type(auto.resolve("plot").candidates, tuple[Candidate, ...])
assert_type(auto.run("plot"), Result)
assert_type(auto.fit([("plot", "plot"), ("bake", None)]), FitReport)
assert_type(auto.evaluate([("plot", "plot")]), Evaluation)

spec = CouncilSpec().add_member("a").add_round("vote")
assert_type(spec, CouncilSpec)
assert_type(council_graph(spec), Graph)
assert_type(resolve_council(spec, cat), Council)
assert_type(spec.validate(cat), list[dict[str, str]])
assert_type(spec.resolve(cat), Council)
assert_type(spec.resolve(cat).spec, CouncilSpec)
assert_type(spec.to_graph(cat, depth=2), Graph)
assert_type(spec.replace(router="pick").remove_member("a"), CouncilSpec)
assert_type(validate_council(spec, cat), list[CouncilIssue])
assert_type(newer_frameworks(), list[NewerFramework])
assert_type(explain_council(cat.entry("council", "seo"), cat), dict[str, Any])
assert_type(reference_graph(cat, "council:seo"), Graph)
assert_type(reference_graph(cat).to_dict(), dict[str, Any])
assert_type(reference_graph(cat).mermaid(), str)

# Routing, tested and replayed.
cases = list(read_cases(["{}"], "cases.jsonl"))
assert_type(cases, list[Case])
assert_type(cases_for(cat, auto.pool()), tuple[list[Case], list[Case]])
figures = evaluate(auto, [("plot", "plot"), ("bake", None)])
assert_type(figures, Evaluation)
assert_type(figures.steps, tuple[StepFigures, ...])
assert_type(evaluation_svg(figures), str)
assert_type(baseline(figures), str)
assert_type(read_baseline(baseline(figures), "baseline.json"), dict[str, Any])
assert_type(gate_verdicts(figures, read_baseline("{}", "baseline.json")), GateVerdicts)
assert_type(lint(auto).findings, tuple[LintFinding, ...])
assert_type(replay(cat, router=auto), Replay)
assert_type(replay(cat).asked, tuple[Replayed, ...])
assert_type(logged_decisions(cat, 3), list[LoggedDecision])
assert_type(forget_decisions(cat), int)
assert_type(run_entry(cat, cat.entry("tool", "plot"), "a"), Any)
assert_type(call(plot, {"path": "a"}), object)


async def awaited() -> None:
    """What is awaited."""
    assert_type(await acall(plot, {"path": "a"}), object)
    assert_type(await arun_entry(cat, cat.entry("tool", "plot"), "a"), Any)
    assert_type(await arun_result(cat, cat.entry("tool", "plot"), "a", on_part=print), CallResult)
    assert_type(await release_when_idle(cat, 10.0), None)


assert_type(vector_search(cat), str)
assert_type(name_search(cat), str)
assert_type(add_mcp(cat, "files", "npx", "-y", "server", env=["TOKEN"]), ScanReport)
assert_type(add_mcp(cat, "docs", "https://docs.example/mcp", headers={"X": "${Y}"}, oauth=True).found, tuple[str, ...])
remote: RemoteCallable = cat["tool", "files/read"]
assert_type(remote(path="a"), Any)
assert_type(remote.spec, Mapping[str, Any])
assert_type(run_result(cat, cat.entry("tool", "plot"), "a", timeout=2.5).usage, dict[str, float])
assert_type(CallResult(3).to_dict(), dict[str, Any])
assert_type(auto.resolve("plot").entry, Entry | None)
assert_type(auto.resolve("plot").to_dict(), dict[str, Any])
assert_type(Verdict(None, "nothing fits").chosen, Entry | None)
assert_type(ScriptedChat("plot", name="played").name, str)
assert_type(Event("routed", "auto").name, str)
search_modes: tuple[str, ...] = SEARCH_MODES
strategies: tuple[str, ...] = STRATEGIES
policies: tuple[str, ...] = VERIFY_POLICIES


def watch(event: Event) -> None:
    print(event.router)


# Embedders: each class of the package is what the protocol asks for.
embedders: list[Embedder] = [HashEmbedder(), OpenAIEmbedder("text-embedding-3-small")]
assert_type(Catalog(embedder=embedders[0]), Catalog)
assert_type(embedder_form("hash"), str)
assert_type(missing_reference("json:dumpz"), str | None)
assert_type(entry_of("tool", None, print, tags=["a"]), Entry)
assert_type(hide_secrets("sk-…"), str)

# The rest.
assert_type(ObjectRef.parse("package.module:name"), ObjectRef)
assert_type(default_url(), str)
assert_type(sqlite_path("sqlite:///team.db"), str | None)
assert_type(schema_revision("team.db"), str | None)
assert_type(schema_advice("team.db", None), str)
assert_type(database_place("team.db"), str | None)
assert_type(upgrade_database("team.db"), None)
assert_type(backup_database("team.db", "copy.db"), None)
assert_type(close_matches("plit", ["plot"]), list[str])
assert_type(did_you_mean(["plot"]), str)
assert_type(json_text({"a": [1]}, indent=2), str)
assert_type(visible("a"), str)
texts: list[str] = [SCHEMA_HEAD, __version__]
assert_type(salvage("team.db", "saved.db"), Salvaged)
copied: Copied = copy_catalog("team.db", "copy.db", replace=True)
assert_type(copied.tables, dict[str, TableSum])
assert_type(backup_into("team.db", "backups", keep=7), Rotated)
assert_type(leftovers("team.db", remove=True), list[str])
with acting_as("a token"), because("it is tried"), Catalog().as_of("2 days ago") as past:
    assert_type(past.alias_history("tool:plot"), list[AliasMove])
    assert_type(past.aliases("tool:plot"), dict[str, int | None])
    assert_type(past.audit(), list[Refusal])
assert_type(schema_advice("team.db", None), str)
assert_type(read_configuration(Path("catalog.toml")), dict[str, Any])
assert_type(code_in_configuration({}, Path("catalog.toml")), list[str])
assert_type(trust_configuration(Path("catalog.toml"), {}), None)
with looking_in("src"):
    pass
with whole_file("out.txt") as out:
    assert_type(out, IO[str])
with open_text("out.txt") as into:
    assert_type(list(bounded_lines(into)), list[str])
assert_type(read_text("out.txt", LARGEST_TEXT), str)
assert_type(read_json("[1]"), Any)

# The documentation site, and what faces show.
assert_type(build_docs(cat, "site", form="markdown"), BuiltDocs)
forms: tuple[str, ...] = DOCS_FORMATS
assert_type(prompt_text({"text": "Hello {name}"}), str | None)
assert_type(parameter_rows(cat.entry("tool:plot")), list[Parameter])
assert_type(signature_line(cat.entry("tool:plot")), str)
assert_type(search_words("draw charts", whole=True), list[str])
assert_type(small_words(), frozenset[str])
assert_type(entry_words(cat.entry("tool:plot")), tuple[str, ...])

errors: list[type[CatalogError]] = [
    CallTimeoutError,
    CouncilSpecError,
    DiscoveryError,
    DriftError,
    DuplicateEntryError,
    EmbedderError,
    EntryError,
    EntryNotFoundError,
    InvalidEntryError,
    InvalidFilterError,
    InvalidReferenceError,
    LoadError,
    LockError,
    MissingExtraError,
    NoMatchError,
    NotACatalogError,
    NotImportableError,
    PackageNotFoundError,
    PinError,
    ReadOnlyError,
    RemoteError,
    RemoteToolError,
    ResolveError,
    RoutingError,
    SchemaOutdatedError,
    SearchError,
    SettingsError,
    StoreBusyError,
    StoreError,
    StrategyError,
    UnknownKindError,
    UnreadableSourceError,
    UntrustedReferenceError,
]
warning: type[Warning] = CatalogWarning
with expecting("tool:plot", 3):
    assert_type(facets(Catalog(), "chart", tags=["plot"]), Facets)
    assert_type(health(Catalog()), Health)
    assert_type(forget_source(Catalog(), "scan:mypkg"), list[str])
    assert_type(changes_since(Catalog(), 3), list[Revision])
changed: type[CatalogError] = ChangedEntryError
