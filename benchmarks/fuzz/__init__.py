"""Damaged and made-up input for everything that reads what others wrote."""
