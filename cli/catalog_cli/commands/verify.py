"""``catalog verify``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from catalog import VERIFY_POLICIES
from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option, key_argument, kind_option
from catalog_cli.output import Column, count

if TYPE_CHECKING:
    from catalog import Drift

COLUMNS = (Column("KEY", bold=True), Column("CHANGED", colour="yellow"), Column("REFERENCE", 20), Column("NOW", 20))


@command(
    "verify",
    examples="""
        catalog verify
        catalog verify --policy signature --kind tool
        # look at what changed, then take it as it is
        catalog verify tool:create_scatter --accept
    """,
)
@key_argument(many=True, required=False)
@kind_option()
@click.option(
    "--policy",
    type=click.Choice([policy for policy in VERIFY_POLICIES if policy != "off"]),
    default="source",
    show_default=True,
    help="Report changed bodies too, or only changed signatures.",
)
@click.option("--accept", is_flag=True, help="Record the code as it is now.")
@json_option("the drifts, as an array,")
@pass_app
def verify(
    app: Application, keys: tuple[str, ...], kinds: tuple[str, ...], policy: str, accept: bool, as_json: bool
) -> None:
    """Report code that is not as it was recorded.

    Compares the source of every entry, or of the KEYs given, with its recorded checksums; nothing is imported. The
    exit status is 1 if something drifted, and 0 once it is accepted. Code that is gone can't be accepted:
    `catalog doctor` looks for where it went.
    """
    app.look_here()
    wanted = {app.find(key) for key in keys}
    found = app.catalog.verify({kind for kind, _ in wanted} or kinds or None, policy=policy)
    drifts = [drift for drift in found if not wanted or (drift.kind, drift.name) in wanted]
    accepted = app.catalog.accept(drifts) if accept and drifts else []
    left = [drift for drift in drifts if drift.key not in accepted]
    if as_json:
        app.screen.json([{**drift.to_dict(), "accepted": drift.key in accepted} for drift in drifts])
    else:
        app.screen.table(COLUMNS, [_row(drift) for drift in left])
        if accepted:
            app.screen.print("\n".join(f"accepted {key}" for key in accepted))
    if left:
        raise No(_summary(left))
    if not drifts:
        app.screen.remark("no drift: all code is as it was recorded")


def _row(drift: Drift) -> tuple[str, str, str, str]:
    now = drift.new_signature or "" if drift.change == "signature" else ""
    return drift.key, drift.change, drift.ref, f"{drift.old_signature or ''} → {now}" if now else ""


def _summary(left: Sequence[Drift]) -> str:
    """Return how many drifted, and what to do about each sort."""
    some = sum(drift.change in ("signature", "source") for drift in left)
    parts = [f"{count(len(left), 'entry has', 'entries have')} drifted"]
    if some:
        parts.append("`catalog verify --accept [KEY]...` records the code as it is now")
    if some < len(left):
        parts.append("`catalog doctor` looks for code that is gone")
    return "; ".join(parts)
