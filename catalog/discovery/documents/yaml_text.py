"""YAML as plain data: no object is made, no key is given twice, and aliases can't make much of little."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from catalog.discovery.documents.fault import DocumentFault
from catalog.entry.limits import MOST_VALUES, data_fault, shortened, writable

_TEXTS = ("timestamp", "binary", "value", "merge")
"""Types of YAML that JSON has not, and the signs `=` and `<<` as values; they stay the texts they are written as."""
_PLAIN = ("null", "bool", "int", "float", "str", "seq", "map")
_CORE = "tag:yaml.org,2002:"


def yaml_of(text: str, first_line: int = 1) -> Any:
    """Return the value of YAML *text* as data that JSON can hold; keys are the texts that are written.

    Args:
        text: one document of YAML.
        first_line: the line of its file that *text* begins in, for messages.

    Raises:
        DocumentFault: it is no YAML, holds what is no plain data, a key twice, or too much.
    """
    import yaml

    try:
        value = yaml.load(text, Loader=_loader())
    except RecursionError:
        raise DocumentFault("its values are nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" (line {mark.line + first_line})" if mark is not None else ""
        raise DocumentFault(f"it is not YAML: {shortened(str(error.problem))}{line}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentFault(f"it is not YAML: {shortened(str(error))}") from None
    fault = data_fault(value)
    if fault is not None:
        raise DocumentFault(f"it {'is' if fault.startswith('nested') else 'holds'} {fault}")
    return writable(value)


@lru_cache(maxsize=1)
def _loader() -> Any:
    """Return the loader class; made when the first YAML is read, as the library takes a while to import."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]  # which of the two it is depends on how the library was built
        """Makes plain data only."""

        def flatten_mapping(self, node: Any) -> None:
            """Merge what the mapping names; on its way here for the first time it has only keys of its own."""
            checked = self.__dict__.setdefault("checked", set())
            if id(node) not in checked:
                checked.add(id(node))
                _check_keys(node)
            super().flatten_mapping(node)
            if len(node.value) > MOST_VALUES:  # merged from aliases of aliases
                raise _fault(f"more than {MOST_VALUES:,} values", node)

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            self.flatten_mapping(node)
            return {key.value: self.construct_object(part, deep=deep) for key, part in node.value}

    def refuse(loader: Any, node: Any) -> None:
        raise _fault(f"the tag {shortened(str(node.tag), 80)} makes no plain data", node)

    def text(loader: Any, node: Any) -> Any:
        return loader.construct_scalar(node)

    made = {f"{_CORE}{word}": base.yaml_constructors[f"{_CORE}{word}"] for word in _PLAIN}
    Loader.yaml_constructors = {**made, **{f"{_CORE}{word}": text for word in _TEXTS}, None: refuse}
    return Loader


def _check_keys(node: Any) -> None:
    """Check that the keys of a mapping are texts, and none is there twice; the one that merges may be."""
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key.value, str):
            raise _fault("a key that is no text", key)
        if key.value in seen and key.value != "<<":
            raise _fault(f"the key {shortened(repr(key.value), 60)} is there twice", key)
        seen.add(key.value)


def _fault(what: str, node: Any) -> Exception:
    from yaml.constructor import ConstructorError

    return ConstructorError(None, None, what, node.start_mark)
