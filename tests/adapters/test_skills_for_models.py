"""Skills in the hands of a model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog
from catalog.adapters import anthropic
from catalog.adapters.base import bridges
from catalog.adapters.finding import searching

SKILL = "---\nname: pdf-forms\ndescription: Fill in PDF forms.\n---\n\n# Forms\n\nRead fields.md first.\n"


@pytest.fixture
def skills(url: str, tmp_path: Path) -> Path:
    """The folder of a skill that was scanned, with a text, a script and an image."""
    folder = tmp_path / "skills" / "pdf-forms"
    (folder / "scripts").mkdir(parents=True)
    (folder / "SKILL.md").write_text(SKILL, encoding="utf-8")
    (folder / "fields.md").write_text("Fields: näme.\n", encoding="utf-8")
    (folder / "scripts" / "fill.py").write_text("print(1)\n", encoding="utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG\xff")
    (tmp_path / "outside.txt").write_text("secret")
    with open_catalog(url) as cat:
        cat.scan(str(tmp_path / "skills"))
    return folder


def test_a_model_reads_what_a_skill_is_for_then_its_text_then_its_files(url: str, skills: Path) -> None:
    """A search gives name and description alone; a call the instructions; a call with a file that file."""
    with open_catalog(url) as cat:
        find, use = searching(cat, kind=("tool", "skill"))
        (found,) = json.loads(find.call({"query": "fill in a form"}).text)
        assert found["description"] == "Fill in PDF forms."
        assert list(found["parameters"]["properties"]) == ["file"]
        name = found["name"]
        body = "# Forms\n\nRead fields.md first.\n\n\nFiles of this skill: fields.md, logo.png, scripts/fill.py"
        for arguments, text in [
            ({}, body),
            ({"file": "SKILL.md"}, body.partition("\n\nFiles")[0]),
            ({"file": "fields.md"}, "Fields: näme.\n"),
            ({"file": "scripts/fill.py"}, "print(1)\n"),
        ]:
            assert use.call({"name": name, "arguments": arguments}).text == text
            assert asyncio.run(use.acall({"name": name, "arguments": arguments})).text == text
        assert anthropic.search_tool(cat, kind="skill").result(
            {"type": "tool_use", "id": "t1", "name": "tool_search", "input": {"query": "form"}}
        )["content"] == [{"type": "tool_reference", "tool_name": name}]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("logo.png", "failed: ValueError: logo.png is no text; it has 5 bytes"),
        ("../../outside.txt", "failed: ValueError: there is no file '../../outside.txt'; its files are fields.md"),
        (3, "was not called: file is 3, not string"),
    ],
)
def test_what_is_no_file_of_a_skill_is_said(url: str, skills: Path, file: object, said: str) -> None:
    """A file that is no text, lies outside or is none ends in a sentence."""
    with open_catalog(url) as cat:
        assert said in call(cat, {"file": file})


def test_a_skill_that_is_gone_or_changed_is_not_read(url: str, skills: Path) -> None:
    """What was rewritten or deleted since the scan is no instruction for a model."""
    with open_catalog(url) as cat:
        (skills / "fields.md").unlink()
        assert "can't be used: its code is gone" in call(cat, {"file": "fields.md"})
        (skills / "SKILL.md").write_text(SKILL.replace("---\n\n#", "allowed-tools: Bash\n---\n\n#"), encoding="utf-8")
        assert "not what was recorded" in call(cat, {})


def call(cat: Catalog, arguments: object) -> str:
    """Return what the model is shown."""
    (tool,) = bridges(cat, "skill:pdf-forms")
    outcome = tool.call(arguments)
    assert outcome.failed
    return outcome.text
