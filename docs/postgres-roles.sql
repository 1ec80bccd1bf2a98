-- Three roles for a catalog in the schema "catalog" of one database. Run it as the owner of the tables, in that database,
-- after `catalog db upgrade`; give people and services a login: CREATE ROLE ann LOGIN PASSWORD '…' IN ROLE catalog_writer
CREATE ROLE catalog_owner NOLOGIN;
CREATE ROLE catalog_writer NOLOGIN;
CREATE ROLE catalog_reader NOLOGIN;
GRANT CREATE, USAGE ON SCHEMA catalog TO catalog_owner;
GRANT USAGE ON SCHEMA catalog TO catalog_writer, catalog_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA catalog TO catalog_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA catalog TO catalog_writer;
REVOKE INSERT, UPDATE, DELETE ON catalog.alembic_version FROM catalog_writer;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA catalog TO catalog_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA catalog GRANT SELECT ON TABLES TO catalog_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA catalog GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO catalog_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA catalog GRANT USAGE, SELECT ON SEQUENCES TO catalog_writer;
