"""From an object reference to the live object: the one place that imports what an entry names."""

from __future__ import annotations

import importlib
import os
import sys

from catalog.entry.object_ref import ObjectRef
from catalog.errors import ResolveError, close_matches, did_you_mean
from catalog.loader.shelf import own_name
from catalog.source import search_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType


def resolve(
    ref: str,
    root: str | None = None,
    *,
    key: str | None = None,
    confirm: Callable[[object, str], None] | None = None,
    exact: Mapping[str, bytes] | None = None,
) -> object:
    """Return the object that ``package.module:qualified.name`` names, importing its module.

    Args:
        ref: the reference.
        root: the folder its module lies in, where that is not installed. The folder is put at the end of ``sys.path``,
            and stays there after an import that succeeded, as its functions may import their neighbours later. Where
            another file has the name of the module, installed or loaded from another folder, the module is imported
            under a name of its own (``_catalog_…``): the file counts, not its name.
        key: the entry's key, for the text of errors.
        confirm: called with every object that *ref* leads through, and the last, and what of the name comes after it;
            what it raises ends the taking.
        exact: the bytes of files, by real path, that run if the import comes to these files, instead of what lies there
            now.

    Raises:
        InvalidReferenceError: *ref* has another form.
        ResolveError: there is no such module or attribute, or importing it failed in whatever way,
            `SystemExit` included; the cause is chained. ``facts["reason"]`` is ``missing-module``,
            ``missing-dependency``, ``missing-attribute`` or ``import-failed``. Only `KeyboardInterrupt`
            passes through.
    """
    module, qualname = ObjectRef.parse(ref)
    obj: object = _import_exactly(module, ref, root, key, exact) if exact else _import(module, ref, root, key)
    at = module
    parts = qualname.split(".")
    for place, part in enumerate(parts, 1):
        try:
            obj = getattr(obj, part)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except AttributeError as error:
            raise _no_attribute(ref, key, obj, at, part) from error
        except BaseException as error:  # a lazy module imports within its __getattr__
            raise _failed(ref, key, f"reading {part!r} of {at} failed: {_shown(error)}", at) from error
        at = f"{at}.{part}"
        if confirm is not None:
            confirm(obj, ".".join(parts[place:]))
    return obj


def _import_exactly(module: str, ref: str, root: str | None, key: str | None, exact: Mapping[str, bytes]) -> ModuleType:
    from catalog.loader.exact import running  # only where the source was compared

    with running(exact):
        return _import(module, ref, root, key)


def _import(module: str, ref: str, root: str | None, key: str | None) -> ModuleType:
    added: list[str] = []
    public = module
    try:
        if root is not None:
            module = _name_in(root, module, ref, key)
            # At the end of sys.path: a folder of a project must not hide what is installed.
            added = [root] if root not in sys.path else []
            sys.path.extend(added)
            search_path.added.update(added)
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            if not _is_own(error.name, module):
                raise
            # A file made a moment ago may be missing from the listing Python remembers.
            importlib.invalidate_caches()
        return importlib.import_module(module)
    except (KeyboardInterrupt, GeneratorExit):
        _forget(added)
        raise
    except ModuleNotFoundError as error:
        _forget(added)
        if error.name is not None and _is_own(error.name, module):
            raise _no_module(ref, key, public, error.name.removeprefix(module.removesuffix(public))) from error
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


def _name_in(root: str, module: str, ref: str, key: str | None) -> str:
    """Return the name under which the *module* in the folder *root* can be imported.

    It is its own name, unless another file is imported under that name, or would be.
    """
    top = module.partition(".")[0]
    from catalog.source.locate import Locator  # an import reads far more

    own = Locator(own=root)
    if not own.is_own(top):
        importlib.invalidate_caches()
    if not own.is_own(top):
        if os.path.isdir(root):
            raise _error(ref, key, f"there is no module {top!r} in {root}; {_WENT}", "missing-module", top)
        text = f"its folder {root} can't be seen from here; bring it back, or register the entry where its code is now"
        raise _error(ref, key, text, "missing-module", top)
    return own_name(module, root)


_WENT = "`catalog doctor` looks for where it went"


def _is_own(missing: str | None, module: str) -> bool:
    """Tell whether the *missing* module is *module* or a package it is in."""
    return missing is not None and (module == missing or module.startswith(missing + "."))


def _forget(added: list[str]) -> None:
    for folder in added:
        search_path.added.discard(folder)
        if folder in sys.path:
            sys.path.remove(folder)


def _no_module(ref: str, key: str | None, module: str, missing: str) -> ResolveError:
    if missing == module.partition(".")[0]:
        text = f"there is no module {missing!r}; install the package it comes with, or correct the reference"
    else:
        text = f"the package {missing.rpartition('.')[0]} has no module {missing.rpartition('.')[2]!r}"
        text += f"; {_WENT}"
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
        hint = did_you_mean(close) or f"; {_WENT}"
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
