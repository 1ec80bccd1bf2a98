"""Weights as packages ship them: where they lie, and how to read them without the package that brought them.

Importing the packages costs more than everything we do with their files (``wordllama`` imports requests and pydantic
and sets up logging; ``sentence_transformers`` imports torch).
"""

from __future__ import annotations

import importlib.util
import os
from functools import lru_cache
from json import loads
from typing import TYPE_CHECKING, Any
from zlib import crc32

from catalog.errors import EmbedderError, MissingExtraError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}


def package_dir(package: str, *, extra: str | None, install: str) -> str:
    """Return the folder of an installed top-level *package*, without importing it.

    Args:
        package: its import name.
        extra: the extra of ours that brings it, if one does.
        install: what to type to get it.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if os.path.isdir(place):
            return place
    raise MissingExtraError(
        f"the package '{package}' is not installed; `{install}` brings it", extra=extra, package=package
    )


def tensors(path: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a safetensors file, mapped into memory: what is not used is not read.

    Raises:
        EmbedderError: the file is missing or is no safetensors file.

    Source: the format's README, github.com/huggingface/safetensors: 8 bytes of length, a header in JSON, the data.
    """
    import numpy as np

    try:
        data = np.memmap(path, mode="r", dtype=np.uint8)
        size = int(data[:8].view("<u8")[0])
        header = loads(bytes(data[8 : 8 + size]))
        arrays = {}
        for name, fact in header.items():
            if name != "__metadata__" and fact["dtype"] in _TYPES:
                start, end = fact["data_offsets"]
                flat = np.asarray(data[8 + size + start : 8 + size + end])
                arrays[name] = flat.view(_TYPES[fact["dtype"]]).reshape(fact["shape"])
        return arrays
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EmbedderError(f"{path} can't be read as weights: {error}", path=path) from None


@lru_cache(maxsize=8)
def fingerprint(path: str, spread: int = 64) -> str:
    """Return eight hex digits that another version of a large file would not have.

    Of the file's bytes, its length and *spread* evenly spaced blocks of 4 KB count: other weights differ everywhere,
    and reading all of them would take longer than loading them.
    """
    size = os.path.getsize(path)
    checksum = crc32(str(size).encode())
    with open(path, "rb") as file:
        for place in range(spread):
            file.seek(place * size // spread)
            checksum = crc32(file.read(4096), checksum)
    return f"{checksum:08x}"
