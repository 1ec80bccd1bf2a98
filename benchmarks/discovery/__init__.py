"""Scans: speed and recall."""
