"""``ScriptedChat``: a model whose answers a test writes down."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

from catalog.errors import StrategyError
from catalog.routing.llm.chat import Message, Reply

Line = str | Mapping[str, Any] | Reply | Exception | Callable[["Asked"], Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a scripted model was asked.

    Attributes:
        messages: with ``role`` and ``content``.
        schema: the JSON Schema the answer should follow.
        max_tokens: how long it may be.
        timeout: the seconds it may take.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    max_tokens: int
    timeout: float


class ScriptedChat:
    """A model whose answers are written down beforehand, for tests without a network: ``client=ScriptedChat(…)``.

        chat = ScriptedChat({"reason": "it plots", "choice": "create_scatter"})
        AutoCouncil(cat, "llm_classify", kind="tool", client=chat).resolve("plot it").name
        chat.asked[0].messages

    Attributes:
        name: the name of the model that it stands for.
        asked: every question, in order.
    """

    def __init__(self, *script: Line, name: str = "scripted") -> None:
        """Take the answers in order.

        Args:
            script: each a text, data that becomes JSON, a :class:`Reply`, an exception to raise, or a function of
                :class:`Asked` that returns one of them. The last answer is given again and again.
            name: the name of the model that it stands for.
        """
        self.name = name
        self.asked: list[Asked] = []
        self._script = script
        self._lock = threading.Lock()

    def complete(
        self, messages: Sequence[Message], schema: Mapping[str, Any], *, max_tokens: int, timeout: float
    ) -> Reply:
        """Return the next answer of the script.

        Raises:
            StrategyError: the script is empty.
            Exception: the next answer of the script is an exception.
        """
        asked = Asked(tuple(messages), schema, max_tokens, timeout)
        with self._lock:
            turn = len(self.asked)
            self.asked.append(asked)
        if not self._script:
            raise StrategyError(f"{self.name} has nothing to say; give ScriptedChat its answers", requests=0)
        line: Any = self._script[min(turn, len(self._script) - 1)]
        answer = line(asked) if callable(line) else line
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Reply):
            return answer
        return Reply(answer if isinstance(answer, str) else dumps(answer, ensure_ascii=False))
