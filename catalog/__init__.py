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
    from catalog.authoring import model as model
    from catalog.authoring import profile as profile
    from catalog.authoring import prompt as prompt
    from catalog.authoring import round as round
    from catalog.authoring import router as router
    from catalog.authoring import schema as schema
    from catalog.authoring import sub_council as sub_council
    from catalog.authoring import tool as tool
    from catalog.councils.council_graph import council_graph as council_graph
    from catalog.councils.graph import Graph as Graph
    from catalog.councils.reference_graph import reference_graph as reference_graph
    from catalog.councils.resolve import Council as Council
    from catalog.councils.resolve import resolve_council as resolve_council
    from catalog.councils.validate import validate_council as validate_council
    from catalog.default import default_catalog as default_catalog
    from catalog.discovery.report import ScanReport as ScanReport
    from catalog.embedders.base import Embedder as Embedder
    from catalog.embedders.hashed import HashEmbedder as HashEmbedder
    from catalog.embedders.openai import OpenAIEmbedder as OpenAIEmbedder
    from catalog.entry.council import CouncilSpec as CouncilSpec
    from catalog.entry.entry import Entry as Entry
    from catalog.entry.object_ref import ObjectRef as ObjectRef
    from catalog.entry.references import Reference as Reference
    from catalog.errors import CatalogError as CatalogError
    from catalog.errors import CatalogWarning as CatalogWarning
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
    from catalog.errors import MissingExtraError as MissingExtraError
    from catalog.errors import NoMatchError as NoMatchError
    from catalog.errors import NotACatalogError as NotACatalogError
    from catalog.errors import NotImportableError as NotImportableError
    from catalog.errors import PackageNotFoundError as PackageNotFoundError
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
    from catalog.loader.repair import Fault as Fault
    from catalog.loader.verify import Drift as Drift
    from catalog.registry import Registry as Registry
    from catalog.routing.auto import AutoCouncil as AutoCouncil
    from catalog.routing.decision import Decision as Decision
    from catalog.routing.decision import Result as Result
    from catalog.routing.events import Event as Event
    from catalog.routing.llm.scripted import ScriptedChat as ScriptedChat
    from catalog.routing.verdict import Candidate as Candidate
    from catalog.routing.verdict import Verdict as Verdict
    from catalog.search.hit import Hit as Hit
    from catalog.settings import Settings as Settings
    from catalog.settings import load_settings as load_settings
    from catalog.verbs.history import Revision as Revision
    from catalog.verbs.lookup import Standing as Standing

    agents: Registry[Any]
    councils: Registry[Any]
    input_mappers: Registry[Any]
    models: Registry[Any]
    profiles: Registry[Any]
    prompts: Registry[Any]
    rounds: Registry[Any]
    routers: Registry[Any]
    schemas: Registry[Any]
    sub_councils: Registry[Any]
    tools: Registry[Any]

_HOMES = {
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
    "CouncilSpec": "catalog.entry.council",
    "Council": "catalog.councils.resolve",
    "resolve_council": "catalog.councils.resolve",
    "Graph": "catalog.councils.graph",
    "council_graph": "catalog.councils.council_graph",
    "reference_graph": "catalog.councils.reference_graph",
    "validate_council": "catalog.councils.validate",
    "Entry": "catalog.entry.entry",
    "ObjectRef": "catalog.entry.object_ref",
    "Reference": "catalog.entry.references",
    "Embedder": "catalog.embedders.base",
    "HashEmbedder": "catalog.embedders.hashed",
    "OpenAIEmbedder": "catalog.embedders.openai",
    "Hit": "catalog.search.hit",
    "Revision": "catalog.verbs.history",
    "Settings": "catalog.settings",
    "load_settings": "catalog.settings",
    "Drift": "catalog.loader.verify",
    "Fault": "catalog.loader.repair",
    "ScanReport": "catalog.discovery.report",
    "default_catalog": "catalog.default",
}
_ERRORS = (
    "CatalogError",
    "CatalogWarning",
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
    "MissingExtraError",
    "NoMatchError",
    "NotACatalogError",
    "NotImportableError",
    "PackageNotFoundError",
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
)
_KINDS = (
    "tool",
    "model",
    "prompt",
    "agent",
    "profile",
    "schema",
    "router",
    "round",
    "sub_council",
    "input_mapper",
    "council",
)
_HOMES |= dict.fromkeys(_ERRORS, "catalog.errors")
_HOMES |= dict.fromkeys(_KINDS, "catalog.authoring")  # decorators: catalog.tool, catalog.model, ...
_HOMES |= {kind + "s": "catalog.default" for kind in _KINDS}  # registries: catalog.tools, catalog.models, ...

__all__ = ["__version__", *sorted(_HOMES)]


if not TYPE_CHECKING:  # a module with a __getattr__ has every name, to a type checker

    def __getattr__(name):
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'catalog' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(home), name)
        globals()[name] = value
        return value

    def __dir__():
        return __all__
