"""``AutoCouncil``: picks the entry that should handle a prompt, or says that none fits, and runs it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from catalog.entry.key import parse_key
from catalog.entry.request import Request, request_text
from catalog.errors import (
    CatalogError,
    EntryNotFoundError,
    NoMatchError,
    RoutingError,
    SettingsError,
    StrategyError,
    close_matches,
    did_you_mean,
)
from catalog.forks import after_fork
from catalog.routing.candidates import Candidates
from catalog.routing.context import COMMON, RouterContext
from catalog.routing.decision import Decision, Result
from catalog.routing.events import DECISION, FAILED
from catalog.routing.pool import Pool
from catalog.routing.running import arun_entry, run_entry
from catalog.routing.strategies.choose import OPTIONS, choose
from catalog.routing.strategy import Strategy, choose_many
from catalog.routing.verdict import Verdict
from catalog.workspace.lookup import HasWorkspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.routing.calibration.fit import FitReport
    from catalog.routing.evaluation.evaluation import Evaluation
    from catalog.routing.labelled import Label

KEPT = 1_024
"""How many verdicts a router remembers, if the option ``cache`` does not say otherwise."""

MOST_SCORES = 20_000_000
"""How many scores of candidates all remembered verdicts may hold together: 80 MB, 200 verdicts on 100,000 entries."""

# The routers that run something right now, each with its prompt: a route that leads back to itself is refused.
_RUNNING: ContextVar[frozenset[tuple[int, str]]] = ContextVar("catalog_routes", default=frozenset())

ERROR, ABSTAIN = "error", "abstain"


class AutoCouncil:
    """A council that picks itself: it asks the catalog for candidates and picks the one a prompt is for.

    Safe in threads; nothing is imported until something is run.
    """

    def __init__(
        self,
        catalog: HasWorkspace,
        strategy: str | Strategy | Callable[..., Any] = "cascade",
        kind: str | Iterable[str] | None = "council",
        on_no_match: str = ERROR,
        provider_check: bool = False,
        **options: Any,
    ) -> None:
        """Set up a router.

        Args:
            catalog: the catalog with the candidates.
            strategy: ``rules``, ``embedding``, ``llm_classify``, ``llm_build``, ``cascade``, or a strategy of your own,
                as a reference ``package.module:name`` or as an object: with ``name`` and ``choose``
                (:class:`catalog.routing.strategy.Strategy`), a class of such objects, or a function that is called
                with the prompt and the candidates' entries and returns an entry, its key or name, or None to abstain.
            kind: the kind of the candidates, several kinds, or None for every kind.
            on_no_match: what happens if no candidate fits: ``error`` raises NoMatchError, ``abstain`` gives a decision
                without an entry; anything else is the key or name of the entry that is picked then.
            provider_check: leave out entries that need a model provider that is not configured here.
            options: ``tags``, ``any_tags``, ``exclude_tags``, ``sources``, ``distributions``: of the candidates, as
                in a search. ``deprecated``: whether deprecated entries are candidates, too. ``providers``: those
                configured here; else the settings' and those whose keys are in the environment. ``name``: of the
                router, for events, log and calibration. ``cache``: how many verdicts
                are remembered (1,024; 0: none). ``watch``: called with each :class:`Event`. ``log``: ``off``,
                ``hash`` or ``text``: whether decisions are kept in the catalog, and prompts with them (else the
                settings' ``route_log``). ``runner``: what runs a council that is data: a function of the resolved
                council and the prompt, an object with such a ``run``, or a reference to one (else the settings'
                ``runner``). All others are the strategy's: see :mod:`catalog.routing.strategies.choose`.

        Raises:
            StrategyError: there is no such strategy, or no such option.
            UnknownKindError: there is no such kind.
        """
        unknown = [name for name in options if name not in COMMON and name not in OPTIONS]
        if unknown:
            known = (*COMMON, *OPTIONS)
            raise StrategyError(
                f"'{unknown[0]}' is no option of a router{did_you_mean(close_matches(unknown[0], known))}",
                option=unknown[0],
            )
        if not isinstance(on_no_match, str) or not on_no_match:
            raise StrategyError(
                f"on_no_match={on_no_match!r}: give 'error', 'abstain', or a key or name", option="on_no_match"
            )
        self.catalog = catalog
        self.kind = kind if kind is None or isinstance(kind, str) else tuple(dict.fromkeys(kind))
        self.on_no_match = on_no_match
        self.provider_check = provider_check
        self.context = RouterContext(catalog, self.kind, options, provider_check)
        self.name = self.context.name
        self._runner = options.get("runner")
        self.strategy: Strategy = choose(strategy, self.context)
        self._candidates = Candidates(self.context, self)
        self._most = _whole("cache", options.get("cache", KEPT))
        self.lock = threading.Lock()
        self._cache: OrderedDict[str, Verdict] = OrderedDict()  # by prompt, the last used at the end
        self._cache_of: Pool | None = None  # the candidates that the remembered verdicts are about
        after_fork(self)

    @classmethod
    def configured(cls, catalog: HasWorkspace, **over: Any) -> AutoCouncil:
        """Return the project's router, which ``catalog route`` uses, too: ``[tool.catalog.router]`` holds its options.

        Args:
            catalog: whose settings count.
            over: options that win over those of the configuration. ``kind="all"`` means every kind.

        Raises:
            SettingsError: the configuration has an option that no router has.
            StrategyError, UnknownKindError: as when a router is made.
        """
        known = ("strategy", "kind", "on_no_match", "provider_check", *COMMON, *OPTIONS)
        for name in catalog.settings.router:
            if name not in known:
                raise SettingsError(
                    f"{catalog.settings.file}: router.{name} is no option of a router"
                    f"{did_you_mean(close_matches(name, known))}",
                    file=str(catalog.settings.file),
                    key=f"router.{name}",
                )
        options = {**catalog.settings.router, **over}
        if options.get("kind") == "all":
            options["kind"] = None
        return cls(catalog, **options)

    def __repr__(self) -> str:
        return f"<AutoCouncil {self.name}: {self.strategy.name} over {self.kind or 'every kind'}>"

    # -- candidates --------------------------------------------------------------------------------------------------

    def pool(self) -> Pool:
        """Return the candidates as the catalog is now."""
        return self._candidates.pool()

    # -- deciding ----------------------------------------------------------------------------------------------------

    def resolve(self, prompt: Request) -> Decision:
        """Return which entry should handle *prompt*, and why.

        A prompt is a text, or a chat: a message or a list of them, of which the last text of the user counts.

        Raises:
            NoMatchError: no candidate fits, and ``on_no_match`` is ``error``; ``facts["decision"]`` says what was
                considered.
            StrategyError: the strategy could not do its work.
            EntryNotFoundError: the fallback is not in the catalog.
        """
        begun = time.perf_counter()
        prompt, pool = _text(prompt), self.pool()
        held = self._remembered(prompt, pool)
        verdict = held or choose_many(self.strategy, [prompt], pool)[0]
        return self._decided(prompt, verdict, pool, begun, cached=held is not None)

    def resolve_many(self, prompts: Iterable[Request]) -> list[Decision]:
        """Return a decision for each of *prompts*, in their order: as :meth:`resolve` decides, but faster.

        Raises:
            NoMatchError, StrategyError: for the first prompt for which :meth:`resolve` would raise it.
            RoutingError: *prompts* is one text.
        """
        begun = time.perf_counter()
        if isinstance(prompts, str):
            raise RoutingError("resolve_many takes a list of prompts, not one text; resolve takes that", given="str")
        pool = self.pool()
        wanted = [_text(prompt) for prompt in prompts]
        held = [self._remembered(prompt, pool) for prompt in wanted]
        new = list(dict.fromkeys(prompt for prompt, kept in zip(wanted, held, strict=True) if kept is None))
        verdicts = dict(zip(new, choose_many(self.strategy, new, pool), strict=True))
        each = (time.perf_counter() - begun) / max(len(wanted), 1)
        return [
            self._decided(prompt, kept or verdicts[prompt], pool, time.perf_counter() - each, cached=kept is not None)
            for prompt, kept in zip(wanted, held, strict=True)
        ]

    async def aresolve(self, prompt: Request) -> Decision:
        """Return what :meth:`resolve` returns; the work is done in another thread."""
        return await asyncio.to_thread(self.resolve, prompt)

    def _remembered(self, prompt: str, pool: Pool) -> Verdict | None:
        with self.lock:
            if self._cache_of is not pool:
                self._cache.clear()
                self._cache_of = pool
            held = self._cache.get(prompt)
            if held is not None:
                self._cache.move_to_end(prompt)
        return held

    def _decided(
        self, prompt: str, verdict: Verdict | CatalogError, pool: Pool, begun: float, *, cached: bool
    ) -> Decision:
        if isinstance(verdict, CatalogError):
            self.context.tell(FAILED, {"code": verdict.code, "error": str(verdict)})
            raise verdict
        if verdict.cacheable and not cached and self._most > 0:
            with self.lock:
                if self._cache_of is pool:
                    self._cache[prompt] = verdict
                    most = min(self._most, max(1, MOST_SCORES // max(len(pool), 1)))
                    while len(self._cache) > most:
                        self._cache.popitem(last=False)
        return self._finished(prompt, verdict, pool, begun, cached=cached)

    def _finished(self, prompt: str, verdict: Verdict, pool: Pool, begun: float, *, cached: bool) -> Decision:
        entry, strategy = verdict.chosen, self.strategy.name
        if verdict.steps:
            strategy = verdict.steps[-1].strategy if entry is not None else strategy
        fallback = entry is None and self.on_no_match not in (ERROR, ABSTAIN)
        if fallback:
            entry, strategy = self._fallback(), "fallback"
        decision = Decision(
            verdict,
            pool,
            strategy=strategy,
            latency_ms=(time.perf_counter() - begun) * 1_000,
            entry=entry,
            cached=cached,
        )
        if self.context.is_watched:
            data = decision.to_dict(candidates=0, entry=False)
            del data["candidates"]
            self.context.tell(DECISION, data)
        if self.context.log != "off" and not self.context.workspace.store.read_only:  # it was said on opening
            from catalog.routing.log import keep

            keep(self, prompt, decision, with_text=self.context.log == "text")
        if entry is None and self.on_no_match == ERROR:
            out = f" ({len(pool.filtered)} were left out)" if pool.filtered else ""
            none = "no candidate fits" if pool.entries else f"there is no candidate of kind {self.kind or 'any'}{out}"
            raise NoMatchError(f"{none}: {verdict.reason}", decision=decision.to_dict())
        return decision

    def _fallback(self) -> Entry:
        """Return the entry that takes what fits nothing else: any entry of the catalog, not only a candidate."""
        key = parse_key(self.on_no_match)
        if key is not None and key[0] in self.catalog.kinds():
            return self.catalog.entry(*key)
        kinds = self.context.filters.kinds or tuple(self.catalog.kinds())
        for any_kind in (*kinds, *self.catalog.kinds()):
            if (any_kind, self.on_no_match) in self.catalog:
                return self.catalog.entry(any_kind, self.on_no_match)
        raise EntryNotFoundError(
            f"the fallback '{self.on_no_match}' is not in the catalog; register it, or give 'error' or 'abstain'",
            name=self.on_no_match,
            close=[],
        )

    # -- running -----------------------------------------------------------------------------------------------------

    def run(self, prompt: Request) -> Result:
        """Route *prompt*, load the entry picked and call it with the prompt.

        A callable is called, else its ``.run``, ``.invoke`` or ``.ainvoke``; a council that is data goes to the runner.

        Returns:
            What the entry returned, and the decision. The value is None if the router abstained.

        Raises:
            NoMatchError, StrategyError: as :meth:`resolve`.
            ResolveError, DriftError: the entry can't be loaded.
            RoutingError: it is data, and no runner is configured.
            Exception: whatever the entry raises.
        """
        prompt = _text(prompt)
        decision = self.resolve(prompt)
        if decision.entry is None:
            return Result(None, decision)
        with self._running(decision.entry, prompt):
            return Result(run_entry(self.catalog, decision.entry, prompt, self._runner), decision)

    async def arun(self, prompt: Request) -> Result:
        """Return what :meth:`run` returns; coroutines are awaited here, all else is done in another thread."""
        prompt = _text(prompt)
        decision = await self.aresolve(prompt)
        if decision.entry is None:
            return Result(None, decision)
        with self._running(decision.entry, prompt):
            return Result(await arun_entry(self.catalog, decision.entry, prompt, self._runner), decision)

    @contextmanager
    def _running(self, entry: Entry, prompt: str) -> Iterator[None]:
        """Refuse a prompt that this router is running already: the entry picked has handed it back to the router."""
        running = _RUNNING.get()
        if (id(self), prompt) in running:
            raise RoutingError(
                f"router '{self.name}' was handed the same prompt again by what it picked ({entry.key}); "
                "take the router out of its own candidates, by tag or kind",
                key=entry.key,
            )
        token = _RUNNING.set(running | {(id(self), prompt)})
        try:
            yield
        finally:
            _RUNNING.reset(token)

    def __call__(self, prompt: Request) -> Any:
        """Return the value of :meth:`run`: a router is itself something one can run."""
        return self.run(prompt).value

    invoke = __call__

    # -- learning and testing ----------------------------------------------------------------------------------------

    def fit(
        self, labelled: Iterable[tuple[Request, Label]], *, target_coverage: float = 0.95, seed: int = 0
    ) -> FitReport:
        """Learn from labelled prompts: each with the name or key of the entry it is for, or None where none fits.

        The calibration is stored with the catalog, under the name of this router, its kinds and tags. It counts as long
        as embedder, candidates and their examples are what they were.

        Raises:
            StrategyError: the strategy learns nothing, or the prompts don't suffice.
            EntryNotFoundError: a name stands for no candidate.
        """
        from catalog.routing.calibration.fit import fit

        return fit(self, _read(labelled), target_coverage=target_coverage, seed=seed)

    def evaluate(self, labelled: Iterable[tuple[Request, Label]]) -> Evaluation:
        """Return how well this router does on labelled prompts.

        A label is the name or key of the right entry, a list of entries any of which is right, or None: no entry fits.

        Raises:
            EntryNotFoundError: a label names no candidate.
        """
        from catalog.routing.evaluation.evaluate import evaluate

        return evaluate(self, _read(labelled))

    def renew_after_fork(self) -> None:
        """Take a new lock in a child process; :func:`catalog.forks.after_fork` calls this."""
        self.lock = threading.Lock()


def _text(prompt: Request) -> str:
    text = request_text(prompt)
    if text is None:
        given = type(prompt).__name__
        fault = f"a prompt is a text or a chat, not {given}"
        if isinstance(prompt, (list, tuple, dict)):
            fault = f"a prompt is a text or a chat, and this {given} holds no text of a user"
        if isinstance(prompt, (list, tuple)) and any(isinstance(part, str) for part in prompt):
            fault += "; resolve_many takes several prompts"
        raise RoutingError(fault, given=given)
    return text


def _read(labelled: Iterable[tuple[Request, Label]]) -> Iterator[tuple[str, Label]]:
    for prompt, label in labelled:
        yield prompt if isinstance(prompt, str) else _text(prompt), label


def _whole(option: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise StrategyError(f"{option}={value!r}: give a whole number, 0 for none", option=option)
    return value
