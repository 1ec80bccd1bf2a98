"""Entries as tools of a model provider or an agent framework, and their live objects as entries: one file for each.

Import what you need by its name, as ``from catalog.adapters import langchain``; nothing here is imported by anything
else, and no file imports its framework before it has to make an object of it.
"""
