"""What a scan finds against what importing every module and inspecting finds.

    python -m benchmarks scan_recall langchain_community

This command IMPORTS the package: every module of it runs. Use it in a throw-away environment. Counted are the classes
that derive from a known base class, and the module-level objects that are instances of a known constructor's class.
Printed are those the scan missed, those it gave another name than the class has as a literal, and what it found in
modules that could not be imported. Exit status 1 if less than 97 % of the classes are found.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from catalog.discovery.rules import Rules, load_rules
from catalog.discovery.scan import scan

GOAL = 0.97


def modules(package: str, failed: dict[str, str]) -> Iterator[ModuleType]:
    """Import *package* and everything below it; note what fails."""
    waiting = [package]
    while waiting:
        name = waiting.pop()
        try:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = importlib.import_module(name)
        except BaseException as error:
            failed[name] = f"{type(error).__name__}: {error}"[:100]
            continue
        yield module
        waiting += [one.name for one in pkgutil.iter_modules(getattr(module, "__path__", ()), name + ".")]


def base_of(cls: type, rules: Rules) -> bool:
    """Tell whether *cls* derives from a known base, itself not counted."""
    return any(rules.match("bases", f"{one.__module__}.{one.__qualname__}") for one in cls.__mro__[1:])


def name_of(cls: type) -> str | None:
    """Return the name instances of *cls* get if nobody gives them another."""
    fields = getattr(cls, "model_fields", None)
    name = fields["name"].default if isinstance(fields, dict) and "name" in fields else getattr(cls, "name", None)
    return name if isinstance(name, str) else None


def inspected(package: str, rules: Rules) -> tuple[dict[str, str | None], dict[str, str], int]:
    """Return classes by reference with the names they have, the modules that failed, and how many did not."""
    classes: dict[str, str | None] = {}
    failed: dict[str, str] = {}
    count = 0
    for module in modules(package, failed):
        count += 1
        for value in list(vars(module).values()):
            if isinstance(value, type) and (value.__module__ + ".").startswith(package + ".") and base_of(value, rules):
                classes[f"{value.__module__}:{value.__qualname__}"] = name_of(value)
    return classes, failed, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package")
    package = parser.parse_args().package
    rules = load_rules().applying(schemas=False)
    found: dict[str | None, Any] = {one.ref: one for one in scan(package).findings}
    print(f"importing every module of {package} ...", file=sys.stderr)
    classes, failed, count = inspected(package, rules)
    here = {ref: name for ref, name in classes.items() if ref in found and found[ref].kind == "tool"}
    named = {ref: name for ref, name in classes.items() if name}
    right = [ref for ref, name in named.items() if ref in found and found[ref].given_name == name]
    print(f"{count} modules imported, {len(failed)} failed")
    print(f"classes: {len(classes)} by inspection, {len(here)} of them found by the scan")
    print(f"names: {len(named)} that are literals or computed on import, {len(right)} of them right")
    for ref in sorted(set(classes) - set(here)):
        print(f"  missed  {ref}")
    for ref in sorted(set(named) - set(right)):
        print(f"  name    {ref}: {named[ref]!r}, scan says {found[ref].given_name if ref in found else None!r}")
    more = [one for ref, one in found.items() if one.form == "class" and one.kind == "tool" and ref not in classes]
    for one in more:
        why = failed.get(one.module) or ("made by a call" if one.ref is None else "not seen by inspection")
        print(f"  more    {one.ref or one.nested_in} ({why})")
    if len(here) < GOAL * len(classes):
        sys.exit(1)


if __name__ == "__main__":
    main()
