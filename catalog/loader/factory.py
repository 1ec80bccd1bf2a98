"""Objects that a function makes: the entry refers to the function, and taking the entry calls it."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from catalog.errors import ResolveError


def made_by(factory: object, ref: str, key: str) -> object:
    """Return what *factory*, which *ref* leads to, makes for the entry *key*.

    Raises:
        ResolveError: it can't be called, it fails in whatever way, `SystemExit` included, or it gives a coroutine or
            nothing; the cause is chained. ``facts["reason"]`` is ``factory-failed``. Only `KeyboardInterrupt` passes
            through.
    """
    if not callable(factory):
        raise _failed(key, ref, f"it is to be called, and is a {type(factory).__name__}")
    try:
        made: object = factory()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        raise _failed(key, ref, f"calling it failed: {_shown(error)}; call it by hand to see the whole") from error
    if inspect.iscoroutine(made):
        made.close()
        raise _failed(key, ref, "it is async; await it by hand, and register what it gives with runtime=True")
    if made is None:
        raise _failed(key, ref, "calling it gave nothing")
    return made


def made_by_object(owner: object, ref: str, key: str) -> object:
    """Return what the method *ref* gives, called on a new object of the class *owner*, for the entry *key*.

    Raises:
        ResolveError: as in `made_by`; also if the object can't be made.
    """
    if not isinstance(owner, type):
        raise _failed(key, ref, f"a {type(owner).__name__} is where the class of its method should be")
    return made_by(lambda: getattr(owner(), ref.rpartition(".")[2])(), ref, key)


def bound_to_object(live: object, owner_of: Callable[[], object], ref: str, key: str) -> object:
    """Return the method *ref* of a new object of its class if *live* is the plain function of one, else *live*.

    Raises:
        ResolveError: no object of the class that *owner_of* returns can be made without arguments.
    """
    if not inspect.isfunction(live):  # of a class, or what a decorator made of it
        return live
    owner, name = owner_of(), ref.rpartition(".")[2]
    if not isinstance(owner, type) or isinstance(inspect.getattr_static(owner, name, None), staticmethod):
        return live
    try:
        return getattr(owner(), name)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        text = (
            f"it is a method of {owner.__name__}, and making one without arguments failed: {_shown(error)}; "
            "make one by hand, and register its method with runtime=True"
        )
        raise _failed(key, ref, text) from error


def _failed(key: str, ref: str, text: str) -> ResolveError:
    module = ref.partition(":")[0]
    return ResolveError(f"can't load {key} ({ref}): {text}", key=key, ref=ref, reason="factory-failed", module=module)


def _shown(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())[:300]
    except Exception:  # str() runs the error's own code
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
