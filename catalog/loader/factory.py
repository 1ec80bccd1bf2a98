"""Objects that a function makes: the entry refers to the function, and taking the entry calls it."""

from __future__ import annotations

import inspect

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


def _failed(key: str, ref: str, text: str) -> ResolveError:
    module = ref.partition(":")[0]
    return ResolveError(f"can't load {key} ({ref}): {text}", key=key, ref=ref, reason="factory-failed", module=module)


def _shown(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())[:300]
    except Exception:  # str() runs the error's own code
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
