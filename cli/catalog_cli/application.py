"""``Application``: what every command is given; it opens the catalog when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import click

from catalog_cli.output import Screen

if TYPE_CHECKING:
    from catalog import Catalog, Settings


class No(click.ClickException):
    """The answer is no: nothing matches, or something drifted. One line on standard error, exit status 1."""

    exit_code = 1


class Schema(NamedTuple):
    """The version of a database.

    Attributes:
        path: the file, or the address on a server.
        found: its version, or None where there is no database yet.
        newest: the version this installation works with.
    """

    path: str
    found: str | None
    newest: str


class Application:
    """One run of the command line: its database, opened once and only when needed, and its screen."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self.url: str | None = None
        self.embedder: str | None = None
        self.as_of: str | None = None
        self.reason: str | None = None
        self.is_served = False  # whether others reach the catalog through this command
        self.screen = Screen()

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog of ``--url``, else that of the environment or the configuration."""
        import warnings

        from catalog import Catalog, CatalogWarning, database_place

        warnings.simplefilter("always", CatalogWarning)
        # An embedder of the current folder must be importable, or the search would silently go by words only.
        if self.embedder is not None and self.embedder != "none":
            from catalog import embedder_form as form_of

            if form_of(self.embedder) == "reference":
                self.look_here()
        opened = Catalog(self.url, embedder=self.embedder, settings=self._settings())
        click.get_current_context().call_on_close(partial(self._close, opened))
        if database_place(opened.url) is None:
            self.screen.remark(f"Warning: {opened.url} is a private database: what is stored goes with this command")
        context = click.get_current_context()
        if self.reason is not None:
            from catalog import because

            context.with_resource(because(self.reason))
        return opened if self.as_of is None else context.with_resource(opened.as_of(self.as_of))

    def _settings(self) -> Settings | None:
        """Return the settings of a catalog that others reach; None: the usual ones."""
        if not self.is_served:
            return None
        from dataclasses import replace

        from catalog import load_settings

        return replace(load_settings(), served=True)

    def _close(self, opened: Catalog) -> None:
        to_come = opened.workspace.store.is_to_come
        opened.close()
        if to_come:
            self.screen.remark(
                f"Warning: there is no database at {opened.workspace.store.path}; the first write makes it"
            )

    @property
    def place(self) -> str:
        """The URL of the database, without opening it."""
        from catalog import default_url, load_settings

        return self.url or load_settings().place() or default_url()

    def schema(self) -> Schema:
        """Return the version of the database, without creating or upgrading it."""
        from catalog import SCHEMA_HEAD as HEAD
        from catalog import database_place
        from catalog import schema_revision as current

        found = current(self.place)
        return Schema(database_place(self.place) or "", found, HEAD)

    @property
    def shown_url(self) -> str:
        """The URL of the database as it may be shown: that of a server without a login."""
        return self.path if "://" in self.path else self.place

    @property
    def path(self) -> str:
        """What the database is called, a file or an address, without opening it."""
        from catalog import database_place

        return database_place(self.place) or "a database in memory"

    def look_here(self) -> None:
        """Look for modules in the current folder, after all others; nothing there becomes importable by that."""
        from catalog import looking_in

        with suppress(OSError):  # the folder was deleted, and holds no module
            click.get_current_context().with_resource(looking_in(os.getcwd()))

    def find(self, text: str) -> tuple[str, str]:
        """Return kind and name of the entry that *text* means: a key, or a name that only one kind has."""
        catalog = self.catalog
        return self._find(text, lambda kind, name: (kind, name) in catalog)

    def find_past(self, text: str) -> tuple[str, str]:
        """Return kind and name of what *text* means, among entries that are there or once were."""
        catalog = self.catalog
        return self._find(
            text, lambda kind, name: (kind, name) in catalog or bool(catalog.history(kind, name, limit=1))
        )

    def _find(self, text: str, known: Callable[[str, str], bool]) -> tuple[str, str]:
        kinds = self.catalog.kinds()
        kind, colon, name = text.partition(":")
        if colon and known(kind, name):
            return kind, name
        having = [each for each in kinds if known(each, text)]
        if len(having) == 1:
            return having[0], text
        if having:
            keys = ", ".join(f"{each}:{text}" for each in having)
            raise click.UsageError(f"'{text}' is the name of {len(having)} entries; give one of these keys: {keys}")
        return self._lost(text, kind if colon else "", name, kinds)

    def _lost(self, text: str, kind: str, name: str, kinds: list[str]) -> NoReturn:
        from catalog import EntryNotFoundError, close_matches, did_you_mean

        catalog = self.catalog
        if kind in kinds and name:
            catalog.entry(kind, name)  # raises the error that names close matches
        close = [f"{each}:{name}" for each in close_matches(kind, kinds) if kind and (each, name) in catalog]
        if not close:
            close = [hit.key for hit in catalog.search(text, limit=3) if text.casefold() in hit.key.casefold()]
        if not close:
            names: dict[str, str] = {}
            for each in kinds:
                try:
                    catalog.entry(each, text)
                except EntryNotFoundError as error:
                    names |= {key.partition(":")[2]: key for key in error.facts["close"]}
            close = [names[match] for match in close_matches(text, names)]
        hint = did_you_mean(close) or "; `catalog search` finds entries by what they do"
        raise EntryNotFoundError(f"no entry '{text}' of any kind{hint}", kind=kind or None, name=text, close=close)


pass_app = click.make_pass_decorator(Application, ensure=True)
