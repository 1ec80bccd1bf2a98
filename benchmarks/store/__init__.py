"""The store and everyday calls: speed, endurance, freshness."""
