"""What an entry is: kinds, keys, references, validation. Knows no database and imports no foreign code."""
