"""Thresholds and mixes of scores, read from labelled prompts or from the examples alone."""
