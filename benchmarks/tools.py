"""Tools and requests of any number, put together from the real ones in the evaluation data.

Names and descriptions are halves of real ones, so words come as often and beside each other as in real catalogs;
nothing is copied into the repository. Without the data everything is made up (:mod:`benchmarks.corpus`), and
:func:`source` says so.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from benchmarks.corpus import COMMON, entries, vocabulary
from benchmarks.data import in_folder, read_lines
from catalog.entry.words import small_words, stem

SETS = ("bfcl", "apibench", "metatool")
_SEAM = re.compile(r"[\s_\-./:]+|(?<=[a-z0-9])(?=[A-Z])")


def source() -> str:
    """Return the line that says what the tools are made of."""
    return "tools recombined from " + ", ".join(SETS) if real() else "made-up tools: no evaluation data (--data DIR)"


@lru_cache(maxsize=1)
def real() -> list[dict[str, Any]]:
    """Return the real tools, or none where the data is not there."""
    return [tool for name in SETS for tool in _lines(name, "tools.jsonl")]


def _lines(*parts: str) -> list[dict[str, Any]]:
    path = in_folder(*parts)
    return read_lines(path) if path is not None else []


@lru_cache(maxsize=1)
def asked() -> dict[str, list[str]]:
    """Return the real requests of each set."""
    texts = {name: [line["text"] for line in _lines(name, "queries.dev.jsonl")] for name in SETS}
    return {name: requests for name, requests in texts.items() if requests}


def tools(count: int) -> Iterator[dict[str, Any]]:
    """Yield the fields of *count* tools, each name once."""
    known = real()
    if not known:
        yield from entries(count)
        return
    chance = random.Random(17)
    names = [list(filter(None, _SEAM.split(tool["name"]))) for tool in known]
    texts = [tool["description"].split() for tool in known]
    tags = sorted({tag for tool in known for tag in tool.get("tags") or ()}) or ["tool"]
    for i in range(count):
        first, second, third, fourth = (chance.randrange(len(known)) for _ in range(4))
        head, tail = names[first], names[second]
        begin, end = texts[third], texts[fourth]
        yield {
            "kind": "tool",
            "name": "_".join([*head[: (len(head) + 1) // 2], *tail[len(tail) // 2 :], str(i)])[:200].lower(),
            "ref": f"bench.module{i % 100}:function{i}",
            "description": " ".join([*begin[: (len(begin) + 1) // 2], *end[len(end) // 2 :]]),
            "tags": chance.sample(tags, 2) if len(tags) > 1 else tags,
        }


@lru_cache(maxsize=1)
def common_words() -> list[str]:
    """Return the 60 words that most descriptions have, small words apart."""
    if not real():
        return COMMON + vocabulary()[8:60]
    counts: Counter[str] = Counter()
    for tool in real():
        counts.update(set(re.findall("[a-z]{3,}", tool["description"].lower())))
    return [word for word, _ in counts.most_common(200) if stem(word) not in small_words()][:60]


def requests(form: str, fields: list[dict[str, Any]]) -> Iterator[str]:
    """Yield requests without end, hardly one twice.

    Args:
        form: ``conversational``, ``task``, ``common words``, ``identifiers`` or ``several parts``.
        fields: of the tools that are searched; their names are the identifiers.
    """
    chance = random.Random(form)
    talk = asked().get("metatool") or _made_up(chance)
    tasks = [text for name in ("bfcl", "apibench") for text in asked().get(name, ())] or _made_up(chance)
    while True:
        if form == "conversational":
            yield from chance.sample(talk, len(talk))
        elif form == "task":
            yield from chance.sample(tasks, len(tasks))
        elif form == "common words":
            yield " ".join(chance.sample(common_words(), chance.randint(2, 5)))
        elif form == "identifiers":
            name = chance.choice(fields)["name"]
            yield chance.choice(
                [name, name.replace("_", " "), "_".join(name.split("_")[:-1]), "".join(name.split("_"))]
            )
        else:
            yield " and then ".join(text.rstrip(" .?!") for text in chance.sample(tasks, chance.randint(2, 3)))


def _made_up(chance: random.Random) -> list[str]:
    words = vocabulary()
    return [" ".join(chance.choices(words[:20_000], k=chance.randint(4, 15))) for _ in range(5_000)]


FORMS = ("conversational", "task", "common words", "identifiers", "several parts")


def mixed(fields: list[dict[str, Any]]) -> Iterator[str]:
    """Yield requests of all forms in turn, without end."""
    for several in zip(*(requests(form, fields) for form in FORMS), strict=True):
        yield from several


def take(count: int, texts: Iterator[str]) -> list[str]:
    """Return the next *count* of *texts*."""
    return list(itertools.islice(texts, count))
