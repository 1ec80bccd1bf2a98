"""``catalog alias``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option, key_argument


@command(
    "alias",
    examples="""
        catalog alias tool:create_scatter@prod --revision 3 --reason "tested"
        # follow the newest revision
        catalog alias tool:create_scatter@edge
        catalog alias tool:create_scatter@prod --delete
        catalog alias tool:create_scatter
    """,
    reason=True,
)
@key_argument()
@click.option("--revision", "-r", type=click.IntRange(min=1), help="As `catalog log KEY` counts them; else the newest.")
@click.option("--delete", is_flag=True, help="Take the alias away.")
@json_option("the aliases of the entry")
@pass_app
def alias(app: Application, key: str, revision: int | None, delete: bool, as_json: bool) -> None:
    """Let a name such as prod point at a revision of an entry.

    KEY@NAME is then the entry as it was at that revision, wherever a key is taken to read; without --revision it is
    the newest at any time. An entry that is itself called so is found first. KEY alone lists its aliases. Every move is
    history, and what an alias points at is never pruned.
    """
    base, at, name = key.rpartition("@")
    if not at:
        kind, entry = app.find(key)
        if revision is not None or delete:
            raise click.UsageError(f"name the alias, as in {key}@prod")
    else:
        kind, entry = app.find(base)
        if delete:
            app.catalog.unalias(kind, entry, name)
        else:
            app.catalog.alias(kind, entry, name, revision=revision)
    aliases = app.catalog.aliases(kind, entry)
    if as_json:
        app.screen.json(aliases)
    elif not at:
        app.screen.table((), [(f"{kind}:{entry}@{one}", _where(number)) for one, number in aliases.items()])
        if not aliases:
            raise No(f"'{kind}:{entry}' has no alias; `catalog alias {kind}:{entry}@NAME --revision N` makes one")
    elif delete:
        app.screen.print(f"took away {kind}:{entry}@{name}")
    else:
        app.screen.print(f"{kind}:{entry}@{name} is {_where(revision)}")


def _where(revision: int | None) -> str:
    return "the newest revision" if revision is None else f"revision {revision}"
