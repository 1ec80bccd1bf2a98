"""Asking a model: endpoints, prompts, answers, and a scripted stand-in."""
