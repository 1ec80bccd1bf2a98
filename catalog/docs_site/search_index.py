"""The index that the pages search: made with the catalog's own words, read by ``search.js`` from disk.

Files opened from disk may not fetch others, but they may add scripts: so the index is scripts, each a call with its
part. A part of words holds, for each stem, entries and points; a part of entries what a row of the results shows.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog import entry_words, small_words
from catalog.look.parts import summary

if TYPE_CHECKING:
    from catalog.docs_site.site import Site

WEIGHTS = (4.0, 1.0, 0.5, 1.0, 0.5)
"""How much a word counts in name, description, parameters, tags and examples: as in a search of the catalog."""

PER_PART = 500
POSTINGS_PER_PART = 40_000
_TENTHS = 10
_LONGEST = 160


def index_files(site: Site) -> Iterator[tuple[str, str]]:
    """Yield name and text of each file of the index; the same entries give the same files."""
    keys = list(site.entries)
    found: dict[str, list[tuple[int, float]]] = {}
    for number, key in enumerate(keys):
        for stem, weight in _weights(site, key).items():
            found.setdefault(stem, []).append((number, weight))
    postings = sum(map(len, found.values()))
    parts = max(1, -(-postings // POSTINGS_PER_PART))
    by_part: list[list[str]] = [[] for _ in range(parts)]
    for stem in sorted(found):
        rarity = math.log(1 + (len(keys) - len(found[stem]) + 0.5) / (len(found[stem]) + 0.5))
        flat: list[int] = []
        last = 0
        for number, weight in found[stem]:
            flat += [number - last, max(1, round(_TENTHS * rarity * weight))]
            last = number
        by_part[part_of(stem, parts)].append(f"{_json(stem)}:{_json(flat)}")
    for number, lines in enumerate(by_part):
        joined = ",\n".join(lines)
        yield f"words-{number}.js", f'catalogIndex("words",{number},{{\n{joined}\n}});\n'
    for start in range(0, len(keys), PER_PART):
        joined = ",\n".join(_json(_row(site, key)) for key in keys[start : start + PER_PART])
        yield f"entries-{start // PER_PART}.js", f'catalogIndex("entries",{start // PER_PART},[\n{joined}\n]);\n'
    about = {
        "entries": len(keys),
        "parts": parts,
        "per": PER_PART,
        "german": "§§german" in found,
        "small": sorted(small_words()),
    }
    yield "about.js", f'catalogIndex("about",0,{json.dumps(about, ensure_ascii=False, separators=(",", ":"))});\n'


def part_of(stem: str, parts: int) -> int:
    """Return the part that has *stem*: by its first two letters, so that what begins alike is in one."""
    value = 0
    for char in stem[:2]:
        value = (value * 31 + ord(char)) % 65_521
    return value % parts


def _weights(site: Site, key: str) -> dict[str, float]:
    """Return how much each stem counts for an entry; a word that is said again counts less each time."""
    weights: dict[str, float] = {}
    for weight, text in zip(WEIGHTS, entry_words(site.entries[key]), strict=False):
        for stem, times in Counter(text.split()).items():
            weights[stem] = weights.get(stem, 0.0) + weight * 2.2 * times / (times + 1.2)
    return weights


def _row(site: Site, key: str) -> list[Any]:
    entry = site.entries[key]
    return [entry.kind, entry.name, summary(entry.description, _LONGEST), f"{site.page(key)}.html", site.state(key)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
