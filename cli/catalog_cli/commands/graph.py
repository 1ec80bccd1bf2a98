"""``catalog graph``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option, key_argument

if TYPE_CHECKING:
    from catalog import Graph


@command(
    "graph",
    examples="""
        catalog graph council:seo
        catalog graph council:seo --mermaid > seo.mmd
        # what uses this profile, and what uses that
        catalog graph profile:openai_mini --depth 2
    """,
)
@key_argument(required=False)
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Write a Mermaid flowchart.")
@click.option("--references", is_flag=True, help="Of a council, too, show what it refers to and what refers to it.")
@click.option(
    "--depth",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="N",
    help="How many steps of references, or levels of named sub-councils, to follow.",
)
@json_option("nodes and edges")
@pass_app
def graph(app: Application, key: str | None, as_mermaid: bool, references: bool, depth: int, as_json: bool) -> None:
    """Draw a council, or what an entry refers to.

    What refers to the entry is drawn, too; without KEY every reference of the catalog is. Nothing is imported: of a
    council that is code only the references are known. A node whose edges were drawn already is marked with ↑.
    The exit status is 1 if no entry refers to another.
    """
    if as_mermaid and as_json:
        raise click.UsageError("--mermaid and --json exclude each other")
    drawn = _drawn(app, key, references, depth)
    if as_json:
        app.screen.json(drawn.to_dict())
    elif as_mermaid and drawn.nodes:
        app.screen.document(drawn.mermaid())
    elif drawn.nodes:
        app.screen.print(*map(clean, drawn.text().split("\n")))
    if not drawn.nodes:
        raise No("no entry refers to another")


def _drawn(app: Application, key: str | None, references: bool, depth: int) -> Graph:
    from catalog import council_graph, reference_graph

    if key is None:
        return reference_graph(app.catalog)
    kind, name = app.find(key)
    if kind in ("council", "sub_council") and not references and app.catalog.entry(kind, name).ref is None:
        return council_graph(f"{kind}:{name}", app.catalog, depth=depth)
    return reference_graph(app.catalog, f"{kind}:{name}", depth=depth)
