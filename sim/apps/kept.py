"""What has been computed and may be asked for again: bounded in bytes, and shared by all who look at one process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from threading import Lock, RLock
from typing import Any, Generic, TypeVar

import numpy as np

Thing = TypeVar("Thing")

#: Bytes for what is not measured: an object of some attributes.
_SMALL = 400


class Shelf(Generic[Thing]):
    """Things by their keys, the least recently used of them forgotten when there are too many bytes.

    Many threads may use one: a thing that several want at once is made once, and the others wait for it.

    Parameters
    ----------
    most_bytes : int
        How much is kept; what is larger by itself is made and not kept.

    Examples
    --------
    >>> import numpy as np
    >>> shelf = Shelf(3_000)
    >>> shelf.obtain("a", lambda: np.zeros(250)).shape, len(shelf)
    ((250,), 1)
    >>> for key in ("b", "c"):
    ...     _ = shelf.obtain(key, lambda: np.zeros(100))
    >>> shelf.has("a"), shelf.has("c")
    (False, True)
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._things: OrderedDict[Hashable, tuple[Thing, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._making: dict[Hashable, RLock] = {}

    def __len__(self) -> int:
        return len(self._things)

    @property
    def bytes(self) -> int:
        """How much is kept now."""
        return self._bytes

    def has(self, key: Hashable) -> bool:
        """Whether a thing is there."""
        return key in self._things

    def get(self, key: Hashable) -> Thing | None:
        """Return a thing, None if it is not there (any more)."""
        with self._lock:
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key][0]

    def put(self, key: Hashable, thing: Thing) -> None:
        """Keep a thing, and let go of others if they are too many together."""
        size = size_of(thing)
        with self._lock:
            if key in self._things:
                self._bytes -= self._things.pop(key)[1]
            if size > self.most_bytes:
                return
            self._things[key] = thing, size
            self._bytes += size
            while self._bytes > self.most_bytes:
                _, (_, gone) = self._things.popitem(last=False)
                self._bytes -= gone

    def obtain(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """Return a thing, made now if it is not there."""
        if (thing := self.get(key)) is not None:
            return thing
        with self._lock:
            making = self._making.setdefault(key, RLock())
        try:
            with making:
                if (thing := self.get(key)) is None:
                    thing = make()
                    self.put(key, thing)
                return thing
        finally:
            with self._lock:
                self._making.pop(key, None)


class Latest(Generic[Thing]):
    """The last few things that were made, each to be taken once: for what somebody asks for next, or not at all.

    Examples
    --------
    >>> latest = Latest(2)
    >>> for key in ("a", "b", "c"):
    ...     latest.put(key, key.upper())
    >>> latest.take("a"), latest.take("c"), latest.take("c")
    (None, 'C', None)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, Thing] = OrderedDict()
        self._lock = Lock()

    def put(self, key: Hashable, thing: Thing) -> None:
        """Keep a thing, and let go of the oldest."""
        with self._lock:
            self._things[key] = thing
            while len(self._things) > self._most:
                self._things.popitem(last=False)

    def take(self, key: Hashable) -> Thing | None:
        """Return a thing and let go of it, None if it is not there (any more)."""
        with self._lock:
            return self._things.pop(key, None)


def size_of(thing: Any) -> int:
    """Return about how many bytes a thing takes: its arrays exactly, all else by the piece.

    >>> size_of(np.zeros(100)), size_of([np.zeros(100), "text"])
    (800, 1600)
    >>> size_of(np.frombuffer(bytes(800)))
    800
    """
    seen: set[int] = set()
    return _size(thing, seen)


def _size(thing: Any, seen: set[int]) -> int:
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return _size(thing.base, seen) if isinstance(thing.base, np.ndarray) else int(thing.nbytes)
    if isinstance(thing, dict):
        return _SMALL + sum(_size(value, seen) for value in thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return _SMALL + sum(_size(value, seen) for value in thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return _SMALL + sum(_size(getattr(thing, field.name), seen) for field in fields(thing))
    return _SMALL
