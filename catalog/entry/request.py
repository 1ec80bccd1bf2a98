"""The text of a request: it may come as the messages of a chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Request = str | Mapping[str, Any] | Sequence[Any]
"""A text; a message ``{"role": …, "content": …}``, whose content may be parts; or a list of messages.

Messages are mappings, pairs of a role and a content, or objects with such attributes, as the frameworks make them.
"""

_USERS = ("user", "human")
_DEEPEST = 20


def request_text(request: Any) -> str | None:
    """Return the text of a request, or None where it is no request, or has no text.

    Of a list of messages it is the last of the user that has a text; of a message the text of its parts, a line each.
    """
    if isinstance(request, str):
        return request
    if isinstance(request, Mapping) and isinstance(request.get("messages"), (list, tuple)):
        request = request["messages"]
    if not isinstance(request, (list, tuple)):
        return _joined(request)
    if _is_pair(request):  # ("user", "audit my SEO")
        return _joined(request)
    if any(isinstance(part, (str, bytes)) for part in request):  # several requests, not one
        return None
    if not any(_role(part) for part in request):  # parts of one message
        return _joined(request)
    for message in reversed(request):
        if _role(message) in _USERS and (text := _joined(message)):
            return text
    return None


def _is_pair(data: Any) -> bool:
    """Tell whether *data* is a pair of a role and a content, as LangChain takes it."""
    return isinstance(data, tuple) and len(data) == 2 and isinstance(data[0], str) and data[0] in _ROLES


_ROLES = (*_USERS, "system", "developer", "assistant", "ai", "model", "tool", "placeholder")


def _role(message: Any) -> str:
    """Return the role of a message in lower case, or an empty text."""
    if _is_pair(message):
        return str(message[0])
    for word in ("role", "type"):  # LangChain has its role in `type`
        role = _field(message, word)
        role = getattr(role, "value", role)  # of an enumeration
        if isinstance(role, str) and role.lower() in _ROLES:
            return role.lower()
    kind = _field(message, "kind")  # Pydantic AI
    return "user" if kind == "request" else "assistant" if kind == "response" else ""


def _joined(message: Any) -> str | None:
    text = "\n".join(part for part in _texts(message, 0) if part.strip())
    return text or None


def _texts(data: Any, depth: int) -> Iterator[str]:
    """Yield the texts of a message or of its parts; images, calls and results of tools have none."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (bytes, bytearray)) or data is None or depth > _DEEPEST:
        return
    elif _is_pair(data):
        yield from _texts(data[1], depth + 1)
    elif isinstance(data, (list, tuple)):
        for part in data:
            yield from _texts(part, depth + 1)
    elif _is_text(data):
        for word in ("text", "content", "parts", "blocks"):
            found = _field(data, word)
            if isinstance(found, Mapping):  # {"text": {"value": …}}
                found = found.get("value")
            if isinstance(found, (str, list, tuple)):
                yield from _texts(found, depth + 1)
                return


def _is_text(data: Any) -> bool:
    """Tell whether *data* is a message or a part of text, by what it says itself."""
    if _role(data):
        return _role(data) != "tool"
    type_ = _field(data, "type")
    if isinstance(type_, str):
        return type_ in ("text", "input_text", "message")
    part = _field(data, "part_kind")  # Pydantic AI
    return part in (None, "user-prompt")


def _field(data: Any, word: str) -> Any:
    if isinstance(data, Mapping):
        return data.get(word)
    found = getattr(data, word, None)
    return None if callable(found) else found
