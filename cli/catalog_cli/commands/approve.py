"""``catalog approve``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option, key_argument, origin_options
from catalog_cli.output import count


@command(
    "approve",
    examples="""
        catalog explain council:seo-audit
        catalog approve council:seo-audit
        # all that the plugins of a distribution brought
        catalog ls --state "needs review"
        catalog approve --distribution some-tools
    """,
    reason=True,
)
@key_argument(many=True, required=False)
@origin_options
@json_option("the entries as they are now")
@pass_app
def approve(
    app: Application,
    keys: tuple[str, ...],
    sources: tuple[str, ...] | None,
    distributions: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Let routers pick what needs review.

    Such an entry can be found and explained, but no router picks it before it was approved. Look at it first: the
    prompts of a draft and its choice of tools are a model's, what a plugin brings is its author's. Of an entry that
    drifted the code is recorded as it is now. A council that names what is not there any more is refused. The mark of a
    deprecated entry goes, too.
    """
    by_origin = sources is not None or distributions is not None
    if bool(keys) == by_origin:
        raise click.UsageError("say what to approve: KEYs, or --source or --distribution")
    if by_origin:
        approved = app.catalog.approve_all(sources=sources or (), distributions=distributions or ())
        if not approved:
            raise No("nothing of this origin waits for approval")
        entries = [app.catalog.entry(key) for key in approved]
    else:
        entries = [app.catalog.approve(*found) for found in [app.find(key) for key in keys]]
    if as_json:
        shown = [{"key": entry.key, **entry.model_dump(mode="json"), "state": entry.state} for entry in entries]
        app.screen.json(shown if by_origin or len(keys) > 1 else shown[0])
    elif len(entries) == 1:
        app.screen.print(f"approved {entries[0].key}; this is revision {entries[0].revision}")
    else:
        app.screen.print(f"approved {count(len(entries), 'entry', 'entries')}")
