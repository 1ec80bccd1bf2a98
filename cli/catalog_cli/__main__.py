"""The way in: ``python -m catalog_cli``, and the command ``catalog``."""

import _signal as signal  # type: ignore[import-not-found] # `signal` itself takes milliseconds to import
import os
import sys

# `python -m` puts the current folder first, and a `json.py` there would be taken for Python's own.
try:
    if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
except OSError:  # the folder was deleted, and nothing can be imported from it
    pass


def _quit(*_: object) -> None:
    os._exit(130)


# The program itself takes a moment to be imported. Who interrupts it before it runs wants no traceback of that.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _quit)

from catalog_cli.app import main  # noqa: E402 - see above

if __name__ == "__main__":
    main()
