"""catalog: one place that knows every building block of your LLM applications, without importing them.

    from catalog import Catalog

    with Catalog("sqlite:///team.db") as cat:
        cat.register("tool", "create_scatter", "mypkg.plots:create_scatter", tags=["plot"])
        cat.search("draw a scatter plot")

Every name here is looked up when it is first used: ``import catalog`` itself costs next to nothing.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:  # the same names for type checkers and editors; a test compares the two
    from typing import Any

    from catalog.app import Catalog as Catalog
    from catalog.authoring import agent as agent
    from catalog.authoring import council as council
    from catalog.authoring import input_mapper as input_mapper
    from catalog.authoring import mark as mark
    from catalog.authoring import mcp_server as mcp_server
    from catalog.authoring import model as model
    from catalog.authoring import profile as profile
    from catalog.authoring import prompt as prompt
    from catalog.authoring import round as round
    from catalog.authoring import router as router
    from catalog.authoring import schema as schema
    from catalog.authoring import skill as skill
    from catalog.authoring import sub_council as sub_council
    from catalog.authoring import tool as tool
    from catalog.characters import json_text as json_text
    from catalog.characters import visible as visible
    from catalog.configuration import read_file as _read_configuration
    from catalog.council_specs.council_graph import council_graph as council_graph
    from catalog.council_specs.explain import explain_council as explain_council
    from catalog.council_specs.graph import Graph as Graph
    from catalog.council_specs.reference_graph import reference_graph as reference_graph
    from catalog.council_specs.shape import Issue as _CouncilIssue
    from catalog.council_specs.spec import Council as Council
    from catalog.council_specs.spec import CouncilSpec as CouncilSpec
    from catalog.council_specs.spec import resolve_council as resolve_council
    from catalog.council_specs.validate import validate_council as validate_council
    from catalog.default import default_catalog as default_catalog
    from catalog.discovery.frameworks import NewerFramework as NewerFramework
    from catalog.discovery.frameworks import newer_frameworks as newer_frameworks
    from catalog.discovery.report import ScanReport as ScanReport
    from catalog.docs_site.build import DOCS_FORMATS as DOCS_FORMATS
    from catalog.docs_site.build import BuiltDocs as BuiltDocs
    from catalog.docs_site.build import build_docs as build_docs
    from catalog.embedders.base import Embedder as Embedder
    from catalog.embedders.choose import form_of as _embedder_form
    from catalog.embedders.hashed import HashEmbedder as HashEmbedder
    from catalog.embedders.openai import Estimate as Estimate
    from catalog.embedders.openai import OpenAIEmbedder as OpenAIEmbedder
    from catalog.entry.entry import Entry as Entry
    from catalog.entry.explained import Parameter as Parameter
    from catalog.entry.explained import parameter_rows as parameter_rows
    from catalog.entry.explained import signature_line as signature_line
    from catalog.entry.kinds import SEARCH_MODES as SEARCH_MODES
    from catalog.entry.kinds import VERIFY_POLICIES as VERIFY_POLICIES
    from catalog.entry.limits import bounded_lines as bounded_lines
    from catalog.entry.limits import read_json as read_json
    from catalog.entry.object_ref import ObjectRef as ObjectRef
    from catalog.entry.references import Reference as Reference
    from catalog.entry.states import CODES as _ENTRY_STATES
    from catalog.entry.states import REVIEW_STATES as _REVIEW_STATES
    from catalog.entry.states import Marks as Marks
    from catalog.entry.states import code_of as _entry_state
    from catalog.entry.states import deprecated_in_words as _deprecated_in_words
    from catalog.entry.states import marks_of as _entry_marks
    from catalog.entry.template import text_of as _prompt_text
    from catalog.entry.words import small_words as small_words
    from catalog.entry.words import words as _search_words
    from catalog.errors import CallTimeoutError as CallTimeoutError
    from catalog.errors import CatalogError as CatalogError
    from catalog.errors import CatalogWarning as CatalogWarning
    from catalog.errors import ChangedEntryError as ChangedEntryError
    from catalog.errors import CouncilSpecError as CouncilSpecError
    from catalog.errors import DiscoveryError as DiscoveryError
    from catalog.errors import DriftError as DriftError
    from catalog.errors import DuplicateEntryError as DuplicateEntryError
    from catalog.errors import EmbedderError as EmbedderError
    from catalog.errors import EntryError as EntryError
    from catalog.errors import EntryNotFoundError as EntryNotFoundError
    from catalog.errors import InvalidEntryError as InvalidEntryError
    from catalog.errors import InvalidFilterError as InvalidFilterError
    from catalog.errors import InvalidReferenceError as InvalidReferenceError
    from catalog.errors import LoadError as LoadError
    from catalog.errors import LockError as LockError
    from catalog.errors import MissingExtraError as MissingExtraError
    from catalog.errors import NoMatchError as NoMatchError
    from catalog.errors import NotACatalogError as NotACatalogError
    from catalog.errors import NotImportableError as NotImportableError
    from catalog.errors import PackageNotFoundError as PackageNotFoundError
    from catalog.errors import PinError as PinError
    from catalog.errors import ReadOnlyError as ReadOnlyError
    from catalog.errors import RemoteError as RemoteError
    from catalog.errors import RemoteToolError as RemoteToolError
    from catalog.errors import ResolveError as ResolveError
    from catalog.errors import RoutingError as RoutingError
    from catalog.errors import SchemaOutdatedError as SchemaOutdatedError
    from catalog.errors import SearchError as SearchError
    from catalog.errors import SettingsError as SettingsError
    from catalog.errors import StoreBusyError as StoreBusyError
    from catalog.errors import StoreError as StoreError
    from catalog.errors import StrategyError as StrategyError
    from catalog.errors import UnknownKindError as UnknownKindError
    from catalog.errors import UnreadableSourceError as UnreadableSourceError
    from catalog.errors import UntrustedReferenceError as UntrustedReferenceError
    from catalog.errors import close_matches as close_matches
    from catalog.errors import did_you_mean as did_you_mean
    from catalog.files import LARGEST_TEXT as LARGEST_TEXT
    from catalog.files import open_text as open_text
    from catalog.files import read_text as read_text
    from catalog.files import whole_file as whole_file
    from catalog.ingest.servers import add_mcp as add_mcp
    from catalog.loader.call import CallResult as CallResult
    from catalog.loader.call import acall as acall
    from catalog.loader.call import call as call
    from catalog.loader.repair import Fault as Fault
    from catalog.loader.verify import Drift as Drift
    from catalog.loader.verify import Verified as Verified
    from catalog.registry import Registry as Registry
    from catalog.remote.callable import RemoteCallable as RemoteCallable
    from catalog.routing.auto import AutoCouncil as AutoCouncil
    from catalog.routing.calibration.fit import FitReport as FitReport
    from catalog.routing.decision import Decision as Decision
    from catalog.routing.decision import Result as Result
    from catalog.routing.evaluation.evaluate import evaluate as evaluate
    from catalog.routing.evaluation.evaluation import Evaluation as Evaluation
    from catalog.routing.evaluation.evaluation import StepFigures as StepFigures
    from catalog.routing.evaluation.gate import GateVerdicts as GateVerdicts
    from catalog.routing.evaluation.gate import baseline as baseline
    from catalog.routing.evaluation.gate import gate_verdicts as gate_verdicts
    from catalog.routing.evaluation.gate import read_baseline as read_baseline
    from catalog.routing.evaluation.golden import cases_for as cases_for
    from catalog.routing.evaluation.lint import LintFinding as LintFinding
    from catalog.routing.evaluation.lint import lint as lint
    from catalog.routing.evaluation.svg import evaluation_svg as evaluation_svg
    from catalog.routing.events import Event as Event
    from catalog.routing.labelled import Case as Case
    from catalog.routing.labelled import read_cases as read_cases
    from catalog.routing.llm.scripted import ScriptedChat as ScriptedChat
    from catalog.routing.log import forget_decisions as forget_decisions
    from catalog.routing.log import logged_decisions as logged_decisions
    from catalog.routing.replay import Replay as Replay
    from catalog.routing.replay import Replayed as Replayed
    from catalog.routing.replay import replay as replay
    from catalog.routing.running import arun_entry as arun_entry
    from catalog.routing.running import arun_result as arun_result
    from catalog.routing.running import run_entry as run_entry
    from catalog.routing.running import run_result as run_result
    from catalog.routing.strategies.choose import STRATEGIES as STRATEGIES
    from catalog.routing.verdict import Candidate as Candidate
    from catalog.routing.verdict import Verdict as Verdict
    from catalog.search.hit import Hit as Hit
    from catalog.settings import Settings as Settings
    from catalog.settings import default_url as default_url
    from catalog.settings import load_settings as load_settings
    from catalog.source.missing import missing_reference as missing_reference
    from catalog.source.search_path import looking_in as looking_in
    from catalog.source.secret_defaults import hide_secrets as hide_secrets
    from catalog.store.carry import Copied as Copied
    from catalog.store.carry import Sum as _TableSum
    from catalog.store.golden_and_decisions import Logged as _LoggedDecision
    from catalog.store.mapping import words_of as _entry_words
    from catalog.store.opening import advice as _schema_advice
    from catalog.store.opening import current as _schema_revision
    from catalog.store.opening import place_of as _database_place
    from catalog.store.opening import upgrade_database as upgrade_database
    from catalog.store.rotation import Rotated as Rotated
    from catalog.store.salvage import Salvaged as Salvaged
    from catalog.store.schema import HEAD as _SCHEMA_HEAD
    from catalog.store.schema import sqlite_path as sqlite_path
    from catalog.trust.configuration import code_in as _code_in
    from catalog.trust.remembered import remember as _trust_configuration
    from catalog.verbs.aliases import AliasMove as AliasMove
    from catalog.verbs.changes import Changed as Changed
    from catalog.verbs.embed import vector_search as vector_search
    from catalog.verbs.entry_of import entry_of as entry_of
    from catalog.verbs.export_documents import ExportedDocument as ExportedDocument
    from catalog.verbs.forget import forget_source as forget_source
    from catalog.verbs.history import Revision as Revision
    from catalog.verbs.lookup import Standing as Standing
    from catalog.verbs.lookup import name_search as name_search
    from catalog.verbs.overview import Facets as Facets
    from catalog.verbs.overview import Health as Health
    from catalog.verbs.overview import changes_since as changes_since
    from catalog.verbs.overview import facets as facets
    from catalog.verbs.overview import health as health
    from catalog.verbs.pins import PinChange as PinChange
    from catalog.verbs.pins import Pinned as Pinned
    from catalog.verbs.refusals import Refusal as Refusal
    from catalog.verbs.resting import release_when_idle as release_when_idle
    from catalog.verbs.upkeep import backup_database as _backup_database
    from catalog.verbs.upkeep import backup_into as backup_into
    from catalog.verbs.upkeep import copy_catalog as copy_catalog
    from catalog.verbs.upkeep import leftovers as leftovers
    from catalog.verbs.upkeep import salvage as salvage
    from catalog.workspace.reasons import acting_as as acting_as
    from catalog.workspace.reasons import because as because
    from catalog.workspace.reasons import expecting as expecting

    # Public under a name that says more than the one in its room.
    CouncilIssue = _CouncilIssue
    embedder_form = _embedder_form
    ENTRY_STATES = _ENTRY_STATES
    prompt_text = _prompt_text
    REVIEW_STATES = _REVIEW_STATES
    entry_state = _entry_state
    entry_marks = _entry_marks
    deprecated_in_words = _deprecated_in_words
    LoggedDecision = _LoggedDecision
    SCHEMA_HEAD = _SCHEMA_HEAD
    backup_database = _backup_database
    schema_advice = _schema_advice
    TableSum = _TableSum
    database_place = _database_place
    schema_revision = _schema_revision
    code_in_configuration = _code_in
    trust_configuration = _trust_configuration
    read_configuration = _read_configuration
    search_words = _search_words
    entry_words = _entry_words

    agents: Registry[Any]
    councils: Registry[Any]
    mcp_servers: Registry[Any]
    skills: Registry[Any]
    input_mappers: Registry[Any]
    models: Registry[Any]
    profiles: Registry[Any]
    prompts: Registry[Any]
    rounds: Registry[Any]
    routers: Registry[Any]
    schemas: Registry[Any]
    sub_councils: Registry[Any]
    tools: Registry[Any]

_HOMES = {  # the module of each public name, and what it is called there if that differs
    "Catalog": "catalog.app",
    "AutoCouncil": "catalog.routing.auto",
    "Decision": "catalog.routing.decision",
    "Result": "catalog.routing.decision",
    "Candidate": "catalog.routing.verdict",
    "Verdict": "catalog.routing.verdict",
    "Event": "catalog.routing.events",
    "ScriptedChat": "catalog.routing.llm.scripted",
    "Standing": "catalog.verbs.lookup",
    "Registry": "catalog.registry",
    "CouncilSpec": "catalog.council_specs.spec",
    "Council": "catalog.council_specs.spec",
    "resolve_council": "catalog.council_specs.spec",
    "Graph": "catalog.council_specs.graph",
    "council_graph": "catalog.council_specs.council_graph",
    "reference_graph": "catalog.council_specs.reference_graph",
    "validate_council": "catalog.council_specs.validate",
    "newer_frameworks": "catalog.discovery.frameworks",
    "NewerFramework": "catalog.discovery.frameworks",
    "Entry": "catalog.entry.entry",
    "ObjectRef": "catalog.entry.object_ref",
    "Parameter": "catalog.entry.explained",
    "parameter_rows": "catalog.entry.explained",
    "DOCS_FORMATS": "catalog.docs_site.build",
    "BuiltDocs": "catalog.docs_site.build",
    "build_docs": "catalog.docs_site.build",
    "search_words": "catalog.entry.words:words",
    "small_words": "catalog.entry.words",
    "entry_words": "catalog.store.mapping:words_of",
    "prompt_text": "catalog.entry.template:text_of",
    "signature_line": "catalog.entry.explained",
    "Reference": "catalog.entry.references",
    "Embedder": "catalog.embedders.base",
    "HashEmbedder": "catalog.embedders.hashed",
    "OpenAIEmbedder": "catalog.embedders.openai",
    "Hit": "catalog.search.hit",
    "ExportedDocument": "catalog.verbs.export_documents",
    "Revision": "catalog.verbs.history",
    "AliasMove": "catalog.verbs.aliases",
    "Refusal": "catalog.verbs.refusals",
    "acting_as": "catalog.workspace.reasons",
    "because": "catalog.workspace.reasons",
    "expecting": "catalog.workspace.reasons",
    "Facets": "catalog.verbs.overview",
    "facets": "catalog.verbs.overview",
    "forget_source": "catalog.verbs.forget",
    "Health": "catalog.verbs.overview",
    "health": "catalog.verbs.overview",
    "changes_since": "catalog.verbs.overview",
    "Settings": "catalog.settings",
    "load_settings": "catalog.settings",
    "Drift": "catalog.loader.verify",
    "Verified": "catalog.loader.verify",
    "ENTRY_STATES": "catalog.entry.states:CODES",
    "REVIEW_STATES": "catalog.entry.states",
    "Marks": "catalog.entry.states",
    "entry_state": "catalog.entry.states:code_of",
    "entry_marks": "catalog.entry.states:marks_of",
    "deprecated_in_words": "catalog.entry.states",
    "Fault": "catalog.loader.repair",
    "Changed": "catalog.verbs.changes",
    "Pinned": "catalog.verbs.pins",
    "PinChange": "catalog.verbs.pins",
    "ScanReport": "catalog.discovery.report",
    "default_catalog": "catalog.default",
    "Case": "catalog.routing.labelled",
    "read_cases": "catalog.routing.labelled",
    "cases_for": "catalog.routing.evaluation.golden",
    "replay": "catalog.routing.replay",
    "Replay": "catalog.routing.replay",
    "Replayed": "catalog.routing.replay",
    "LoggedDecision": "catalog.store.golden_and_decisions:Logged",
    "logged_decisions": "catalog.routing.log",
    "forget_decisions": "catalog.routing.log",
    "lint": "catalog.routing.evaluation.lint",
    "LintFinding": "catalog.routing.evaluation.lint",
    "FitReport": "catalog.routing.calibration.fit",
    "evaluation_svg": "catalog.routing.evaluation.svg",
    "gate_verdicts": "catalog.routing.evaluation.gate",
    "read_baseline": "catalog.routing.evaluation.gate",
    "baseline": "catalog.routing.evaluation.gate",
    "GateVerdicts": "catalog.routing.evaluation.gate",
    "Evaluation": "catalog.routing.evaluation.evaluation",
    "StepFigures": "catalog.routing.evaluation.evaluation",
    "evaluate": "catalog.routing.evaluation.evaluate",
    "SEARCH_MODES": "catalog.entry.kinds",
    "STRATEGIES": "catalog.routing.strategies.choose",
    "VERIFY_POLICIES": "catalog.entry.kinds",
    "explain_council": "catalog.council_specs.explain",
    "CouncilIssue": "catalog.council_specs.shape:Issue",
    "arun_entry": "catalog.routing.running",
    "arun_result": "catalog.routing.running",
    "run_entry": "catalog.routing.running",
    "run_result": "catalog.routing.running",
    "CallResult": "catalog.loader.call",
    "acall": "catalog.loader.call",
    "call": "catalog.loader.call",
    "add_mcp": "catalog.ingest.servers",
    "RemoteCallable": "catalog.remote.callable",
    "Estimate": "catalog.embedders.openai",
    "missing_reference": "catalog.source.missing",
    "hide_secrets": "catalog.source.secret_defaults",
    "entry_of": "catalog.verbs.entry_of",
    "looking_in": "catalog.source.search_path",
    "code_in_configuration": "catalog.trust.configuration:code_in",
    "trust_configuration": "catalog.trust.remembered:remember",
    "read_configuration": "catalog.configuration:read_file",
    "embedder_form": "catalog.embedders.choose:form_of",
    "default_url": "catalog.settings",
    "whole_file": "catalog.files",
    "LARGEST_TEXT": "catalog.files",
    "open_text": "catalog.files",
    "read_text": "catalog.files",
    "bounded_lines": "catalog.entry.limits",
    "read_json": "catalog.entry.limits",
    "backup_database": "catalog.verbs.upkeep:backup_database",
    "sqlite_path": "catalog.store.schema",
    "database_place": "catalog.store.opening:place_of",
    "upgrade_database": "catalog.store.opening",
    "schema_advice": "catalog.store.opening:advice",
    "schema_revision": "catalog.store.opening:current",
    "vector_search": "catalog.verbs.embed",
    "name_search": "catalog.verbs.lookup",
    "backup_into": "catalog.verbs.upkeep",
    "Rotated": "catalog.store.rotation",
    "leftovers": "catalog.verbs.upkeep",
    "copy_catalog": "catalog.verbs.upkeep",
    "release_when_idle": "catalog.verbs.resting",
    "Copied": "catalog.store.carry",
    "TableSum": "catalog.store.carry:Sum",
    "salvage": "catalog.verbs.upkeep",
    "Salvaged": "catalog.store.salvage",
    "SCHEMA_HEAD": "catalog.store.schema:HEAD",
    "close_matches": "catalog.errors",
    "did_you_mean": "catalog.errors",
    "json_text": "catalog.characters",
    "visible": "catalog.characters",
}
_ERRORS = (
    "CallTimeoutError",
    "CatalogError",
    "CatalogWarning",
    "ChangedEntryError",
    "CouncilSpecError",
    "DiscoveryError",
    "DriftError",
    "DuplicateEntryError",
    "EmbedderError",
    "EntryError",
    "EntryNotFoundError",
    "InvalidEntryError",
    "InvalidFilterError",
    "InvalidReferenceError",
    "LoadError",
    "LockError",
    "MissingExtraError",
    "NoMatchError",
    "NotACatalogError",
    "NotImportableError",
    "PackageNotFoundError",
    "PinError",
    "ReadOnlyError",
    "RemoteError",
    "RemoteToolError",
    "ResolveError",
    "RoutingError",
    "SchemaOutdatedError",
    "SearchError",
    "SettingsError",
    "StoreBusyError",
    "StoreError",
    "StrategyError",
    "UnknownKindError",
    "UnreadableSourceError",
    "UntrustedReferenceError",
)
_KINDS = ("tool", "model", "prompt", "agent", "profile", "schema", "router", "round", "sub_council", "input_mapper",
          "council", "skill", "mcp_server")  # fmt: skip
_HOMES |= dict.fromkeys(_ERRORS, "catalog.errors")
_HOMES |= dict.fromkeys((*_KINDS, "mark"), "catalog.authoring")  # decorators: catalog.tool, catalog.model, ...
_HOMES |= {kind + "s": "catalog.default" for kind in _KINDS}  # registries: catalog.tools, catalog.models, ...

__all__ = ["__version__", *sorted(_HOMES)]


if not TYPE_CHECKING:  # a module with a __getattr__ has every name, to a type checker

    def __getattr__(name):
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'catalog' has no attribute {name!r}")
        from importlib import import_module

        module, _, attribute = home.partition(":")
        value = getattr(import_module(module), attribute or name)
        globals()[name] = value
        return value

    def __dir__():
        return __all__
