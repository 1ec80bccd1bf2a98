"""What a scan finds against what importing every module and inspecting finds.

    python -m benchmarks scan_recall langchain_community
    python -m benchmarks scan_recall                         # the first installed package of the frameworks known here

This command IMPORTS the package: every module of it runs. Use it in a throw-away environment. Counted are the classes
that derive from a known base class. Printed are those the scan missed, those it gave another name than the class has as
a literal, and what it found in modules that could not be imported. Exit status 1 if less than 97 % are found.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from benchmarks.measure import versions
from benchmarks.options import Parser
from catalog.discovery.rules import Rules, load_rules
from catalog.discovery.scan import scan

GOAL = 0.97
FRAMEWORKS = ("langchain_community", "crewai_tools", "llama_index", "smolagents", "langchain")


def modules(package: str, failed: dict[str, str]) -> Iterator[ModuleType]:
    """Import *package* and everything below it; note what fails."""
    waiting = [package]
    while waiting:
        name = waiting.pop()
        try:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = importlib.import_module(name)
        except BaseException as error:  # some modules call sys.exit
            failed[name] = f"{type(error).__name__}: {error}"[:100]
            continue
        yield module
        waiting += [below.name for below in pkgutil.iter_modules(getattr(module, "__path__", ()), name + ".")]


def base_of(cls: type, rules: Rules) -> bool:
    """Tell whether *cls* derives from a known base, itself not counted."""
    return any(rules.match("bases", f"{base.__module__}.{base.__qualname__}") for base in cls.__mro__[1:])


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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("scan_recall", __doc__)
    parser.add_argument("package", nargs="?", help="a package of this environment that derives from known bases")
    chosen = parser.options(arguments).package
    package = chosen or next((name for name in FRAMEWORKS if find_spec(name)), None)
    if package is None or find_spec(package) is None:
        print(f"{chosen or ', '.join(FRAMEWORKS)}: not installed; skipped")
        return
    print(versions(package))
    rules = load_rules().applying(schemas=False)
    found: dict[str | None, Any] = {finding.ref: finding for finding in scan(package).findings}
    print(f"importing every module of {package} ...", file=sys.stderr)
    classes, failed, count = inspected(package, rules)
    here = {ref: name for ref, name in classes.items() if ref in found and found[ref].kind == "tool"}
    named = {ref: name for ref, name in classes.items() if name}
    right = [ref for ref, name in named.items() if ref in found and found[ref].given_name == name]
    print(f"{count} modules imported, {len(failed)} failed")
    share = (
        f"ratio {len(here) / len(classes):.3f}, goal >= {GOAL}"
        if classes
        else "no ratio: none derives from a known base"
    )
    print(f"classes: {len(classes)} by inspection, {len(here)} of them found by the scan; {share}")
    print(f"names: {len(named)} that are literals or computed on import, {len(right)} of them right")
    for ref in sorted(set(classes) - set(here)):
        print(f"  missed  {ref}")
    for ref in sorted(set(named) - set(right)):
        print(f"  name    {ref}: {named[ref]!r}, scan says {found[ref].given_name if ref in found else None!r}")
    more = [found[ref] for ref in found if ref not in classes and found[ref].form == "class"]
    for finding in (finding for finding in more if finding.kind == "tool"):
        why = failed.get(finding.module) or ("made by a call" if finding.ref is None else "not seen by inspection")
        print(f"  more    {finding.ref or finding.nested_in} ({why})")
    if len(here) < GOAL * len(classes):
        sys.exit(1)


if __name__ == "__main__":
    main()
