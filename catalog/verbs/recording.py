"""From what a caller hands to ``register`` to the fields of an entry."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from catalog.authoring import mark_of
from catalog.entry.entry import Entry, make_entry, parameters_of
from catalog.entry.limits import shortened
from catalog.entry.object_ref import reference_fault
from catalog.entry.own_name import own_name
from catalog.entry.states import STATES
from catalog.entry.template import format_of, parameters_of_text, text_of
from catalog.errors import InvalidEntryError, InvalidReferenceError, NotImportableError
from catalog.verbs.live_facts import live_facts, live_fields

if TYPE_CHECKING:
    from catalog.source.places import Places


def name_of(kind: str, obj: Any) -> str:
    """Return the name that the mark on an object gives it, else the one the object carries (`own_name`).

    Raises:
        InvalidEntryError: it carries none.
    """
    mark = mark_of(obj) or {}
    name = mark["name"] if isinstance(mark.get("name"), str) else live_facts(obj).get("name") or own_name(kind, obj)
    if name is not None:
        return str(name)
    raise InvalidEntryError(f"{obj!r:.80} carries no name; give one: register(obj, name='…')", kind=kind)


def stands_for(kind: str, name: str, value: Any) -> dict[str, Any]:
    """Return ``{"ref": …}`` or ``{"spec": …}`` for what is to be stored.

    Args:
        kind: for messages.
        name: for messages.
        value: a reference as text, the text of a prompt, JSON data, a pydantic model, or an object that a module
            holds under a name.

    Raises:
        InvalidReferenceError: a text that is no reference.
        NotImportableError: neither data nor importable by another process; the text says how to register it.
    """
    if isinstance(value, str):
        fault = reference_fault(value)
        if fault and kind == "prompt":
            if not value.strip():
                raise InvalidEntryError(f"{kind}:{name} is an empty text", key=f"{kind}:{name}")
            return {"spec": value}
        if fault:
            who = shortened(f"{kind}:{name}: {value!r}", 150)
            raise InvalidReferenceError(
                f"{who} is not an object reference: {shortened(fault, 80)}; write 'package.module:name', or give text "
                "as data: {'text': …}",
                ref=value,
                key=f"{kind}:{name}",
            )
        _refuse_script(value, f"{kind}:{name}")
        return {"ref": value}
    if value is None or isinstance(value, (dict, list, int, float)):
        if value is None:
            raise InvalidEntryError(f"{kind}:{name} stands for nothing: give a reference, data or an object")
        return {"spec": value}
    dump = getattr(value, "model_dump", None)
    if callable(dump) and _is_council(value):
        return {"spec": dump(mode="json")}
    ref = reference_to(value)
    if ref is not None:
        return {"ref": ref}
    if callable(dump) and not isinstance(value, type):
        return {"spec": dump(mode="json")}
    raise NotImportableError(
        f"{kind}:{name}: {_shown(value)} can't be imported by another process: {_why_not(value)}. Or give "
        "its reference as 'package.module:name', or register it for this process only with runtime=True",
        key=f"{kind}:{name}",
    )


def _is_council(value: object) -> bool:
    """Tell whether *value* is data even where a module holds it under a name: what it names must be known unloaded."""
    from catalog.council_specs.shape import BaseSpec

    return isinstance(value, BaseSpec)


def reference_to(value: object) -> str | None:
    """Return the reference under which another process can import *value*, or None.

    Looked at: the name the object says it has, checked by following it; for an instance, the module-level names of
    the loaded modules, those of its own class's package first.
    """
    module, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(value, MethodType):
        # Each look at a method makes another object, and an inherited method has the name of the class it comes from.
        owner = value.__self__
        if not isinstance(owner, type):
            return None
        module, qualname = owner.__module__, f"{owner.__qualname__}.{value.__name__}"
        ref = f"{module}:{qualname}"
        return ref if reference_fault(ref) is None and _follow(module, qualname) == value else None
    if isinstance(module, str) and isinstance(qualname, str):
        ref = f"{module}:{qualname}"
        if module != "__main__" and reference_fault(ref) is None and _follow(module, qualname) is value:
            return ref
        if not callable(value) or isinstance(value, type):
            return None
    if isinstance(value, ModuleType):
        return None
    home = type(value).__module__.partition(".")[0]
    loaded = sorted(sys.modules.items(), key=lambda item: (not item[0].startswith(home), item[0]))
    for name, loaded_module in loaded:
        if name == "__main__" or not isinstance(loaded_module, ModuleType):
            continue
        try:
            names = list(vars(loaded_module).items())
        except RuntimeError:  # another thread is importing it
            continue
        for attribute, found in names:
            if found is value and reference_fault(f"{name}:{attribute}") is None and not attribute.startswith("__"):
                return f"{name}:{attribute}"
    return None


def _follow(module: str, qualname: str) -> object:
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        if part == "<locals>":
            return None
        found = getattr(found, part, None)
    return found


def _why_not(value: object) -> str:
    """Return why no other process can import *value*, and the first thing to do about it."""
    module, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(value, MethodType) and not isinstance(value.__self__, type):
        return "it is a method of one object; make it a function or a class method"
    if not isinstance(module, str) or not isinstance(qualname, str):
        return "no module holds it under a name; give it a name at the top level of a module"
    if module == "__main__":
        return "it is defined in the script that runs; move it to a module, and import it from there"
    if "<" in qualname:  # <locals>, <lambda>
        return "it is made inside a function or has no name; move it to the top level of a module"
    spec = getattr(sys.modules.get(module), "__spec__", None)
    if getattr(spec, "_initializing", False):
        return f"{module} is still being imported and does not hold it yet; register it below its definition"
    held = _follow(module, qualname)
    if held is not None:
        return f"{module}:{qualname} is another object, as a decorator makes it; register that"
    return f"{module} does not hold it under the name {qualname}; assign it there"


def _shown(value: object) -> str:
    name = getattr(value, "__qualname__", None)
    if not name:
        return f"{value!r:.60}"
    where = getattr(value, "__module__", None)
    return "a lambda" if "<lambda>" in name else f"{where}:{name}" if where else str(name)


def marked(value: object) -> dict[str, Any]:
    """Return the fields that one of our decorators wrote on *value*."""
    mark = mark_of(value) or {}
    return {k: v for k, v in mark.items() if k not in ("kind", "name") and v not in (None, "", (), [], {})}


def _said(value: object, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return *fields*; what is not among them comes from our decorator on *value*, else from *value* itself."""
    said, mark = live_fields(value), marked(value)
    metadata = [part.get("metadata") for part in (said, mark, fields)]
    merged = {**said, **mark, **fields}
    if metadata[0] and all(isinstance(part, Mapping) for part in metadata if part is not None):
        merged["metadata"] = {word: it for part in metadata if part for word, it in part.items()}
    return merged


def drafted(given: Iterable[Entry | Mapping[str, Any]]) -> list[Entry]:
    """Return entries of the persistent tier for what a caller gives, described by their source where it is at hand.

    Args:
        given: entries, or mappings with their fields; a mapping may hold ``value`` in place of ``ref`` or ``spec``.

    Raises:
        InvalidEntryError: a field is wrong; the text names entry and field.
        InvalidReferenceError, NotImportableError: what they say.
    """
    from catalog.source.places import Places

    entries = [templated(persistent(fields)) for fields in given]
    places = Places()
    waiting = sorted(
        (i for i, e in enumerate(entries) if e.ref and e.checksum is None), key=lambda i: str(entries[i].ref)
    )
    for i in waiting:  # by module, so that each file is parsed once
        entries[i] = described(entries[i], places)
    return entries


def persistent(given: Entry | Mapping[str, Any]) -> Entry:
    """Return the entry of the persistent tier for what a caller gives, as :func:`drafted` takes it, not yet described.

    Raises:
        InvalidEntryError, InvalidReferenceError, NotImportableError: as `drafted`.
    """
    if isinstance(given, Entry):
        return given if given.tier == "persistent" else make_entry({**dict(given), "tier": "persistent"})
    if not isinstance(given, Mapping):
        raise InvalidEntryError(f"{given!r:.80} is neither an entry nor a mapping with the fields of one")
    fields = dict(given)
    if "value" in fields:
        value = fields.pop("value")
        kind, name = str(fields.get("kind")), str(fields.get("name"))
        fields = {**_said(value, fields), **stands_for(kind, name, value)}
    entry = make_entry({**fields, "tier": "persistent"})
    _refuse_script(entry.ref, entry.key)
    return entry


def _refuse_script(ref: str | None, key: str) -> None:
    """Raise for a reference into the script that runs: that is another module in every process."""
    if ref is not None and ref.partition(":")[0] == "__main__":
        raise InvalidReferenceError(
            f"{key}: '__main__' is another module in every process; give the module by its name, or register the entry "
            "for this process only with runtime=True",
            ref=ref,
            key=key,
        )


CODE_SAYS = ("root", "parameters", *STATES)
"""Fields of the metadata that are about the code behind an entry: with other code they do not hold any more."""


def described(entry: Entry, places: Places, *, over: bool = False) -> Entry:
    """Return *entry* with root, signature, checksums, parameters and description from its source, read and not run.

    Args:
        entry: one with a reference; what it says already stays, unless *over*.
        places: where to look.
        over: take signature, checksums and parameters from the source whatever was recorded.

    Without source that can be read (not installed, a C extension) the entry comes back as it is.
    """
    from catalog.source.describe import find_described
    from catalog.source.find import Missing
    from catalog.source.locate import root_of

    if entry.ref is None:
        return entry
    locator = places.of(entry.root)
    found = find_described(entry.ref, locator)
    site = None if entry.root else locator.find(entry.ref.partition(":")[0])
    root = None if site is None else root_of(site)
    metadata = {**entry.metadata, "root": root} if root else entry.metadata
    if isinstance(found, Missing):
        return entry.model_copy(update={"metadata": metadata}) if root else entry
    definition, parameters, summary = found
    update: dict[str, Any] = {"metadata": metadata}
    if over or entry.signature is None:
        update["signature"] = definition.signature
    if over or entry.checksum is None:
        update |= {"checksum": definition.checksum, "source_checksum": definition.source_checksum}
    if not entry.description and summary:
        update["description"] = summary
    if parameters.get("properties") and (over or not parameters_of(entry.metadata, None)):
        update["metadata"] = {**metadata, "parameters": parameters}
    return entry.model_copy(update=update)


def templated(entry: Entry) -> Entry:
    """Return *entry*, if it is a prompt that is text, with its text as description and its variables as parameters.

    What it says already stays.
    """
    text = prompt_text(entry)
    if text is None:
        return entry
    update: dict[str, Any] = {} if entry.description else {"description": text}
    if not entry.parameters:
        parameters = parameters_of_text(text, format_of(entry.spec, entry.metadata))
        if parameters:
            update["metadata"] = {**entry.metadata, "parameters": parameters}
    return entry.model_copy(update=update) if update else entry


def untemplated(entry: Entry) -> Entry:
    """Return *entry* without what :func:`templated` has made it say."""
    text = prompt_text(entry)
    if text is None:
        return entry
    update: dict[str, Any] = {"description": ""} if entry.description == text else {}
    if entry.metadata.get("parameters") == parameters_of_text(text, format_of(entry.spec, entry.metadata)):
        update["metadata"] = {name: value for name, value in entry.metadata.items() if name != "parameters"}
    return entry.model_copy(update=update) if update else entry


def prompt_text(entry: Entry) -> str | None:
    """Return the text of a prompt that is text, without blank ends; None for all other entries."""
    text = text_of(entry.spec) if entry.kind == "prompt" and entry.ref is None else None
    return text if text is None else text.strip()


def runtime_entry(kind: str, name: str, value: Any, fields: Mapping[str, Any]) -> Entry:
    """Return the record of an object that is registered for this process only."""
    if isinstance(value, str) and reference_fault(value) is None:
        fields = {**fields, "ref": value}
    description = _said(value, fields).get("description")
    if not description and kind == "prompt":
        description = None if fields.get("ref") else text_of(value)
    if not description and callable(value):
        description = (getattr(value, "__doc__", None) or "").strip().split("\n\n")[0]
    return make_entry(
        {
            "source": "runtime",
            **_said(value, fields),
            "description": " ".join(str(description or "").split()),
            "kind": kind,
            "name": name,
            "tier": "runtime",
            "revision": 0,
        }
    )
