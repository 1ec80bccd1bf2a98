"""Agent skills: folders with a ``SKILL.md``."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from document_samples import SKILL, found, skipped


def digest(text: str) -> str:
    """Return the SHA-256 of a file with this text."""
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_skill_has_the_fields_of_its_form_and_its_files(make: Any) -> None:
    """Name, description and all published fields are read, and the files of the folder are listed with their sums."""
    folder = make(
        {
            ".claude/skills/pdf-forms/SKILL.md": SKILL.encode(),
            ".claude/skills/pdf-forms/scripts/fill.py": "raise SystemExit\n",
            ".claude/skills/pdf-forms/references/forms.md": "# Forms\n",
            ".claude/skills/pdf-forms/.hidden": "x",
            ".claude/skills/pdf-forms/__pycache__/fill.pyc": b"x",
        }
    )
    skill = found(folder)["skill:pdf-forms"]
    assert (skill.name, skill.description) == (
        "pdf-forms",
        "Fill in PDF forms. Use when somebody has a form to fill in.",
    )
    assert skill.spec == {
        "license": "MIT",
        "compatibility": "Needs qpdf",
        "metadata": {"author": "example", "version": "1.0"},
        "allowed-tools": ["Read", "Bash(qpdf:*)", "mcp__files__read"],
        "files": {
            "SKILL.md": digest(SKILL),
            "references/forms.md": digest("# Forms\n"),
            "scripts/fill.py": digest("raise SystemExit\n"),
        },
    }
    assert skill.metadata == {"file": ".claude/skills/pdf-forms/SKILL.md", "references": ["mcp_server:files"]}
    assert (skill.ref, skill.line, skill.framework) == (None, 2, "agent skill")


def test_skills_of_any_agent_are_found(make: Any) -> None:
    """A folder ``skills`` in a folder with a dot in front is looked at, whoever's it is; other such folders are not."""
    text = "---\nname: {}\ndescription: d\n---\n"
    folder = make(
        {
            ".claude/skills/a/SKILL.md": text.format("a"),
            ".somebody/skills/b/SKILL.md": text.format("b"),
            "plugin/skills/c/SKILL.md": text.format("c"),
            "skills/d/SKILL.md": text.format("d"),
            ".cache/e/SKILL.md": text.format("e"),
            ".git/skills/f/SKILL.md": text.format("f"),
            "node_modules/g/SKILL.md": text.format("g"),
        }
    )
    assert sorted(found(folder)) == ["skill:a", "skill:b", "skill:c", "skill:d"]


def test_allowed_tools_are_read_however_they_are_written(make: Any) -> None:
    """Spaces, commas and lists part tools, and what stands in brackets stays together."""
    written = ["Read, Bash(git add:*), Write", "Read Bash(git add:*) Write", '[Read, "Bash(git add:*)", Write]']
    folder = make({f"{n}/SKILL.md": f"---\nname: s{n}\nallowed-tools: {w}\n---\n" for n, w in enumerate(written)})
    tools = [skill.spec["allowed-tools"] for skill in found(folder).values() if skill.spec]
    assert tools == [["Read", "Bash(git add:*)", "Write"]] * 3


def test_a_text_with_a_colon_needs_no_quotes(make: Any) -> None:
    """What agents forgive is forgiven: a description with a colon in it that nobody quoted."""
    folder = make({"s/SKILL.md": '---\nname: s\ndescription: Use when: a "form" is there. Not: never\n---\n'})
    assert found(folder)["skill:s"].description == 'Use when: a "form" is there. Not: never'


def test_a_skill_without_a_name_is_called_like_its_folder(make: Any) -> None:
    """The folder gives the name where the file gives none."""
    assert list(found(make({"my skill/SKILL.md": "---\ndescription: d\n---\n"}))) == ["skill:my skill"]


def test_a_broken_skill_harms_only_itself(make: Any) -> None:
    """Each broken file is a line of the report, and the others are found."""
    folder = make(
        {
            "good/SKILL.md": "---\nname: good\n---\n",
            "a/SKILL.md": "# no table\n",
            "b/SKILL.md": "---\nname: [\n---\n",
            "c/SKILL.md": "---\nname: c\n",
            "d/SKILL.md": "---\n- a\n---\n",
            "e/SKILL.md": "---\nname: {a: 1}\n---\n",
        }
    )
    assert list(found(folder)) == ["skill:good"]
    assert skipped(folder) == {
        "a/SKILL.md": "agent skill: it does not begin with a table of name and description between two lines of `---`",
        "b/SKILL.md": "agent skill: it is not YAML: did not find expected node content (line 3)",
        "c/SKILL.md": "agent skill: it begins with `---`, and no line of `---` ends that part",
        "d/SKILL.md": "agent skill: what stands between its first two lines of `---` is not a table",
        "e/SKILL.md": "agent skill: its name or description is no text",
    }


def test_links_lead_nowhere(make: Any, tmp_path: Path) -> None:
    """A linked ``SKILL.md`` is not read, and linked files of a skill are not listed: they may be anybody's."""
    private = tmp_path / "private.md"
    private.write_text("---\nname: private\n---\n")
    folder = make({"s/SKILL.md": "---\nname: s\n---\n"})
    (folder / "s" / "more.md").symlink_to(private)
    (folder / "t").mkdir()
    (folder / "t" / "SKILL.md").symlink_to(private)
    skills = found(folder)
    assert list(skills) == ["skill:s"]
    assert list(skills["skill:s"].spec["files"]) == ["SKILL.md"]
