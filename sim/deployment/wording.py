"""Wordings: Python's format strings, with two more specifications, for microseconds: ``duration`` and ``moment``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from string import Formatter
from typing import Any

from sim.units import format_duration, format_moment


class _Wording(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        return _written(value, format_spec)


def worded(wording: str, values: Mapping[str, Any], told: Callable[[Any], Any] | None = None) -> str:
    """Return a wording with its fields filled in; with `told` each value that it names is told by it first.

    >>> worded("{metric} {value:.3g} for {span:duration}", {"metric": "kappa", "value": 0.25, "span": 60_000_000})
    'kappa 0.25 for 1min'
    """
    pieces = _simple(wording)
    if pieces is None:
        given = values if told is None else {name: told(value) for name, value in values.items()}
        return _Wording().vformat(wording, (), given)
    written = []
    for text, name, spec in pieces:
        written.append(text)
        if name:
            value = values[name] if told is None else told(values[name])
            written.append(_written(value, spec))
    return "".join(written)


def _written(value: Any, spec: str) -> str:
    if spec == "duration":
        return format_duration(value)
    if spec == "moment":
        return format_moment(value)
    return format(value, spec)


@lru_cache(maxsize=1024)
def _simple(wording: str) -> tuple[tuple[str, str, str], ...] | None:
    """Return texts with the names and specifications that follow them; None if more than names is to be filled in.

    A bandit says thousands of times why it moved, in the same few wordings: Python reads a wording anew each time.
    """
    pieces = []
    for text, name, spec, conversion in Formatter().parse(wording):
        if name is not None and (not name.isidentifier() or conversion or "{" in (spec or "")):
            return None
        pieces.append((text, name or "", spec or ""))
    return tuple(pieces)
