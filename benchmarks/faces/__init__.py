"""What it costs to reach a catalog through a face."""
