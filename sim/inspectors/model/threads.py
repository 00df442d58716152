"""One thread for numerical libraries: the order of additions, and so the last bits, must not depend on cores."""

from __future__ import annotations

from functools import cache
from typing import Any

from sim.libraries import library


def one_thread() -> Any:
    """Return a context in which the libraries that are loaded fit and predict on one thread."""
    return _libraries().limit(limits=1)


def look_again() -> None:
    """Notice libraries that have been loaded since: another package's code may bring thread pools of its own."""
    _libraries.cache_clear()


@cache
def _libraries() -> Any:
    """Find the thread pools once: it takes milliseconds, and scikit-learn has loaded them by now."""
    library("sklearn", needed_by="training a model")
    return library("threadpoolctl", needed_by="training a model").ThreadpoolController()
