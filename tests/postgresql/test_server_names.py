"""pg_trgm: the index of names, who makes it, and that a mistyped name gets the suggestions of a file."""

from __future__ import annotations

import difflib
import random
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from factories import ROOT, open_catalog, some, tool
from hypothesis import given
from hypothesis import strategies as st
from postgres_server import Server

from catalog import (
    Catalog,
    CatalogWarning,
    EntryNotFoundError,
    close_matches,
    copy_catalog,
    name_search,
    upgrade_database,
)
from catalog.store.near_names import near_names
from catalog.store.postgres import name_search as asking
from catalog.store.postgres.name_index import NAME, Trigrams
from catalog.store.postgres.reader import PostgresReader

BY = "by trigrams"
SIGNS = "abcdefghijklmnopqrstuvwxyz_"


@pytest.fixture(autouse=True)
def pg_trgm(postgres: Server) -> None:
    """Skip where the server's binaries come without pg_trgm."""
    if not postgres.run("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"):
        pytest.skip("this PostgreSQL comes without pg_trgm")


@pytest.fixture
def bare(postgres: Server) -> Iterator[str]:
    """The URL of a database without a catalog, whose owner is no superuser."""
    postgres.run("DROP ROLE IF EXISTS plain")
    postgres.run("CREATE ROLE plain LOGIN")
    postgres.run("CREATE DATABASE bare OWNER plain")
    yield postgres.url("bare", user="plain")
    postgres.run("DROP DATABASE bare WITH (FORCE)")
    postgres.run("DROP ROLE plain")


def real_names(most: int) -> list[str]:
    """Return names of functions and classes of the standard library."""
    found: set[str] = set()
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        found.update(re.findall(r"^\s*(?:def|class) ([a-zA-Z]\w+)", file.read_text("utf-8", "replace"), re.MULTILINE))
    return random.Random(1).sample(sorted(found), most)


def slips(name: str, chance: random.Random) -> list[str]:
    """Return what each slip of the keyboard makes of a name: a sign too few, too many, another, or two in each other's
    place."""
    at, sign = chance.randrange(len(name) - 1), chance.choice(SIGNS)
    return [
        name[:at] + name[at + 1 :],
        name[:at] + sign + name[at:],
        name[:at] + sign + name[at + 1 :],
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
    ]


def missed(cat: Catalog, name: str) -> list[str]:
    """Return the keys that the error of a missed tool names."""
    with pytest.raises(EntryNotFoundError) as caught:
        cat.entry("tool", name)
    return list(caught.value.facts["close"])


def test_the_first_suggestion_is_that_of_a_file(postgres_url: str) -> None:
    """For every slip in a real name the closest name is that of all names, and the index alone answers most."""
    names = real_names(2_000)
    chance, answered, asked = random.Random(2), 0, 0
    with open_catalog(postgres_url) as cat:
        cat.register_many(tool(name) for name in names)
        reader = cat.workspace.store.reader
        assert isinstance(reader, PostgresReader)
        for name in chance.sample([name for name in names if len(name) > 3], some(150)):
            for word in slips(name, chance):
                found, wanted = near_names(reader, "tool", word), close_matches(word, names)
                assert close_matches(word, found)[:1] == wanted[:1]
                if len(word) >= 10:
                    asked += 1
                    answered += asking._candidates(reader, "tool", word) is not None  # noqa: SLF001 - which way it was
        assert answered > 0.9 * asked
        for word in ("zzzzzzzzzzzz", "é" * 9, "get_sorce\0_file", "\udce9" * 9, "get", "x"):
            assert close_matches(word, near_names(reader, "tool", word)) == close_matches(word, names)


WORDS = st.text(st.sampled_from("abc_1"), min_size=1, max_size=14)


@given(word=WORDS, edits=st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["", *"abc_1"])), max_size=4))
def test_a_name_that_the_index_misses_is_no_nearer_than_is_said(word: str, edits: list[tuple[int, str]]) -> None:
    """Whatever the likeness of a name's trigrams, its ratio is at most that which names of this likeness can have."""
    name = word
    for at, sign in edits:
        name = name[:at] + sign + name[at + (not sign) :]
    ours, theirs = asking.trigrams(word), asking.trigrams(name)
    likeness = len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0
    if name and likeness < 1:
        assert difflib.SequenceMatcher(None, name, word).ratio() <= asking.missed(word, likeness)


def test_trigrams_are_those_of_the_server(postgres: Server) -> None:
    """The trigrams of a word in ASCII are counted as pg_trgm makes them."""
    for word in ("plot", "create_scatter", "HTTPServer", "a", "a-b.c/d e:1", "x1_y22__z", "___"):
        (row,) = postgres.run(f"SELECT public.show_trgm('{word}')", "blank")
        assert sorted(asking.trigrams(word)) == sorted(row[0])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("known", "is_offered", "said"),
    [
        (
            (None, False, False),
            False,
            "pg_trgm is not installed on the server: install the contrib modules of PostgreSQL there, let the owner of "
            "the database say `CREATE EXTENSION pg_trgm SCHEMA public` in it; then `catalog db upgrade` by the owner "
            "of the tables makes the index of names",
        ),
        (
            (None, False, False),
            True,
            "pg_trgm is not in this database: its owner has to say `CREATE EXTENSION pg_trgm SCHEMA public` there; "
            "then `catalog db upgrade` by the owner of the tables makes the index of names",
        ),
        (
            ("tools", False, True),
            True,
            "this role may not use the schema tools, where pg_trgm is: `GRANT USAGE ON SCHEMA` lets it",
        ),
        (("public", True, False), True, "`catalog db upgrade` by the owner of the tables makes the index of names"),
        (("public", True, True), True, ""),
    ],
)
def test_why_names_are_read_is_said_with_who_has_to_do_what(
    known: tuple[str | None, bool, bool], is_offered: bool, said: str
) -> None:
    """For each state of a server the reason says what to install, which statement helps, and whose it is."""
    assert Trigrams(*known).why_not(is_offered) == said


def test_a_catalog_without_pg_trgm_gets_its_index_later(postgres: Server, bare: str) -> None:
    """Rows that were there before keep, names are read as long as there is no index, and an upgrade makes it; an
    extension that goes takes the index along, and nothing fails."""
    upgrade_database(bare)  # the owner of a database may make the extension
    with open_catalog(bare) as cat:
        assert name_search(cat) == BY
        cat.register_many(tool(f"draw_chart_{letter}{letter}") for letter in "abcdefgh")
        before = cat.list("tool")
    postgres.run("DROP EXTENSION pg_trgm CASCADE", "bare")
    with open_catalog(bare) as cat:
        assert name_search(cat).startswith("all names are read: pg_trgm is not in this database: its owner has to say")
        assert missed(cat, "draw_cahrt_cc")[0] == "tool:draw_chart_cc"
        cat.register("tool", "draw_table_zz", "os.path:join")
        assert cat.check() == []
    postgres.run("CREATE SCHEMA tools; CREATE EXTENSION pg_trgm SCHEMA tools", "bare")
    with open_catalog(bare) as cat:
        assert name_search(cat).startswith("all names are read: this role may not use the schema tools")
    postgres.run("GRANT USAGE ON SCHEMA tools TO plain", "bare")
    with open_catalog(bare) as cat:
        assert name_search(cat) == "all names are read: " + Trigrams("tools", True, False).why_not(True)
    upgrade_database(bare)
    with open_catalog(bare) as cat:
        assert name_search(cat) == BY
        assert cat.list("tool") == [*before, "draw_table_zz"]
        assert missed(cat, "draw_tabel_zz") == ["tool:draw_table_zz"]
        assert cat.check() == []


def test_an_upgrade_without_the_right_to_make_it_goes_on(postgres: Server, bare: str) -> None:
    """Where this role may neither make the extension nor use what it is in, an upgrade does all else."""
    postgres.run("CREATE SCHEMA hidden; CREATE EXTENSION pg_trgm SCHEMA hidden", "bare")
    upgrade_database(bare)
    with open_catalog(bare) as cat:
        cat.register("tool", "draw_chart", "os.path:join")
        assert name_search(cat).startswith("all names are read: this role may not use the schema hidden")
        assert missed(cat, "draw_cahrt") == ["tool:draw_chart"]


def test_each_tenant_has_an_index(bare: str) -> None:
    """Two schemas of one database share the extension, and each finds its own names."""
    for tenant in ("one", "two"):
        upgrade_database(f"{bare}&schema={tenant}")
        with open_catalog(f"{bare}&schema={tenant}") as cat:
            cat.register("tool", f"draw_chart_of_{tenant}", "os.path:join")
    for tenant in ("one", "two"):
        with open_catalog(f"{bare}&schema={tenant}") as cat:
            assert name_search(cat) == BY
            assert missed(cat, f"draw_cahrt_of_{tenant}") == [f"tool:draw_chart_of_{tenant}"]


def test_the_roles_of_the_documentation_ask_the_index(postgres: Server, postgres_url: str) -> None:
    """A writer's new name is found by a reader through the index, which neither of them owns."""
    database = re.sub(r".*/(\w+)\?.*", r"\1", postgres_url)
    roles = ("catalog_owner", "catalog_writer", "catalog_reader")
    for statement in (ROOT / "docs" / "postgres-roles.sql").read_text("utf-8").split(";\n"):
        if statement.strip():
            postgres.run(statement, database)
    for name, role in (("ann", "catalog_writer"), ("bob", "catalog_reader")):
        postgres.run(f"CREATE ROLE {name} LOGIN IN ROLE {role}")
    try:
        with open_catalog(postgres_url.replace("owner@", "ann@")) as ann:
            ann.register("tool", "draw_a_chart", "os.path:join")
            assert name_search(ann) == BY
        with pytest.warns(CatalogWarning, match="read only here"):
            bob = open_catalog(postgres_url.replace("owner@", "bob@"))
        with bob:
            assert name_search(bob) == BY
            assert missed(bob, "draw_a_cahrt") == ["tool:draw_a_chart"]
    finally:
        for name in ("ann", "bob"):
            postgres.run(f"DROP OWNED BY {name}", database)
            postgres.run(f"DROP ROLE {name}")
        for role in roles:
            postgres.run(f"DROP OWNED BY {role} CASCADE", database)
            postgres.run(f"DROP ROLE {role}")


def test_a_copy_has_the_index_and_the_way_back_has_none(postgres: Server, bare: str, tmp_path: Path) -> None:
    """A file that is copied to a server is asked by trigrams there; copied back it is a file like any other."""
    with open_catalog(tmp_path / "one.db") as cat:
        cat.register_many(tool(f"draw_chart_{number}") for number in range(30))
        wanted = missed(cat, "draw_cahrt_7")
        assert name_search(cat) == ""
    copy_catalog(f"sqlite:///{tmp_path / 'one.db'}", bare)
    with open_catalog(bare) as there:
        assert (name_search(there), missed(there, "draw_cahrt_7")) == (BY, wanted)
        assert there.check() == []
    copy_catalog(bare, f"sqlite:///{tmp_path / 'two.db'}")
    with open_catalog(tmp_path / "two.db") as back:
        assert (back.check(), missed(back, "draw_cahrt_7")) == ([], wanted)


def test_the_server_answers_by_the_index(postgres: Server, postgres_url: str) -> None:
    """Of 30,000 names the server takes those with the trigrams from the index, and compares no others."""
    database = re.sub(r".*/(\w+)\?.*", r"\1", postgres_url)
    with open_catalog(postgres_url) as cat:
        cat.register("tool", "get_source_file", "os.path:join")
    other = "jsonb_build_object('id', 1000 + n, 'name', md5(n::text))"
    record = f"(jsonb_populate_record(e, {other})).*"
    postgres.run(f"INSERT INTO entry SELECT {record} FROM entry AS e, generate_series(1, 30000) AS n", database)
    postgres.run("VACUUM ANALYZE entry", database)  # puts what is new into the index
    with psycopg.connect(postgres.url(database), options="-c search_path=catalog") as connection:
        sql = asking._NEAR.format(place="public")  # noqa: SLF001 - the statement itself
        plan = connection.execute(f"EXPLAIN {sql}", ("get_sorce_file", "tool", "get_sorce_file", 500)).fetchall()
    assert NAME in "".join(line for (line,) in plan)
