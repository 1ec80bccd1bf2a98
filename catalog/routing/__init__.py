"""Routing: which entry a prompt is for, or that none fits."""
