"""What the command line finds is never found by a vector whose text has changed."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from benchmarks.processes import start
from benchmarks.store.staleness import (
    COMMAND,
    EDITOR,
    Expected,
    interrupted,
    near,
    texts_of,
)

OWN = "benchmarks.store.staleness:DIGEST"
REF = "nowhere.to_be_found:thing"

OTHER = """
import sys
from hashlib import sha256
import catalog.entry.embedding_text as embedtext
before = embedtext.texts_of
embedtext.TEMPLATE_VERSION += 1
embedtext._SALT = sha256(b"%d\\n" % embedtext.TEMPLATE_VERSION)
embedtext.texts_of = lambda entry: ["in other words " + text for text in before(entry)]
from catalog_cli.app import main
sys.argv = ["catalog", *sys.argv[1:]]
main()
"""
"""The command line of a version of the catalog that embeds other texts of the same entries."""

Texts = dict[str, Any]

FIRST: Texts = {"description": "Draws.", "tags": ["marker"], "examples": ["one example"]}


@pytest.fixture
def own(project: Path, trusted: None) -> str:
    """A project whose embedder embeds only when it is told to."""
    (project / "catalog.toml").write_text(f'embedder = "{OWN}"')
    return OWN


def register(run_cli: Any, said: Texts, name: str = "draw_it") -> None:
    """Register a tool that says *said*."""
    options = [f"--tag={tag}" for tag in said["tags"]] + [f"--example={text}" for text in said["examples"]]
    assert run_cli("register", "tool", name, REF, "-d", said["description"], *options).status == 0


def found(run_cli: Any, *options: str) -> dict[str, float | None]:
    """Return the similarity of every entry a search finds, None where the reason is that no vector is fresh."""
    done = run_cli("search", "marker", "--limit", "all", "--json", *options)
    assert (done.status, done.err) == (0, "")
    for hit in done.data:
        assert ("vector" in hit["why"]) == ("similarity" not in hit["why"])
    return {hit["name"]: hit["why"].get("similarity") for hit in done.data}


def expected(embedder: str, said: Texts, fresh: list[int], name: str = "draw_it") -> float | None:
    """Return what the similarity must be if just these parts have vectors of what is said."""
    return Expected(embedder, "marker").similarity(texts_of(name, **said), fresh)


def edit(run_cli: Any, said: Texts) -> None:
    """Say something else."""
    register(run_cli, said)


def import_(run_cli: Any, said: Texts) -> None:
    """Import a line over what is there."""
    line = {"kind": "tool", "name": "draw_it", "ref": REF, **said}
    assert run_cli("import", "-", "--replace", stdin=json.dumps(line)).status == 0


def register_again(run_cli: Any, said: Texts) -> None:
    """Take the entry away, and register it anew."""
    assert run_cli("unregister", "draw_it").status == 0
    register(run_cli, said)


@pytest.mark.parametrize(
    ("change", "said", "fresh"),
    [
        (edit, FIRST | {"description": "Mails."}, [1]),
        (edit, FIRST | {"tags": ["marker", "new"]}, [1]),
        (edit, FIRST | {"examples": ["one example", "another"]}, [0, 1]),
        (edit, FIRST | {"examples": ["another", "one example"]}, [0]),
        (import_, FIRST | {"examples": []}, [0]),
        (import_, FIRST | {"description": "Mails.", "examples": ["another"]}, []),
        (import_, FIRST, [0, 1]),
        (register_again, FIRST, []),
    ],
    ids=["edit", "re-tag", "add example", "swap examples", "drop example", "import", "import the same", "anew"],
)
def test_after_a_change_only_vectors_of_what_is_said_count(
    run_cli: Any, own: str, change: Any, said: Texts, fresh: list[int]
) -> None:
    """A search goes by the parts that say what they said, an update makes the others, and then all count."""
    register(run_cli, FIRST)
    assert run_cli("embed", "update").out == "2 vectors made\n"
    assert near(found(run_cli)["draw_it"], expected(own, FIRST, [0, 1]))
    change(run_cli, said)
    assert near(found(run_cli)["draw_it"], expected(own, said, fresh))
    every = list(range(1 + len(said["examples"])))
    missing = len(every) - len(fresh)
    assert run_cli("embed", "status").err.count("`catalog embed update`") == (1 if missing else 0)
    assert run_cli("embed", "update", "--json").data == {"made": missing}
    assert near(found(run_cli)["draw_it"], expected(own, said, every))
    assert run_cli("embed", "status").status == 0


def test_a_restored_revision_is_not_found_by_the_one_before(run_cli: Any, own: str) -> None:
    """After `restore` the vector of the later text does not count, and one made of the old text does again."""
    later = FIRST | {"description": "Mails."}
    register(run_cli, FIRST)
    run_cli("embed", "update")
    register(run_cli, later)
    assert run_cli("embed", "update").out == "1 vector made\n"
    assert near(found(run_cli)["draw_it"], expected(own, later, [0, 1]))
    assert run_cli("restore", "draw_it", "--revision", "1").status == 0
    assert near(found(run_cli)["draw_it"], expected(own, FIRST, [1]))
    run_cli("embed", "update")
    assert near(found(run_cli)["draw_it"], expected(own, FIRST, [0, 1]))


def test_vectors_of_another_version_of_the_template_do_not_count(
    run_cli: Any, own: str, run_python: Any, project: Path
) -> None:
    """Two versions of the catalog that embed other texts never go by each other's vectors."""
    register(run_cli, FIRST)
    run_cli("embed", "update")
    other = json.loads(run_python(OTHER, "search", "marker", "--json", cwd=project))
    assert "vector" in other[0]["why"]
    assert run_python(OTHER, "embed", "update", cwd=project) == "2 vectors made"
    texts = ["in other words " + text for text in texts_of("draw_it", **FIRST)]
    other = json.loads(run_python(OTHER, "search", "marker", "--json", cwd=project))
    assert near(other[0]["why"]["similarity"], Expected(own, "marker").similarity(texts, [0, 1]))
    assert found(run_cli) == {"draw_it": None}
    assert run_cli("embed", "status").out == "digest-16, 2 texts: 0 fresh, 2 stale, 0 missing\n"
    assert run_cli("embed", "update").out == "2 vectors made\n"
    assert near(found(run_cli)["draw_it"], expected(own, FIRST, [0, 1]))


def test_a_new_embedder_answers_once_it_is_complete(run_cli: Any, project: Path) -> None:
    """Until then the old one does; both keep their vectors beside each other, and an edit makes stale whichever did
    not see it."""
    (project / "catalog.toml").write_text('embedder = "hash:8"')
    register(run_cli, FIRST)
    register(run_cli, FIRST, "mail_it")
    new = ("--embedder", "hash:16")
    assert run_cli("embed", "status", *new).out.splitlines()[-1].endswith(": 0 fresh, 0 stale, 4 missing")
    old = {name: expected("hash:8", FIRST, [0, 1], name) for name in ("draw_it", "mail_it")}
    for given in ((), new):
        assert found(run_cli, *given) == pytest.approx(old, abs=3e-6)
    assert run_cli("embed", "update", *new).out == "4 vectors made\n"
    both = {name: expected("hash:16", FIRST, [0, 1], name) for name in old}
    assert found(run_cli, *new) == pytest.approx(both, abs=3e-6)
    assert found(run_cli) == pytest.approx(old, abs=3e-6)
    assert [line.partition(":")[2] for line in run_cli("embed", "status").out.splitlines()] == [
        " 4 fresh, 0 stale, 0 missing"
    ] * 2
    said = FIRST | {"description": "Mails."}
    register(run_cli, said)
    assert near(found(run_cli)["draw_it"], expected("hash:8", said, [0, 1]))
    assert near(found(run_cli, *new)["draw_it"], expected("hash:16", said, [1]))
    done, undone = run_cli("embed", "status"), run_cli("embed", "status", *new)
    assert (done.status, undone.status, done.err, undone.err.count("\n")) == (0, 0, "", 1)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_killed_update_leaves_nothing_stale(tmp_path: Path) -> None:
    """After kill -9 in the middle of `catalog embed update` what was stored stays and nothing stale is found."""
    seen = interrupted(tmp_path / "killed.db", times=2, code=COMMAND)
    assert seen._replace(searched=0) == (2, 0, [], 0, 0, [])


def test_commands_beside_an_editor_find_nothing_stale(run_cli: Any, url: str, project: Path) -> None:
    """While another process edits, each command shows similarities of the texts it shows."""
    (project / "catalog.toml").write_text('embedder = "hash:8"')
    editor = start(EDITOR, url, 2, 6)
    compared = 0
    while editor.poll() is None or not compared:
        for hit in run_cli("search", "marker", "--limit", "all", "--json").data:
            if int(hit["name"].partition("_")[2]) % 3 == 0 and "similarity" in hit["why"]:  # those have no examples
                texts = texts_of(hit["name"], hit["description"], hit["tags"], [])
                assert near(hit["why"]["similarity"], Expected("hash:8", "marker").similarity(texts, [0])), hit
                compared += 1
    assert editor.communicate()[1] == ""
