"""A2A agent cards: what an agent that others may call says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.secrets import without_secrets, without_secrets_in_url

MOST_EXAMPLES = 50


def read(document: Document) -> Iterator[Item]:
    """Yield the agent; JSON that is no card holds none."""
    card = document.json
    if not isinstance(card, dict) or not is_card(card):
        return
    name, description = card.get("name"), card.get("description", "")
    if not isinstance(name, str) or not isinstance(description, str):
        raise DocumentFault("its name or description is no text")
    skills = [skill for skill in card.get("skills") or () if isinstance(skill, dict)]
    spec = _clean(without_secrets(card))
    yield Item(
        kind="agent",
        name=name,
        description=_described(description, skills),
        spec=spec,
        signature=_signature(spec, skills),
        line=document.line_of("name", name),
        tags=tuple(dict.fromkeys(tag for skill in skills for tag in _texts(skill.get("tags")))),
        examples=tuple(dict.fromkeys(text for skill in skills for text in _texts(skill.get("examples"))))[
            :MOST_EXAMPLES
        ],
    )


def is_card(data: dict[str, Any]) -> bool:
    """Tell whether *data* is an agent card, of version 1 or of those before."""
    if not isinstance(data.get("name"), str) or not isinstance(data.get("skills"), list):
        return False
    has_place = isinstance(data.get("supportedInterfaces"), list) or isinstance(data.get("url"), str)
    modes = ("defaultInputModes", "default_input_modes", "capabilities", "protocolVersion")
    return has_place and any(word in data for word in modes)


def _described(description: str, skills: list[dict[str, Any]]) -> str:
    """Return what the agent is for, and what each of its skills is for."""
    lines = [description.strip()]
    for skill in skills:
        name, text = skill.get("name"), skill.get("description")
        if isinstance(name, str) and isinstance(text, str) and text.strip():
            lines.append(f"{name.strip()}: {text.strip()}")
    return "\n\n".join(filter(None, ["" if lines[0] is None else lines[0], "\n".join(lines[1:])]))


def _clean(card: dict[str, Any]) -> dict[str, Any]:
    clean = {word: part for word, part in card.items() if word != "signatures"}
    if isinstance(clean.get("url"), str):
        clean["url"] = without_secrets_in_url(clean["url"])
    for word in ("supportedInterfaces", "additionalInterfaces"):
        interfaces = clean.get(word)
        for each in interfaces if isinstance(interfaces, list) else ():
            if isinstance(each, dict) and isinstance(each.get("url"), str):
                each["url"] = without_secrets_in_url(each["url"])
    return clean


def _signature(card: dict[str, Any], skills: list[dict[str, Any]]) -> str:
    interfaces = card.get("supportedInterfaces")
    first = interfaces[0] if isinstance(interfaces, list) and interfaces and isinstance(interfaces[0], dict) else card
    return (
        f"{first.get('url')}: {', '.join(str(skill.get('id', skill.get('name'))) for skill in skills) or 'no skills'}"
    )


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str) and text.strip()] if isinstance(value, list) else []
