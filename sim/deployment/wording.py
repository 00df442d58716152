"""Wordings: Python's format strings, with two more specifications, for microseconds: ``duration`` and ``moment``."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

from sim.units import format_duration, format_moment


class _Wording(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "duration":
            return format_duration(value)
        if format_spec == "moment":
            return format_moment(value)
        return str(super().format_field(value, format_spec))


def worded(wording: str, values: Mapping[str, Any]) -> str:
    """Return a wording with its fields filled in.

    >>> worded("{metric} {value:.3g} for {span:duration}", {"metric": "kappa", "value": 0.25, "span": 60_000_000})
    'kappa 0.25 for 1min'
    """
    return _Wording().vformat(wording, (), values)
