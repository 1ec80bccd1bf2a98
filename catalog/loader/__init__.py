"""From a record to the live object: resolving, verifying, caching, calling."""
