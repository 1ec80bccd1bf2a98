"""``RemoteCallable``: what is taken of an entry that stands for something elsewhere: called like a function."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from catalog.remote.background import arun, run
from catalog.remote.signature import given_by, signature_of


class RemoteCallable:
    """A tool, prompt, resource, operation or agent elsewhere: called with its arguments, or awaited by :meth:`acall`.

    Attributes:
        spec: the data of its entry.
        parameters: the JSON Schema of its arguments.
    """

    def __init__(
        self,
        key: str,
        name: str,
        description: str,
        spec: Mapping[str, Any],
        parameters: Mapping[str, Any],
        send: Callable[[dict[str, Any]], Coroutine[Any, Any, Any]],
    ) -> None:
        """Stand for the entry *key*; *send* is what calls it, with the arguments by name."""
        self.key, self.spec, self.parameters = key, spec, parameters
        self._send = send
        self.__name__ = self.__qualname__ = name
        self.__doc__ = description
        self.__signature__ = signature_of(parameters)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what it gives for these arguments.

        Raises:
            TypeError: they do not fit its signature.
            RemoteError: it can't be asked, or gave no answer that can be used.
            RemoteToolError: it failed.
            DriftError: it is not as it was recorded.
        """
        return run(self._send(given_by(self.__signature__, args, kwargs)))

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        """Return what :meth:`__call__` returns, to be awaited in any event loop."""
        return await arun(self._send(given_by(self.__signature__, args, kwargs)))

    def __repr__(self) -> str:
        return f"<RemoteCallable {self.key}{self.__signature__}>"
