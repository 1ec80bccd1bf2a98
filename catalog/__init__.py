"""catalog: one place that knows every building block of your LLM applications, without importing them."""

__version__ = "0.1.0"
