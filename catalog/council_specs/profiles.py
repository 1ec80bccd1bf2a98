"""Profiles in layers: the nearest layer that has a key gives its value, and each value keeps the name of its layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from types import ModuleType
from typing import Any, NamedTuple

from catalog.errors import CouncilSpecError

LAYERS = ("application", "council", "member", "inline")
"""The farthest first: the application's default, the council's, the member's profile, its own overrides."""

Read = Callable[[str], Mapping[str, Any] | None]


class Given(NamedTuple):
    """One value of a profile.

    Attributes:
        value: as the layer gives it.
        layer: one of :data:`LAYERS`.
        source: where the layer has it from: ``profile:mini``, or ``profile_overrides``.
    """

    value: Any
    layer: str
    source: str


class Layer(NamedTuple):
    """The values of one layer; None where only code that was not loaded knows them."""

    name: str
    source: str
    values: Mapping[str, Any] | None


@dataclass(frozen=True)
class Profile(Mapping[str, Any]):
    """The values that count for one member; a mapping from key to value.

    Attributes:
        given: for each key the value, its layer and its source.
        unread: sources whose values are not known, as their code was not loaded.
    """

    given: Mapping[str, Given] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def __getitem__(self, key: str) -> Any:
        return self.given[key].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def layered(layers: Iterable[Layer]) -> Profile:
    """Return what remains of *layers*, the farthest first: for each key the value of the last layer that has it."""
    given: dict[str, Given] = {}
    unread = []
    for name, source, values in layers:
        if values is None:
            unread.append(source)
            continue
        given.update({key: Given(value, name, source) for key, value in values.items()})
    return Profile(given, tuple(unread))


def profile_of(
    application: str | Mapping[str, Any] | None,
    council: str | None,
    member: str | None,
    inline: Mapping[str, Any],
    read: Read,
) -> Profile:
    """Return the profile of a member, or of a chair, out of its four layers.

    Args:
        application: the default under all others: the name of a profile, or its values.
        council: the name of the profile that its council has for all members.
        member: the name of its own profile.
        inline: values that win over those of every profile.
        read: returns the values of a profile by name, or None if they are not known without loading code.
    """
    layers = []
    if isinstance(application, Mapping):
        layers.append(Layer("application", "application", application))
    names = (application if isinstance(application, str) else None, council, member)
    for layer, name in zip(LAYERS, names, strict=False):
        if name is not None:
            layers.append(Layer(layer, f"profile:{name}", read(name)))
    layers.append(Layer("inline", "profile_overrides", inline))
    return layered(layers)


def values_of(profile: object, name: str) -> dict[str, Any]:
    """Return the values of a profile, whatever it is made of: only those that were set.

    Args:
        profile: a mapping; a pydantic model (fields that were given); a dataclass (fields that are not None); another
            object, class or module (public attributes that are data).
        name: the name of the profile, for the message of the error.

    Raises:
        CouncilSpecError: *profile* is none of these.
    """
    if isinstance(profile, Mapping):
        return dict(profile)
    fields_set = getattr(profile, "model_fields_set", None)
    if isinstance(fields_set, (set, frozenset)) and not isinstance(profile, type):
        return {key: getattr(profile, key) for key in sorted(fields_set)}
    if is_dataclass(profile) and not isinstance(profile, type):
        return {f.name: value for f in fields(profile) if (value := getattr(profile, f.name)) is not None}
    if isinstance(profile, (str, bytes, int, float, list, tuple, set, type(None))) or not hasattr(profile, "__dict__"):
        text = f"profile:{name} is {type(profile).__name__}; a profile is a mapping, or an object with attributes"
        raise CouncilSpecError(text, issues=[{"path": "", "code": "bad_type", "message": text}], name=name)
    # The farthest first, so that what a class or an instance sets itself replaces what it inherits.
    bases = reversed(profile.__mro__[:-1]) if isinstance(profile, type) else (type(profile), profile)
    values: dict[str, Any] = {}
    for base in bases:
        values |= vars(base)
    return {key: value for key, value in values.items() if not key.startswith("_") and _is_value(value)}


def _is_value(value: object) -> bool:
    return not (callable(value) or isinstance(value, (ModuleType, property, classmethod, staticmethod)))
