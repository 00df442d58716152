"""One thread for numerical libraries: the order of additions, and so the last bits, must not depend on cores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any

from sim.libraries import library

#: The limit is the whole process's: who leaves it would lift it for others who are still inside.
_ONE_AT_A_TIME = RLock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the libraries that are loaded fit and predict on one thread; threads of ours wait for each other here."""
    with _ONE_AT_A_TIME, _libraries().limit(limits=1):
        yield


def arithmetic() -> str:
    """Return which libraries add and multiply here, and for which processor: their last bits differ."""
    said = ("internal_api", "version", "architecture")
    found = {tuple(str(each.get(name)) for name in said) for each in _libraries().info()}
    return repr(sorted(found))


def look_again() -> None:
    """Notice libraries that have been loaded since: another package's code may bring thread pools of its own."""
    _libraries.cache_clear()


@cache
def _libraries() -> Any:
    """Find the thread pools once: it takes milliseconds, and scikit-learn has loaded them by now."""
    library("sklearn", needed_by="training a model")
    return library("threadpoolctl", needed_by="training a model").ThreadpoolController()
