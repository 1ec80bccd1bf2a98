"""From an object reference to the live object: the one place that imports what an entry names."""

from __future__ import annotations

import importlib
import sys

from catalog.entry.object_ref import ObjectRef
from catalog.errors import ResolveError, close_matches, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


def resolve(ref: str, roots: Sequence[str] = (), *, key: str | None = None) -> object:
    """Return the object that ``package.module:qualified.name`` names, importing its module.

    Args:
        ref: the reference.
        roots: folders of modules that are not installed. If ``sys.path`` has no such top-level module they
            are put at its end, and stay there after an import that succeeded, as its functions may import
            their neighbours later.
        key: the entry's key, for the text of errors.

    Raises:
        InvalidReferenceError: *ref* has another form.
        ResolveError: there is no such module or attribute, or importing it failed in whatever way,
            `SystemExit` included; the cause is chained. ``facts["reason"]`` is ``missing-module``,
            ``missing-dependency``, ``missing-attribute`` or ``import-failed``. Only `KeyboardInterrupt`
            passes through.
    """
    module, qualname = ObjectRef.parse(ref)
    obj: object = _import(module, ref, roots, key)
    at = module
    for part in qualname.split("."):
        try:
            obj = getattr(obj, part)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except AttributeError as error:
            raise _no_attribute(ref, key, obj, at, part) from error
        except BaseException as error:  # a lazy module imports within its __getattr__
            raise _failed(ref, key, f"reading {part!r} of {at} failed: {_shown(error)}", at) from error
        at = f"{at}.{part}"
    return obj


def _import(module: str, ref: str, roots: Sequence[str], key: str | None) -> ModuleType:
    added: list[str] = []
    try:
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            if not _is_own(error.name, module):
                raise
            # A file made a moment ago may be missing from the listing Python remembers.
            importlib.invalidate_caches()
            # At the end of sys.path, and only if needed: a folder of a project must not hide what is installed.
            if error.name == module.partition(".")[0]:
                added = [str(root) for root in roots if str(root) not in sys.path]
                sys.path.extend(added)
        return importlib.import_module(module)
    except (KeyboardInterrupt, GeneratorExit):
        _forget(added)
        raise
    except ModuleNotFoundError as error:
        _forget(added)
        if error.name is not None and _is_own(error.name, module):
            raise _no_module(ref, key, module, error.name) from error
        text = f"{module} needs the module {error.name!r}, which is not installed; install it"
        raise _error(ref, key, text, "missing-dependency", error.name or module) from error
    except SystemExit as error:
        _forget(added)
        text = f"importing {module} ends the process ({_shown(error)})"
        advice = "guard what ends it with `if __name__ == '__main__':`"
        raise _error(ref, key, f"{text}; {advice}", "import-failed", module) from error
    except BaseException as error:
        _forget(added)
        raise _failed(ref, key, f"importing {module} failed: {_shown(error)}", module) from error


def _is_own(missing: str | None, module: str) -> bool:
    """Tell whether the *missing* module is *module* or a package it is in."""
    return missing is not None and (module == missing or module.startswith(missing + "."))


def _forget(added: list[str]) -> None:
    for folder in added:
        if folder in sys.path:
            sys.path.remove(folder)


def _no_module(ref: str, key: str | None, module: str, missing: str) -> ResolveError:
    if missing == module.partition(".")[0]:
        text = f"there is no module {missing!r}; install the package it comes with, or correct the reference"
    else:
        text = f"the package {missing.rpartition('.')[0]} has no module {missing.rpartition('.')[2]!r}"
        text += "; `catalog doctor` looks for where it went"
    return _error(ref, key, text, "missing-module", missing)


def _no_attribute(ref: str, key: str | None, owner: object, at: str, part: str) -> ResolveError:
    try:
        close = close_matches(part, [name for name in dir(owner) if not name.startswith("__")])
    except Exception:  # dir() runs the object's own code
        close = []
    spec = getattr(owner, "__spec__", None)
    if getattr(spec, "_initializing", False):
        text = f"{at} is only half imported and has no {part!r} yet; its import asks for this entry in a circle"
    else:
        hint = did_you_mean(close) or "; `catalog doctor` looks for where it went"
        text = f"{at} has no {part!r}{hint}"
    return _error(ref, key, text, "missing-attribute", at, close=close)


def _failed(ref: str, key: str | None, text: str, module: str) -> ResolveError:
    return _error(ref, key, f"{text}; import it by hand to see the whole traceback", "import-failed", module)


def _error(
    ref: str, key: str | None, text: str, reason: str, module: str, close: list[str] | None = None
) -> ResolveError:
    who = f"{key} ({ref})" if key else ref
    return ResolveError(f"can't load {who}: {text}", key=key, ref=ref, reason=reason, module=module, close=close or [])


def _shown(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:  # str() runs the error's own code
        text = ""
    name = type(error).__name__
    return f"{name}: {text[:300]}" if text else name
