"""Files are read and parsed, never run, and say what is wrong with them."""

from __future__ import annotations

import ast
import codecs
import gc
import os
import threading
import warnings
from pathlib import Path

import pytest

from catalog.errors import UnreadableSourceError
from catalog.source.read import read_source


def _write(folder: Path, data: bytes) -> str:
    path = folder / "file.py"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 'a'\n", "x = 'a'\n"),
        ("x = 'é'\n".encode(), "x = 'é'\n"),
        (codecs.BOM_UTF8 + "x = 'é'\n".encode(), "x = 'é'\n"),
        (codecs.BOM_UTF8 + b"# coding: utf-8\n", "# coding: utf-8\n"),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        ("#!/bin/sh\n# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"), None),
        (b"x = 1\r\ny = 2\rz = 3\n", "x = 1\ny = 2\nz = 3\n"),
        (b"", ""),
        (b"\n\n# coding: latin-1\n", "\n\n# coding: latin-1\n"),
        (b"x = 1  # no coding: nonsense here\n", "x = 1  # no coding: nonsense here\n"),
    ],
)
def test_decodes_as_python_does(tmp_path: Path, data: bytes, text: str | None) -> None:
    """Declared encodings, byte order marks and line ends are taken as Python takes them."""
    parsed = read_source(_write(tmp_path, data))
    assert parsed.path == str(tmp_path / "file.py")
    if text is not None:
        assert parsed.text == text
    assert ast.dump(parsed.tree) == ast.dump(ast.parse(data))


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"x = 1\ndef (:\n", 2, "invalid syntax"),
        (b"x = 1\n\xff\xfe = 2\n", 2, "byte 0xff is not valid utf-8"),
        (b"# coding: nonsense-8\n", 1, "the encoding 'nonsense-8' is not known"),
        (b"# coding: rot13\n", 1, "the encoding 'rot13' is not known"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", 1, "begins with a UTF-8 mark"),
        (b"x = '\x00'\n", None, "null"),
        (b"x = " + b"(" * 500 + b")" * 500, None, ""),
        (b"x = " + b"-" * 100_000 + b"1", None, "nested too deeply"),
        (b"print 'hello'\n", 1, "invalid syntax"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, data: bytes, line: int | None, said: str) -> None:
    """A file that is no Python gives an error with path, line, reason and advice."""
    path = _write(tmp_path, data)
    with pytest.raises(UnreadableSourceError) as caught:
        read_source(path)
    assert caught.value.facts["path"] == path
    assert said in caught.value.facts["reason"]
    if line is not None:
        assert caught.value.facts["line"] == line
    assert str(caught.value).startswith(path)
    assert "; " in str(caught.value)
    assert caught.value.__cause__ is not None or "mark" in said


@pytest.mark.parametrize("path", ["missing.py", ".", "a\x00b.py"])
def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path, path: str) -> None:
    """What the system refuses to open is reported like any other unreadable file."""
    with pytest.raises(UnreadableSourceError):
        read_source(str(tmp_path) + os.sep + path)


def test_warnings_of_foreign_code_stay_silent(tmp_path: Path) -> None:
    """A file whose text the parser would warn of is read without a warning, in many threads at once."""
    path = _write(tmp_path, b"x = '\\d'\nif x is 'a': pass\ny = 1if x else 2\n")
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as seen:
        read_source(path)
    assert seen == []
    threads = [threading.Thread(target=read_source, args=(path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_collection_is_as_before(tmp_path: Path, enabled: bool) -> None:
    """Reading leaves garbage collection on or off as it was, also when the file can't be parsed."""
    (gc.enable if enabled else gc.disable)()
    try:
        read_source(_write(tmp_path, b"x = 1\n"))
        with pytest.raises(UnreadableSourceError):
            read_source(_write(tmp_path, b"def ("))
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


def test_nothing_is_run(tmp_path: Path) -> None:
    """Reading a file that would end the process doesn't."""
    assert read_source(_write(tmp_path, b"raise SystemExit('run')\n")).text == "raise SystemExit('run')\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child forked while another thread parses isn't stuck on its lock, and collects garbage."""
    from catalog.source import read

    path = _write(tmp_path, b"x = 1\n")
    monkeypatch.setattr(read, "paused", True)
    gc.disable()
    with read.parsing, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of forks in threaded processes
        child = os.fork()
        if child == 0:
            try:
                read_source(path)
                os._exit(0 if gc.isenabled() else 2)
            finally:
                os._exit(1)
    gc.enable()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
