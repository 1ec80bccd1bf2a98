"""``catalog docs build``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.output import count
from catalog_cli.streams import writing

FORMATS = ("html", "markdown")
"""What `--format` takes; a test compares it with the forms that the catalog writes."""


@command(
    "build",
    examples="""
        catalog docs build site
        catalog docs build site --title "Team tools"
        catalog docs build docs/catalog --format markdown
        # what has changed since the last release
        catalog docs build site --since site-1.0
    """,
    as_of=True,
)
@click.argument("out", type=click.Path(file_okay=False))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="html", show_default=True, help="What is written."
)
@click.option("--title", default="catalog", show_default=True, metavar="TEXT", help="What the site is called.")
@click.option(
    "--since", type=click.Path(), metavar="FOLDER", help="An earlier build; a page says what has changed since."
)
@json_option("how much was written")
@pass_app
def build(app: Application, out: str, form: str, title: str, since: str | None, as_json: bool) -> None:
    """Write a documentation site of all entries to the folder OUT.

    It opens from disk, without a server or a network, and searches by the same words as the catalog. Each entry has a
    page; councils and references are drawn. With --format markdown the pages are Markdown, for MkDocs, Sphinx and
    their like. A site that is in OUT is replaced as a whole; a folder with anything else in it is left alone. The same
    entries give the same files: what differs between two builds is what has changed.
    """
    from catalog import build_docs

    with writing(out):
        built = build_docs(app.catalog, out, form=form, title=title, since=since)
    if as_json:
        app.screen.json(built.to_dict())
    else:
        app.screen.remark(
            f"{count(built.entries, 'entry', 'entries')} in {built.files:,} files at {built.folder}; "
            f"{built.links:,} links lead somewhere"
        )
