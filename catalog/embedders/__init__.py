"""Texts to vectors: one small protocol, and the ways of keeping it."""
