"""catalog: one place that knows every building block of your LLM applications, without importing them.

    from catalog import Catalog

    with Catalog("sqlite:///team.db") as cat:
        cat.register("tool", "create_scatter", "mypkg.plots:create_scatter", tags=["plot"])
        cat.search("draw a scatter plot")

Every name here is looked up when it is first used: ``import catalog`` itself costs next to nothing.
"""

__version__ = "0.1.0"

_HOMES = {
    "Catalog": "catalog.app",
    "AutoCouncil": "catalog.routing.auto",
    "Decision": "catalog.routing.base",
    "Result": "catalog.routing.base",
    "Candidate": "catalog.routing.base",
    "Verdict": "catalog.routing.base",
    "Event": "catalog.routing.events",
    "ScriptedChat": "catalog.routing.llm.scripted",
    "Standing": "catalog.app",
    "Registry": "catalog.registry",
    "CouncilSpec": "catalog.entry.council",
    "Council": "catalog.councils.resolve",
    "resolve_council": "catalog.councils.resolve",
    "Graph": "catalog.councils.council_graph",
    "council_graph": "catalog.councils.council_graph",
    "reference_graph": "catalog.councils.council_graph",
    "validate_council": "catalog.councils.validate",
    "Entry": "catalog.entry.entry",
    "ObjectRef": "catalog.entry.object_ref",
    "Reference": "catalog.entry.references",
    "Embedder": "catalog.embedders.base",
    "HashEmbedder": "catalog.embedders.hashed",
    "OpenAIEmbedder": "catalog.embedders.openai",
    "Hit": "catalog.search.hit",
    "Revision": "catalog.verbs.exchange",
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


def __getattr__(name):  # type: ignore[no-untyped-def]
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'catalog' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__():  # type: ignore[no-untyped-def]
    return __all__
