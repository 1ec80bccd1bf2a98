"""What is made from the tables on PostgreSQL: the index of words, counts of words, and news of changes.

It is put in place after the migrations have run, never by a migration, as the full-text index is on SQLite: the tables
are the same for both, and what is derived from them is each one's own. All of it can be made again at any time.

The words of ``search_doc`` are split and stemmed before they get here (:mod:`catalog.entry.words`), so no dictionary of
PostgreSQL takes part: the same words are found as on SQLite. Beside the ``tsvector`` a row has its different words and
how much each counts there, from which BM25 is reckoned in the statement that ranks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.store.postgres import name_index, row_index
from catalog.store.postgres.dialect import IN_NAME

if TYPE_CHECKING:
    from sqlalchemy import Connection

WEIGHTS = (("name", 4.0), ("description", 1.0), ("params", 0.5), ("tags", 1.0), ("examples", 0.5), ("facets", 0.0))
_ALL_WORDS = " UNION ALL ".join(
    f"SELECT unnest(string_to_array(NEW.{field}, ' ')) AS word, {weight}::real AS weight" for field, weight in WEIGHTS
)

_COLLATIONS = """
DO $do$
DECLARE c record;
BEGIN
    -- Texts sort and compare by their code points, as on SQLite: not as the language of the server would have it.
    FOR c IN
        SELECT t.relname AS in_table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
        FROM pg_attribute AS a JOIN pg_class AS t ON t.oid = a.attrelid JOIN pg_collation AS o ON o.oid = a.attcollation
        WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND a.attnum > 0
        AND NOT a.attisdropped AND o.collname <> 'C' AND t.relname = ANY(string_to_array('{tables}', ' '))
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE %s COLLATE "C"', c.in_table, c.name, c.type);
    END LOOP;
END $do$
"""

_TABLES = (
    "ALTER TABLE search_doc ADD COLUMN IF NOT EXISTS words tsvector, "
    'ADD COLUMN IF NOT EXISTS terms text[] COLLATE "C", '
    "ADD COLUMN IF NOT EXISTS weights real[], ADD COLUMN IF NOT EXISTS length integer",
    'CREATE TABLE IF NOT EXISTS search_word (word text COLLATE "C" PRIMARY KEY, docs integer NOT NULL) '
    "WITH (fillfactor = 70)",
    "CREATE TABLE IF NOT EXISTS search_total (id integer PRIMARY KEY CHECK (id = 1), docs bigint NOT NULL, "
    "words bigint NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_search_doc_words ON search_doc USING gin (words) WITH (fastupdate = off)",
)

_FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION catalog_words_of() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    SELECT coalesce(array_agg(g.word ORDER BY g.word), '{{}}'), coalesce(array_agg(g.weight ORDER BY g.word), '{{}}'),
        coalesce(sum(g.times), 0) INTO NEW.terms, NEW.weights, NEW.length
    FROM (SELECT f.word COLLATE "C" AS word, sum(f.weight) AS weight, count(*) AS times FROM ({_ALL_WORDS}) AS f
        WHERE f.word <> '' GROUP BY 1) AS g;
    NEW.words := array_to_tsvector(NEW.terms || coalesce((SELECT array_agg('{IN_NAME}' || n.word)
        FROM unnest(string_to_array(NEW.name, ' ')) AS n(word) WHERE n.word <> ''), '{{}}'));
    RETURN NEW;
END $f$
""",
    """
CREATE OR REPLACE FUNCTION catalog_count_words() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE search_word AS w SET docs = w.docs - g.docs
        FROM (SELECT t.word, count(*) AS docs FROM gone, unnest(gone.terms) AS t(word) GROUP BY 1) AS g
        WHERE w.word = g.word;
        DELETE FROM search_word AS w WHERE w.docs <= 0
        AND w.word IN (SELECT t.word FROM gone, unnest(gone.terms) AS t(word));
        UPDATE search_total AS t SET docs = t.docs - g.docs, words = t.words - g.words
        FROM (SELECT count(*) AS docs, coalesce(sum(length), 0) AS words FROM gone) AS g WHERE g.docs > 0;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO search_word AS w (word, docs)
        SELECT t.word, count(*) FROM made, unnest(made.terms) AS t(word) GROUP BY 1
        ON CONFLICT (word) DO UPDATE SET docs = w.docs + excluded.docs;
        UPDATE search_total AS t SET docs = t.docs + g.docs, words = t.words + g.words
        FROM (SELECT count(*) AS docs, coalesce(sum(length), 0) AS words FROM made) AS g WHERE g.docs > 0;
    END IF;
    RETURN NULL;
END $f$
""",
    # Another program may have left a text that is no JSON: that row has no value there, and all others have theirs.
    # Nor has one with a NUL in it, which JSON may hold and no text of PostgreSQL: jsonb refuses it at once.
    """
CREATE OR REPLACE FUNCTION catalog_json(said text) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $f$
BEGIN
    IF strpos(said, '\\u0000') > 0 THEN
        RETURN said::jsonb::json;
    END IF;
    RETURN said::json;
EXCEPTION WHEN others THEN
    RETURN NULL;
END $f$
""",
    """
CREATE OR REPLACE FUNCTION catalog_tell() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    PERFORM pg_notify('catalog_changes_' || TG_RELID, NEW.generation::text);
    RETURN NULL;
END $f$
""",
)

_TRIGGERS = {
    "catalog_words": "BEFORE INSERT OR UPDATE ON search_doc FOR EACH ROW EXECUTE FUNCTION catalog_words_of()",
    "catalog_words_in": (
        "AFTER INSERT ON search_doc REFERENCING NEW TABLE AS made FOR EACH STATEMENT "
        "EXECUTE FUNCTION catalog_count_words()"
    ),
    "catalog_words_out": (
        "AFTER DELETE ON search_doc REFERENCING OLD TABLE AS gone FOR EACH STATEMENT "
        "EXECUTE FUNCTION catalog_count_words()"
    ),
    "catalog_words_over": (
        "AFTER UPDATE ON search_doc REFERENCING OLD TABLE AS gone NEW TABLE AS made FOR EACH STATEMENT "
        "EXECUTE FUNCTION catalog_count_words()"
    ),
    "catalog_news": "AFTER INSERT OR UPDATE ON catalog_state FOR EACH ROW EXECUTE FUNCTION catalog_tell()",
}

_FILL = "UPDATE search_doc SET name = name WHERE words IS NULL"

COUNT_AGAIN = (
    "DELETE FROM search_word",
    "INSERT INTO search_word SELECT t.word, count(*) FROM search_doc AS d, unnest(d.terms) AS t(word) GROUP BY 1",
    "DELETE FROM search_total",
    "INSERT INTO search_total SELECT 1, count(*), coalesce(sum(length), 0) FROM search_doc",
)
"""Make the counts of words again."""

REMOVE = (
    *row_index.REMOVE,
    name_index.REMOVE,
    *(f"DROP TRIGGER IF EXISTS {name} ON {rule.split(' ON ')[1].split()[0]}" for name, rule in _TRIGGERS.items()),
    "DROP TABLE IF EXISTS search_word, search_total",
    "ALTER TABLE search_doc DROP COLUMN IF EXISTS words, DROP COLUMN IF EXISTS terms, DROP COLUMN IF EXISTS weights, "
    "DROP COLUMN IF EXISTS length",
    "DROP FUNCTION IF EXISTS catalog_words_of, catalog_count_words, catalog_json, catalog_tell",
)

DERIVED_TABLES = ("search_word", "search_total", *row_index.DERIVED_TABLES)
DERIVED_COLUMNS = ("words", "terms", "weights", "length")


def is_derived(name: str | None, type_: str, table: str | None) -> bool:
    """Tell Alembic whether something it finds is none of the tables' own."""
    if type_ == "table":
        return name in DERIVED_TABLES
    if type_ == "index":
        return name in ("ix_search_doc_words", name_index.NAME)
    return type_ == "column" and table == "search_doc" and name in DERIVED_COLUMNS


def install(connection: Connection, tables: tuple[str, ...]) -> None:
    """Put everything in place in the first schema of the search path; what is there already is put right."""
    run = connection.exec_driver_sql
    run(_COLLATIONS.replace("{tables}", " ".join((*tables, "alembic_version"))))
    for statement in (*_TABLES, *_FUNCTIONS):
        run(statement)
    for name, rule in _TRIGGERS.items():
        run(f"DROP TRIGGER IF EXISTS {name} ON {rule.split(' ON ')[1].split()[0]}")
    run(f"CREATE TRIGGER catalog_words {_TRIGGERS['catalog_words']}")
    run(_FILL)
    for statement in COUNT_AGAIN:
        run(statement)
    for name, rule in _TRIGGERS.items():
        if name != "catalog_words":
            run(f"CREATE TRIGGER {name} {rule}")
    name_index.prepare(connection)
    if not row_index.prepare(connection):
        raw: Any = connection.connection.dbapi_connection
        row_index.Keeper(raw).put_right()


def remove(connection: Connection) -> None:
    """Take everything away: an older revision does not have the same columns."""
    there = connection.exec_driver_sql("SELECT to_regclass('search_doc')").scalar()
    if there is not None:
        for statement in REMOVE:
            connection.exec_driver_sql(statement)
