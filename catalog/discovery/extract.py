"""The extract of one file: what its syntax tree says, as plain data that is kept between scans.

Whether a class is a tool depends on other files, which may change while this one doesn't. So an extract holds
candidates and the dotted names they use; `catalog.discovery.follow_names` follows those names into other files, and
`catalog.discovery.assemble` decides.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from catalog.discovery.attributes import Attributes
from catalog.discovery.crewai import CREW, crews_of
from catalog.discovery.decorators import Decorators
from catalog.discovery.definitions import Definitions
from catalog.discovery.gives import Given, Gives, gives_nothing
from catalog.discovery.handing import handed
from catalog.discovery.items import Items
from catalog.discovery.literal import Value
from catalog.discovery.made import BLOCKS, MadeObjects, built
from catalog.discovery.part_text import part_of_text, text_given_by
from catalog.discovery.rules import Rules
from catalog.discovery.scopes import Beside, Namer, Scope, Scopes, annotated, is_alias, last_name
from catalog.discovery.written_tools import written_tools
from catalog.source.branches import Branches
from catalog.source.checksum import Function
from catalog.source.define import define, docstring_of
from catalog.source.docstrings import summary
from catalog.source.names import Imported, Opaque

Extract = dict[str, Any]
"""``imports`` name to dotted · ``stars`` modules · ``classes`` qualified name to bases · ``aliases`` name to dotted ·
``makes`` variable to the dotted class it is made of · ``decorators`` variable to the mark it leaves as a decorator ·
``returns`` function to the dotted class it returns · ``defines`` the functions and classes of the module ·
``all`` what ``__all__`` lists · ``items`` the candidates · ``asked`` the classes that were candidates ·
``described`` the names that were public · ``tried`` the imports that decided which branches run ·
``aliased`` the decorators and calls in it that may be known under other names · ``handed`` what calls hand on ·
``gives`` function to what a call of it gives, once that was asked for, and classes of which a call gives nothing ·
``details`` class to what `Extractor.details` tells, once that was asked for · ``crews`` CrewAI's classes, see
`catalog.discovery.crewai`."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_LOOKED_AT = frozenset((*_DEFINITIONS, ast.Assign, ast.AnnAssign, *BLOCKS))
"""Statements that make candidates, or hold such; most are others."""

Chain = tuple[tuple[int, int], ...]
"""The branches a statement is in of which reading can't tell whether they run: statement and place of the branch."""


class Extractor:
    """Makes the extract of one file."""

    def __init__(
        self,
        module: str,
        path: str,
        is_package: bool,
        tree: ast.Module,
        rules: Rules,
        beside: Beside = lambda dotted: None,
    ) -> None:
        """Prepare to read the *tree* of *module*; *beside* tells of its neighbours."""
        self.module, self.path = module, path
        self.is_package = is_package
        self.tree = tree
        self.rules = rules
        self.namer = Namer(module, is_package, tree.body, path, beside)
        self.top = self.namer.top
        self.decorators = Decorators(self.namer, rules)
        self.takes = self.decorators.takes
        self._items = Items(module, path, self.decorators)
        self._attributes = Attributes(self.namer, rules)
        self.items: list[dict[str, Any]] = []
        self.handed: list[list[str]] = []
        self.classes: dict[str, list[str]] = {}
        self._candidates: frozenset[str] | None = None
        self._public: Callable[[str], bool] | None = None
        self._deep = self._assigned = True
        self._chains: dict[int, Chain] = {}
        self._definitions = Definitions(module, path, self.top.names)
        self._within = Branches(None, lambda name: Opaque())  # of functions: their own names are not followed

    def extract(
        self,
        candidates: frozenset[str] | None,
        *,
        public: Callable[[str], bool] | None = None,
        deep: bool = True,
        assigned: bool = True,
        calls: Sequence[int] = (),
        aliases: frozenset[str] = frozenset(),
        makers: frozenset[str] = frozenset(),
        written: Sequence[int] = (),
    ) -> Extract:
        """Return the extract.

        Args:
            candidates: names of classes in this file to describe; None means all that have bases.
            public: tells of a name whether a function of that name, at module level, is to be described too.
            deep: look for decorators, and into classes and functions.
            assigned: look for variables made by known constructors.
            calls: the lines on which a known constructor seems to be called.
            aliases: names that known decorators may have in some file.
            makers: names of what may make known objects in some file.
            written: the lines on which the schema of a tool seems to be that is written as data for a model.
        """
        self.decorators.aliases, self.decorators.makers = aliases, makers
        self._candidates, self._public, self._deep, self._assigned = candidates, public, deep, assigned
        self._body(self.tree.body, [self.top], "", None, live=True)
        self._settle_alternatives()
        if calls:
            self._made_anywhere(calls)
        if written:
            self._written(written)
        for item in self.items:
            item.pop("node", None)
        names = self.top.names
        return {
            **self._followed(),
            "stars": [dotted for star in names.stars if (dotted := self.namer.imported(star)) is not None],
            "classes": self.classes,
            "defines": [name for name, bound in names.bound.items() if isinstance(bound, _DEFINITIONS)],
            "all": list(names.exported) if names.exported is not None else None,
            "items": self.items,
            "handed": self.handed,
            "told": self._told() if calls else {},
            "tried": names.branches.tried,
            "aliased": [],
            "gives": {name: {} for name, bound in names.bound.items() if gives_nothing(bound)},
            "details": {},
            "crews": crews_of(self.tree) if CREW in names.bound else {},
            "asked": None if candidates is None else sorted(candidates),
            "described": [name for name in names.bound if public(name)] if public is not None else [],
        }

    def _settle_alternatives(self) -> None:
        """Of several values of one name at module level keep the last, or those of which one or the other counts."""
        values: dict[str, list[dict[str, Any]]] = {}
        for item in self.items:
            if item["form"] == "value":
                values.setdefault(item["qualname"], []).append(item)
        for name, several in values.items():
            bound = self.top.names.bound.get(name)
            counts = next((item for item in several if item["value"] is bound), None)
            for item in several:
                value = item.pop("value")
                if counts is not None and item is not counts:
                    item["rebound"] = True
                    item["alternative"] = _are_alternatives(self._chains[id(bound)], self._chains[id(value)])

    def _followed(self) -> dict[str, dict[str, Any]]:
        """Return where the names at module level lead: to imports, other names, makers of objects, types returned."""
        imports: dict[str, str] = {}
        aliases: dict[str, str] = {}
        makes: dict[str, str] = {}
        returns: dict[str, str] = {}
        decorators: dict[str, dict[str, Any]] = {}
        for name in self.top.names.bound:
            binding = self.top.names.intended(name)
            if isinstance(binding, Imported):
                dotted = self.namer.imported(binding)
                if dotted is not None:
                    imports[name] = dotted
            elif is_alias(binding):
                dotted = self.namer.expand(binding, [self.top])
                if dotted is not None and dotted != f"{self.module}.{name}":
                    aliases[name] = dotted
            elif isinstance(binding, ast.ClassDef):
                aliases |= self._attributes_with_other_names(binding)
            elif isinstance(binding, ast.Call):
                dotted = self.namer.expand(binding.func, [self.top])
                if dotted is not None:
                    makes[name] = dotted
                for mark in self.decorators.marks([binding], [self.top]):
                    decorators[name] = mark
            elif isinstance(binding, (ast.FunctionDef, ast.AsyncFunctionDef)) and binding.returns is not None:
                dotted = self.namer.type_of(binding.returns, [self.top])
                if dotted is not None:
                    returns[name] = dotted
        for name, annotation in annotated(self.tree.body).items():
            dotted = self.namer.type_of(annotation, [self.top])
            if dotted is not None:
                makes.setdefault(name, dotted)
        return {"imports": imports, "aliases": aliases, "makes": makes, "returns": returns, "decorators": decorators}

    def _attributes_with_other_names(self, node: ast.ClassDef) -> dict[str, str]:
        """Return the attributes of a class that are other names for something: ``class Marks: mark = tool``."""
        scopes = [self.top, Scope("class", node.body, node)]
        found = {}
        for statement in node.body:
            if isinstance(statement, ast.Assign):
                value = statement.value
                if isinstance(value, ast.Call) and last_name(value) == "staticmethod" and value.args:
                    value = value.args[0]
                dotted = self.namer.expand(value, scopes) if is_alias(value) else None
                for target in statement.targets if dotted is not None else ():
                    if isinstance(target, ast.Name):
                        found[f"{node.name}.{target.id}"] = str(dotted)
        return found

    def gives(self, qualname: str) -> Given:
        """Return what a call of the function, method or class *qualname* gives."""
        return Gives(self.decorators).of(qualname)

    def constant(self, name: str) -> Value:
        """Return the value of the module-level *name* or ``Class.attribute``, as far as reading tells.

        With ``?called`` or ``?doc`` behind it: the text that the function gives, or what is said of it.
        """
        plain, mark, how = name.partition("?")
        binding = self.namer.member(plain.split("."))
        if isinstance(binding, (ast.FunctionDef, ast.AsyncFunctionDef)) and mark:
            return text_given_by(binding, self.namer, called=how == "called")
        if not isinstance(binding, ast.expr):
            return None
        value = self.namer.read(binding, [self.top])
        return part_of_text(binding, self.namer, [self.top]) if value is None and mark else value

    # --- walking -------------------------------------------------------------------------------------------

    def _body(
        self,
        body: Sequence[ast.stmt],
        scopes: Scopes,
        prefix: str,
        hidden: str | None,
        *,
        live: bool,
        chain: Chain = (),
    ) -> None:
        """Visit the statements of one body.

        *prefix* is the qualified name they have, *hidden* the function they are in, *live* whether they run on import,
        *chain* the branches they are in.
        """
        for place, node in enumerate(body):
            if node.__class__ not in _LOOKED_AT:
                continue
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if live:
                    self._chains[id(node)] = chain
                    self._function(node, scopes, prefix, hidden)
                if self._deep:
                    inner = Scope("function", node.body, node)
                    owner = hidden or prefix + node.name
                    self._body(node.body, [*scopes, inner], f"{prefix}{node.name}.<locals>.", owner, live=live)
            elif isinstance(node, ast.ClassDef):
                if live:
                    self._chains[id(node)] = chain
                self._class(node, scopes, prefix, hidden, live)
                if self._deep:
                    inner = Scope("class", node.body, node)
                    self._body(node.body, [*scopes, inner], f"{prefix}{node.name}.", hidden, live=live)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                if live and self._assigned and not prefix:
                    self._chains[id(node.value)] = chain
                    self._assignment(node, scopes, body[place + 1] if place + 1 < len(body) else None)
            elif isinstance(node, BLOCKS):
                branches = self.top.names.branches if hidden is None else self._within
                parts = branches.parts(node)
                is_open = any(part.runs is None or part.elsewhere for part in parts)
                for number, part in enumerate(parts):
                    inside = (*chain, (id(node), number)) if is_open else chain
                    runs = live and part.may_run
                    self._body(part.body, scopes, prefix, hidden, live=runs, chain=inside)

    def _function(self, node: Function, scopes: Scopes, prefix: str, hidden: str | None) -> None:
        marks = self.decorators.marks_of(node, scopes) if self._deep else []
        if self._deep and not prefix:
            marks += self.decorators.mark_of_spec(node.name)
        public = self._public is not None and not prefix and self._public(node.name) and not _is_overload(node)
        if not marks and not public:
            return
        item = self._item("function", node, prefix, hidden)
        item["marks"] = marks
        self.items.append(item)

    def _class(self, node: ast.ClassDef, scopes: Scopes, prefix: str, hidden: str | None, live: bool) -> None:
        bases = [dotted for base in node.bases if (dotted := self.namer.base(base, scopes)) is not None]
        qualname = prefix + node.name
        if bases and (live or qualname not in self.classes):
            self.classes[qualname] = bases
        marks = self.decorators.marks_of(node, scopes) if self._deep else []
        candidate = bool(bases) if self._candidates is None else node.name in self._candidates
        if not live or not (marks or candidate):
            return
        item = self._item("class", node, prefix, hidden)
        item["marks"] = marks
        item["attributes"] = self._attributes.of(node, scopes)
        self.items.append(item)

    def _assignment(self, node: ast.Assign | ast.AnnAssign, scopes: Scopes, after: ast.stmt | None) -> None:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if not isinstance(target, ast.Name) or node.value is None:
            return
        value = call = node.value
        while isinstance(call, ast.Call):
            dotted = self.namer.callee(call.func, scopes)
            if dotted is not None and (self._is_constructor(dotted) or self.decorators.is_known(dotted)):
                name, line, value = built(target.id, dotted, node, value, scopes[-1].body)
                item = self._items.value(name, value, line, after)
                item["made"] = self._items.made(call, dotted, scopes)
                # A decorator that is given no object makes a decorator: mine = tool(tags=[...]).
                item["made"]["decorates"] = bool(call.args) or call is not value
                item["node"], item["value"] = call, value
                self.items.append(item)
                return
            # prompt.partial(...) and model(name=...)(object): the call within says what it is.
            func: ast.expr = call.func
            if isinstance(func, ast.Attribute):
                func = func.value
            call = func

    def _made_anywhere(self, lines: Sequence[int]) -> None:
        """Collect the calls of known constructors that are no variables of the module."""
        there = {id(item["node"]) for item in self.items if "node" in item}
        made = MadeObjects(self.namer, self.takes, self._is_class, self.rules, lines)
        for call in made.calls(self.tree):
            if call.handing is not None:
                self.handed += handed(call.node, call.handing, self.takes.of(call.node, call.around.scopes))
            elif call.applied:
                self.items += self._items.applied(call)
            elif id(call.node) not in there:
                self.items.append(self._items.of_call(call))

    def _written(self, lines: Sequence[int]) -> None:
        """Collect the tools that are written as data; the functions they describe where the file has them."""
        functions = {item["qualname"]: item for item in self.items if item["form"] == "function"}
        for each in written_tools(self.tree, self.namer, lines):
            item = functions.get(each.name)
            if item is None:
                bound = self.top.names.bound.get(each.name)
                if isinstance(bound, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    item = self._item("function", bound, "", None)
                else:
                    item = self._items.written(each)
                self.items.append(item)
            item["written"] = {"framework": each.framework, "given": each.given}

    def _is_constructor(self, dotted: str) -> bool:
        last = dotted.rpartition(".")[2]
        return last in self.decorators.makers or any(
            self.rules.is_word("constructors", part) for part in dotted.split(".")[-2:]
        )

    def _is_class(self, dotted: str) -> bool:
        """Tell whether *dotted* may be a constructor, rather than a function that makes something."""
        last = dotted.rpartition(".")[2].lstrip("_")
        is_function = last[:1].islower() and last in self.decorators.makers and last not in self.rules.makers
        is_listed = not is_function or self.rules.match("constructors", dotted) is not None
        return self._is_constructor(dotted) and is_listed

    # --- asked for by name ---------------------------------------------------------------------------------

    def about(self, qualname: str) -> dict[str, Any]:
        """Return what is known of a name: ``function`` its item, or ``targets`` what it stands for; else nothing."""
        node, scopes, hidden = self._definition(qualname.split("."))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            prefix = qualname.removesuffix(node.name)
            return {"function": self._item("function", node, prefix, hidden)}
        if isinstance(node, ast.expr):
            return {"targets": list(self.takes.targets(node, scopes))}
        return {}

    def details(self, qualname: str) -> dict[str, Any]:
        """Return ``doc`` and ``attributes`` of a class; nothing if there is no class of that name."""
        node, scopes, _ = self._definition(qualname.split("."))
        if not isinstance(node, ast.ClassDef):
            return {}
        return {"doc": summary(docstring_of(node)), "attributes": self._attributes.of(node, scopes)}

    def _definition(self, names: list[str]) -> tuple[Any, Scopes, str | None]:
        """Return what a qualified name is bound to, the bodies around it, and the function it is in, if any."""
        scopes, hidden, node = [self.top], None, None
        for place, name in enumerate(names):
            if name == "<locals>":
                hidden = hidden or ".".join(names[:place])
                continue
            if place:
                if not isinstance(node, _DEFINITIONS):
                    return None, scopes, None
                kind = "class" if isinstance(node, ast.ClassDef) else "function"
                scopes = [*scopes, Scope(kind, node.body, node)]
            node = scopes[-1].names.bound.get(name)
        return node, scopes, hidden

    def _told(self) -> dict[str, dict[str, Any]]:
        """Return what is known of the names in this file that calls are given."""
        mine = self.module + "."
        made = [item["made"] for item in self.items if "made" in item]
        targets = [take[2] for each in made for take in each["takes"]]
        targets += [target for _, _, target in self.handed]
        names = {target.removeprefix(mine) for target in targets if target.startswith(mine)}
        return {name: self.about(name) for name in sorted(names)}

    # --- candidates ----------------------------------------------------------------------------------------

    def _item(self, form: str, node: Function | ast.ClassDef, prefix: str, hidden: str | None) -> dict[str, Any]:
        item = self._definitions.item(form, node, prefix + node.name)
        if hidden is not None:
            item["hidden"] = hidden
        elif not prefix:
            self._follow_rebinding(item, node)
        return item

    def _follow_rebinding(self, item: dict[str, Any], node: Function | ast.ClassDef) -> None:
        """Set right what *item* says if its name leads elsewhere in the end: to another definition, or to a value."""
        bound = self.top.names.bound.get(node.name)
        if bound is node:
            return
        if bound is None:  # `del name`, further down
            item["rebound"] = True
            return
        if isinstance(bound, _DEFINITIONS):
            item["rebound"] = True
            item["alternative"] = _are_alternatives(self._chains.get(id(bound), ()), self._chains.get(id(node), ()))
            return
        # What loading checks is what the name is bound to: search = with_retry(search).
        sums = None
        if isinstance(bound, ast.expr) and not isinstance(bound, (ast.Name, ast.Attribute)):
            sums = define(bound, self.module, node.name, self.path)
        item["checksum"] = sums.checksum if sums else None
        item["source_checksum"] = sums.source_checksum if sums else None


def _are_alternatives(chain: Chain, other: Chain) -> bool:
    """Tell whether of two places one or the other runs, and reading can't tell which."""
    places = dict(chain)
    return any(places.get(statement, number) != number for statement, number in other)


def _is_overload(node: Function) -> bool:
    return any(last_name(decorator) == "overload" for decorator in node.decorator_list)
