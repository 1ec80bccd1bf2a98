"""Settings: the one place that reads the environment and the configuration file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.entry.kinds import KINDS, POLICIES, is_kind_name
from catalog.errors import SettingsError, close_matches, did_you_mean

LEARNING = ("off", "explicit", "auto")
"""What is learned from use: nothing, what ``record_use`` is told, or also which hits of searches are taken."""

PLUGIN_GROUPS = ("magma_plugins",)
"""Entry-point groups that are always looked at."""

_KNOWN = (
    "url", "embedder", "plugin_groups", "kinds", "verify", "trust", "recognise", "learn", "learn_text", "entries",
    "providers", "runner", "route_log", "default_profile", "router",
)  # fmt: skip
LOGGED = ("off", "hash", "text")
"""What is kept of routed prompts: nothing, decisions with a hash of the prompt, or with its text."""

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
"""Model provider to the environment variables of which one says that it can be used here."""

_TRUE = ("1", "true", "yes", "on")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a catalog is set up.

    Attributes:
        url: database URL, or None for the file in the user's data directory.
        file: the configuration file these come from, if any.
        embedder: name of the embedder, or None for the default.
        kinds: every known kind, the built-in ones first.
        plugin_groups: entry-point groups that plugins are found in.
        verify: policy (``off``, ``signature``, ``source``) by kind; ``"*"`` is the default of all kinds.
        auto_refresh: refresh on every access, for notebooks.
        entries: the config tier as written: kind, then name, then a reference or a table of fields.
        recognise: what scans recognise in addition, as written.
        trust: the trust policy as written.
        learn: one of :data:`LEARNING`. With ``explicit`` nothing is recorded, and so nothing learned, unless somebody
            calls ``record_use``; what was recorded counts in searches. With ``off`` it doesn't.
        learn_text: whether the requests of recorded uses are kept as texts beside their hashes.
        clock: gives the time, in seconds since 1970.
        default_profile: the name of the profile under those of every council and member.
        providers: the model providers that can be used here, besides those whose keys are in the environment.
        runner: reference of what runs councils that are data; called with the resolved council and the prompt.
        route_log: what routers keep of their decisions: ``off``, ``hash`` or ``text``.
        router: options of the project's router as written; see :meth:`catalog.AutoCouncil.configured`.
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
    default_profile: str | None = None
    router: Mapping[str, Any] = field(default_factory=dict)

    def policy(self, kind: str) -> str:
        """Return the verify policy for *kind*."""
        return self.verify.get(kind) or self.verify.get("*", "signature")


def load_settings(
    start: Path | None = None, *, file: Path | None = None, env: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings that hold in a folder.

    Args:
        start: where to look from, upwards; the current folder if None.
        file: read this file and look for none.
        env: the environment; the process's own if None.

    The nearest folder with a ``catalog.toml``, or with a ``pyproject.toml`` that has a ``[tool.catalog]``, counts; of
    both in one folder the first. ``CATALOG_URL`` wins over ``url``.

    Raises:
        SettingsError: the file can't be read, or a value in it can't be; the text names file and key.
    """
    env = os.environ if env is None else env
    auto = any(env.get(name, "").lower() in _TRUE for name in ("CATALOG_AUTO_REFRESH", "MAGMA_REGISTRY_AUTO_REFRESH"))
    url = env.get("CATALOG_URL") or None
    where = file or find_file(start or Path.cwd())
    table = read_file(where) if where else {}
    return _settings(table, where, url, auto)


def find_file(start: Path) -> Path | None:
    """Return the configuration file that counts in the folder *start*, or None."""
    for folder in (start, *start.parents):
        for name in ("catalog.toml", "pyproject.toml"):
            candidate = folder / name
            try:
                text = candidate.read_bytes()
            except OSError:
                continue
            # Looking for the words is a hundred times faster than parsing every pyproject.toml on the way up.
            says_so = b"tool.catalog" in text or b"[tool]" in text
            if name == "catalog.toml" or (says_so and "catalog" in _parse(candidate).get("tool", {})):
                return candidate
    return None


def _parse(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}", file=str(file)) from None
    except OSError as error:
        raise SettingsError(f"{file} can't be read: {error.strerror}", file=str(file)) from None


def read_file(file: Path) -> dict[str, Any]:
    """Return the catalog's table of a configuration file."""
    parsed = _parse(file)
    if file.name == "pyproject.toml":
        parsed = parsed.get("tool", {}).get("catalog", {})
    return parsed


def _settings(table: Mapping[str, Any], file: Path | None, url: str | None, auto: bool) -> Settings:
    where = f"{file}: " if file else ""

    def wrong(key: str, what: str) -> SettingsError:
        return SettingsError(f"{where}{key} {what}", file=str(file) if file else None, key=key)

    def texts(key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise wrong(key, "must be a list of texts")
        return tuple(value)

    def mapping(key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise wrong(key, "must be a table")
        return value

    for key in table:
        if key not in _KNOWN:
            raise wrong(key, f"is not a setting{did_you_mean(close_matches(key, _KNOWN))}")
    for key in ("url", "embedder", "runner", "default_profile"):
        if not isinstance(table.get(key, ""), str):
            raise wrong(key, "must be a text")
    learn, learn_text = table.get("learn", "explicit"), table.get("learn_text", False)
    if learn not in LEARNING:
        raise wrong("learn", f"is {learn!r}; choose one of {', '.join(LEARNING)}")
    if not isinstance(learn_text, bool):
        raise wrong("learn_text", "must be true or false")
    kinds = texts("kinds")
    for kind in kinds:
        if not is_kind_name(kind):
            raise wrong("kinds", f"holds {kind!r}; a kind is a lower-case word of letters, digits and '_'")
    known = KINDS + tuple(kind for kind in kinds if kind not in KINDS)
    entries = mapping("entries")
    for kind, named in entries.items():
        if kind not in known:
            hint = did_you_mean(close_matches(kind, known)) or '; declare it with kinds = ["…"]'
            raise wrong(f"entries.{kind}", f"is no known kind{hint}")
        if not isinstance(named, dict):
            raise wrong(f"entries.{kind}", 'must be a table of name = "package.module:object"')
    logged = table.get("route_log", "off")
    if logged not in LOGGED:
        raise wrong("route_log", f"is {logged!r}; choose one of {', '.join(LOGGED)}")
    relative = table.get("url")
    return Settings(
        url=url or _anchored(relative, file),
        file=file,
        embedder=table.get("embedder"),
        kinds=known,
        plugin_groups=PLUGIN_GROUPS + tuple(g for g in texts("plugin_groups") if g not in PLUGIN_GROUPS),
        verify=_verify(table.get("verify", {}), known, wrong),
        auto_refresh=auto,
        entries=entries,
        recognise=mapping("recognise"),
        trust=mapping("trust"),
        learn=learn,
        learn_text=learn_text,
        providers=texts("providers"),
        runner=table.get("runner"),
        route_log=logged,
        default_profile=table.get("default_profile"),
        router=mapping("router"),
    )


def configured_providers(settings: Settings, env: Mapping[str, str] | None = None) -> frozenset[str]:
    """Return the model providers that can be used here: those of *settings*, and those whose key is in *env*."""
    env = os.environ if env is None else env
    return frozenset(settings.providers) | {
        provider for provider, names in PROVIDER_KEYS.items() if any(env.get(name) for name in names)
    }


def _anchored(url: str | None, file: Path | None) -> str | None:
    """Return *url* with a relative SQLite path taken from the folder of *file*, wherever in the project one stands."""
    prefix = "sqlite:///"
    if url and file and url.startswith(prefix) and not url.startswith((prefix + "/", prefix + "~", prefix + ":")):
        return prefix + str(file.parent / url.removeprefix(prefix))
    return url


def _verify(value: Any, kinds: tuple[str, ...], wrong: Any) -> dict[str, str]:
    policies = {"*": value} if isinstance(value, str) else value
    if not isinstance(policies, dict):
        raise wrong("verify", "must be a policy or a table of kind = policy")
    for kind, policy in policies.items():
        if kind not in (*kinds, "*"):
            raise wrong(f"verify.{kind}", f"is no known kind{did_you_mean(close_matches(kind, kinds))}")
        if policy not in POLICIES:
            raise wrong("verify", f"is {policy!r}; choose one of {', '.join(POLICIES)}")
    return {"*": "signature", **policies}


def default_url() -> str:
    """Return the URL of the database in the user's data directory."""
    from platformdirs import user_data_path

    return f"sqlite:///{user_data_path('catalog') / 'catalog.db'}"
