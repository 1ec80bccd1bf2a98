"""A catalog on a PostgreSQL server: the same tables and statements, with a reader, a writer and an index of its own."""
