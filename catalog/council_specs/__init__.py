"""Councils as data: specs, what they refer to, what is wrong with them, and what they look like."""
