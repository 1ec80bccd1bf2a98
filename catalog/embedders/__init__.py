"""Texts to vectors: a small protocol, and the embedders that keep it."""
