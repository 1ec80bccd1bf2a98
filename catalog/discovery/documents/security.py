"""What an API or an agent asks to be sent with a request: where it goes, and a variable for its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.discovery.documents.secrets import variable

_WRAPPED = {"apiKeySecurityScheme": "apiKey", "httpAuthSecurityScheme": "http", "oauth2SecurityScheme": "oauth2"}
"""Words of A2A 1.0, and those of OpenAPI that mean the same."""


def credentials_of(schemes: Any, required: Any, who: str) -> dict[str, dict[str, str]]:
    """Return ``headers``, ``query`` and ``cookies`` with variables in place of values; empty where nothing is needed.

    Args:
        schemes: the security schemes of a document, by name.
        required: alternatives, each of which names all that it takes; the first that is understood counts.
        who: the API or agent: its name begins those of the variables, as ``${PET_SHOP_API_KEY}``.
    """
    known = schemes if isinstance(schemes, Mapping) else {}
    alternatives = (
        [_names(each) for each in required if isinstance(each, Mapping)] if isinstance(required, list) else []
    )
    if not alternatives or [] in alternatives:
        return {}
    for names in alternatives:
        places = [_place(known.get(name), str(name), who) for name in names]
        if all(places):
            made: dict[str, dict[str, str]] = {}
            for place in places:
                if place is not None:
                    made.setdefault(place[0], {})[place[1]] = place[2]
            return made
    return {}


def _names(alternative: Mapping[str, Any]) -> list[str]:
    inner = alternative.get("schemes")  # as A2A 1.0 writes it
    return [*(inner if isinstance(inner, Mapping) else alternative)]


def _place(scheme: Any, name: str, who: str) -> tuple[str, str, str] | None:
    """Return where the value of a scheme goes, under which name, and what stands for it; None: it is not understood."""
    if not isinstance(scheme, Mapping):
        return None
    for word, kind in _WRAPPED.items():
        if isinstance(scheme.get(word), Mapping):
            scheme = {"type": kind, **scheme[word]}
    value = variable(f"{who} {name}")
    kind = scheme.get("type")
    if kind == "http":
        said = str(scheme.get("scheme", "")).lower()
        return ("headers", "Authorization", f"{said.capitalize()} {value}") if said in ("bearer", "basic") else None
    if kind in ("oauth2", "openIdConnect"):
        return "headers", "Authorization", f"Bearer {value}"
    place = {"header": "headers", "query": "query", "cookie": "cookies"}.get(
        str(scheme.get("in", scheme.get("location", ""))).lower()
    )
    return (place, str(scheme["name"]), value) if kind == "apiKey" and place and scheme.get("name") else None


def schemes_of(auth: Any, who: str) -> dict[str, dict[str, Any]]:
    """Return the security schemes, by name, of which :func:`credentials_of` makes *auth* for *who* again."""
    schemes: dict[str, dict[str, Any]] = {}
    places = {"headers": "header", "query": "query", "cookies": "cookie"}
    for place, values in auth.items() if isinstance(auth, Mapping) else ():
        for header, value in values.items() if place in places and isinstance(values, Mapping) else ():
            scheme, _, said = str(value).rpartition(" ")
            prefix = variable(f"{who} x")[2:-2]
            name = said.removeprefix("${").removesuffix("}").removeprefix(prefix).lower() or "key"
            if header == "Authorization" and scheme:
                schemes[name] = {"type": "http", "scheme": scheme.lower()}
            else:
                schemes[name] = {"type": "apiKey", "in": places[place], "name": header}
    return schemes
