"""Documents become findings; what was read of an unchanged document is kept from scan to scan."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from catalog.discovery.documents.document import LARGEST, Document, DocumentFault, DocumentFile
from catalog.discovery.documents.fit import fit_name
from catalog.discovery.documents.form import Form, Item
from catalog.discovery.documents.forms import forms_of
from catalog.discovery.documents.secrets import without_secrets
from catalog.discovery.finding import Finding
from catalog.discovery.state import fault_of
from catalog.files import open_regular, read_regular
from catalog.source.stamp import is_settled

FIRST = 65_536
"""How many bytes of a file are looked at to tell whether it may have a form."""

State = list[Any]
"""Of one document, as JSON: stamp, findings, fault."""


def read_documents(
    files: Sequence[DocumentFile], top: str, before: Mapping[str, State], now_ns: int
) -> tuple[list[Finding], list[tuple[str, str]], dict[str, State]]:
    """Return the findings in *files*, what was passed over and why, and the state of each for the next scan.

    Args:
        files: the documents.
        top: the folder that is scanned.
        before: the states of the scan before, by path below *top*.
        now_ns: when the scan began; a file that changed just then is compared again the next time.
    """
    findings: list[Finding] = []
    faults: list[tuple[str, str]] = []
    states: dict[str, State] = {}
    for file in files:
        state = before.get(file.place)
        if state is None or state[0] != file.stamp:
            found, fault = read_document(file, top)
            state = [
                file.stamp if is_settled(file.stamp, now_ns) else "",
                [each.to_dict() for each in found],
                fault,
            ]
            findings += found
        else:
            findings += [Finding.from_dict(each) for each in state[1]]
        states[file.place] = state
        if state[2]:
            faults.append((file.path, state[2]))
    return findings, faults, states


def read_document(file: DocumentFile, top: str) -> tuple[list[Finding], str]:
    """Return the findings in one document below the folder *top*, and what is wrong with it; empty: nothing."""
    try:
        forms = _fitting(file.path)
        if not forms:
            return [], ""
        document = Document(file.path, file.place, read_regular(file.path, LARGEST))
    except OSError as error:
        return [], error.strerror or str(error)
    findings: list[Finding] = []
    faults: list[str] = []
    for form in forms:
        try:
            reader = import_module(f"catalog.discovery.documents.{form.reader}")
            findings += [_finding(item, form, document, top) for item in reader.read(document)]
        except DocumentFault as error:
            faults.append(f"{form.name}: {error}")
        except Exception as error:  # one document must not end a scan
            faults.append(f"{form.name}: {fault_of(error, 'its values are nested too deeply')}")
    return findings, "; ".join(faults)


def _fitting(path: str) -> list[Form]:
    """Return the forms the file at *path* may have, by its name and its first bytes."""
    forms = forms_of(os.path.basename(path), os.path.dirname(path))
    if not any(form.hints for form in forms):
        return list(forms)
    with open_regular(path) as file:
        head = file.read(FIRST)
    return [form for form in forms if not form.hints or any(hint in head for hint in form.hints)]


def _finding(item: Item, form: Form, document: Document, top: str) -> Finding:
    spec = json.loads(json.dumps(item.spec))  # what is no JSON is a fault of the reader
    shape = _without_prose(item.parameters)
    relied_on = spec if item.signature is None else item.signature
    name = fit_name(item.name)
    references = {"references": list(item.references)} if item.references else {}
    return Finding(
        kind=item.kind,
        name=name,
        given_name=name,
        ref=None,
        spec=spec,
        description=str(without_secrets(item.description.strip())),
        framework=form.name,
        form="document",
        signature=item.signature,
        checksum=_digest([relied_on, shape]),
        source_checksum=_digest([spec, shape]),
        parameters=item.parameters,
        path=document.path,
        line=item.line,
        root=top,
        tags=tuple(dict.fromkeys(fit_name(tag) for tag in item.tags)),
        examples=tuple(map(str, without_secrets(list(item.examples)))),
        metadata={**item.metadata, "file": document.place, **references},
        code=item.code,
    )


def _digest(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _without_prose(schema: Any) -> Any:
    """Return a JSON Schema without the texts that change nothing."""
    if isinstance(schema, dict):
        return {
            word: _without_prose(part)
            for word, part in schema.items()
            if not (word in ("description", "title") and isinstance(part, str))
        }
    return [_without_prose(part) for part in schema] if isinstance(schema, list) else schema
