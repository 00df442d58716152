"""Whether two things are the same to the last bit: arrays in dataclasses in mappings in tuples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def difference(one: Any, other: Any, where: str = "") -> str | None:
    """Return where two things first differ, None if they do not."""
    if type(one) is not type(other):
        return f"{where}: {type(one).__name__} and {type(other).__name__}"
    if isinstance(one, np.ndarray):
        equal = one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        return None if equal else where
    if isinstance(one, Mapping):
        if list(one) != list(other):
            return f"{where}: {list(one)} and {list(other)}"
        return next((found for key in one if (found := difference(one[key], other[key], f"{where}.{key}"))), None)
    if isinstance(one, tuple | list):
        if len(one) != len(other):
            return f"{where}: {len(one)} and {len(other)}"
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for i, (a, b) in pairs if (found := difference(a, b, f"{where}.{i}"))), None)
    if is_dataclass(one):
        names = [field.name for field in fields(one)]
        return next(
            (
                found
                for name in names
                if (found := difference(getattr(one, name), getattr(other, name), f"{where}.{name}"))
            ),
            None,
        )
    if isinstance(one, float) and one != one and other != other:
        return None
    return None if one == other else f"{where}: {one!r} and {other!r}"
