"""From the candidates of an extract to findings: the rule that applies, and the entry's fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from catalog.discovery.decide import of_made, of_mark
from catalog.discovery.extract import Extract
from catalog.discovery.finding import Finding
from catalog.discovery.follow_names import NameFollower
from catalog.discovery.literal import Value, texts_in
from catalog.discovery.part_text import PART
from catalog.discovery.rules import Rule
from catalog.entry.key import name_fault
from catalog.entry.template import format_of, parameters_of_text

_TEMPLATES = ("prefix", "template", "suffix")
"""Fields that are what a prompt says, and so the description of it."""

RETURNED = "->"
"""Stands among the places of a description for the text that the function returns."""

_LONGEST_NAME = 60
"""Of how many characters a name of several words may be."""

_ENTRY_FIELDS = frozenset(
    {*_TEMPLATES, "name", "description", "tags", "examples", "priority", "match", "providers", "metadata", "parameters"}
)


class FieldReader(Protocol):
    """Returns the value at the first of some places that holds a literal, or None."""

    def __call__(self, places: tuple[str | int, ...], *, part: bool = False) -> Any:
        """Read *places*; with *part* a text of which not all can be told counts, too."""


@dataclass(slots=True)
class Seen:
    """A candidate that a rule recognises, and what connects it with others.

    Attributes:
        finding: what it is.
        item: what the extract says of it.
        is_listed: whether it is a finding of its own; what is not listed leads to what it was made of.
        root: the number of the root whose file it is in.
    """

    finding: Finding
    item: dict[str, Any]
    is_listed: bool = True
    root: int = 0

    @property
    def module(self) -> str:
        """The module it is in."""
        return self.finding.module

    @property
    def takes(self) -> list[list[str]]:
        """What it is given, as `catalog.discovery.takes` says it."""
        takes: list[list[str]] = self.item.get("made", {}).get("takes", [])
        return takes


def seen_in(
    module: str,
    extract: Extract,
    follower: NameFollower,
    *,
    path: str,
    root: str | None,
    exported: Iterable[str] = (),
    public: bool = False,
) -> list[Seen]:
    """Return what is recognised in one file, in the order of its lines.

    Args:
        module: its dotted name.
        extract: what its syntax tree says.
        follower: follows names to other files.
        path: of the file.
        root: folder that must be on ``sys.path``, or None.
        exported: functions of this module that a public module of the package exports.
        public: whether plain public functions count too.
    """
    seen: list[Seen] = []
    others: list[Finding] = []
    also = frozenset(exported)
    for item in extract["items"]:
        decision = _decided(module, item, follower)
        if decision is None:
            if public and item["form"] == "function" and _is_public(module, item, extract, also):
                decision = PLAIN, "tool", no_fields
            else:
                continue
        rule, kind, read = decision
        item = _as_registered(item, rule)
        finding = finding_of(module, item, rule, kind, read, path, root)
        if item.get("alternative"):
            others.append(finding)
            continue
        finding = _said_otherwise(finding, item, rule, follower)
        seen.append(Seen(finding, item, _is_listed(item, rule, kind, read)))
        for further, (rule, kind, read) in _registered_too(item, follower, finding.kind, finding.name):
            seen.append(Seen(finding_of(module, further, rule, kind, read, path, root), further))
    seen = _with_alternatives(_without_twins(seen), others)
    return sorted(seen, key=lambda each: (each.finding.line, each.finding.given_name))


def _is_listed(item: dict[str, Any], rule: Rule, kind: str, read: FieldReader) -> bool:
    """Tell whether what a call makes is somebody's definition, and no copy, no wrapper and no part of another."""
    made = item.get("made")
    if made is None or "at" not in made or "hidden" not in item:
        return True
    if made.get("awaited"):  # what counts is what it gives
        return False
    if kind == "agent" or kind == "mcp_server":
        return True
    if kind == "model":
        return isinstance(read(rule.places("model")), str)
    if isinstance(read(rule.places("name")), str):
        return True
    # A prompt has what it says; a tool without a name of its own is called like the function it is made of.
    said = _TEMPLATES if made.get("attribute") else ("description", *_TEMPLATES)
    return kind == "prompt" and not made["inline"] and not made.get("computed") and _has_text(rule, read, said)


def _has_text(rule: Rule, read: FieldReader, fields: Iterable[str]) -> bool:
    return any(
        text.strip()
        for field in fields
        for places in (rule.places(field),)
        for text in (*texts_in(read(places)), read(places, part=True))
        if isinstance(text, str)
    )


def _without_twins(seen: list[Seen]) -> list[Seen]:
    """Leave out the definitions written as data of tools that the file makes in another way: they describe those."""
    made = {each.finding.name for each in seen if each.finding.kind == "tool" and "written" not in each.item}
    return [each for each in seen if "written" not in each.item or each.finding.name not in made]


def _with_alternatives(seen: list[Seen], others: list[Finding]) -> list[Seen]:
    """Put to each finding the *others* that its reference may lead to: reading can't tell which of them runs."""
    by_ref: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in others:
        by_ref.setdefault((finding.kind, finding.ref), []).append(finding)
    for each in seen:
        several = [each.finding, *by_ref.pop((each.finding.kind, each.finding.ref), ())]
        if len(several) > 1:
            each.finding = replace(each.finding, **_of_several(several))
    for several in by_ref.values():  # the first of the branches defines something else, of which loading is checked
        changes = _of_several(several) if len(several) > 1 else {}
        place = f"{several[0].path}:{several[0].line}:0"
        seen.append(Seen(replace(several[0], **changes, checksum=None, source_checksum=None, place=place), {}))
    return seen


def _of_several(several: list[Finding]) -> dict[str, Any]:
    """Return the fields of a finding that say of each definition what it is."""
    first = several[0]
    texts = list(dict.fromkeys(each.description for each in several if each.description))
    each_of_them = [
        {"line": each.line, "signature": each.signature, "description": each.description} for each in several
    ]
    return {"description": " Or: ".join(texts), "metadata": {**first.metadata, "definitions": each_of_them}}


def no_fields(places: tuple[str | int, ...], *, part: bool = False) -> Any:
    """Read nothing."""
    return None


PLAIN = Rule("decorators", "tool", "python")
"""What a public function is that no rule recognises; it reads no fields."""


WRITTEN = Rule("written", "tool", fields=tuple((field, (field,)) for field in ("name", "description", "parameters")))
"""What a tool is that is written as data for a model."""


def _decided(module: str, item: dict[str, Any], follower: NameFollower) -> tuple[Rule, str, FieldReader] | None:
    """Return rule, kind and a reader of fields for a candidate that is recognised, else None.

    Decorators go before bases and constructors, since an author put them there for the purpose; among decorators the
    outermost counts, but our own before all others.
    """
    rules = follower.rules
    best: tuple[Rule, str, FieldReader] | None = None
    for mark in item.get("marks", ()):
        marked = of_mark(mark, follower)
        if marked is None or (_is_replaced(item) and marked.rule.section != "methods"):
            continue  # a definition that another replaces is gone, unless the decorator put it into an object's list
        rule = marked.rule
        kind = marked.last.rpartition(".")[2] if rule.kind == "*" else rule.kind
        decision = rule, kind, _arguments_reader(marked.given, follower)
        if rules.is_own(rule):  # what the author wrote for the catalog beats the framework's
            return decision
        best = best or decision
    if best is not None:
        return best
    if "written" in item and not _is_replaced(item):
        written = item["written"]
        return replace(WRITTEN, framework=written["framework"]), "tool", _arguments_reader(written["given"], follower)
    if item["form"] == "class" and not _is_replaced(item):
        return _class_decision(module, item, follower)
    if "made" in item and not _is_replaced(item):
        return _value_decision(item, item["made"], follower)
    return None


def _registered_too(
    item: dict[str, Any], follower: NameFollower, kind: str, name: str
) -> Iterator[tuple[dict[str, Any], tuple[Rule, str, FieldReader]]]:
    """Yield what an *item* is beside the *kind* with that *name*: each decorator of an object may register another."""
    several = [mark for mark in item.get("marks", ()) if "method" in mark]
    known = {(kind, name)}
    for mark in several if len(several) > 1 else ():
        marked = of_mark(mark, follower)
        if marked is None or marked.rule.section != "methods":
            continue
        read = _arguments_reader(marked.given, follower)
        other = marked.rule.kind, read(marked.rule.places("name")) or item["name"]
        if other not in known:
            known.add(other)
            further = _as_registered({**item, "line": mark["line"], "marks": [mark]}, marked.rule)
            yield further, (marked.rule, marked.rule.kind, read)


def _said_otherwise(finding: Finding, item: dict[str, Any], rule: Rule, follower: NameFollower) -> Finding:
    """Return *finding*; of a prompt without a description with what other decorators say, or the function returns."""
    if finding.kind != "prompt" or finding.description or item["form"] != "function":
        return finding
    text: Any = None
    for marked in filter(None, (of_mark(mark, follower) for mark in item.get("marks", ())[1:])):
        read = _arguments_reader(marked.given, follower)
        text = text or next(
            (said for field in _TEMPLATES if (said := read(marked.rule.places(field), part=True))), None
        )
    if not text and RETURNED in rule.places("description") and "hidden" not in item:
        value = follower.text([PART, [{"name": f"{finding.module}.{item['qualname']}", "given": "called"}]])
        text = value[1] if value else None
    return replace(finding, description=text.strip()) if isinstance(text, str) and text.strip() else finding


def _as_registered(item: dict[str, Any], rule: Rule) -> dict[str, Any]:
    """Return *item* without what is said of the function, if what the decorator registers is not the function."""
    return item if not rule.reason else item | dict.fromkeys(("signature", "checksum", "source_checksum", "parameters"))


def _is_replaced(item: dict[str, Any]) -> bool:
    """Tell whether another definition further down surely takes the name."""
    return bool(item.get("rebound")) and not item.get("alternative")


def _class_decision(module: str, item: dict[str, Any], follower: NameFollower) -> tuple[Rule, str, FieldReader] | None:
    dotted = f"{module}.{item['qualname']}"
    extract = follower.extract_of(module)
    rule = follower.first_rule(extract["classes"].get(item["qualname"], ())) if extract else None
    return None if rule is None else (rule, rule.kind, _attributes_reader(dotted, follower))


def _attributes_reader(dotted: str, follower: NameFollower) -> FieldReader:
    """Return a reader of the attributes of the class *dotted*."""

    def read(places: tuple[str | int, ...], *, part: bool = False) -> Any:
        for place in places:
            value = (follower.text if part else follower.value)(follower.attribute(dotted, str(place))[1])
            if value is not None and value[1] is not None:
                return value[1]
        return None

    return read


def _value_decision(
    item: dict[str, Any], made: dict[str, Any], follower: NameFollower
) -> tuple[Rule, str, FieldReader] | None:
    decision = of_made(made, follower)
    if decision is None:
        return None
    rule = decision.rule
    kind = decision.last.rpartition(".")[2] if rule.kind == "*" else rule.kind
    read = _arguments_reader(decision.given, follower)
    if decision.home:
        item["doc"] = item["doc"] or follower.class_doc(decision.home)
        return rule, kind, _first_of(read, _attributes_reader(decision.home, follower))
    return rule, kind, read


def _first_of(first: FieldReader, second: FieldReader) -> FieldReader:
    def read(places: tuple[str | int, ...], *, part: bool = False) -> Any:
        value = first(places, part=part)
        return second(places, part=part) if value is None else value

    return read


def _arguments_reader(arguments: dict[str, Value], follower: NameFollower) -> FieldReader:
    def read(places: tuple[str | int, ...], *, part: bool = False) -> Any:
        for place in places:
            value = (follower.text if part else follower.value)(arguments.get(str(place)))
            if value is not None and value[1] is not None:
                return value[1]
        return None

    return read


def finding_of(
    module: str, item: dict[str, Any], rule: Rule, kind: str, read: FieldReader, path: str, root: str | None
) -> Finding:
    """Return what an *item* of *module* is by a *rule*, whose fields *read* reads."""
    fields = {field: value for field, places in rule.fields if (value := read(places)) is not None}
    if not _is_texts(fields.get("description")) and not any(field in fields for field in _TEMPLATES):
        for field in ("description", "template"):
            if isinstance(text := read(rule.places(field), part=True), str):
                fields[field] = text
                break
    extra = {field: value for field, value in fields.items() if field not in _ENTRY_FIELDS}
    name = fields.get("name")
    if isinstance(name, str) and (name_fault(name) is not None or _is_sentence(name)):
        extra["written_name"] = name
        name = " ".join(name.split())
        if name_fault(name) is not None or _is_sentence(name):
            fields.setdefault("description", name)
            name = None
    ref, nested, reason = (None, None, rule.reason) if rule.reason else _place_of(module, item)
    if kind == "model" and ref is None and isinstance(fields.get("model"), str):
        name = name or fields["model"]  # variables of functions are all called `llm`
    if not isinstance(name, str) or name_fault(name) is not None:
        name = str(item["name"])
    if "factory" in item:
        extra |= {"call": True} if ref else {"factory": f"{module}:{item['factory']}"}
    description, metadata, parameters = fields.get("description"), fields.get("metadata"), fields.get("parameters")
    if isinstance(description, list) and _is_texts(description):
        description = "\n".join(description)
    template = "" if item.get("made", {}).get("dotted", "").endswith(".from_file") else _template(fields)
    if template:
        description = "\n\n".join(filter(None, (description or item["doc"], template)))
        if not parameters:
            parameters = parameters_of_text(template, format_of(None, extra))
    priority, match = fields.get("priority"), fields.get("match")
    return Finding(
        kind=kind,
        name=name,
        given_name=name,
        ref=ref,
        nested_in=nested,
        reason=reason,
        description=description.strip() if isinstance(description, str) and description.strip() else item["doc"],
        framework=rule.framework,
        form=item["form"],
        signature=item["signature"],
        checksum=item["checksum"],
        source_checksum=item["source_checksum"],
        parameters=parameters if isinstance(parameters, dict) else item["parameters"] or None,
        module=module,
        path=path,
        line=item["line"],
        place=f"{path}:{item.get('made', {}).get('at') or str(item['line']) + ':0'}",
        root=root,
        tags=_texts(fields.get("tags")) or (),
        examples=_texts(fields.get("examples")) or (),
        priority=priority if type(priority) is int else 0,
        match=match if isinstance(match, str) else None,
        providers=_texts(fields.get("providers")),
        metadata={**(metadata if isinstance(metadata, dict) else {}), **extra},
    )


def _is_sentence(name: str) -> bool:
    """Tell whether *name* is a text that nobody would type: a role, or instructions in the place of a name."""
    return len(name) > _LONGEST_NAME and " " in name


def _template(fields: dict[str, Any]) -> str:
    """Return the texts of a template, message by message."""
    return "\n".join(text.strip() for field in _TEMPLATES for text in texts_in(fields.get(field)) if text.strip())


def _place_of(module: str, item: dict[str, Any]) -> tuple[str | None, str | None, str]:
    """Return the reference of an object; or None, the function it is made in if any, and the reason."""
    ref = f"{module}:{item['qualname']}"
    if "hidden" in item:
        nested = f"{module}:{item['hidden']}" if item["hidden"] else None
        *around, _ = [part for part in item["qualname"].split(".<locals>.") if part]
        return None, nested, item.get("reason") or f"defined inside {'.'.join(around)}()"
    if _is_replaced(item):
        return None, None, f"{ref} leads to another definition further down; no import path leads to this one"
    return ref, None, ""


def _is_texts(value: Any) -> bool:
    """Tell whether *value* is a text that is not empty, or a list of texts."""
    return bool(value) and (
        isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))
    )


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        return None
    return tuple(value)


def _is_public(module: str, item: dict[str, Any], extract: Extract, exported: frozenset[str]) -> bool:
    name = item["name"]
    if "." in item["qualname"] or _is_replaced(item) or "hidden" in item:
        return False
    if name in exported:
        return True
    if is_private(module):
        return False
    if extract["all"] is not None:
        return name in extract["all"]
    return not name.startswith("_")


def is_private(module: str) -> bool:
    """Tell whether a part of the dotted name begins with an underscore."""
    return module.startswith("_") or "._" in module
