"""The HTTP API, ``/api/v1``: a table of operations that routes, validates and describes itself."""
