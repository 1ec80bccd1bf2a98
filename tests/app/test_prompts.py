"""Prompts that are text: registered, taken, searched, changed and filled in."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from factories import LendUrl, open_catalog, temporary_catalog

from catalog import AutoCouncil, Catalog, InvalidEntryError, InvalidReferenceError, call, load_settings, run_entry

GREET = 'Hello {name}, answer as {"a": 1}'


def test_a_text_is_a_prompt(url: str) -> None:
    """A string that is no reference is a prompt: taken as it is, described by itself, found by its words."""
    with open_catalog(url) as cat:
        entry = cat.register("prompt", "greet", GREET)
        assert (entry.ref, entry.spec, entry.description) == (None, GREET, GREET)
        assert entry.parameters == {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        }
        assert cat["prompt:greet"] == cat.prompts["greet"] == GREET
        assert [hit.key for hit in cat.search("answer", mode="lexical")] == ["prompt:greet"]
        assert call(cat["prompt:greet"], {"name": "Bo"}) == 'Hello Bo, answer as {"a": 1}'
        assert run_entry(cat, entry, "Bo") == 'Hello Bo, answer as {"a": 1}'
        assert (
            AutoCouncil(cat, kind="prompt", on_no_match="greet").run("answer as").value
            == 'Hello answer as, answer as {"a": 1}'
        )


def test_a_reference_stays_one(url: str) -> None:
    """A string of the form of a reference is a reference for a prompt, too; for other kinds a text is refused."""
    with open_catalog(url) as cat:
        assert cat.register("prompt", "greet", "nowhere.prompts:greet").ref == "nowhere.prompts:greet"
        with pytest.raises(InvalidReferenceError):
            cat.register("tool", "greet", GREET)
        with pytest.raises(InvalidEntryError, match="prompt:greet is an empty text"):
            cat.register("prompt", "greet", " ")


def test_a_new_text_brings_its_own_description(url: str) -> None:
    """What a text makes its entry say changes with the text; what a person says stays."""
    with open_catalog(url) as cat:
        cat.register("prompt", "greet", "Hello {name}")
        entry = cat.register("prompt", "greet", "Bye {who}", tags=["b"])
        assert (entry.description, list(entry.parameters["properties"])) == ("Bye {who}", ["who"])
        entry = cat.update("prompt:greet", value="Adieu {whom}")
        assert (entry.description, list(entry.parameters["properties"])) == ("Adieu {whom}", ["whom"])
        cat.update("prompt:greet", description="Takes leave.")
        entry = cat.register("prompt", "greet", "Farewell")
        assert (entry.description, entry.parameters, entry.tags) == ("Takes leave.", {}, ("b",))
        assert cat.update("prompt:greet", spec="Farewell!").description == "Takes leave."


def test_how_placeholders_are_written_stays(url: str) -> None:
    """The format in the metadata outlives a new text, and has no placeholders of ``str.format`` read."""
    with open_catalog(url) as cat:
        cat.register("prompt", "greet", "Hi {{ name }}", metadata={"template_format": "jinja2"})
        entry = cat.register("prompt", "greet", "Ho {{ name }} {x}")
        assert entry.metadata == {"template_format": "jinja2"}


def test_a_prompt_of_this_process_is_a_text(url: str) -> None:
    """A prompt of the runtime tier may be a text, too."""
    with open_catalog(url) as cat:
        entry = cat.register("prompt", "greet", "Hello {name}", runtime=True)
        assert (cat["prompt:greet"], entry.description) == ("Hello {name}", "Hello {name}")
        assert run_entry(cat, entry, "Bo") == "Hello Bo"


def test_a_configured_prompt_is_a_text(url: str, tmp_path: Path) -> None:
    """A prompt of the configuration may be a text, too."""
    file = tmp_path / "catalog.toml"
    file.write_text("""[entries.prompt]\ngreet = 'Hello {name}'\nother = "nowhere:other"\n""")
    with warnings.catch_warnings(action="error"), Catalog(url, settings=load_settings(file=file)) as cat:
        assert cat["prompt:greet"] == cat.entry("prompt", "greet").description == "Hello {name}"
        assert cat.entry("prompt:other").ref == "nowhere:other"


def test_a_prompt_comes_back_from_its_export(url: str, tmp_path: Path, lend_url: LendUrl) -> None:
    """Export and import keep the text of a prompt and all it says."""
    with open_catalog(url) as cat, temporary_catalog(lend_url) as other:
        entry = cat.register("prompt", "greet", GREET)
        cat.export_jsonl(tmp_path / "all.jsonl")
        other.import_jsonl(tmp_path / "all.jsonl", restore=True)
        assert other.entry("prompt:greet").model_dump(exclude={"created_at", "updated_at", "source"}) == (
            entry.model_dump(exclude={"created_at", "updated_at", "source"})
        )
