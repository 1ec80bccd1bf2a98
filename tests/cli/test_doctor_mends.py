"""What ``catalog doctor --fix`` mends beyond references: a plan, a question, a revision for each entry."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from factories import damage

TWO = "def first(a):\n    return a * 17\n\n\ndef second(a):\n    return a * 18\n"


@pytest.fixture
def renamed(run_cli, project: Path) -> Path:
    """A function that got another name since it was registered."""
    file = project / "doctored.py"
    file.write_text(TWO)
    run_cli("register", "tool", "first", "doctored:first")
    file.write_text(TWO.replace("first", "uno"))
    return file


def test_without_a_yes_the_plan_is_shown_and_nothing_changes(run_cli, renamed, catalog) -> None:
    """Where nobody can be asked, `--fix` shows the plan and ends with 1; so it does with JSON."""
    generation = catalog.generation
    assert run_cli("doctor", "--fix") == (
        1,
        "tool:first\trenamed\tit becomes tool:uno, its reference doctored:uno\n",
        "nothing was changed; `catalog doctor --fix --yes` does this\n",
    )
    done = run_cli("doctor", "--fix", "--json")
    assert (done.status, [fault["fixed"] for fault in done.data]) == (1, [False])
    assert catalog.generation == generation


def test_a_person_is_asked(run_cli, renamed, catalog) -> None:
    """On a terminal no leaves all as it is, and yes carries the plan out."""
    assert run_cli("doctor", "--fix", width=80, stdin="n\n").status == 1
    assert catalog.list("tool") == ["first"]
    assert run_cli("doctor", "--fix", width=80, stdin="y\n").status == 0
    assert catalog.list("tool") == ["uno"]


def test_a_rename_is_preferred_to_a_duplicate(run_cli, project, catalog) -> None:
    """Where a scan has made an entry of the new place, one remains, whichever command comes first."""
    file = project / "doctored.py"
    file.write_text(TWO)
    run_cli("scan", "doctored.py", "--public")
    run_cli("tag", "tool:first", "+mine")
    file.write_text(TWO.replace("first", "uno"))
    run_cli("refresh")
    assert catalog.list("tool") == ["first", "second", "uno"]
    done = run_cli("doctor", "--fix", "--yes")
    assert (done.status, done.out) == (
        0,
        "fixed tool:first: it becomes one with tool:uno, as tool:uno; history, golden cases and uses follow\n",
    )
    assert catalog.list("tool") == ["second", "uno"]
    assert catalog.entry("tool:uno").tags == ("mine",)
    assert run_cli("doctor").status == 0
    assert run_cli("refresh", "--accept-renames", "--json").status == 0
    assert catalog.list("tool") == ["second", "uno"]


def test_a_rename_before_a_refresh_makes_no_duplicate(run_cli, project, catalog) -> None:
    """Mended before any refresh, the entry has its new name, and the refresh that follows adds none."""
    file = project / "doctored.py"
    file.write_text(TWO)
    run_cli("scan", "doctored.py", "--public")
    file.write_text(TWO.replace("first", "uno"))
    assert run_cli("doctor", "--fix", "--yes").status == 0
    run_cli("refresh")
    assert catalog.list("tool") == ["second", "uno"]
    assert run_cli("doctor").status == 0


def test_what_names_a_renamed_entry_is_led_to_it(run_cli, catalog) -> None:
    """The history knows the new name of what is named and not there."""
    catalog.register("schema", "verdict", {"a": 1})
    catalog.rename("schema:verdict", "judgement")
    catalog.register("prompt", "ask", {"text": "?"}, metadata={"references": ["schema:verdict"]})
    assert run_cli("doctor").out == "prompt:ask\tdangling\tmetadata.references.0\tschema:judgement\texact\n"
    assert run_cli("doctor", "--fix", "--yes") == (
        0,
        "fixed prompt:ask: metadata.references.0 becomes schema:judgement\n",
        "",
    )
    assert catalog.entry("prompt:ask").metadata["references"] == ["schema:judgement"]
    assert catalog.history("prompt:ask")[0].action == "repair"


def test_a_name_like_it_is_only_likely(run_cli, catalog) -> None:
    """A profile that was mistyped is led to the near one with `--likely`; without any that is a person's to do."""
    catalog.register("profile", "openai_mini", {"model": "m"}, metadata={})
    catalog.register("model", "m", {"a": 1})
    catalog.register("agent", "judge", {"profile": "openai_mimi", "tools": ["zzz"]})
    assert run_cli("doctor").out == (
        "agent:judge\tdangling\tprofile\tprofile:openai_mini\tlikely\nagent:judge\tdangling\ttools.0\t\t\n"
    )
    run_cli("doctor", "--fix", "--likely", "--yes")
    assert catalog.entry("agent:judge").spec == {"profile": "openai_mini", "tools": ["zzz"]}


def test_keys_that_differ_in_case_become_one(run_cli, project, catalog) -> None:
    """Two names of one object that differ in case only become one with the tags of both; others are only named."""
    (project / "doctored.py").write_text(TWO)
    run_cli("register", "tool", "first", "doctored:first", "--tag", "a")
    run_cli("register", "tool", "First", "doctored:first", "--tag", "b")
    catalog.register("schema", "v", {"a": 1})
    catalog.register("schema", "V", {"a": 2})
    catalog.register("prompt", "ask", {"text": "?"}, metadata={"references": ["tool:First"]})
    assert (
        run_cli("doctor").out
        == "schema:V\tcase\t\tsame as schema:v\t\ntool:First\tcase\tdoctored:first\tsame as tool:first\texact\n"
    )
    assert run_cli("doctor", "--fix", "--yes").status == 1
    assert (catalog.list("tool"), catalog.list("schema")) == (["first"], ["V", "v"])
    assert catalog.entry("tool:first").tags == ("a", "b")
    assert catalog.entry("prompt:ask").metadata["references"] == ["tool:first"]


def test_another_version_of_a_distribution_is_noted(run_cli, catalog) -> None:
    """What came with one version and is installed in another, or came with what is not installed, is relabelled."""
    from importlib.metadata import version

    now = f"click=={version('click')}"
    catalog.register("tool", "echo", "click:echo", distribution="click==0.1")
    catalog.register("tool", "style", "click:style", distribution="clack==1")
    assert run_cli("doctor").out == (
        f"tool:echo\tdistribution\tclick:echo\t{now}\texact\ntool:style\tdistribution\tclick:style\t{now}\texact\n"
    )
    assert run_cli("doctor", "--fix", "--yes").status == 0
    assert {catalog.entry(key).distribution for key in ("tool:echo", "tool:style")} == {now}


def test_what_is_configured_is_said_and_left_to_its_file(run_cli, project) -> None:
    """An entry of the configuration whose code is gone is a fault that no `--fix` changes."""
    (project / "doctored.py").write_text(TWO.replace("first", "uno"))
    (project / "catalog.toml").write_text('[entries.tool]\nfirst = "doctored:first"\n')
    (fault,) = run_cli("doctor", "--json").data
    assert (fault["key"], fault["trouble"], fault["remedy"]) == ("tool:first", "dead", "")
    assert fault["why"].endswith(f"it is configured in {project / 'catalog.toml'}: change it there")
    assert run_cli("doctor", "--fix", "--yes").status == 1


@pytest.mark.sqlite("a server is not mended")
def test_damage_of_the_database_is_mended(run_cli, catalog, url) -> None:
    """Words that are missing from the full-text search are made again, as `db check --fix` does it."""
    catalog.register("schema", "v", {"a": 1}, description="What a judge says.")
    damage(url, "DELETE FROM search_doc")
    done = run_cli("doctor")
    assert (done.status, done.out.split("\t")[:2]) == (1, ["database", "damage"])
    assert run_cli("doctor", "--fix", "--yes").status == 0
    assert run_cli("db", "check").status == 0
    assert [hit.key for hit in catalog.search("judge")] == ["schema:v"]


@pytest.mark.sqlite("files lie beside it")
def test_files_of_an_interrupted_upgrade_are_removed(run_cli, catalog, url) -> None:
    """Parts of copies nobody writes any more go; what is being written, and what was kept whole, stays."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    database = Path(url.removeprefix("sqlite:///"))
    part = Path(f"{database}.before-0004.{ended.pid}.tmp")
    old = database.with_name(".catalog-0123456789abcdef.tmp")
    stays = [
        Path(f"{database}.before-0004"),
        Path(f"{database}.{os.getpid()}.tmp"),
        database.with_name(".catalog-0123456789abcdff.tmp"),
    ]
    for file in (part, old, *stays):
        file.write_text("x")
    for file in (part, old):
        os.utime(file, (time.time() - 9_999,) * 2)
    assert run_cli("doctor").status == 1
    done = run_cli("doctor", "--fix", "--yes")
    assert (done.status, done.out) == (0, "fixed database: it is removed\nfixed database: it is removed\n")
    assert [file.exists() for file in (part, old, *stays)] == [False, False, True, True, True]
