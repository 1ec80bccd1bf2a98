"""The ways to pick a candidate: rules, embedding, a model, a cascade of them."""
