"""What the commands of ``catalog route`` share: the router's options, prompts with labels, and how a decision looks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import click

from catalog_cli import completion
from catalog_cli.application import Application
from catalog_cli.options import origin_options, tag_option
from catalog_cli.output import count
from catalog_cli.streams import standard_input

if TYPE_CHECKING:
    from catalog import AutoCouncil, Case

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--kind",
        "-k",
        "kind",
        multiple=True,
        metavar="KIND",
        shell_complete=completion.kinds,
        help="Pick among entries of this kind (council by default); several times: any of them; all: every kind.",
    ),
    tag_option("--tag", "tags", "Pick among entries with this tag; several times: all of them."),
    tag_option("--any-tag", "any_tags", "Pick among entries with one of these tags."),
    tag_option("--not-tag", "exclude_tags", "Leave out entries with one of these tags."),
    origin_options,
    click.option(
        "--strategy",
        metavar="NAME",
        shell_complete=completion.strategies,
        help="How to pick: rules, embedding, llm_classify, llm_build, cascade (the default), or pkg.mod:name.",
    ),
    click.option("--chain", metavar="A,B,…", help="The steps of a cascade (rules,embedding by default)."),
    click.option("--threshold", type=float, metavar="SCORE", help="What scores of embedding are held against."),
    click.option("--model", metavar="NAME", help="The model that llm_classify and llm_build ask."),
    click.option("--base-url", metavar="URL", help="The OpenAI-compatible server of the model."),
    click.option(
        "--provider-check/--no-provider-check",
        default=None,
        help="Leave out entries that need a provider which is not configured here.",
    ),
    click.option("--name", metavar="NAME", help="The router's name: calibrations are kept by it."),
)
_NAMES = (
    "kind", "tags", "any_tags", "exclude_tags", "sources", "distributions", "strategy", "chain", "threshold", "model",
    "base_url", "provider_check", "name",
)  # fmt: skip


class Wrong(click.ClickException):
    """The input can't be used: one line on standard error, exit status 2."""

    exit_code = 2


def router_options(function: F) -> F:
    """Add the options that choose a router, and pass those given to the command as the mapping ``router``."""

    @functools.wraps(function)
    def collected(*args: Any, **given: Any) -> Any:
        options = {name: given.pop(name) for name in _NAMES}
        return function(*args, router=_chosen(options), **given)

    decorated: Any = collected
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    """Return what was given of *options*, as a router takes it.

    Raises:
        click.UsageError: there are steps, but no cascade, or the threshold is no number.
    """
    chosen = {name: value for name, value in options.items() if value not in (None, ())}
    if options["sources"] is not None:  # () is from every source
        chosen["sources"] = options["sources"]
    if "kind" in chosen and "all" in chosen["kind"]:
        chosen["kind"] = "all"
    if "chain" in chosen:
        chosen["chain"] = [step.strip() for step in chosen["chain"].split(",") if step.strip()]
        if not chosen["chain"] or chosen.setdefault("strategy", "cascade") != "cascade":
            raise click.UsageError("--chain gives the steps of a cascade, as in --chain rules,embedding")
    if chosen.get("threshold") != chosen.get("threshold"):
        raise click.UsageError("--threshold takes a number")
    return chosen


def configured_router(app: Application, chosen: dict[str, Any], **over: Any) -> AutoCouncil:
    """Return the project's router with the options *given*; by default it abstains where nothing fits.

    Strategies and predicates may be in the current folder.
    """
    from catalog import AutoCouncil

    app.look_here()
    options = {**chosen, **over}
    if options.get("on_no_match", app.catalog.settings.router.get("on_no_match", "error")) == "error":
        options["on_no_match"] = "abstain"
    return AutoCouncil.configured(app.catalog, **options)


def no_candidate(router: AutoCouncil) -> str | None:
    """Return the message for a router without candidates; None if it has candidates."""
    pool = router.pool()
    if pool.entries:
        return None
    kinds = (router.kind,) if isinstance(router.kind, str) else router.kind or ()
    lacking = f"there is no candidate of kind {' or '.join(kinds)}" if kinds else "there is no candidate"
    lacking += " with these tags" if any(values for name, values in pool.filters.items() if "tags" in name) else ""
    lacking += " from there" if pool.filters.get("sources") or pool.filters.get("distributions") else ""
    lacking += " in the scope of the configuration" if router.context.filters.scoped else ""
    if pool.filtered:
        entry, why = pool.filtered[0]
        more = f", and {len(pool.filtered) - 1} more" if len(pool.filtered) > 1 else ""
        return f"{lacking}: {entry.key} is left out ({why}){more}"
    catalog = router.catalog
    there = sorted((-len(names), kind) for kind in catalog.kinds() if (names := catalog.list(kind)))
    if not there:
        return f"{lacking}: the catalog is empty; fill it with `catalog scan PACKAGE`"
    if any(pool.filters.values()):
        return lacking
    return f"{lacking}; try --kind {there[0][1]} or --kind all, or register one with `catalog register`"


def cases_of(app: Application, router: AutoCouncil, file: str | None, golden: bool) -> list[Case]:
    """Return the labelled prompts of a JSON Lines file (``-``: standard input), or the golden cases of a router.

    Raises:
        Wrong: there are none, the file can't be read as such, or the router has no candidate.
    """
    if (file is None) is not golden:
        raise click.UsageError("give either FILE.jsonl or --golden")
    lacking = no_candidate(router)
    if lacking:
        raise Wrong(lacking)
    if file is None:
        from catalog import cases_for

        cases, others = cases_for(app.catalog, router.pool())
        if not cases:
            raise Wrong("there is no golden case for this router; `catalog route golden add TEXT KEY` keeps one")
        if others:
            what = count(len(others), "golden case is of an entry that is", "golden cases are of entries that are")
            app.screen.remark(f"note: {what} no candidate; left out")
        return cases
    from catalog import RoutingError, bounded_lines, open_text, read_cases

    try:
        with nullcontext(standard_input()) if file == "-" else open_text(file) as lines:
            cases = list(read_cases(bounded_lines(lines), "standard input" if file == "-" else file))
    except OSError as error:
        raise click.FileError(file, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise Wrong(f"{file} is not a text file in UTF-8") from None
    except RoutingError as error:
        raise Wrong(str(error)) from None
    if not cases:
        raise Wrong(f"{file} holds no prompt")
    return cases


def percent(value: float | None) -> str:
    """Return a share as people read it: ``93.1 %``, or a dash for nothing."""
    return "–" if value is None else f"{100 * value:.1f} %"


def bar(share: float, width: int = 10) -> str:
    """Return a bar of *width* cells that is filled by *share* from 0 to 1, in eighths."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def money(cost: dict[str, Any]) -> str:
    """Return what asking models took, in words; nothing where none was asked."""
    if not cost["requests"]:
        return ""
    dollars = "" if cost["dollars"] is None else f", ${cost['dollars']:.4f}"
    return f"{count(cost['requests'], 'request', 'requests')}, {cost['tokens']:,} tokens{dollars}"


def facts(app: Application, pairs: Iterator[tuple[str, str]]) -> list[str]:
    """Return labels and texts as lines below each other; a long text goes on in its column."""
    from catalog_cli.gate import clean

    return [
        f"  {app.screen.style(f'{label:<12}', dim=True)}{app.screen.wrapped(clean(text), indent=14)}"
        for label, text in pairs
    ]
