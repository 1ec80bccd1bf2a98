"""How well a router does: golden cases, metrics, gates, lint, replay."""
