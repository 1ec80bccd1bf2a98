"""Settings: the only place that reads the environment and the configuration file."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catalog.configuration import find_file, pin_faults, read_file, remote_faults, without_login
from catalog.entry.kinds import KINDS, VERIFY_POLICIES, is_kind_name
from catalog.errors import SettingsError, StoreError, UntrustedReferenceError, close_matches, did_you_mean

LEARNING = ("off", "explicit", "auto")
"""What is learned from use: nothing, what is passed to ``record_use``, or also which hits of searches are taken."""

PLUGIN_GROUPS = ("magma_plugins",)
"""Entry-point groups in which plugins are always looked for."""

LOGGED = ("off", "hash", "text")
"""What is logged of routed prompts: nothing, decisions with a hash of the prompt, or decisions with its text."""

MCP = ("call",)
"""The parts of ``mcp``."""

SCOPE = ("sources", "distributions")
"""The parts of a scope: where the entries come from that are a project's share of a database."""

PROVIDER_KEYS = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "azure": ("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"),
    "bedrock": ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"),
    "cohere": ("CO_API_KEY", "COHERE_API_KEY"),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "huggingface": ("HF_TOKEN", "HUGGINGFACEHUB_API_TOKEN"),
    "mistral": ("MISTRAL_API_KEY",),
    "ollama": ("OLLAMA_HOST",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "perplexity": ("PERPLEXITY_API_KEY", "PPLX_API_KEY"),
    "together": ("TOGETHER_API_KEY",),
    "xai": ("XAI_API_KEY",),
}
"""Model providers, each with environment variables. If one of them is set, the provider can be used here."""

_KNOWN = (
    "url", "embedder", "plugin_groups", "kinds", "verify", "trust", "recognise", "learn", "learn_text", "entries",
    "providers", "runner", "route_log", "default_profile", "router", "keep_history", "scope", "pin", "server", "mcp",
    "remote", "call_timeout",
)  # fmt: skip

_TRUE = ("1", "true", "yes", "on")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a catalog is set up.

    Attributes:
        url: database URL, as ``sqlite:///team.db``, relative to the configuration file; without it the database is
            a file in the user's data directory.
        file: the configuration file these come from, if any.
        embedder: name of the embedder: ``wordllama`` (the default), ``minilm``, ``hash``, ``openai:MODEL[@URL]``,
            ``st:MODEL``, ``package.module:name``, or ``none`` to search by words only.
        kinds: every known kind, the built-in ones first; the configuration names those of the project.
        plugin_groups: entry-point groups that plugins are found in, ``magma_plugins`` always among them.
        verify: how much of the code must be as recorded when an object is taken, by kind: ``off``,
            ``signature`` or ``source``; ``"*"`` is the default of all kinds. A policy may stand alone, for all kinds.
        auto_refresh: refresh on every access, for notebooks.
        entries: the config tier as written: kind, then name, then a reference or a table of fields.
        recognise: additional rules by which scans recognise entries, in the form of ``recognised.toml``.
        trust: the policy of trust as written and checked; see :mod:`catalog.trust.policy`.
        learn: what is learned from use, one of :data:`LEARNING`. With ``explicit`` only calls of ``record_use`` record
            anything; what they recorded counts in searches. With ``off`` it does not count.
        learn_text: whether the texts of recorded requests are kept beside their hashes.
        clock: returns the time, in seconds since 1970.
        default_profile: the name of the profile on which those of all councils and members are based.
        providers: model providers that can be used here, in addition to those with a key in the environment.
        runner: reference of the function that runs councils defined as data. It is called with the resolved council
            and the prompt.
        route_log: what is kept of routed prompts, one of :data:`LOGGED`: nothing, decisions with a hash of the prompt,
            or decisions with its text.
        keep_history: how many revisions of each entry ``catalog db prune`` keeps if it is called without ``--keep``.
        scope: the ``sources`` and ``distributions`` that searches and routers look at unless the caller names others.
        call_timeout: whole seconds that a call of a tool by a model may take (:mod:`catalog.adapters`); None: no limit.
        set_aside: names of settings that the file has and that are not followed, as nobody has trusted it; they lead to
            code or send something away.
        written: the table of the file that was looked for and found, as it is; None: the caller named the file, or
            there is none.
        pin: ``mode``: whether what is taken must be as the lock file of ``catalog pin`` says: ``off`` (the default),
            ``warn`` or ``block``. ``file``: the lock file, relative to the configuration file; else ``catalog.lock``.
        remote: what is called elsewhere (MCP servers, APIs, agents): seconds to ``start``, for a ``call``, before a
            session that is ``idle`` ends, and for which a listing holds (``recheck``; 0: it is read before each call);
            ``size``: the most bytes of an answer. ``apis``: by the title of an API, or its address: its ``url``, and
            ``headers`` and ``query`` that are sent there, ``${NAME}`` standing for a variable of the environment.
        router: options of the project's router, as written; see :meth:`catalog.AutoCouncil.configured`.
        mcp: ``call``: whether clients of ``catalog mcp``, and of ``/mcp`` of ``catalog serve``, may call entries.
        server: how ``catalog serve`` answers, as written; see :mod:`catalog.server.settings`.
        served: whether others than this process's user ask the catalog, through a server: then only references that
            the policy of trust lists are imported, unless it names a mode itself.
    """

    url: str | None = None
    file: Path | None = None
    embedder: str | None = None
    kinds: tuple[str, ...] = KINDS
    plugin_groups: tuple[str, ...] = PLUGIN_GROUPS
    verify: Mapping[str, str] = field(default_factory=lambda: {"*": "signature"})
    auto_refresh: bool = False
    entries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    recognise: Mapping[str, Any] = field(default_factory=dict)
    trust: Mapping[str, Any] = field(default_factory=dict)
    learn: str = "explicit"
    learn_text: bool = False
    clock: Callable[[], float] = time.time
    providers: tuple[str, ...] = ()
    runner: str | None = None
    route_log: str = "off"
    keep_history: int | None = None
    default_profile: str | None = None
    router: Mapping[str, Any] = field(default_factory=dict)
    remote: Mapping[str, Any] = field(default_factory=dict)
    scope: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pin: Mapping[str, str] = field(default_factory=dict)
    call_timeout: float | None = None
    mcp: Mapping[str, bool] = field(default_factory=dict)
    server: Mapping[str, Any] = field(default_factory=dict)
    served: bool = False
    set_aside: tuple[str, ...] = ()
    written: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def is_trusted(self) -> bool:
        """Whether the file may name code: the caller named it, or the user has trusted it as it is."""
        if self.written is None or self.file is None:
            return True
        from catalog.trust.remembered import is_trusted  # only where something is to be imported

        return is_trusted(self.file, self.written)

    def place(self) -> str | None:
        """Return the URL of the database that the configuration names; None: it names none.

        Raises:
            UntrustedReferenceError: it names another than a file in its own folder, and nobody has trusted it.
        """
        if self.url is None and "url" in self.set_aside:
            named = without_login(str((self.written or {}).get("url")))
            raise UntrustedReferenceError(
                f"{self.file} names the database {named!r}, which is not in its folder, "
                "and nobody has trusted that file; read it, then say `catalog init --trust`, or name a database with "
                "--url or CATALOG_URL",
                key=None,
                ref=None,
                mode=None,
                setting="url",
                allow=None,
            )
        return self.url

    def policy(self, kind: str) -> str:
        """Return the verify policy for *kind*."""
        return self.verify.get(kind) or self.verify.get("*", "signature")


def load_settings(
    start: Path | None = None, *, file: Path | None = None, env: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings for a folder.

    They come from the nearest folder, upwards, with a ``catalog.toml`` or a ``pyproject.toml`` with ``[tool.catalog]``;
    ``catalog.toml`` wins if a folder has both. The environment variable ``CATALOG_URL`` wins over ``url``.

    Args:
        start: the folder to begin with; the current folder if None.
        file: read this file instead of looking for one.
        env: the environment; that of the process if None.

    Raises:
        SettingsError: the file can't be read, or one of its values is wrong; the message names file and key.
    """
    env = os.environ if env is None else env
    auto = any(env.get(name, "").lower() in _TRUE for name in ("CATALOG_AUTO_REFRESH", "MAGMA_REGISTRY_AUTO_REFRESH"))
    url = env.get("CATALOG_URL") or None
    where = file or find_file(start or _here())
    table = read_file(where) if where else {}
    settings = _settings(table, where, url, auto)  # all of it is checked, also what will not be followed
    if where is None or file is not None:
        return settings
    return _without_code(settings, table, where, url, auto, env)


def _without_code(
    settings: Settings, table: Mapping[str, Any], where: Path, url: str | None, auto: bool, env: Mapping[str, str]
) -> Settings:
    """Return *settings* of a file that was found; without what leads to code, where nobody has trusted the file."""
    from catalog.trust.configuration import code_in  # only where a configuration is found

    names = code_in(table, where)
    if names:
        from catalog.trust.remembered import is_trusted  # only where it names code

        if not is_trusted(where, table, env):
            kept = {name: value for name, value in table.items() if name not in names}
            settings = replace(_settings(kept, where, url, auto), set_aside=tuple(names))
    return replace(settings, written=table)


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it was deleted; no folder above it is known either
        return Path(os.sep)


def _settings(values: Mapping[str, Any], file: Path | None, url: str | None, auto: bool) -> Settings:
    table = _Table(values, file)
    table.check_names()
    written_url = table.text("url")  # read even if the environment names another: a wrong value must not wait
    kinds = table.kinds()
    return Settings(
        url=url or _anchored(written_url, file),
        file=file,
        embedder=table.text("embedder"),
        kinds=kinds,
        plugin_groups=PLUGIN_GROUPS
        + tuple(group for group in table.texts("plugin_groups") if group not in PLUGIN_GROUPS),
        verify=table.policies(kinds),
        auto_refresh=auto,
        entries=table.entries(kinds),
        recognise=table.mapping("recognise"),
        trust=table.trust(kinds),
        learn=table.choice("learn", LEARNING, "explicit"),
        learn_text=table.boolean("learn_text"),
        providers=table.texts("providers"),
        runner=table.text("runner"),
        route_log=table.choice("route_log", LOGGED, "off"),
        default_profile=table.text("default_profile"),
        keep_history=table.number("keep_history"),
        router=table.mapping("router"),
        scope=table.scope(),
        pin=table.checked("pin", pin_faults),
        remote=table.checked("remote", remote_faults),
        call_timeout=table.number("call_timeout") or None,
        mcp=table.mcp(),
        server=table.mapping("server"),
    )


class _Table:
    """The values of a configuration file, read one by one; a wrong value raises SettingsError with file and key."""

    def __init__(self, values: Mapping[str, Any], file: Path | None) -> None:
        self._values = values
        self._file = file

    def _wrong(self, key: str, fault: str) -> SettingsError:
        where = f"{self._file}: " if self._file else ""
        return SettingsError(f"{where}{key} {fault}", file=str(self._file) if self._file else None, key=key)

    def check_names(self) -> None:
        for key in self._values:
            if key not in _KNOWN:
                raise self._wrong(key, f"is not a setting{did_you_mean(close_matches(key, _KNOWN))}")

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise self._wrong(key, "must be a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "must be a list of texts")
        return tuple(value)

    def mapping(self, key: str) -> dict[str, Any]:
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "must be a table")
        return value

    def number(self, key: str) -> int | None:
        value = self._values.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise self._wrong(key, "must be a whole number from 0")
        return value

    def boolean(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "must be true or false")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        value = self._values.get(key, default)
        if value not in choices:
            raise self._wrong(key, f"is {value!r}; choose one of {', '.join(choices)}")
        return str(value)

    def scope(self) -> dict[str, tuple[str, ...]]:
        """Return what the project looks at in the database: lists of sources and of distributions."""
        scope = self.mapping("scope")
        for part, values in scope.items():
            if part not in SCOPE:
                hint = did_you_mean(close_matches(part, SCOPE)) or f"; there are {' and '.join(SCOPE)}"
                raise self._wrong(f"scope.{part}", f"is no part of a scope{hint}")
            if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
                raise self._wrong(f"scope.{part}", 'must be a list of texts, as ["scan:mypkg"]')
        return {part: tuple(values) for part, values in scope.items()}

    def trust(self, kinds: tuple[str, ...]) -> dict[str, Any]:
        """Return the policy of trust as written, checked: ``mode``, ``allow``, ``deny``, and such a table by kind."""
        trust = self.mapping("trust")
        if not trust:
            return trust
        from catalog.trust.policy import PREDICATE  # only where there is a policy

        known = ("mode", "allow", "deny")
        for name, value in trust.items():
            if name in known:
                self._trusted(f"trust.{name}", name, value)
            elif name in (*kinds, PREDICATE) and isinstance(value, dict):
                for inner, part in value.items():
                    if inner not in known:
                        raise self._wrong(f"trust.{name}.{inner}", f"is no setting; there are {', '.join(known)}")
                    self._trusted(f"trust.{name}.{inner}", inner, part)
            else:
                hint = did_you_mean(close_matches(name, (*known, *kinds, PREDICATE)))
                raise self._wrong(f"trust.{name}", f"is neither a setting of trust nor a kind{hint}")
        return trust

    def _trusted(self, key: str, name: str, value: Any) -> None:
        from catalog.trust.patterns import pattern_fault
        from catalog.trust.policy import MODES

        if name == "mode":
            if value not in MODES:
                raise self._wrong(key, f"is {value!r}; choose one of {', '.join(MODES)}")
            return
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, 'must be a list of texts, as ["mypkg.*"]')
        for pattern in value:
            fault = pattern_fault(pattern)
            if fault:
                raise self._wrong(key, f"holds {pattern!r}, which {fault}")

    def mcp(self) -> dict[str, bool]:
        """Return what clients of the MCP server may do."""
        mcp = self.mapping("mcp")
        for part, value in mcp.items():
            if part not in MCP:
                raise self._wrong(f"mcp.{part}", f"is no part of it; there is {', '.join(MCP)}")
            if not isinstance(value, bool):
                raise self._wrong(f"mcp.{part}", "must be true or false")
        return dict(mcp)

    def checked(self, key: str, faults: Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]]) -> dict[str, Any]:
        """Return a table in which *faults* finds none: each is a key and what is wrong with it."""
        table = self.mapping(key)
        for wrong, fault in faults(table):
            raise self._wrong(wrong, fault)
        return dict(table)

    def kinds(self) -> tuple[str, ...]:
        """Return the built-in kinds and those that the project declares."""
        declared = self.texts("kinds")
        for kind in declared:
            if not is_kind_name(kind):
                raise self._wrong("kinds", f"holds {kind!r}; a kind is a lower-case word of letters, digits and '_'")
        return KINDS + tuple(kind for kind in declared if kind not in KINDS)

    def entries(self, kinds: tuple[str, ...]) -> dict[str, Any]:
        """Return the config tier as written, checked down to the names of entries."""
        entries = self.mapping("entries")
        for kind, named in entries.items():
            if kind not in kinds:
                hint = did_you_mean(close_matches(kind, kinds)) or '; declare it with kinds = ["…"]'
                raise self._wrong(f"entries.{kind}", f"is no known kind{hint}")
            if not isinstance(named, dict):
                raise self._wrong(f"entries.{kind}", 'must be a table of name = "package.module:object"')
        return entries

    def policies(self, kinds: tuple[str, ...]) -> dict[str, str]:
        """Return the verify policies by kind, from one policy for all kinds or a table."""
        value = self._values.get("verify", {})
        policies = {"*": value} if isinstance(value, str) else value
        if not isinstance(policies, dict):
            raise self._wrong("verify", "must be a policy or a table of kind = policy")
        for kind, policy in policies.items():
            if kind not in (*kinds, "*"):
                raise self._wrong(f"verify.{kind}", f"is no known kind{did_you_mean(close_matches(kind, kinds))}")
            if policy not in VERIFY_POLICIES:
                raise self._wrong("verify", f"is {policy!r}; choose one of {', '.join(VERIFY_POLICIES)}")
        return {"*": "signature", **policies}


def configured_providers(settings: Settings, env: Mapping[str, str] | None = None) -> frozenset[str]:
    """Return the model providers that can be used here: those in *settings*, and those with a key in *env*."""
    env = os.environ if env is None else env
    return frozenset(settings.providers) | {
        provider for provider, names in PROVIDER_KEYS.items() if any(env.get(name) for name in names)
    }


def _anchored(url: str | None, file: Path | None) -> str | None:
    """Return *url*, with a relative SQLite path made relative to the folder of *file* instead of the current one."""
    prefix = "sqlite:///"
    if url and file and names_a_file(url):
        url = prefix + url
    if url and file and url.startswith(prefix) and not url.startswith((prefix + "/", prefix + "~", prefix + ":")):
        return prefix + str(file.parent / url.removeprefix(prefix))
    return url


def default_url() -> str:
    """Return the URL of the database in the user's data directory.

    Raises:
        StoreError: the user has no home folder.
    """
    from platformdirs import user_data_path

    try:
        folder = user_data_path("catalog")
    except RuntimeError:
        folder = Path("~")
    if not folder.is_absolute():  # it begins with a '~' that stands for nothing
        raise StoreError(
            "this user has no home folder, where the database would be; name a file with --url or CATALOG_URL, "
            "as sqlite:////srv/team.db"
        )
    return f"sqlite:///{folder / 'catalog.db'}"


def names_a_file(text: str) -> bool:
    """Tell whether *text*, given for a URL, can only be meant as the path of a file: ``team.db``, ``data/team``."""
    if "://" in text or re.match(r"[A-Za-z][A-Za-z0-9.+-]+:", text):  # longer than the letter of a drive
        return False
    return bool(os.path.dirname(text)) or text.endswith((".db", ".sqlite", ".sqlite3")) or os.path.isfile(text)
