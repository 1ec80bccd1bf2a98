"""Whatever is typed behind ``catalog search``, in every mode: JSON without NaN and 0, or nothing and 1."""

from __future__ import annotations

import json
from typing import Any

import pytest
from odd_requests import LONG, ODD


@pytest.fixture
def four(run_cli: Any) -> None:
    """Entries of several scripts, with vectors of the default embedder."""
    for name, text in (("draw", "Draw a plot."), ("mail", "Send a mail."), ("画图", "画一张图"), ("🧪", "")):
        assert run_cli("register", "tool", name, "zz_none:thing", "-d", text).status == 0


def refuse(constant: str) -> Any:
    """Fail on NaN and Infinity, which are no JSON."""
    pytest.fail(f"{constant} in an answer")


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("mode", ["auto", "lexical", "semantic", "hybrid"])
def test_any_request_is_answered(run_cli: Any, mode: str) -> None:
    """Odd and endless requests end with 0 and hits, or 1, none and one line."""
    for text in (*ODD.values(), *LONG.values()):
        done = run_cli("search", "--mode", mode, "--json", "--", text)
        hits = json.loads(done.out, parse_constant=refuse)
        assert (done.status, done.err.count("\n")) == ((0, 0) if hits else (1, 1)), text[:50]
        shown = run_cli("search", "--mode", mode, "--", text, width=80)
        assert shown.status == done.status
        if len(text) < 1_000:
            assert len(shown.out.splitlines()) == (len(hits) + 1 if hits else 0)


@pytest.mark.usefixtures("four")
def test_half_a_surrogate_pair_reaches_a_real_process(run_python: Any, url: str) -> None:
    """Bytes on the command line that are no UTF-8 are a request like any other."""
    code = (
        "import subprocess, sys; done = subprocess.run([sys.executable, '-m', 'catalog_cli', 'search', '--json',"
        "b'draw \\xff\\xfe a plot'], capture_output=True); sys.stderr.buffer.write(done.stderr);"
        "import json; print(json.loads(done.stdout)[0]['name'], done.returncode)"
    )
    assert run_python(code, CATALOG_URL=url) == "draw 0"
