"""Does a path still lead to the file that was opened? A deployment moves another file into its place.

Every lookup asks, so a system call that follows the path (1.5 microseconds) is too slow once there are many. Linux
tells of changes to a file by inotify; asking whether there is any news takes 0.2 microseconds. A file that is moved,
deleted or replaced loses a link, and that is news of the file itself: what else is in its folder need not be watched.
The folders on the way to it, and the links, can be moved and replaced just the same, so each of them is watched too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_OFTEN = 200
"""Looks after which a watch is set up: a command that runs once does without."""

_NEWS = 0x4 | 0x400 | 0x800  # IN_ATTRIB (which a change of the number of links is), IN_DELETE_SELF, IN_MOVE_SELF
_THE_LINK = 0x02000000  # IN_DONT_FOLLOW: the link itself


class FileWatch:
    """Remembers a file, and says when its path leads elsewhere.

    Attributes:
        path: where the file was.
        identity: device and inode of the file that was opened.
    """

    def __init__(self, path: str, ask: Callable[[Callable[[int], Any]], object]) -> None:
        """Remember the file that *path* leads to now.

        Args:
            path: where the file is.
            ask: called with the question to ask before each look, now and whenever there is a quicker question. The
                question, called with 0, gives something that is true if the file may have moved: see :meth:`has_moved`.
        """
        self.path = path
        self._ask = ask
        self._events: Descriptor | None = None
        self.remember()

    def remember(self) -> None:
        """Remember the file that the path leads to now, in place of the last."""
        self.identity = identity_of(self.path)
        self._begin()

    def close(self) -> None:
        """Ask nothing any more."""
        self._ask = lambda _: None
        self._events = None

    def _begin(self) -> None:
        self._watched = False
        self._asked = 0
        self._ask(self._follow)

    def _follow(self, _: int) -> bool:
        self._asked += 1
        if self._asked == _OFTEN and sys.platform == "linux":
            self._watch()
        return identity_of(self.path) != self.identity

    def has_moved(self) -> bool:
        """Return whether the path leads to another file now, or to none."""
        if self._watched:
            # What is watched may not be on the way to the file any more. And if it has moved there will be no more
            # events, but whoever asks again must get the same answer. The events themselves say less than a look at the
            # path. They are not read: a thread that is just about to ask for news would not be told of them.
            self._begin()
        return identity_of(self.path) != self.identity

    def _watch(self) -> None:
        try:
            import ctypes  # Python has no call for inotify
            import select

            libc = ctypes.CDLL(None, use_errno=True)
            events = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
            if events < 0:
                return
            for step in _steps(self.path):
                if libc.inotify_add_watch(events, os.fsencode(step), _NEWS | _THE_LINK) < 0:
                    os.close(events)  # a folder that may not be read, say
                    return
            epoll = select.epoll()
            epoll.register(events, select.EPOLLIN)
        except (OSError, AttributeError, ImportError):  # an odd libc, or no descriptors left: the path is followed
            return
        self._events = Descriptor(events)  # the last one stays open till here: a thread might just be asking it
        self._watched = True
        self._ask(epoll.poll)


def _steps(path: str) -> set[str]:
    """Return every name that is passed on the way to a file: itself, folders, links, and what these lead over."""
    steps: set[str] = set()
    todo = [os.path.abspath(path)]
    while todo:
        step = todo.pop()
        while step not in steps:
            steps.add(step)
            with suppress(OSError):  # no link
                todo.append(os.path.join(os.path.dirname(step), os.readlink(step)))
            step = os.path.dirname(step)
    return steps


class Descriptor:
    """A descriptor that is closed when nobody refers to it any more."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.close(self.number)


def identity_of(path: str) -> tuple[int, int] | None:
    """Return what tells the file at *path* from any other, or None if there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def held_open(path: str) -> Descriptor | None:
    """Return a descriptor of the file at *path*: while it is held, no other file gets the number of this one."""
    try:
        return Descriptor(os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)))
    except OSError:
        return None
