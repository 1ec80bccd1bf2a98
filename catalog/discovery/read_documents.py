"""Documents become findings; what was read of an unchanged document is kept from scan to scan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from catalog.discovery.documents.document import LARGEST, Document, DocumentFault, DocumentFile
from catalog.discovery.documents.form import Form, Item
from catalog.discovery.documents.forms import forms_of
from catalog.discovery.finding import Finding
from catalog.discovery.state import fault_of
from catalog.errors import UnreadableSourceError
from catalog.source.read import read_bytes
from catalog.source.stamp import is_settled

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
            found, fault = _read(file, top)
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


def _read(file: DocumentFile, top: str) -> tuple[list[Finding], str]:
    try:
        data = read_bytes(file.path, LARGEST)
    except UnreadableSourceError as error:
        return [], str(error.facts["reason"])
    document = Document(file.path, file.place, data)
    findings: list[Finding] = []
    faults: list[str] = []
    for form in forms_of(file.place.rpartition("/")[2], file.path.rpartition("/")[0]):
        if form.hints and not any(hint in data for hint in form.hints):
            continue
        try:
            reader = import_module(f"catalog.discovery.documents.{form.reader}")
            findings += [_finding(item, form, document, top) for item in reader.read(document)]
        except DocumentFault as error:
            faults.append(f"{form.name}: {error}")
        except Exception as error:  # one document must not end a scan
            faults.append(f"{form.name}: {fault_of(error, 'its values are nested too deeply')}")
    return findings, "; ".join(faults)


def _finding(item: Item, form: Form, document: Document, top: str) -> Finding:
    spec = json.dumps(item.spec, sort_keys=True, default=str)
    references = {"references": list(item.references)} if item.references else {}
    return Finding(
        kind=item.kind,
        name=item.name,
        given_name=item.name,
        ref=None,
        spec=json.loads(spec),
        description=item.description.strip(),
        framework=form.name,
        form="document",
        source_checksum=hashlib.sha256(spec.encode()).hexdigest(),
        parameters=item.parameters,
        path=document.path,
        line=item.line,
        root=top,
        tags=item.tags,
        examples=item.examples,
        metadata={**item.metadata, "file": document.place, **references},
    )
