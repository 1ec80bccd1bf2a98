"""Routing: accuracy and abstention, few examples, latency."""
