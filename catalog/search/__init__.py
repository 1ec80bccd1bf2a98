"""From what a person typed to ranked entries."""
