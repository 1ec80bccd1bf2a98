"""A council in words: who sits in it, which layer gives each value of a profile, what is wrong. Nothing is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from catalog.council_specs.profiles import profile_of, values_of
from catalog.council_specs.spec import CouncilSpec, Member
from catalog.council_specs.validate import council_data, held, validate_council
from catalog.errors import CouncilSpecError

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.workspace.lookup import Lookup


def explain_council(entry: Entry, catalog: Lookup) -> dict[str, Any]:
    """Return what is known of a council without loading anything, as JSON.

    Args:
        entry: a council or sub-council; it may be broken.
        catalog: what it is in.

    Returns:
        ``members`` (the chair last) with ``id``, ``role``, ``sub_council``, ``tools``, ``profile`` (for each key
        ``value``, ``layer`` and ``source``) and ``unread`` (profiles that only their code knows); and ``issues``.
        Both are empty for a council that is code.
    """
    data = council_data((entry.kind, entry.name), catalog)
    issues = [] if data is None else validate_council(entry.key, catalog)
    try:
        spec = CouncilSpec() if data is None else CouncilSpec.model_validate(data)
    except ValidationError:
        return {"members": [], "issues": issues}  # the issues say what keeps it from being read
    seats = [*spec.members, *([spec.chair] if isinstance(spec.chair, Member) else [])]
    return {"members": [_seat(spec, member, catalog) for member in seats], "issues": issues}


def _seat(spec: CouncilSpec, member: Member, catalog: Lookup) -> dict[str, Any]:
    inner = member.sub_council
    seat: dict[str, Any] = {"id": member.id, "role": member.role}
    if inner is not None:
        return {**seat, "sub_council": inner if isinstance(inner, str) else inner.name or "nested"}

    def read(name: str) -> Mapping[str, Any] | None:
        if ("profile", name) not in catalog:
            return {}  # validation reports the missing profile
        profile = held(("profile", name), catalog)
        try:
            return None if profile is None else values_of(profile, name)
        except CouncilSpecError:
            return {}

    layered = profile_of(
        catalog.settings.default_profile, spec.default_profile, member.profile, member.profile_overrides, read
    )
    return {
        **seat,
        "tools": list(dict.fromkeys((*spec.tools, *member.tools))),
        "profile": {key: given._asdict() for key, given in layered.given.items()},
        "unread": list(layered.unread),
    }
