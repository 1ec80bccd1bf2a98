"""The edges between what a scan finds: an agent, its tools, its model, those it hands over to; a server and its tools.

Plain functions that an agent is given become tools here: nothing else marks them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from catalog.discovery.assemble import Seen, finding_of, no_fields
from catalog.discovery.finding import Finding, changed
from catalog.discovery.follow_names import NameFollower
from catalog.discovery.outside import Reads
from catalog.discovery.rules import Rule
from catalog.discovery.takes import WRAPPED


class Root(Reads, Protocol):
    """The files of one root, as far as connecting asks of them."""

    follower: NameFollower

    def about(self, module: str, qualname: str) -> dict[str, Any]:
        """Return what is known of a qualified name in a module; see `Extractor.about`."""

    def file_of(self, module: str) -> tuple[str, str | None]:
        """Return path and root of a module."""

    def placed(self, finding: Finding) -> Finding:
        """Return a finding as what can't be loaded if its file can't be imported."""

    def handed(self) -> Iterable[tuple[str, str, str, str]]:
        """Yield what calls hand to models and agents: module, framework, form and target."""


ROLES = {
    **dict.fromkeys(("tools", "functions", "toolkits", "toolsets", "builtin_tools", "plugins", "skills"), "tools"),
    **dict.fromkeys(("sub_agents", "agents", "members", "participants", "managed_agents", "nodes"), "agents"),
    **dict.fromkeys(("model", "llm", "model_client", "chat_client", "client", "lm", "chat_generator"), "model"),
    **dict.fromkeys(("prompt", "instructions", "instruction", "system_prompt", "system_message"), "prompt"),
    **dict.fromkeys(("output_type", "output_schema", "response_format", "response_model"), "output_schema"),
}
"""Arguments of many frameworks that mean the same; any other argument is a role of its own."""

_GIVEN = ("tools", "functions", "toolkits", "toolsets", "builtin_tools", "plugins")
"""The arguments whose plain functions are tools."""
_OF_FUNCTIONS = ("tool", "prompt")
"""The kinds that a plain function may be."""
_TAKERS = ("agent", "tool", "mcp_server", "model")
"""The kinds of what may be given tools."""
_DEEPEST = 12
"""How many copies of copies are followed."""
_MOST = 2_000
"""How many findings one finding refers to at most."""


class _Target(NamedTuple):
    """What something is given in a module of the root with that number; see :mod:`catalog.discovery.takes`."""

    root: int
    module: str
    form: str
    target: str


class _Way(NamedTuple):
    """How a target was come to: the number of steps, and what was looked at on any way; lists may hold each other."""

    steps: int
    been: set[_Target]


class Connected:
    """The findings of one scan, and what leads from one to the other."""

    def __init__(self, roots: Sequence[tuple[Root, list[Seen]]]) -> None:
        """Connect what was seen in the files of each of the *roots*."""
        self.roots = [root for root, _ in roots]
        self.seen = [list(seen) for _, seen in roots]
        self._numbers = {id(root): number for number, root in enumerate(self.roots)}
        self._by_name: dict[tuple[int, str], list[Seen]] = {}
        self._by_call: dict[tuple[int, str, str], Seen] = {}
        self._same: dict[int, Seen] = {}  # of copies and wrappers: what counts instead
        self._made_by: dict[int, list[Seen]] = {}
        self._edges: dict[int, dict[tuple[str, str, str], None]] = {}
        for number, seen in enumerate(self.seen):
            for each in seen:
                each.root = number
                each.finding = self._settled(each)
                self._add(each)

    def _settled(self, each: Seen) -> Finding:
        """Return the finding, without a reference where no import leads to its file."""
        finding = self.roots[each.root].placed(each.finding)
        if finding.ref is not None or "call" not in finding.metadata:
            return finding
        return changed(finding, metadata={word: value for word, value in finding.metadata.items() if word != "call"})

    def _add(self, each: Seen) -> None:
        name = f"{each.module}:{each.item.get('qualname', each.finding.name)}"
        self._by_name.setdefault((each.root, name), []).append(each)
        at = each.item.get("made", {}).get("at")
        if at:
            self._by_call[each.root, each.module, at] = each

    def findings(self) -> list[Finding]:
        """Return the findings, with the plain functions that are tools, and what each refers to."""
        for seen in self.seen:
            self._leave_out_copies(seen)
            self._leave_out_makers(seen)
        for number, root in enumerate(self.roots):
            for module, framework, form, target in root.handed():
                deque(self._resolved(_Target(number, module, form, target), "tools", framework), 0)
        for each in self._all():
            if each.finding.kind in _OF_FUNCTIONS and each.takes:
                self._unwrap(each)
        for each in self._all():
            self._connect(each)
        listed = [each for each in self._all() if each.is_listed and id(each) not in self._same]
        return [
            changed(each.finding, uses=tuple(uses)) if (uses := self._edges.get(id(each))) else each.finding
            for each in listed
        ]

    def _all(self) -> list[Seen]:
        return [each for seen in self.seen for each in seen]

    # --- what is one -----------------------------------------------------------------------------------------

    def _leave_out_copies(self, seen: list[Seen]) -> None:
        """Of several makers of the same keep one: a model for each name, a call for each that is written twice."""
        first: dict[tuple[Any, ...], Seen] = {}
        for each in seen:
            finding = each.finding
            if not each.is_listed or finding.ref is not None or "made" not in each.item:
                continue
            owner = self._owner(each)
            if owner is not None:
                self._same[id(each)] = owner
                if not owner.finding.description:
                    owner.finding = replace(owner.finding, description=finding.description)
                continue
            key: tuple[Any, ...] = (finding.kind, finding.name, finding.framework)
            if finding.kind != "model":
                key += (finding.module, finding.source_checksum)
                if finding.name == each.item["name"]:  # one that nobody gave a name is known by where it is
                    key += (each.item.get("hidden"), each.item["qualname"])
            kept = first.setdefault(key, each)
            if kept is not each:
                self._same[id(each)] = kept

    def _leave_out_makers(self, seen: list[Seen]) -> None:
        """Of a function that makes something and the variables that hold what it made keep the variables."""
        for each in seen:
            if each.item["form"] != "value" or each.finding.ref is None:
                continue
            for maker in self._called(each.root, each.item.get("made", {}).get("dotted", "")):
                if "factory" in maker.item and maker.finding.kind == each.finding.kind:
                    self._same.setdefault(id(maker), each)
                    self._made_by.setdefault(id(each), []).append(maker)

    def _place(self, root: int, dotted: str) -> tuple[int, str, list[str]] | None:
        """Return root, module and names that *dotted*, in the files of *root*, leads to within the scan, or None."""
        follower = self.roots[root].follower
        last = follower.follow_inside(dotted)
        place = follower.split(last) if last is not None else None
        number = self._numbers.get(id(follower.reader_of(place[0]))) if place is not None else None
        return None if place is None or number is None else (number, *place)

    def _called(self, root: int, dotted: str) -> list[Seen]:
        place = self._place(root, dotted)
        return [] if place is None else list(self._by_name.get((place[0], f"{place[1]}:{'.'.join(place[2])}"), ()))

    def _owner(self, each: Seen) -> Seen | None:
        """Return the decorated function that returns what *each* is: ``@agent def writer(self): return Agent(…)``.

        Of several with one name it is the one that begins last before it.
        """
        name = each.item.get("factory")
        owners = [
            other
            for other in (self._by_name.get((each.root, f"{each.module}:{name}"), ()) if name else ())
            if other is not each and other.item["form"] == "function" and other.finding.kind == each.finding.kind
        ]
        above = [other for other in owners if other.finding.line <= each.finding.line]
        return max(above, key=lambda other: other.finding.line, default=owners[0] if owners else None)

    def _unwrap(self, each: Seen) -> None:
        """Make one of a tool and the function it is made of: ``FunctionTool(f)`` is *f* where no path leads to it."""
        for argument, form, target in each.takes:
            if argument not in WRAPPED or form != "name":
                continue
            wrapped = _Target(each.root, each.module, form, target)
            kind = each.finding.kind
            role = f"{kind}s" if kind == "tool" or "marks" in each.item else ""  # templates are made of no function
            inner = next(self._resolved(wrapped, role, each.finding.framework), None)
            if inner is None or inner is each or inner.finding.kind != kind or not role:
                continue
            is_method = "." in inner.item["qualname"] and "hidden" not in inner.item and "marks" not in each.item
            if each.is_listed and (each.finding.ref is not None or is_method) and "given" in inner.item:
                self._same[id(inner)] = each
                each.finding = _with_facts(each.finding, inner.finding)
            elif each.finding.ref is None:
                if each.is_listed and "given" in inner.item:
                    inner.finding = _renamed(inner.finding, each.finding)
                self._same[id(each)] = inner
            return

    # --- edges -----------------------------------------------------------------------------------------------

    def _connect(self, each: Seen) -> None:
        me = self._counted(each)
        if me.is_listed:
            for maker in (each, *self._made_by.get(id(each), ())):
                self._connect_takes(maker, me)
        for mark in each.item.get("marks", ()):
            self._offered_by(each, mark.get("on", ()))
        self._offered_by(each, each.item.get("on", ()))

    def _connect_takes(self, maker: Seen, me: Seen) -> None:
        """Connect what *maker* is given; of a call that makes a finding it is that one, and not the class of it too."""
        is_made = False
        for argument, form, target in maker.takes:
            if not (is_made and form == "called"):
                is_made = self._connect_one(maker, me, argument, form, target) and form == "made"
            else:
                is_made = False

    def _connect_one(self, each: Seen, me: Seen, argument: str, form: str, target: str) -> bool:
        """Connect *me* with one target of *each*; return whether there is something to connect with."""
        there = False
        role = "tools" if argument in _GIVEN or argument.endswith("*") else ROLES.get(argument, argument)
        takes_functions = role == "tools" and each.finding.kind in _TAKERS
        framework = each.finding.framework
        given = _Target(each.root, each.module, form, target)
        for other in self._resolved(given, role if takes_functions else "", framework):
            if other.finding.kind == "tool" and argument.rstrip("*").isdecimal():
                role = "tools"
            self._edge(me, role, other)
            there = True
        return there

    def _offered_by(self, each: Seen, targets: Iterable[list[str]]) -> None:
        """Let the server or agent that a decorator belongs to refer to what it decorates."""
        for form, target in targets:
            for owner in self._resolved(_Target(each.root, each.module, form, target), ""):
                if owner.finding.kind in ("agent", "mcp_server"):
                    self._edge(owner, each.finding.kind + "s", self._counted(each))
                    return

    def _edge(self, source: Seen, role: str, target: Seen) -> None:
        edges = self._edges.setdefault(id(source), {})
        if source is not target and target.is_listed and len(edges) < _MOST:
            edges[role, target.finding.kind, target.finding.place] = None

    def _counted(self, each: Seen) -> Seen:
        for _ in range(_DEEPEST):
            other = self._same.get(id(each))
            if other is None:
                break
            each = other
        return each

    # --- targets ---------------------------------------------------------------------------------------------

    def _resolved(self, target: _Target, role: str, framework: str = "", way: _Way | None = None) -> Iterator[Seen]:
        """Yield what a target is; plain functions become tools where *role* is ``tools``, or prompts."""
        way = _Way(0, set()) if way is None else _Way(way.steps + 1, way.been)
        if way.steps > _DEEPEST or target in way.been:
            return
        way.been.add(target)
        if target.form == "made":
            made = self._by_call.get((target.root, target.module, target.target))
            if made is not None:
                yield from self._listed(made, role, framework, way)
        elif target.form in ("name", "called"):
            yield from self._named(target, role, framework, way)

    def _listed(self, each: Seen, role: str, framework: str, way: _Way) -> Iterator[Seen]:
        """Yield *each*, or what it wraps if it is no finding of its own."""
        counted = self._counted(each)
        if counted.is_listed:
            yield counted
            return
        for argument, form, target in each.takes:
            if argument in WRAPPED:
                yield from self._resolved(_Target(each.root, each.module, form, target), role, framework, way)

    def _named(self, wanted: _Target, role: str, framework: str, way: _Way) -> Iterator[Seen]:
        place = self._place(wanted.root, wanted.target)
        if place is None:
            return
        root, module, names = place
        qualname = ".".join(names)
        there = self._by_name.get((root, f"{module}:{qualname}"), [])
        if wanted.form == "name":  # the function itself, rather than what it makes when it is called
            plain = [each for each in there if "factory" not in each.item]
            there = plain if plain or role == "tools" else there
        for each in there:
            yield from self._listed(each, role, framework, way)
        if there or wanted.form == "called" or not names:
            return
        told = self.roots[root].about(module, qualname)
        if "function" in told and role.removesuffix("s") in _OF_FUNCTIONS:
            yield self._given(root, module, told["function"], framework, role.removesuffix("s"))
        for form, target in told.get("targets", ()):
            yield from self._resolved(_Target(root, module, form, target), role, framework, way)

    def _given(self, root: int, module: str, item: dict[str, Any], framework: str, kind: str) -> Seen:
        """Return the tool, or the prompt, that a plain function is."""
        path, folder = self.roots[root].file_of(module)
        rule = Rule("decorators", kind, framework or "python")
        finding = finding_of(module, item, rule, kind, no_fields, path, folder)
        each = Seen(finding, {**item, "given": True}, root=root)
        each.finding = self._settled(each)
        self.seen[root].append(each)
        self._add(each)
        return each


def referring(findings: Iterable[Finding]) -> list[Finding]:
    """Return the *findings*, whose names are settled, with the keys of what they use in ``metadata["references"]``.

    A reference is that of the finding's own root, else of the one root that has it.
    """
    findings = list(findings)
    keys: dict[tuple[str, str], dict[str | None, str]] = {}
    for finding in findings:
        if finding.place:
            keys.setdefault((finding.kind, finding.place), {})[finding.root] = finding.key
    named = []
    for finding in findings:
        meant = [keys.get((kind, place), {}) for _, kind, place in finding.uses]
        used = [
            roots.get(finding.root, first)
            for roots in meant
            if (first := next(iter(roots.values()), None)) and (finding.root in roots or len(roots) == 1)
        ]
        if used:
            references = list(dict.fromkeys([*finding.metadata.get("references", ()), *used]))
            finding = changed(finding, metadata={**finding.metadata, "references": references})
        named.append(finding)
    return named


def _with_facts(finding: Finding, function: Finding) -> Finding:
    """Return a *finding* that a function is wrapped in, with what only the function says."""
    return replace(
        finding,
        description=finding.description or function.description,
        parameters=finding.parameters or function.parameters,
    )


def _renamed(function: Finding, wrapper: Finding) -> Finding:
    """Return a *function* with the name and the description that its *wrapper* gives it."""
    return replace(
        function,
        name=wrapper.name,
        given_name=wrapper.name,
        description=wrapper.description or function.description,
        framework=wrapper.framework or function.framework,
    )
