"""The garbage collector is as it was when a pause is over."""

from __future__ import annotations

import gc

import pytest

from catalog.discovery.gc_pause import gc_paused


def test_the_collector_comes_back() -> None:
    """The garbage collector runs again after a pause, an error and a nested pause, and stays off if it was off."""
    assert gc.isenabled()
    with gc_paused():
        with gc_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), gc_paused():
        raise KeyError
    assert gc.isenabled()
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
