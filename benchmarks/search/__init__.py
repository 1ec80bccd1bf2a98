"""Search: quality, speed, nonsense, learning from use."""
