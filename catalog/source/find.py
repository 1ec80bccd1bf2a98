"""From an object reference to its definition, through imports, aliases and base classes, running nothing."""

from __future__ import annotations

import ast
import builtins
import os.path
from dataclasses import dataclass
from typing import Literal, NamedTuple

from catalog.errors import UnreadableSourceError
from catalog.source.checksum import Function
from catalog.source.define import Definition, Node, define
from catalog.source.locate import Locator
from catalog.source.names import Binding, Imported, Names, Opaque, names_of

Reason = Literal["module", "attribute", "elsewhere", "not-source", "unreadable", "dynamic"]

_DEEPEST = 60
"""How many imports, aliases and bases are followed; more is a circle."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a reference leads to no definition.

    Attributes:
        ref: the reference.
        reason: ``module``: its package or folder is there and has no such module. ``attribute``: the module is there
            and has no such name. ``elsewhere``: its package or folder can't be seen from here: not installed, on
            another machine, on a disk that is not mounted.
            ``not-source``: bytecode, an extension or a built-in. ``unreadable``: source that can't be parsed.
            ``dynamic``: the name may come into being when the module runs.
        message: the same for people.
        path: the file the search ended in, or None.
    """

    ref: str
    reason: Reason
    message: str
    path: str | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the code is surely gone: what holds it is there, and has no such thing."""
        return self.reason in ("module", "attribute")

    @property
    def is_out_of_sight(self) -> bool:
        """Whether nothing can be said of the code from here, except that it can't be imported here."""
        return self.reason == "elsewhere"


class _Module(NamedTuple):
    """A module, where a name leads to it and not to something in it."""

    name: str


class _Place(NamedTuple):
    """A definition and where it is."""

    node: Function | ast.ClassDef | ast.expr
    module: str
    qualname: str
    path: str


class _Lost(Exception):
    """The search ends here: what a `Missing` says, without the reference."""

    def __init__(self, reason: Reason, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.message = message
        self.path = path


def find_object(ref: str, locator: Locator) -> Definition | Missing:
    """Return the definition that ``package.module:qualified.name`` leads to, or why there is none.

    The definition names the module and path it really has, so two references to one object give equal
    definitions. Ask for references of one module one after the other: a `Locator` keeps only some files
    parsed.
    """
    definition_and_node = find_node(ref, locator)
    return definition_and_node if isinstance(definition_and_node, Missing) else definition_and_node[0]


def find_node(ref: str, locator: Locator) -> tuple[Definition, Node] | Missing:
    """Return what :func:`find_object` does, and the node of the syntax tree it was made from."""
    module, _, qualname = ref.partition(":")
    try:
        if not module or not qualname:
            raise _Lost("attribute", f"{ref!r} is not of the form 'package.module:name'")
        _look_in_own(module.partition(".")[0], locator)
        place = _Search(locator).walk(module, qualname.split("."), 0)
        if isinstance(place, _Module):
            raise _Lost("dynamic", f"{ref!r} is the module {place.name}, which has no signature")
    except _Lost as lost:
        return Missing(ref, lost.reason, lost.message, lost.path)
    except UnreadableSourceError as error:
        return Missing(ref, "unreadable", str(error), error.facts.get("path"))
    return define(place.node, place.module, place.qualname, place.path), place.node


def _look_in_own(top: str, locator: Locator) -> None:
    """Raise where the folder of an entry has not its top-level module: what another folder has is another module."""
    if locator.own is None or locator.is_own(top):
        return
    if not os.path.isdir(locator.own):
        raise _Lost("elsewhere", f"its folder {locator.own} can't be seen from here")
    raise _Lost("module", f"there is no module {top} in {locator.own}")


class _Search:
    """One search; the methods call each other, *depth* grows with every step."""

    def __init__(self, locator: Locator) -> None:
        self.locator = locator
        self._starred: dict[tuple[str, str], tuple[_Module | _Place | None, bool]] = {}

    def walk(self, module: str, parts: list[str], depth: int) -> _Module | _Place:
        """Follow *parts* from *module*."""
        place: _Module | _Place = _Module(module)
        for part in parts:
            if isinstance(place, _Module):
                place = self.of_module(place.name, part, depth)
            else:
                place = self.of_object(place, part, depth)
        return place

    def of_module(self, module: str, name: str, depth: int) -> _Module | _Place:
        """Return what *name* is in *module*."""
        if depth > _DEEPEST:
            raise _Lost("attribute", f"{module}:{name} leads in a circle")
        site = self.locator.find(module)
        if site is None:
            raise self._no_module(module)
        submodule = f"{module}.{name}"
        if not site.has_source:
            if site.is_package and self.locator.find(submodule) is not None:
                return _Module(submodule)
            if site.form == "namespace":
                raise _Lost("attribute", f"the package {module} has no module {name!r}")
            raise _Lost("not-source", f"{module} is {_FORMS[site.form]}, which can't be read", site.path)
        path = site.path or ""
        names = self.locator.names(path)
        binding = names.bound.get(name)
        if binding is not None and not self._is_own_submodule(binding, site.is_package, name):
            return self.of_binding(binding, name, _Scope(module, site.is_package, path, names, ""), depth + 1)
        # A name that is nowhere to be seen is not gone where something could still make it: "dynamic", no fault.
        doubt = ""
        for star in reversed(names.stars):
            target = _absolute(star, module, site.is_package)
            place, is_readable = self._from_star(target, name, depth + 1)
            if place is not None:
                return place
            if not is_readable:
                doubt = f"it may come from {target}, which can't be read"
        if site.is_package and self.locator.find(submodule) is not None:
            return _Module(submodule)
        if names.is_dynamic:
            doubt = "the module's __getattr__ may make it"
        elif not doubt and _writes_names(self.locator.parse(path).text):
            doubt = "the module writes to its own names when it runs"
        if doubt:
            raise _Lost("dynamic", f"{module} doesn't show {name!r}: {doubt}", path)
        raise _Lost("attribute", f"{module} has no {name!r}", path)

    def _from_star(self, module: str, name: str, depth: int) -> tuple[_Module | _Place | None, bool]:
        """Return what a star import from *module* brings as *name*, or None, and whether the module can be read."""
        key = (module, name)
        answer = self._starred.get(key)
        if answer is None:
            self._starred[key] = None, True  # modules that import all of each other: each is looked into once
            answer = self._starred[key] = self._looked_up(module, name, depth)
        return answer

    def _looked_up(self, module: str, name: str, depth: int) -> tuple[_Module | _Place | None, bool]:
        try:
            return (self.of_module(module, name, depth) if self._exports(module, name, depth) else None), True
        except _Lost as lost:
            return None, lost.reason == "attribute"
        except UnreadableSourceError:
            return None, False

    def of_binding(self, binding: Binding, name: str, scope: _Scope, depth: int) -> _Module | _Place:
        """Return what a name bound in *scope* stands for."""
        if depth > _DEEPEST:
            raise _Lost("attribute", f"{scope.module}:{name} leads in a circle", scope.path)
        if isinstance(binding, Opaque):
            raise _Lost("dynamic", f"{scope.module} computes {name!r} when it runs", scope.path)
        if isinstance(binding, Imported):
            target = _absolute(binding, scope.module, scope.is_package)
            if binding.name is None:
                return _Module(target)
            return self.of_module(target, binding.name, depth + 1)
        if isinstance(binding, (ast.Name, ast.Attribute)):
            alias = self.of_expression(binding, scope, depth + 1, skip=name)
            if alias is not None:
                return alias
        return _Place(binding, scope.module, f"{scope.within}{name}", scope.path)

    def of_expression(self, node: ast.expr, scope: _Scope, depth: int, skip: str = "") -> _Module | _Place | None:
        """Return what a dotted name stands for in *scope*, or None if it is something else or a built-in.

        *skip* is the name being bound: ``x = x`` in a class body means the module's.
        """
        if isinstance(node, ast.Attribute):
            owner = self.of_expression(node.value, scope, depth + 1)
            if isinstance(owner, _Module):
                return self.of_module(owner.name, node.attr, depth + 1)
            if isinstance(owner, _Place) and isinstance(owner.node, ast.ClassDef):
                return self.of_object(owner, node.attr, depth + 1)
            return None
        if not isinstance(node, ast.Name):
            return None
        own = scope.names.bound.get(node.id)
        if own is not None and node.id != skip:
            return self.of_binding(own, node.id, scope, depth + 1)
        if own is not None and not scope.within:
            return None  # x = x, with nothing around it
        return self._global(node.id, scope.module, depth)

    def of_object(self, place: _Place, name: str, depth: int) -> _Module | _Place:
        """Return what *name* is in the class at *place*, its bases included."""
        if depth > _DEEPEST:
            raise _Lost("attribute", f"{place.module}:{place.qualname}.{name} leads in a circle", place.path)
        if not isinstance(place.node, ast.ClassDef):
            what = "a function" if not isinstance(place.node, ast.expr) else "a value"
            raise _Lost(
                "dynamic",
                f"{place.module}:{place.qualname} is {what}; reading can't tell whether it has {name!r}",
                place.path,
            )
        names = names_of(place.node.body)
        site = self.locator.find(place.module)
        package = site is not None and site.is_package
        within = f"{place.qualname}."
        binding = names.bound.get(name)
        if binding is not None:
            return self.of_binding(binding, name, _Scope(place.module, package, place.path, names, within), depth + 1)
        outer = _Scope(place.module, package, place.path, self.locator.names(place.path), "")
        doubt = ""
        for base in place.node.bases:
            if isinstance(base, ast.Subscript):  # Base[int]
                base = base.value
            try:
                above = self.of_expression(base, outer, depth + 1)
                if isinstance(above, _Place) and isinstance(above.node, ast.ClassDef):
                    return self.of_object(above, name, depth + 1)
                if getattr(base, "id", "") not in ("object", "ABC", "Generic", "Protocol"):
                    doubt = doubt or ast.unparse(base)
            except _Lost as lost:
                if lost.reason != "attribute":
                    doubt = doubt or ast.unparse(base)
            except UnreadableSourceError:
                doubt = doubt or ast.unparse(base)
        shown = f"{place.module}:{place.qualname}"
        if doubt or place.node.keywords:
            why = f"its base {doubt} can't be read" if doubt else "its metaclass may make it"
            raise _Lost("dynamic", f"{shown} doesn't show {name!r}: {why}", place.path)
        raise _Lost("attribute", f"{shown} has no {name!r}", place.path)

    def _global(self, name: str, module: str, depth: int) -> _Module | _Place | None:
        """Return what *name* is at the top level of *module*, or None if it is a built-in or not there."""
        if hasattr(builtins, name) and name not in self.locator.names(self._path(module)).bound:
            return None
        try:
            return self.of_module(module, name, depth + 1)
        except _Lost as lost:
            if lost.reason == "attribute":
                return None
            raise

    def _path(self, module: str) -> str:
        site = self.locator.find(module)
        return (site.path if site is not None else None) or ""

    def _exports(self, module: str, name: str, depth: int) -> bool:
        """Tell whether ``from module import *`` may bring *name*."""
        if depth > _DEEPEST:
            return False
        site = self.locator.find(module)
        if site is None or not site.has_source:
            raise _Lost("not-source", f"{module} can't be read")
        names = self.locator.names(site.path or "")
        if names.exported is not None:
            return name in names.exported
        return not name.startswith("_")

    def _is_own_submodule(self, binding: Binding, is_package: bool, name: str) -> bool:
        """Tell whether the binding is ``from . import name`` in a package, which names its submodule."""
        return (
            is_package
            and isinstance(binding, Imported)
            and binding.level == 1
            and not binding.module
            and binding.name == name
        )

    def _no_module(self, module: str) -> _Lost:
        """Return why there is no *module*: the innermost package that is there decides."""
        parent, _, last = module.rpartition(".")
        while parent:
            site = self.locator.find(parent)
            if site is not None:
                if site.has_source and "sys.modules" in self.locator.parse(site.path or "").text:
                    return _Lost("dynamic", f"{parent} may put the module {module} in place when it runs")
                return _Lost("module", f"the package {parent} has no module {last!r}", site.path)
            parent, _, last = parent.rpartition(".")
        return _Lost("elsewhere", f"there is no module {module}")


class _Scope(NamedTuple):
    """The body a name is looked up in; *within* is the dotted path of its class, with a dot at the end."""

    module: str
    is_package: bool
    path: str
    names: Names
    within: str


_FORMS = {
    "bytecode": "bytecode without source",
    "extension": "an extension module",
    "builtin": "built into Python",
    "frozen": "frozen into Python",
}


def _absolute(imported: Imported, module: str, is_package: bool) -> str:
    if not imported.level:
        return imported.module
    drop = imported.level - 1 if is_package else imported.level
    parts = module.split(".")
    base = parts[: len(parts) - drop]
    return ".".join([*base, imported.module] if imported.module else base)


def _writes_names(text: str) -> bool:
    return "globals()" in text or "sys.modules" in text or "exec(" in text
