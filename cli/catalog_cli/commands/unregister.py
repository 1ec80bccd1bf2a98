"""``catalog unregister``."""

from __future__ import annotations

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option, key_argument


@command(
    "unregister",
    examples="""
        catalog unregister tool:scratchpad
        # the history stays, so this undoes it
        catalog restore tool:scratchpad
    """,
)
@key_argument(many=True)
@json_option("the keys that were taken away")
@pass_app
def unregister(app: Application, keys: tuple[str, ...], as_json: bool) -> None:
    """Take entries away.

    Their history stays, and `catalog restore` brings them back. Entries of the configuration file are taken out
    there.
    """
    done = []
    for kind, name in [app.find(key) for key in keys]:  # all are looked up before the first one goes
        done.append(app.catalog.unregister(kind, name).key)
    if as_json:
        app.screen.json(done)
    else:
        app.screen.print("\n".join(f"unregistered {key}" for key in done))
