-- Three roles for a catalog in the schema "catalog" of one database. Run it as who has made the tables, in that database,
-- after `catalog db upgrade`, with psql -f or as single statements; then all is catalog_owner's. Give people and services
-- a login: CREATE ROLE ann LOGIN PASSWORD '…' IN ROLE catalog_writer. Who is in catalog_owner runs later upgrades.
CREATE ROLE catalog_owner NOLOGIN;
CREATE ROLE catalog_writer NOLOGIN;
CREATE ROLE catalog_reader NOLOGIN;
GRANT catalog_owner TO CURRENT_USER;
ALTER SCHEMA catalog OWNER TO catalog_owner;
DO $$ DECLARE t record; BEGIN
FOR t IN SELECT c.relname AS name FROM pg_class AS c WHERE c.relnamespace = 'catalog'::regnamespace AND c.relkind = 'r'
LOOP EXECUTE format('ALTER TABLE catalog.%I OWNER TO catalog_owner', t.name); END LOOP; FOR t IN SELECT
p.oid::regprocedure AS name FROM pg_proc AS p WHERE p.pronamespace = 'catalog'::regnamespace AND p.proname ~ '^catalog_'
LOOP EXECUTE format('ALTER FUNCTION %s OWNER TO catalog_owner', t.name); END LOOP; END $$;
GRANT USAGE ON SCHEMA catalog TO catalog_writer, catalog_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA catalog TO catalog_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA catalog TO catalog_writer;
REVOKE INSERT, UPDATE, DELETE ON catalog.alembic_version FROM catalog_writer;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA catalog TO catalog_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner IN SCHEMA catalog GRANT SELECT ON TABLES TO catalog_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner IN SCHEMA catalog
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO catalog_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner IN SCHEMA catalog GRANT USAGE, SELECT ON SEQUENCES TO catalog_writer;
