"""A catalog on PostgreSQL: opening and upgrading it, who may do what, and how it ranks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from factories import damage, open_catalog, tool
from hypothesis import given
from hypothesis import strategies as st
from postgres_server import Server

from catalog import (
    Catalog,
    CatalogWarning,
    NotACatalogError,
    ReadOnlyError,
    SchemaOutdatedError,
    Settings,
    StoreBusyError,
    StoreError,
    UntrustedReferenceError,
    upgrade_database,
)
from catalog.embedders.hashed import HashEmbedder
from catalog.entry.filters import Filters
from catalog.store import fulltext
from catalog.store.opening import current
from catalog.store.postgres.errors import store_error
from catalog.store.schema import HEAD

PROMPTS = (
    "draw a chart",
    "read a table from a file",
    "merge files",
    "tool 7",
    "sheet",
    "file file chart",
    "nothing here",
)


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    """The URL of a database without a catalog."""
    postgres.run("CREATE DATABASE empty")
    yield postgres.url("empty")
    postgres.run("DROP DATABASE empty WITH (FORCE)")


def test_opening_makes_and_upgrades_nothing(empty: str, postgres: Server) -> None:
    """A database without a catalog, of an older schema or of a newer one does not open; the error says what to do."""
    with pytest.raises(SchemaOutdatedError, match=r"has no catalog yet; `catalog --url postgresql://\S+ db upgrade`"):
        open_catalog(empty)
    assert postgres.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'catalog'", "empty") == [(0,)]
    upgrade_database(empty)
    assert current(empty) == HEAD
    postgres.run("UPDATE alembic_version SET version_num = '0002'", "empty")
    with pytest.raises(SchemaOutdatedError, match=r"has schema 0002, .*db upgrade` upgrades it"):
        open_catalog(empty)
    postgres.run("UPDATE alembic_version SET version_num = '9999'", "empty")
    for use in (open_catalog, upgrade_database):
        with pytest.raises(SchemaOutdatedError, match=r"9999 is newer .*upgrade magma-catalog"):
            use(empty)


def test_upgrades_at_once_wait_for_each_other(empty: str) -> None:
    """Four upgrades that begin together all succeed, and the catalog works."""
    errors: list[BaseException] = []

    def upgrade() -> None:
        try:
            upgrade_database(empty)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with open_catalog(empty) as cat:
        cat.register("tool", "a", "os.path:join")
        assert cat.list("tool") == ["a"]


def test_schemas_keep_tenants_apart(empty: str) -> None:
    """Two schemas of one database are two catalogs; a third that nobody made does not open on one of them."""
    for tenant in ("one", "two"):
        upgrade_database(f"{empty}&schema={tenant}")
        with open_catalog(f"{empty}&schema={tenant}") as cat:
            cat.register("tool", tenant, "os.path:join", description=f"for {tenant}")
    with open_catalog(f"{empty}&schema=two") as cat:
        assert cat.list("tool") == ["two"]
        assert [hit.key for hit in cat.search("for one")] == ["tool:two"]
    with pytest.raises(SchemaOutdatedError, match="has no catalog yet"):
        open_catalog(f"{empty}&schema=three")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("&schema=No;drop", "a schema has small letters"),
        ("&pool=many", "pool='many' is no number"),
        ("&prepare=no", "prepare='no' is neither on nor off"),
        ("&schema=pg_team", "schemas of this name are the server's own"),
        ("&schema=information_schema", "schemas of this name are the server's own"),
        ("&shema=team", "the URL has an option 'shema' that nobody knows; did you mean 'schema'?"),
    ],
)
def test_an_option_of_the_url_is_checked(postgres_url: str, change: str, said: str) -> None:
    """An option with a value it can't have is one error that names it."""
    with pytest.raises(StoreError, match=said):
        open_catalog(postgres_url + change)


def test_no_login_is_shown(postgres: Server, postgres_url: str) -> None:
    """Neither what a catalog is printed as nor an error about its server contains user or password."""
    url = postgres_url.replace("owner@", "owner:hunter22@")
    with open_catalog(url) as cat:
        shown = f"{cat!r} {cat.workspace.store.path} {cat.workspace.store.url}"
    assert "hunter22" not in shown
    assert "owner" not in shown
    with pytest.raises(StoreError) as caught:
        open_catalog(url.replace("owner:", "nobody_known:"))
    assert "hunter22" not in f"{caught.value} {caught.value.facts}"


@pytest.mark.parametrize(
    "login",
    [
        "owner:hunter22/x@",
        "owner:hunter22#x@",
        "owner:hunter22?x@",
        "owner:hunter22?x=y@",
        "owner:hunter22[x@",
        "owner:hunter22@x@",
        "owner:x@hunter22/y@",
        "owner:hunter22%@",
        "owner:hunter22 x@",
        "owner:2222/hunter22@",
    ],
)
@pytest.mark.parametrize("start", ["postgresql://", "postgres://", "PostgreSQL://", "postgresql:/", "postgresql:", ""])
def test_no_part_of_a_password_with_bare_signs_is_shown(start: str, login: str) -> None:
    """A password whose signs are bare is one error, which has no part of it and says how to write them."""
    with pytest.raises(StoreError, match=r"can't be read, and is not shown|is no URL of a database") as caught:
        open_catalog(f"{start}{login}127.0.0.1:1/team")
    assert "hunter22" not in f"{caught.value} {caught.value.facts}"


@pytest.mark.parametrize("port", ["abc", "0", "65536", "99999"])
def test_a_port_that_is_none_is_a_fault_of_the_url(port: str) -> None:
    """A port that is no number from 1 to 65535 is an error about the URL, not one about a server that is silent."""
    with pytest.raises(StoreError, match="with a number for the port"):
        open_catalog(f"postgresql://127.0.0.1:{port}/team")


@pytest.mark.parametrize("scheme", ["postgresql+psycopg2", "postgresql+asyncpg", "mysql"])
def test_another_driver_is_an_error_that_names_ours(scheme: str) -> None:
    """A URL for another driver or server is one error that says which URLs there are, without the login."""
    with pytest.raises(StoreError, match=r"write .*postgresql://host/name") as caught:
        open_catalog(f"{scheme}://owner:hunter22@127.0.0.1:1/team")
    assert "hunter22" not in f"{caught.value} {caught.value.facts}"


def test_the_environment_of_libpq_names_a_catalog(
    postgres: Server, postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Host, port, database and service may come from the environment; what is shown names them."""
    name = urlsplit(postgres_url).path[1:]
    for variable, value in (("HOST", "127.0.0.1"), ("PORT", str(postgres.port)), ("USER", "owner"), ("DATABASE", name)):
        monkeypatch.setenv(f"PG{variable}", value)
    with open_catalog("postgresql://") as cat:
        assert cat.workspace.store.path == f"postgresql://127.0.0.1:{postgres.port}/{name}"
    for variable in ("HOST", "PORT", "USER", "DATABASE"):
        monkeypatch.delenv(f"PG{variable}")
    services = tmp_path / "services"
    services.write_text(f"[team]\nhost=127.0.0.1\nport={postgres.port}\nuser=owner\ndbname={name}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    with open_catalog("postgresql:///?service=team") as cat:
        assert cat.workspace.store.path == "postgresql:///?service=team"
    monkeypatch.setenv("PGSERVICE", "team")
    with open_catalog("postgresql://") as cat:
        assert cat.workspace.store.path == "postgresql://?service=team"
    with pytest.raises(StoreBusyError, match="look at the URL and at PGHOST"):
        open_catalog("postgresql:///?service=nobodys")


@pytest.mark.parametrize("name", ["user", "select", "order", "public_2"])
def test_a_schema_may_have_the_name_of_a_word_of_sql(empty: str, name: str) -> None:
    """A tenant whose name is a word of SQL's has a catalog like any other."""
    upgrade_database(f"{empty}&schema={name}")
    with open_catalog(f"{empty}&schema={name}") as cat:
        cat.register("tool", "dump", "json:dumps", description="Write JSON.")
        assert [hit.key for hit in cat.search("write json")] == ["tool:dump"]
    upgrade_database(f"{empty}&schema={name}")
    assert current(f"{empty}&schema={name}") == HEAD


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TABLE {}.source (id int)",
        "CREATE TABLE {}.alembic_version (version_num varchar(32))",
        "CREATE VIEW {}.vector AS SELECT 1 AS id",
        "CREATE TYPE {}.vector AS (x int)",
        "CREATE TABLE {}.catalog_state (id int)",
    ],
)
def test_what_another_program_has_there_is_named(empty: str, postgres: Server, foreign: str) -> None:
    """A table, view or type of a name that a catalog's tables have is one error, which names it; nothing is made."""
    postgres.run("CREATE SCHEMA mixed", "empty")
    postgres.run(foreign.format("mixed"), "empty")
    name = foreign.split(".")[1].split()[0]
    for attempt in (upgrade_database, current, open_catalog):
        with pytest.raises(NotACatalogError, match=rf"schema=mixed has {name} of another program"):
            attempt(f"{empty}&schema=mixed")


def test_a_table_that_was_taken_away_is_named_and_no_upgrade_advised_in_circles(empty: str, postgres: Server) -> None:
    """Where a table of a current catalog is gone the upgrade says that it can't make it again, and what can."""
    upgrade_database(empty)
    postgres.run("DROP TABLE search_doc CASCADE", "empty")
    with pytest.raises(StoreError, match=r'relation "search_doc" does not exist: somebody took it away; restore'):
        upgrade_database(empty)
    postgres.run("DELETE FROM alembic_version", "empty")
    with pytest.raises(NotACatalogError, match="says no version in alembic_version; restore a backup"):
        upgrade_database(empty)


def test_a_database_of_another_encoding_is_refused_before_anything_is_made(postgres: Server) -> None:
    """In a database that can't keep all texts no catalog is made; the error says how to make a database that can."""
    postgres.run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(StoreError, match=r"has the encoding LATIN1, .*`createdb -E UTF8 -T template0 NAME`"):
            upgrade_database(postgres.url("latin"))
        assert current(postgres.url("latin")) is None
        assert postgres.run("SELECT 1 FROM pg_namespace WHERE nspname = 'catalog'", "latin") == []
    finally:
        postgres.run("DROP DATABASE latin WITH (FORCE)")


def test_timeouts_of_a_role_do_not_end_a_change(postgres: Server, postgres_url: str) -> None:
    """A role that may be idle in a transaction for a moment only, as some servers set it, changes a catalog as others.

    What it does between two statements, as reading files, may take longer.
    """
    postgres.run("CREATE ROLE hasty LOGIN SUPERUSER")
    try:
        postgres.run("ALTER ROLE hasty SET idle_in_transaction_session_timeout = '20ms'")
        with open_catalog(postgres_url.replace("owner@", "hasty@")) as cat, cat.workspace.writing() as transaction:
            before = transaction.versions()
            time.sleep(0.1)
            assert transaction.versions() == before
    finally:
        postgres.run("DROP ROLE hasty")


def test_an_extension_made_anew_under_a_running_process_is_no_end(postgres: Server, empty: str) -> None:
    """Where pgvector is taken away and put back while a process runs, it writes and searches as before.

    What its connections remember of the types of the old one is let go of.
    """
    upgrade_database(empty)
    with open_catalog(empty) as cat, open_catalog(f"{empty}&vectors=server") as other:
        for turn in range(3):
            for number in range(7):
                cat.register("tool", f"t{number}", "json:dumps", description=f"Write {number} charts, {turn}")
                assert other.search("charts", limit=1) != []
            postgres.run("DROP EXTENSION IF EXISTS vector CASCADE", "empty")
            with suppress(StoreError):  # once: what it knew of the server holds no more
                other.search("charts")
            assert other.search("charts", limit=1) != []
            upgrade_database(empty)
            with suppress(StoreBusyError):
                cat.register("tool", "new", "json:dumps", description=f"New charts, {turn}")
            cat.register("tool", "new", "json:dumps", description=f"New charts, {turn}")
            assert other.search("charts", limit=1) != []
            assert cat.check() == []


@pytest.mark.parametrize("state", ["26000", "42P05"])
def test_a_lost_prepared_statement_names_the_option_for_poolers(state: str) -> None:
    """Where a pooler hands out another connection each time, the error names ``prepare=off``."""
    with pytest.raises(StoreError, match=r"say \?prepare=off in the URL"):
        raise store_error(psycopg.errors.lookup(state)("prepared statement"), "postgresql://db/team")


def test_the_drivers_log_says_nothing_of_what_is_an_error_already(
    postgres: Server, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a role may not write, the error says so; nothing else comes up, and no user's name."""
    postgres.run("CREATE ROLE watching LOGIN")
    try:
        postgres.run("GRANT USAGE ON SCHEMA catalog TO watching", urlsplit(postgres_url).path[1:])
        postgres.run("GRANT SELECT ON ALL TABLES IN SCHEMA catalog TO watching", urlsplit(postgres_url).path[1:])
        with (
            pytest.warns(CatalogWarning, match="this role may only read it"),
            open_catalog(postgres_url.replace("owner@", "watching@")) as cat,
            pytest.raises(ReadOnlyError, match="this role may not do that"),
        ):
            cat.register("tool", "dump", "json:dumps")
    finally:
        postgres.run("DROP OWNED BY watching", urlsplit(postgres_url).path[1:])
        postgres.run("DROP ROLE watching")
    assert [record.getMessage() for record in caplog.records if "watching" in record.getMessage()] == []


def test_a_server_is_not_trusted_by_itself(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a catalog on a server names is not imported unless the configuration lists it."""
    from catalog.store.postgres.store import PostgresStore

    monkeypatch.setattr(PostgresStore, "is_server", True)
    with open_catalog(postgres_url) as cat:
        cat.register("tool", "join", "os.path:join")
        with pytest.raises(UntrustedReferenceError, match="is on a server, where others may write to it"):
            cat["tool", "join"]
    settings = Settings(embedder="none", trust={"allow": ["os.*", "posixpath"]})
    with open_catalog(postgres_url, settings=settings) as cat:
        assert callable(cat["tool", "join"])


ROLES = Path(__file__).resolve().parent.parent.parent / "docs" / "postgres-roles.sql"


def test_each_role_may_do_what_it_is_for(postgres: Server, postgres_url: str) -> None:
    """With the SQL of the documentation the reader reads and searches, the writer writes, and neither upgrades.

    A member of the owner's role upgrades, and what that makes is the role's and can be read by readers.
    """
    database = urlsplit(postgres_url).path[1:]
    for role in ("catalog_owner", "catalog_writer", "catalog_reader"):
        postgres.run(f"DROP ROLE IF EXISTS {role}")
    with_roles = ROLES.read_text()
    for statement in with_roles.split(";\n"):
        if statement.strip():
            postgres.run(statement, database)
    for name, role in (("otto", "catalog_owner"), ("ann", "catalog_writer"), ("bob", "catalog_reader")):
        postgres.run(f"DROP ROLE IF EXISTS {name}")
        postgres.run(f"CREATE ROLE {name} LOGIN IN ROLE {role}")
    try:
        with open_catalog(postgres_url.replace("owner@", "ann@")) as writer:
            writer.register("tool", "chart", "os.path:join", description="Draw a chart", tags=["plot"])
            writer.update("tool:chart", description="Draw a better chart")
            writer.alias("tool:chart", "prod", revision=1)
        with pytest.raises(StoreError, match="may not do that"):
            upgrade_database(postgres_url.replace("owner@", "ann@"))
        with pytest.warns(CatalogWarning, match="read only here: this role may only read it"):
            reader = open_catalog(postgres_url.replace("owner@", "bob@"))
        with reader:
            assert [hit.key for hit in reader.search("charts")] == ["tool:chart"]
            assert reader.entry("tool:chart@prod").description == "Draw a chart"
            with pytest.raises(ReadOnlyError, match="may not do that"):
                reader.register("tool", "more", "os.path:join")
        postgres.run("DROP TABLE catalog.search_word", database)
        upgrade_database(postgres_url.replace("owner@", "otto@"))
        owners = postgres.run("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'catalog'", database)
        assert owners == [("catalog_owner",)]
        with (
            pytest.warns(CatalogWarning, match="read only here"),
            open_catalog(postgres_url.replace("owner@", "bob@")) as reader,
        ):
            assert [hit.key for hit in reader.search("charts")] == ["tool:chart"]
    finally:
        for name in ("otto", "ann", "bob"):
            postgres.run(f"DROP OWNED BY {name}", database)
            postgres.run(f"DROP ROLE {name}")
        for role in ("catalog_owner", "catalog_writer", "catalog_reader"):
            postgres.run(f"DROP OWNED BY {role} CASCADE", database)
            postgres.run(f"DROP ROLE {role}")


def test_a_database_set_read_only_says_so(postgres: Server, postgres_url: str) -> None:
    """Where the database was set read only, as a standby is, reading works and writing raises ReadOnlyError."""
    database = urlsplit(postgres_url).path[1:]
    postgres.run(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    with pytest.warns(CatalogWarning, match="read only here: it is set read only"):
        cat = open_catalog(postgres_url)
    with cat:
        assert cat.list("tool") == []
        with pytest.raises(ReadOnlyError, match=r"nothing was changed\. Write to the primary server"):
            cat.register("tool", "a", "os.path:join")
        postgres.run(f"ALTER DATABASE {database} RESET default_transaction_read_only")
        postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
        cat.register("tool", "a", "os.path:join")
        assert cat.list("tool") == ["a"]


def test_a_writer_waits_for_another_and_then_gives_up(postgres_url: str) -> None:
    """A second writer waits as long as its patience says, and raises StoreBusyError; the first is not disturbed."""
    with open_catalog(postgres_url) as one, open_catalog(postgres_url + "&patience=0.2") as other:
        with one.workspace.writing() as transaction:
            transaction.put([tool("a")], "register")
            with pytest.raises(StoreBusyError, match="is busy: another process writes; try again"):
                other.register("tool", "b", "os.path:join")
        other.register("tool", "b", "os.path:join")
        assert one.list("tool") == ["a", "b"]


def test_a_search_that_takes_too_long_is_ended(postgres_url: str) -> None:
    """A statement that runs longer than the statement timeout of the URL is one error that names the setting."""
    with (
        open_catalog(postgres_url + "&statement_timeout=0.05") as cat,
        pytest.raises(StoreBusyError, match=r"statement timeout.*statement_timeout=SECONDS"),
    ):
        cat.workspace.store.reader.one("SELECT 1 FROM pg_sleep(2)")


# -- the same ranks ------------------------------------------------------------------------------------------------

_WORDS = ("draw", "chart", "file", "files", "table", "read", "merge", "sheet", "Grüße", "don't", "a-b", "x")


@pytest.fixture(scope="module")
def both(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalog, Catalog]]:
    """The same four hundred entries in a file and on a server."""
    entries = [
        tool(
            f"tool {number} {_WORDS[number % 7]}",
            description=" ".join(_WORDS[(number * step) % len(_WORDS)] for step in (1, 3, 5, 7, 11)[: 1 + number % 5]),
            tags=[f"t{number % 3}"] + (["rare"] if number % 50 == 0 else []),
            examples=[f"{_WORDS[number % 11]} it"] if number % 4 == 0 else [],
        )
        for number in range(400)
    ]
    postgres.run("CREATE DATABASE parity TEMPLATE blank")
    with (
        open_catalog(tmp_path_factory.mktemp("parity") / "catalog.db") as file,
        open_catalog(postgres.url("parity")) as server,
    ):
        for cat in (file, server):
            cat.register_many(entries)
        yield file, server


@given(
    words=st.lists(st.sampled_from((*_WORDS, "tool", "7", "zzz")), min_size=1, max_size=4),
    tags=st.sampled_from([(), ("t1",), ("rare",), ("t0", "rare")]),
    none_of=st.sampled_from([(), ("t2",)]),
)
def test_ranks_and_scores_are_those_of_a_file(
    both: tuple[Catalog, Catalog], words: list[str], tags: tuple[str, ...], none_of: tuple[str, ...]
) -> None:
    """A search by words finds the same entries in the same order, with scores equal to nine digits."""
    found = [
        [
            (hit.key, round(hit.score, 9))
            for hit in cat.search(" ".join(words), tags=tags, exclude_tags=none_of, limit=15, mode="lexical")
        ]
        for cat in both
    ]
    assert found[0] == found[1]


def test_every_expression_finds_the_same(both: tuple[Catalog, Catalog]) -> None:
    """Expressions for names, for all of several words, and for one but not another find the same rows as FTS5."""
    for match in ('{name} : ("chart" AND "tool")', '"draw" AND "file"', '{name} : "merg"', '("draw") NOT ("chart")'):
        ids = [
            sorted(fulltext.candidates(cat.workspace.store.reader, [match], Filters(exclude_tags=("t1",)), 500, 500))
            for cat in both
        ]
        assert ids[0] == ids[1]
        assert ids[0]


def test_lists_sort_by_code_points(postgres_url: str) -> None:
    """Names sort on a server as they do in a file: by code points, not by the language of the server."""
    names = ["Zebra", "a", "b", "_x", "ä", "B"]
    with open_catalog(postgres_url) as cat:
        cat.register_many([tool(name) for name in names])
        assert cat.list("tool") == sorted(names)
        assert [hit.name for hit in cat.search(kind="tool")] == sorted(names)


def test_lost_words_are_named_and_made_again(
    postgres: Server, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts of words that are wrong are a fault, mending is refused with what helps instead, and that does help."""
    from catalog.store.postgres.store import PostgresStore

    monkeypatch.setattr(PostgresStore, "is_server", True)
    with open_catalog(postgres_url) as cat:
        cat.register("tool", "chart", "os.path:join", description="Draw a chart")
        postgres.run("DELETE FROM search_word", urlsplit(postgres_url).path[1:])
        assert cat.check() == ["search_word: the counts of words differ; `catalog db upgrade` makes them again"]
        with pytest.raises(StoreError, match="no file to be mended: `catalog db upgrade` makes the index"):
            cat.mend()
        upgrade_database(postgres_url)
        assert cat.check() == []
        assert [hit.key for hit in cat.search("charts")] == ["tool:chart"]


def test_pgvector_in_the_database_is_no_hindrance(postgres: Server, empty: str) -> None:
    """A catalog is made and used beside the extension vector, which has a type of the name of one of its tables."""
    if not postgres.run("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"):
        pytest.skip("this PostgreSQL comes without pgvector")
    postgres.run("CREATE EXTENSION vector SCHEMA public", "empty")
    upgrade_database(empty)
    with open_catalog(empty, embedder=HashEmbedder(8), settings=Settings()) as cat:
        cat.register("tool", "chart", "os.path:join", description="Draw a chart")
        assert [hit.key for hit in cat.search("charts", mode="semantic")] == ["tool:chart"]


def test_the_clock_of_the_server_counts(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written from a machine whose clock is wrong has the time of the server, by which all others order it."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2001, 1, 1, tzinfo=UTC)

    with open_catalog(postgres_url) as cat:
        before = datetime.now(UTC)
        monkeypatch.setattr("catalog.store.writer.datetime", Wrong)
        cat.register("tool", "dump", "json:dumps")
        at = cat.history("tool:dump")[0].at
    assert abs((at - before).total_seconds()) < 60  # the server's, which is on this machine


def test_a_nul_within_data_harms_no_search(postgres_url: str) -> None:
    """JSON may hold a NUL that no text of PostgreSQL does: what looks into the data of all entries passes it over."""
    with open_catalog(postgres_url) as cat:
        cat.register("tool", "odd", "json:dumps", metadata={"a": "\0"})
        cat.register("tool", "even", "json:loads", metadata={"a": "\\u0000"})
        assert cat.diagnose() == []
        assert cat.check() == []
        assert cat.entry("tool:odd").metadata["a"] == "\0"


def test_a_damaged_row_harms_no_other(postgres_url: str) -> None:
    """A text that another program left and that is no JSON is named by a check; what goes by data passes it over."""
    with open_catalog(postgres_url) as cat:
        cat.register("tool", "bad", "os:getcwd", tags=["one"])
        cat.register("tool", "good", "os:getpid")
        damage(postgres_url, "UPDATE entry SET metadata = '{', tags = '[1' WHERE name = 'bad'")
        assert cat.check() == [
            "entry: the row of tool:bad is damaged (Expecting ',' delimiter: line 1 column 3 (char 2)); "
            "`catalog restore tool:bad` brings back a good one",
            "entry_tag: the tags of tool:bad and its index differ; update it",
        ]
        with pytest.warns(CatalogWarning, match=r"tool:bad is damaged .*`catalog restore tool:bad` brings back"):
            assert [drift.name for drift in cat.verify().unchecked] == ["good"]
        cat.restore("tool", "bad")
        assert cat.check() == []
