"""Names like those of frameworks, which mean something else here."""
