"""Entries written in the forms that people publish: what each form holds of an entry, or why it can't hold it."""
