"""The database: its tables, its transactions, its full-text index. Nothing above speaks SQL."""
