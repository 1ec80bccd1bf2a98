"""The database: its tables, its transactions, its full-text index. No other room contains SQL."""
