"""``Catalog.states`` and ``gone``: what the last look at code said against entries."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from catalog import Catalog


def test_keys_limit_what_is_looked_at(url: str) -> None:
    """Of given keys `states` gives the marks of those that have one; keys of nothing have none."""
    with Catalog(url, embedder="none") as cat:
        for name, mark in (("a", {"gone": "since"}), ("b", {"gone": "since"}), ("c", {}), ("d:e", {"broken": "it"})):
            line = {"kind": "tool", "name": name, "ref": "json:dumps", "metadata": mark}
            cat.import_jsonl(io.StringIO(json.dumps(line)), restore=True)
        assert cat.gone() == ["tool:a", "tool:b"]
        assert cat.states() == {"tool:a": "gone", "tool:b": "gone", "tool:d:e": "broken"}
        assert cat.states(["tool:d:e", "tool:c", "tool:a", "tool:x"]) == {"tool:a": "gone", "tool:d:e": "broken"}
        assert cat.states([]) == {}


@pytest.mark.parametrize("how", ["register", "update"])
def test_code_that_is_read_anew_has_no_mark(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """An entry that is registered again, or pointed at other code, is as it is recorded: the mark of before is gone."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "drifting_code.py").write_text("def f(a): ...\ndef g(): ...\n")
    with Catalog(url, embedder="none") as cat:
        cat.register("tool", "f", "drifting_code:f", metadata={"mine": 1})
        (tmp_path / "drifting_code.py").write_text("def f(a, b): ...\ndef g(): ...\n")
        cat.verify()
        assert cat.states() == {"tool:f": "drifted"}
        if how == "register":
            cat.register("tool", "f", "drifting_code:f", tags=["x"])
        else:
            cat.update("tool", "f", value="drifting_code:g")
        assert cat.states() == {}
        entry = cat.entry("tool", "f")
        assert (entry.signature, entry.root, entry.metadata["mine"]) == (
            "(a, b)" if how == "register" else "()",
            str(tmp_path),
            1,
        )
        assert list(cat.verify()) == []
