"""The rules say for which release of each framework they were checked; what is newer is noted."""

from __future__ import annotations

from importlib import metadata
from types import SimpleNamespace

import pytest

from catalog import NewerFramework, newer_frameworks
from catalog.discovery.frameworks import frameworks
from catalog.discovery.rules import load_rules


def test_every_framework_of_a_rule_was_checked_with_a_release() -> None:
    """No rule is without the release in which its names were looked up, and no release without a rule."""
    own = {"catalog", "pydantic"}  # our own, and what every release has
    assert {rule.framework for rule in load_rules()} - own | {"letta"} == {each.name for each in frameworks()}


@pytest.mark.parametrize(
    ("installed", "is_newer"),
    [
        ("0.24.0", False),
        ("0.24.9", False),
        ("0.25.0", True),
        ("0.25.0rc1", True),
        ("1.0", True),
        ("0.9.4", False),
        ("2", True),
        ("no number", False),
        ("", False),
        (None, False),
    ],
)
def test_a_newer_release_is_noted(monkeypatch: pytest.MonkeyPatch, installed: str | None, is_newer: bool) -> None:
    """An installed framework whose minor version is newer than the rules is named, with both releases."""

    def distribution(name: str) -> SimpleNamespace:
        if name != "openai-agents" or installed is None:
            raise metadata.PackageNotFoundError(name)
        return SimpleNamespace(version=installed)

    monkeypatch.setattr("importlib.metadata.distribution", distribution)
    checked = next(each.checked for each in frameworks() if each.name == "openai-agents")
    assert newer_frameworks() == (
        [NewerFramework("openai-agents", "openai-agents", checked, str(installed))] if is_newer else []
    )
