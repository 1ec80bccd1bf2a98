"""``catalog verify``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import dumps
from typing import TYPE_CHECKING

import click

from catalog import VERIFY_POLICIES
from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option, key_argument, kind_option
from catalog_cli.output import Column, count

if TYPE_CHECKING:
    from catalog import Changed, Drift

COLUMNS = (Column("KEY", bold=True), Column("CHANGED", colour="yellow"), Column("REFERENCE", 20), Column("NOW", 20))


@command(
    "verify",
    examples="""
        catalog verify
        catalog verify --policy signature --kind tool
        # look at what changed, then take it as it is
        catalog verify tool:create_scatter --accept
    """,
    reason=True,
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
@click.option("--allow-unchecked", is_flag=True, help="Let pass what was not compared.")
@click.option("--diff", is_flag=True, help="Show what changed: signature, description, parameters, source.")
@click.option("--accept", is_flag=True, help="Record the code as it is now.")
@json_option("the drifts and what was not compared, as an array,")
@pass_app
def verify(
    app: Application,
    keys: tuple[str, ...],
    kinds: tuple[str, ...],
    policy: str,
    allow_unchecked: bool,
    accept: bool,
    diff: bool,
    as_json: bool,
) -> None:
    """Report code that is not as it was recorded.

    Compares the source of every entry, or of the KEYs given, with its recorded checksums; nothing is imported. What an
    MCP server has listed is compared with what it lists now.
    The exit status is 1 if something drifted, or if something that could be compared was not: no checksum of it was
    recorded, or its code is not to be seen from here (--allow-unchecked lets that pass). What no source shows, as
    compiled code, has nothing to compare and is counted; data that was read from a document is compared with that,
    other data has no code. Drift is a yes once it is accepted. Code that is gone can't be accepted: `catalog doctor`
    looks for where it went. --diff shows the source, too, where `catalog pin` has kept the old one.
    """
    app.look_here()
    wanted = {app.find(key) for key in keys}
    verified = app.catalog.verify({kind for kind, _ in wanted} or kinds or None, policy=policy)
    drifts = [drift for drift in verified if not wanted or (drift.kind, drift.name) in wanted]
    unchecked = [drift for drift in verified.unchecked if not wanted or (drift.kind, drift.name) in wanted]
    checked = verified.checked
    if wanted:
        entries = [app.catalog.entry(*key) for key in wanted]
        checked = sum(bool(entry.ref or entry.document or entry.checksum) for entry in entries) - len(unchecked)
    reported = sorted([*drifts, *unchecked], key=lambda drift: (drift.kind, drift.name))
    changed = {each.key: each for each in app.catalog.changes(reported)} if diff else {}
    accepted = app.catalog.accept(reported) if accept and reported else []
    left = [drift for drift in reported if drift.key not in accepted and drift.change != "uncheckable"]
    if as_json:
        more = {key: {"fields": data["fields"], "source": data["source"], "why_not": data["why_not"]}
                for key, data in ((key, each.to_dict()) for key, each in changed.items())}  # fmt: skip
        app.screen.json(
            [{**drift.to_dict(), **more.get(drift.key, {}), "accepted": drift.key in accepted} for drift in reported]
        )
    elif diff:
        _show(app, reported, changed)
    else:
        app.screen.table(COLUMNS, [_row(drift) for drift in left])
    if accepted and not as_json:
        app.screen.print(*(f"accepted {key}" for key in accepted))
    counts = _counts(checked, unchecked)
    if any(drift.change != "unchecked" for drift in left) or (left and not allow_unchecked):
        raise No(f"{counts}; {_summary(left)}")
    what = "all that was compared" if unchecked else "all code"
    app.screen.remark(counts if drifts or left else f"{counts}; no drift: {what} is as it was recorded")


def _show(app: Application, drifts: Sequence[Drift], changed: Mapping[str, Changed]) -> None:
    """Write what changed about each of *drifts*, field by field, then its source."""
    for drift in drifts:
        app.screen.print(clean(f"{drift.key}  {drift.change}  {drift.ref}"))
        change = changed.get(drift.key)
        if change is None:
            continue
        for name, sides in change.fields.items():
            for sign, colour, side in (("-", "red", sides[0]), ("+", "green", sides[1])):
                if side is not None:
                    text = side if isinstance(side, str) else dumps(side, ensure_ascii=False)
                    app.screen.print(app.screen.style(f"  {sign} {clean(name)}: {clean(text)}", fg=colour))
        for line in (change.source or "").splitlines():
            shown = f"  {clean(line.expandtabs(4))}"
            app.screen.print(app.screen.style(shown, fg={"-": "red", "+": "green"}.get(line[:1])))
        if change.why_not:
            app.screen.print(f"  ({clean(change.why_not)})")


def _counts(checked: int, unchecked: Sequence[Drift]) -> str:
    """Return how many entries were compared, and how many could not be."""
    if not unchecked:
        return f"{checked} checked"
    return f"{checked} checked, {count(len(unchecked), 'has', 'have')} nothing to compare"


def _row(drift: Drift) -> tuple[str, str, str, str]:
    now = drift.new_signature or "" if drift.change == "signature" else ""
    return drift.key, drift.change, drift.ref, f"{drift.old_signature or ''} → {now}" if now else ""


def _summary(left: Sequence[Drift]) -> str:
    """Return how many drifted, and what to do about each sort."""
    drifted = [drift for drift in left if drift.change not in ("unchecked", "elsewhere")]
    parts = [f"{count(len(drifted), 'entry has', 'entries have')} drifted"] if drifted else []
    if any(drift.new_checksum is not None for drift in left):
        parts.append("`catalog verify --accept [KEY]...` records the code as it is now")
    if any(drift.change in ("missing", "unreadable") for drift in drifted):
        parts.append("`catalog doctor` looks for code that is gone")
    elsewhere = sum(drift.change == "elsewhere" for drift in left)
    if elsewhere:
        parts.append(
            f"{count(elsewhere, 'entry is', 'entries are')} not to be seen from here; verify where the code is"
        )
    if any(drift.change == "unchecked" and drift.new_checksum is None for drift in left):
        parts.append("what is not to be seen from here is verified where its code is; --allow-unchecked lets it pass")
    return "; ".join(parts)
