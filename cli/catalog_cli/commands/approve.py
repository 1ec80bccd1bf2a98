"""``catalog approve``."""

from __future__ import annotations

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option, key_argument


@command(
    "approve",
    examples="""
        catalog explain council:seo-audit
        catalog approve council:seo-audit
    """,
    reason=True,
)
@key_argument()
@json_option("the entry as it is now")
@pass_app
def approve(app: Application, key: str, as_json: bool) -> None:
    """Let routers pick what a model drafted.

    A draft can be found and explained, but no router picks it before it was approved. Look at it first: its prompts and
    its choice of tools are a model's. A council that names what is not there any more is refused.
    """
    kind, name = app.find(key)
    entry = app.catalog.approve(kind, name)
    if as_json:
        app.screen.json({"key": entry.key, **entry.model_dump(mode="json")})
    else:
        app.screen.print(f"approved {entry.key}; this is revision {entry.revision}")
