"""One request to an A2A agent, by JSON-RPC over HTTP, in the words of version 1.0 and of 0.3; and its answer.

The SDK of A2A needs gRPC's libraries and a client of its own for two calls; these are all that is asked here.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from catalog.errors import RemoteError, RemoteToolError
from catalog.remote.limits import Limits
from catalog.remote.operation import asked
from catalog.remote.web import checked_address

_WAITS = ("submitted", "working")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Agent:
    """Where an agent is reached, and in which version of the protocol.

    Attributes:
        url: its address.
        is_old: whether it speaks 0.3, not 1.0.
        headers: sent there and nowhere else.
    """

    url: str
    is_old: bool
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    async def send(self, text: str, limits: Limits, who: str) -> Any:
        """Return what the agent answers to *text*: its text, else the parts of its answer as data.

        A task that is not done at once is asked for until it is, within the time of a call.

        Raises:
            RemoteToolError: the agent failed, refused, or asks for more than was said.
            RemoteError: there is no answer in time, or none that can be used.
        """
        until = time.monotonic() + limits.call
        message_id = str(uuid4())
        if self.is_old:
            parts: list[dict[str, Any]] = [{"kind": "text", "text": text}]
            message = {"kind": "message", "role": "user", "messageId": message_id, "parts": parts}
        else:
            message = {"role": "ROLE_USER", "messageId": message_id, "parts": [{"text": text}]}
        result = await self._rpc("message/send" if self.is_old else "SendMessage", {"message": message}, limits, who)
        pause = _FIRST_PAUSE
        while True:
            task = result.get("task", result)
            state = _state(task)
            if state not in _WAITS:
                return _outcome(result, task, state, who)
            if not isinstance(task.get("id"), str):
                raise RemoteError(f"{who} is at work on a task without an id", reason="answer", key=who)
            if time.monotonic() + pause > until:
                raise RemoteError(f"{who} was not done within {limits.call:g} s", reason="time", key=who)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            result = await self._rpc("tasks/get" if self.is_old else "GetTask", {"id": task["id"]}, limits, who)

    async def _rpc(self, method: str, params: Mapping[str, Any], limits: Limits, who: str) -> dict[str, Any]:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, ensure_ascii=False).encode()
        headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "a2a-version": "0.3" if self.is_old else "1.0",
            **{name.lower(): value for name, value in self.headers.items()},
        }
        answer = await asked("POST", checked_address(self.url, who), headers, body, limits, who)
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            raise RemoteToolError(
                " ".join(str(error.get("message", "it does not say why")).split())[:2_000], reason="tool", server=who
            )
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, dict):
            raise RemoteError(f"{who} gave an answer that is none of A2A", reason="answer", key=who)
        return result


def _state(task: Any) -> str:
    """Return the state of a task in the words of 0.3; empty for a message."""
    status = task.get("status") if isinstance(task, Mapping) else None
    said = status.get("state") if isinstance(status, Mapping) else None
    return str(said or "").removeprefix("TASK_STATE_").lower().replace("_", "-")


def _outcome(result: Mapping[str, Any], task: Mapping[str, Any], state: str, who: str) -> Any:
    if state in ("", "completed"):
        holders = task.get("artifacts") if state else [result.get("message", result)]
        said = _joined([part for each in holders or () if isinstance(each, Mapping) for part in _parts(each)])
        return said if said is not None else _joined(_parts((task.get("status") or {}).get("message")))
    why = _joined(_parts((task.get("status") or {}).get("message")))
    words = {"input-required": "asks for more", "auth-required": "asks for a login"}.get(state, f"ended as {state:.40}")
    raise RemoteToolError(f"{words}{f': {why}' if why else ''}", reason="tool", server=who, state=state)


def _parts(holder: Any) -> list[Mapping[str, Any]]:
    parts = holder.get("parts") if isinstance(holder, Mapping) else None
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def _joined(parts: list[Mapping[str, Any]]) -> Any:
    """Return parts that are text as one, data as it is, files as bytes; a list where these are mixed."""
    if not parts:
        return None
    values = [_value(part) for part in parts]
    if all(isinstance(value, str) for value in values):
        return "\n".join(values)
    return values[0] if len(values) == 1 else values


def _value(part: Mapping[str, Any]) -> Any:
    file = part.get("file")
    holder = file if isinstance(file, Mapping) else part
    for word in ("text", "data"):
        if word in part:
            return part[word]
    for word in ("raw", "bytes"):
        if isinstance(holder.get(word), str):
            try:
                return base64.b64decode(holder[word], validate=True)
            except ValueError:
                return holder[word]
    return holder.get("url", holder.get("uri", dict(part)))
