"""The server: `tools`, `resources` and `prompts` answer what the SDK hands on, and an error is a sentence."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import mcp_types as types
from anyio import CapacityLimiter, to_thread
from mcp.server import NotificationOptions, ServerRequestContext
from mcp.server.caching import CacheHint
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from catalog import CatalogError, __version__, hide_secrets, json_text, release_when_idle
from catalog.adapters.arguments import UnfitError
from catalog.adapters.base import Outcome, ToolError, failed
from catalog.mcp.calls import Calls
from catalog.mcp.changes import Changes, Listening
from catalog.mcp.learning import Learning
from catalog.mcp.prompts import Prompts
from catalog.mcp.resources import Content, Resources
from catalog.mcp.tools import CALL, DEFINITIONS, ROUTE, SEARCH, Tools, said
from catalog.mcp.uris import ENTRY, FILE

if TYPE_CHECKING:
    from mcp.server.models import InitializationOptions

    from catalog import Catalog

_log = logging.getLogger("catalog.mcp")
T = TypeVar("T")
Context = ServerRequestContext[Any, Any]

READERS = 4
"""How many requests read the catalog at the same time; more would only wait for each other."""
ASKING = 8
"""How many routes are decided at the same time; they may wait for a model."""
BEAT = 2.0
"""Seconds between two reports of the progress of a call."""

INSTRUCTIONS = (
    "A catalog of tools, prompts, agents, skills, models and other building blocks of LLM applications. "
    "Find what you need with search_tools, read its parameters with describe_tool{call}. "
    "route picks the one entry that should handle a request. Each entry is a resource, catalog://KIND/NAME; a skill's "
    "instructions are at catalog://skill/NAME/SKILL.md."
)


class CatalogServer(Server[None]):
    """An MCP server for one open catalog."""

    def __init__(self, cat: Catalog, *, call: bool | None = None, interval: float | None = None) -> None:
        """Serve *cat*.

        Args:
            cat: an open catalog; open it with ``Settings(served=True)``, so that only what is trusted is imported.
            call: whether clients may call entries; None: as ``[tool.catalog.mcp] call`` says.
            interval: seconds between two looks for changes of other processes.
        """
        allowed = bool(cat.settings.mcp.get("call")) if call is None else call
        self.cat = cat
        self.tools = Tools(cat, call=allowed)
        self.resources, self.prompts = Resources(cat), Prompts(self.tools)
        self.changes = Changes(cat) if interval is None else Changes(cat, interval)
        self.calls, self.learned = Calls(), Learning(cat)
        self._readers: CapacityLimiter | None = None  # both are made in the loop that they are used in
        self._asking: CapacityLimiter | None = None
        super().__init__(
            "catalog",
            version=__version__,
            title="catalog",
            instructions=INSTRUCTIONS.format(call=", and call it with call_tool" if allowed else ""),
            cache_hints={"tools/list": CacheHint(3_600_000, "public")},
            lifespan=_watching,
            get_tool_input_schema=lambda name: DEFINITIONS.get(name, {}).get("input_schema"),
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
            on_subscribe_resource=self._subscribe,
            on_unsubscribe_resource=self._unsubscribe,
            on_subscriptions_listen=Listening(self.changes),
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
            on_completion=self._complete,
        )
        self.add_notification_handler("notifications/initialized", types.NotificationParams, self.changes.session)

    def create_initialization_options(
        self, notification_options: NotificationOptions | None = None, *rest: Any, **named: Any
    ) -> InitializationOptions:
        """Return what a session of the revision before is told: lists that change are notified."""
        options = notification_options or NotificationOptions(prompts_changed=True, resources_changed=True)
        return super().create_initialization_options(options, *rest, **named)

    async def _read(self, function: Callable[..., T], *args: Any) -> T:
        """Return what *function* reads of the catalog, in a thread.

        Raises:
            MCPError: the catalog says why not; a client shows the text.
        """
        return await self._told(self._in_thread(function, *args))

    async def _told(self, answer: Awaitable[T]) -> T:
        """Return the *answer*, or raise MCPError as `_read`."""
        try:
            return await answer
        except (CatalogError, ToolError) as error:
            raise MCPError(types.INVALID_PARAMS, hide_secrets(str(error)), _facts(error)) from None

    async def _in_thread(self, function: Callable[..., T], *args: Any, asking: bool = False) -> T:
        """Return what *function* gives, in a thread; *asking*: it may ask a model, and take its time."""
        if self._readers is None:
            self._readers, self._asking = CapacityLimiter(READERS), CapacityLimiter(ASKING)
        limiter = self._asking if asking else self._readers
        return await to_thread.run_sync(partial(function, *args), abandon_on_cancel=True, limiter=limiter)

    # -- tools -------------------------------------------------------------------------------------------------------

    async def _list_tools(self, _: Context, __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_definition(name) for name in self.tools.names()])

    async def _call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        """Answer a call; whatever goes wrong is a result that is an error, and the session goes on."""
        name = params.name
        try:
            if name not in DEFINITIONS:
                known = ", ".join(self.tools.names())
                raise UnfitError(
                    f"there is no tool called {name!r:.80} here; there are {known}; search_tools finds others"
                )
            given = self.tools.arguments(name, params.arguments)
            if name == CALL:
                return await self._call(ctx, given["key"], given.get("arguments"))
            answer = await self._in_thread(partial(self.tools.answer, name, given), asking=name == ROUTE)
            if name == SEARCH:
                self.learned.searched(ctx, given["query"], [hit["key"] for hit in answer["hits"]])
            return _result(answer)
        except CatalogError as error:
            return _failed(hide_secrets(str(error)), _facts(error))
        except UnfitError as error:
            return _failed(f"{name} was not called: {error}")
        except Exception as error:
            _log.exception("%s failed", name)
            return _failed(f"{name} failed: {type(error).__name__}, which is a fault of the catalog; please report it")

    async def _call(self, ctx: Context, key: str, arguments: Any) -> types.CallToolResult:
        tool = await self._in_thread(self.tools.called, key)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_beat, ctx, str(tool.key))
            try:
                outcome = await self.calls.run(partial(tool.acall, arguments))
            except CatalogError as refused:  # leaving the group it would become a group of errors
                outcome = failed(str(tool.key), refused)
            tasks.cancel_scope.cancel()
        if outcome.failed:
            error = outcome.error
            return _failed(said(outcome, str(tool.key)), _facts(error) if isinstance(error, CatalogError) else None)
        await self._in_thread(self.learned.called, self.learned.session(ctx), str(tool.key))
        return await self._in_thread(_handed_on, outcome)

    # -- resources ---------------------------------------------------------------------------------------------------

    async def _list_resources(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        items, cursor = await self._read(self.resources.page, params.cursor if params else None)
        return types.ListResourcesResult(resources=[types.Resource(**item) for item in items], next_cursor=cursor)

    async def _list_templates(self, _: Context, __: Any) -> types.ListResourceTemplatesResult:
        templates = (
            (ENTRY, "entry", "An entry: what it is for, its parameters, where it is from.", "application/json"),
            (FILE, "skill file", "A file of a skill; SKILL.md has its instructions.", None),
        )
        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(uri_template=uri, name=name, description=text, mime_type=kind)
                for uri, name, text, kind in templates
            ]
        )

    async def _read_resource(self, _: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        content = await self._read(self.resources.read, str(params.uri))
        return types.ReadResourceResult(contents=[_contents(content)])

    async def _subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        await self._read(self.changes.add, ctx, str(params.uri))
        return types.EmptyResult()

    async def _unsubscribe(self, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        self.changes.remove(ctx, str(params.uri))
        return types.EmptyResult()

    # -- prompts -----------------------------------------------------------------------------------------------------

    async def _list_prompts(self, _: Context, params: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
        items, cursor = await self._read(self.prompts.page, params.cursor if params else None)
        return types.ListPromptsResult(prompts=[types.Prompt(**item) for item in items], next_cursor=cursor)

    async def _get_prompt(self, _: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        fill = partial(asyncio.to_thread, self.prompts.messages, params.name, params.arguments)  # may be code
        description, messages = await self._told(self.calls.run(fill))
        return types.GetPromptResult(
            description=description,
            messages=[
                types.PromptMessage(role=role, content=types.TextContent(type="text", text=_sound(text)))
                for role, text in messages
            ],
        )

    async def _complete(self, _: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        ref, argument = params.ref, params.argument
        if isinstance(ref, types.PromptReference):
            found = await self._read(self.prompts.completions, ref.name, argument.name, argument.value)
        else:
            known = (params.context.arguments if params.context else None) or {}
            found = await self._read(self.resources.completions, str(ref.uri), argument.name, argument.value, known)
        more = len(found) > 100
        return types.CompleteResult(
            completion=types.Completion(values=found[:100], total=None if more else len(found), has_more=more)
        )


@asynccontextmanager
async def _watching(server: Server[Any]) -> AsyncIterator[None]:
    assert isinstance(server, CatalogServer)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.changes.watch)
        tasks.start_soon(release_when_idle, server.cat)
        yield
        tasks.cancel_scope.cancel()


async def _beat(ctx: Context, key: str) -> None:
    """Report progress, at once and then again and again; the SDK drops it where nobody asked for it."""
    seconds = 0.0
    while True:
        await ctx.session.report_progress(seconds, None, f"calling {key}" + (f", {seconds:.0f} s" if seconds else ""))
        await anyio.sleep(BEAT)
        seconds += BEAT


def _definition(name: str) -> types.Tool:
    reads = name != CALL
    hints = types.ToolAnnotations(
        read_only_hint=reads,
        destructive_hint=not reads,
        idempotent_hint=reads,
        open_world_hint=not reads,
    )
    return types.Tool(name=name, annotations=hints, **DEFINITIONS[name])


def _facts(error: BaseException) -> dict[str, Any] | None:
    return {"code": error.code} if isinstance(error, CatalogError) else None


def _failed(text: str, facts: dict[str, Any] | None = None) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=_sound(text))],
        structured_content={"error": {**facts, "message": _sound(text)}} if facts else None,
        is_error=True,
    )


def _result(answer: dict[str, Any]) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=json_text(answer))], structured_content=answer
    )


def _handed_on(outcome: Outcome) -> types.CallToolResult:
    """Return the result of a call: as text, and as data where JSON can hold it."""
    try:
        held = json.loads(_sound(json.dumps(outcome.data, ensure_ascii=False, allow_nan=False)))
    except ValueError:  # numbers that are none
        held = _sound(outcome.text)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=_sound(outcome.text))],
        structured_content=held if isinstance(held, dict) else {"result": held},
    )


def _sound(text: str) -> str:
    """Return *text* without halves of surrogate pairs, which no message can hold."""
    return text.encode("utf-8", "replace").decode()


def _contents(content: Content) -> types.TextResourceContents | types.BlobResourceContents:
    if isinstance(content.data, bytes):
        blob = base64.b64encode(content.data).decode()
        return types.BlobResourceContents(uri=content.uri, mime_type=content.type, blob=blob)
    return types.TextResourceContents(uri=content.uri, mime_type=content.type, text=_sound(content.data))
