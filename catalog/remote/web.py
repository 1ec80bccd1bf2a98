"""HTTP with limits: the size of an answer, the time it may take, no credentials to another host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.errors import MissingExtraError, RemoteError
from catalog.remote.faults import Faults

if TYPE_CHECKING:
    import httpx2


def http_library(extra: str = "http") -> Any:
    """Return the module of the HTTP client.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import httpx2  # only where something is sent
    except ImportError:
        raise MissingExtraError(
            f"the package httpx2 is needed to call what is elsewhere; pip install 'magma-catalog[{extra}]'", extra=extra
        ) from None
    return httpx2


def client(headers: Mapping[str, str], seconds: float, size: int, faults: Faults, auth: Any = None) -> Any:
    """Return a client whose answers have at most *size* bytes, streams of events excepted, which bound each event."""
    library = http_library()

    class Bounded(library.AsyncByteStream):  # type: ignore[misc,name-defined]  # one of two libraries
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            had = 0
            async for part in self._stream:
                had += len(part)
                if had > size:
                    raise _too_large(faults, size)
                yield part

        async def aclose(self) -> None:
            await self._stream.aclose()

    async def bound(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            faults.note("answer", "gave a compressed answer, which was not asked for")
            raise library.DecodingError(faults.text)
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > size:
            raise _too_large(faults, size)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.stream = Bounded(response.stream)

    return library.AsyncClient(
        headers={"accept-encoding": "identity", **headers},
        timeout=library.Timeout(seconds),
        follow_redirects=False,
        auth=auth,
        event_hooks={"response": [bound]},
    )


def _too_large(faults: Faults, size: int) -> Exception:
    faults.note("size", f"gave an answer of more than {size:,} bytes, which is not read on")
    return http_library().StreamError(faults.text)  # type: ignore[no-any-return]  # of one of two libraries


def checked_address(url: str, who: str) -> str:
    """Return *url* if it is one of HTTP.

    Raises:
        RemoteError: it is not.
    """
    if not url.lower().startswith(("http://", "https://")) or any(ord(char) <= 32 for char in url):
        raise RemoteError(f"{who} has the address {url!r:.200}, which is none of HTTP", reason="address", url=url[:200])
    return url


def in_words(error: BaseException) -> str:
    """Return what an error of the HTTP client means: its text may be empty."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{f': {text}' if text else ''}"
