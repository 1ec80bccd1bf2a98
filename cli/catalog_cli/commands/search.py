"""``catalog search``."""

from __future__ import annotations

import click

from catalog import ENTRY_STATES, REVIEW_STATES, SEARCH_MODES
from catalog_cli.application import Application, No, pass_app
from catalog_cli.listing import data_of, show
from catalog_cli.options import command, json_option, kind_option, limit_option, origin_options, tag_option
from catalog_cli.output import clip


@command(
    "search",
    examples="""
        catalog search "draw a chart"
        catalog search --tag plot --not-tag deprecated
        catalog search "draw a chart" --embedder minilm
        catalog search csv --kind tool --kind agent --limit 3 --json
        catalog search "book a flight" --state approved --framework langchain
    """,
    as_of=True,
    embedder=True,
)
@click.argument("text", required=False, default="")
@tag_option("--tag", "tags", "Has this tag; several times: all of them.")
@tag_option("--any-tag", "any_tags", "Has one of these tags.")
@tag_option("--not-tag", "not_tags", "Has none of these tags.")
@kind_option()
@origin_options
@click.option(
    "--state",
    "states",
    type=click.Choice((*REVIEW_STATES, *ENTRY_STATES)),
    multiple=True,
    metavar="STATE",
    help=f"Is {', '.join(REVIEW_STATES)}, or its code {', '.join(ENTRY_STATES)}; several times: one of them.",
)
@click.option(
    "--framework", "frameworks", multiple=True, metavar="NAME", help="Is of this framework; several: one of them."
)
@limit_option(10, "hits")
@click.option(
    "--mode",
    type=click.Choice(SEARCH_MODES),
    default="auto",
    show_default=True,
    metavar="MODE",
    help="How to match the text: auto, lexical, semantic or hybrid; the last two need vectors.",
)
@click.option("--why", is_flag=True, help="Show which words were found and where, and how near the meaning is.")
@json_option("the hits, with score and reason,")
@pass_app
def search(
    app: Application,
    text: str,
    tags: tuple[str, ...],
    any_tags: tuple[str, ...],
    not_tags: tuple[str, ...],
    kinds: tuple[str, ...],
    sources: tuple[str, ...] | None,
    distributions: tuple[str, ...] | None,
    states: tuple[str, ...],
    frameworks: tuple[str, ...],
    limit: int | str,
    mode: str,
    why: bool,
    as_json: bool,
) -> None:
    """Find entries by words, tags and kind.

    The best hit comes first; without TEXT all that pass the filters are listed by key. Any text is fine: there is
    no syntax to get wrong. In a pipe each line is key, description, tags and tier, separated by tabs; an
    entry whose code is gone, broken or drifted, or which is not approved, is marked there. Deprecated entries come
    last. The exit status is 1 if nothing is found.
    """
    most = limit if isinstance(limit, int) else None
    hits = app.catalog.search(
        text,
        kind=kinds or None,
        tags=tags,
        any_tags=any_tags,
        exclude_tags=not_tags,
        sources=sources,
        distributions=distributions,
        states=states,
        frameworks=frameworks,
        limit=None if most is None else most + 1,  # one more shows whether there are more
        mode=mode,
    )
    shown = hits[:most]
    marks = app.catalog.marks([hit.key for hit in shown])
    if as_json:
        app.screen.json_lines(data_of(shown, marks))
    else:
        show(app.screen, shown, why=why, marks=marks)
    if not hits:
        raise No(_nothing(app, text, (*tags, *any_tags), frameworks, mode))
    if len(hits) > len(shown):
        app.screen.hint(f"There are more; --limit {len(shown) * 5} or --limit all shows them.")


def _nothing(app: Application, text: str, tags: tuple[str, ...], frameworks: tuple[str, ...], mode: str) -> str:
    """Return why nothing was found, and what might find something."""
    from catalog import close_matches, did_you_mean

    asked = clip(text, 60)
    if not app.catalog.search(limit=1, sources=()):
        return "nothing found: the catalog is empty; fill it with `catalog scan PACKAGE`"
    if not app.catalog.search(limit=1):
        return "nothing found: no entry is in the scope of the configuration; --source all looks everywhere"
    for tag in tags:
        if not app.catalog.search(tags=[tag], limit=1):
            known = {known_tag for hit in app.catalog.search(limit=5_000) for known_tag in hit.tags}
            return f"nothing found: no entry has the tag '{tag}'{did_you_mean(close_matches(tag, known))}"
    for name in frameworks:
        if not app.catalog.search(frameworks=[name], limit=1):
            known = {str(hit.entry.metadata.get("framework", "")) for hit in app.catalog.search(limit=5_000)}
            return f"nothing found: no entry is of the framework '{name}'{did_you_mean(close_matches(name, known))}"
    if mode == "semantic" and not app.catalog.search("a", limit=1, mode=mode):
        return f"nothing found: no entry has a vector of '{app.catalog.embedder}'; `catalog embed update` makes them"
    if text and app.catalog.search(text, limit=1, mode=mode):
        return f"nothing found: entries match '{asked}', but none of them passes the filters"
    if text:
        return f"nothing found for '{asked}'; try fewer or other words, or look around with `catalog ls`"
    return "nothing found: no entry passes all the filters; leave one out"
