"""What is drift under which policy, and what isn't."""

from __future__ import annotations

import dataclasses
import json
import pickle
import sys
from collections.abc import Callable

import pytest
from records import Record, record

from catalog.entry.kinds import VERIFY_POLICIES
from catalog.errors import DriftError, SettingsError
from catalog.loader.verify import Drift, check, ensure
from catalog.source.locate import Locator

Make = Callable[..., str]

BEFORE = "def f(a: int) -> str:\n    return str(a)\n"


@pytest.mark.parametrize(
    ("after", "signature", "source"),
    [
        (BEFORE, None, None),
        ("import os\n\n\ndef f(\n    a: 'int',  # why\n) -> str:\n    '''Doc.'''\n    return (str(a))\n", None, None),
        ("def f(a: int) -> str:\n    return repr(a)\n", None, "source"),
        ("def f(a: int, b=1) -> str:\n    return str(a)\n", "signature", "signature"),
        ("async def f(a: int) -> str:\n    return str(a)\n", "signature", "signature"),
        ("def g(a: int) -> str:\n    return str(a)\n", "missing", "missing"),
        ("def f(:\n", "unreadable", "unreadable"),
        ("for f in (): ...\n", "unreadable", "unreadable"),
        ("from json import dumps as f\n", "signature", "signature"),
    ],
)
def test_what_counts_as_drift(make_module: Make, after: str, signature: str | None, source: str | None) -> None:
    """Formatting is no drift; a changed body is one under ``source`` alone; a changed signature under both."""
    module = make_module(BEFORE)
    entry = record("t", f"{module}:f")
    make_module(after, module)
    found = {policy: check(entry, Locator(), policy) for policy in VERIFY_POLICIES}
    changes = {policy: drift and drift.change for policy, drift in found.items()}
    assert changes == {"off": None, "signature": signature, "source": source}
    assert module not in sys.modules


def test_a_drift_tells_old_and_new(make_module: Make) -> None:
    """Both signatures and all checksums are in the drift, as data and as text."""
    module = make_module(BEFORE)
    entry = record("t", f"{module}:f")
    make_module("def f(b): ...\n", module)
    now = record("t", f"{module}:f")
    drift = check(entry, Locator())
    assert drift == Drift(
        kind="tool",
        name="t",
        ref=f"{module}:f",
        change="signature",
        old_signature="(a: int) -> str",
        new_signature="(b)",
        old_checksum=entry.checksum,
        new_checksum=now.checksum,
        old_source_checksum=entry.source_checksum,
        new_source_checksum=now.source_checksum,
        message=f"tool:t: the signature of {module}:f changed from (a: int) -> str to (b); "
        "if that is fine, accept it with `catalog verify --accept tool:t`",
    )
    assert list(drift.to_dict())[:4] == ["key", "kind", "name", "ref"]
    assert json.loads(json.dumps(drift.to_dict())) == {"key": "tool:t", **dataclasses.asdict(drift)}


def test_ensure_raises_what_check_finds(make_module: Make) -> None:
    """The error has the text and the facts of the drift, and survives pickling."""
    module = make_module(BEFORE)
    entry = record("t", f"{module}:f")
    locator = Locator()
    ensure(entry, "source", locator)
    make_module("def f(b): ...\n", module)
    ensure(entry, "off", locator)
    drift = check(entry, locator)
    assert drift is not None
    with pytest.raises(DriftError) as caught:
        ensure(entry, "signature", locator)
    assert str(caught.value) == drift.message
    assert {**caught.value.facts, "message": str(caught.value)} == drift.to_dict()
    assert pickle.loads(pickle.dumps(caught.value)).facts == caught.value.facts


@pytest.mark.parametrize(
    "entry",
    [
        Record("tool", "spec", None),
        Record("tool", "no module", "nowhere_at_all:x"),
        Record("tool", "extension", "math:sin"),
    ],
)
def test_what_has_no_recorded_checksum_does_not_drift(entry: Record) -> None:
    """Data, and entries whose code was never summed, have nothing to drift from."""
    assert [check(entry, Locator(), policy) for policy in VERIFY_POLICIES] == [None, None, None]


def test_only_a_source_checksum_counts_under_source_alone(make_module: Make) -> None:
    """Without a recorded signature checksum the body is still compared where the policy says so."""
    module = make_module(BEFORE)
    entry = dataclasses.replace(record("t", f"{module}:f"), checksum=None)
    make_module("def f(b): ...\n", module)
    found = [check(entry, Locator(), policy) for policy in ("signature", "source")]
    assert [drift and drift.change for drift in found] == [None, "source"]


def test_an_unknown_policy_is_refused() -> None:
    """A policy that isn't one names the ones there are."""
    with pytest.raises(SettingsError, match="did you mean 'source'"):
        check(Record("tool", "t", None), Locator(), "sauce")
    with pytest.raises(SettingsError, match="use off, signature, source"):
        ensure(Record("tool", "t", None), "", Locator())


def test_what_was_never_summed_can_still_be_missing() -> None:
    """Without a recorded checksum a name that is not in its module is missing all the same."""
    drift = check(Record("tool", "never summed", "json:nothing"), Locator())
    assert drift is not None
    assert drift.change == "missing"
