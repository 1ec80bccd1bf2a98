"""A catalog with the parts a council is made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import LendUrl, temporary_catalog

from catalog import Catalog

PARTS = """
from dataclasses import dataclass

from pydantic import BaseModel


@dataclass
class Stack:
    provider: str
    temperature: float | None = None
    max_tokens: int | None = None


class Wire(BaseModel):
    model: str = "unset"
    retry: int = 3


stack = Stack("openai", max_tokens=900)
wire = Wire(model="openai/gpt-4o")


class Warm:
    temperature = 0.9
    _private = 1

    def method(self):
        return 1


def search(text):
    return [text]


def plot(text):
    return "picture of " + text


def agreed(answers):
    return len(set(answers)) == 1


def shorten(text):
    return text[:10]


def pick(text, context=None):
    return ["critic"]


class Debate:
    turns = 2


debate = Debate()


class Verdict(BaseModel):
    ok: bool


def ready(prompt):
    return "ran " + prompt


number = 3
"""


@pytest.fixture(scope="session")
def empty(lend_url: LendUrl) -> Iterator[Catalog]:
    """A catalog with nothing in it, that nobody writes to: properties ask it hundreds of times."""
    with temporary_catalog(lend_url) as cat:
        yield cat


@pytest.fixture
def parts(catalog: Catalog, module_folder: Path) -> Catalog:
    """A catalog with profiles of every sort, tools, a router, a round, a mapper and schemas, all in one module."""
    (module_folder / "council_parts.py").write_text(PARTS)
    catalog.register_many(
        [
            {"kind": kind, "name": name, "ref": f"council_parts:{at}"}
            for kind, name, at in (
                ("profile", "stack", "stack"),
                ("profile", "wire", "wire"),
                ("profile", "warm", "Warm"),
                ("profile", "number", "number"),
                ("tool", "search", "search"),
                ("tool", "plot", "plot"),
                ("tool", "agreed", "agreed"),
                ("input_mapper", "shorten", "shorten"),
                ("router", "pick", "pick"),
                ("round", "debate", "debate"),
                ("schema", "verdict", "Verdict"),
                ("sub_council", "ready", "ready"),
                ("model", "openai/gpt-4o", "number"),
            )
        ]
        + [
            {"kind": "profile", "name": "mini", "spec": {"model": "openai/gpt-4o-mini", "temperature": 0.3}},
            {"kind": "schema", "name": "answer", "spec": {"type": "object"}},
        ]
    )
    return catalog
