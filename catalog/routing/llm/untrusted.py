"""Untrusted text on its way to a model: cut, cleaned, and held in JSON that it can't end.

What a description says must not become an instruction. Three things hold whatever it says: it stands inside a JSON
string in the user's message, never in the system's; it can form no tag, as ``<`` and ``>`` are escaped, and the tags
around the data carry a random word it can't know; it is one cleaned line of limited length. A model may believe it all
the same. So texts that openly speak to a model are not shown at all, which stops the crude attempts and no others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from json import dumps
from typing import Any

from catalog.entry.entry import Entry

DESCRIPTION, EXAMPLE, EXAMPLES, TAG, TAGS = 400, 120, 3, 40, 8
"""What a model is shown of an entry: the most characters of a text, and the most examples and tags."""

BEGINNING, END = 4_000, 2_000
"""How many characters of a long prompt a model is shown."""

_CHARACTER = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "", "Co": "", "Cn": ""}
"""What replaces characters that can't be seen, by their category: inside words they only part or hide what is read."""

_SPEAKS = re.compile(
    r"\b(ignore|disregard|forget)\b.{0,40}?(\bthe (above|preceding|foregoing)\b|\bsystem (prompt|message)\b"
    r"|\b(your|all|any|these|those) instructions?\b|\b(above|previous|prior|preceding|earlier|other) "
    r"(instructions?|texts?|rules?|prompts?|messages?|directions?|candidates?|descriptions?)\b)"
    r"|\b(override|overrule|bypass)\b.{0,40}?(\byour (instructions?|rules?)\b|\bsystem (prompt|message)\b)"
    r"|\b(always|must|only|please|just|now|and) (pick|choose|select|answer with|reply with|respond with) "
    r"(me|this (one|candidate|entry|tool|agent|council))\b|^(pick|choose|select) me\b"
    r"|\b(new|updated|real|actual) (instructions?:|system (prompt|message))"
    r"|\b(other|remaining) candidates? (is|are) (wrong|broken|deprecated|forbidden|disabled|unavailable)\b"
    r"|<\|?(im_start|im_end|system|assistant|/?candidates)|\[/?inst\]",
    re.IGNORECASE,
)


def clean(text: str, most: int) -> str:
    """Return *text* as one line of at most *most* characters, without any that can't be seen."""
    cut = text[: 4 * most]
    if not (cut.isascii() and cut.isprintable()):
        cut = "".join(_CHARACTER.get(unicodedata.category(char), char) for char in cut)
    line = " ".join(cut.split())
    return line if len(line) <= most and len(text) <= 4 * most else line[: most - 1].rstrip() + "…"


def shortened(prompt: str) -> str:
    """Return a prompt with its lines; of a long prompt the middle is left out, and the text says so."""
    if len(prompt) > BEGINNING + END:
        prompt = f"{prompt[:BEGINNING]}\n… {len(prompt) - BEGINNING - END} characters left out …\n{prompt[-END:]}"
    return prompt.encode("utf-8", "replace").decode()


def block(name: str, nonce: str, data: Any) -> str:
    """Return *data* as JSON between tags that nothing in it can close."""
    return f"<{name}-{nonce}>\n{as_json(data)}\n</{name}-{nonce}>"


def as_json(data: Any) -> str:
    """Return *data* as JSON in which angle brackets and characters that can't be seen are written as ``\\uXXXX``."""
    text = dumps(data, ensure_ascii=False)
    if text.isascii() and not ("<" in text or ">" in text):
        return text
    return "".join(
        dumps(char)[1:-1]
        if not char.isascii() and unicodedata.category(char) in _CHARACTER
        else f"\\u{ord(char):04x}"
        if char in "<>"
        else char
        for char in text
    )


def speaks_to_model(text: str) -> bool:
    """Tell whether *text*, a line of :func:`clean`, speaks to a model instead of about its entry. A guess, no proof."""
    return _SPEAKS.search(unicodedata.normalize("NFKC", text)) is not None


def shown(entry: Entry, label: str, *, kind: bool) -> tuple[dict[str, Any], bool]:
    """Return what a model is shown of an entry, and whether a text that speaks to the model was withheld.

    Args:
        entry: the entry.
        label: the name that the model knows it by.
        kind: whether its kind is shown, too.
    """
    fields: dict[str, Any] = {"name": label}
    if kind:
        fields["kind"] = entry.kind
    texts: Mapping[str, Any] = {
        "description": clean(entry.description, DESCRIPTION),
        "examples": [clean(line, EXAMPLE) for line in entry.examples[:EXAMPLES]],
        "tags": [clean(line, TAG) for line in entry.tags[:TAGS]],
    }
    withheld = False
    for field, text in texts.items():
        kept = text if isinstance(text, str) else [line for line in text if not speaks_to_model(line)]
        if isinstance(text, str) and speaks_to_model(text):
            kept = ""
        withheld = withheld or kept != text
        if kept:
            fields[field] = kept
    return fields, withheld
