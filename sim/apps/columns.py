"""Columns on their way to a browser: each in the smallest type that holds it, one after the other in one buffer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.columns import Column

#: Of what is -1 here: the largest number of an unsigned type stands for "none" there.
_UNSIGNED = (np.uint8, np.uint16, np.uint32)
#: A browser reads columns in place if each begins at a multiple of its width.
_ALIGNED = 8


@dataclass(frozen=True, slots=True)
class Packed:
    """A buffer of columns, and what is where in it.

    Examples
    --------
    >>> packed = pack({"due": ("phones", np.array([0, 20_000, 40_000]), 1e-3)})
    >>> packed.columns
    [{'name': 'due', 'of': 'phones', 'type': 'u2', 'scale': 0.001, 'offset': 0, 'length': 3}]
    >>> packed.read("due").tolist()
    [0.0, 20.0, 40.0]
    """

    columns: list[dict[str, Any]]
    data: bytes

    def read(self, name: str) -> Column:
        """Return a column as a browser sees it: numbers in their unit, NaN for none."""
        told = next(column for column in self.columns if column["name"] == name)
        raw = np.frombuffer(self.data, np.dtype("<" + told["type"]), told["length"], told["offset"])
        values: Column = np.where(raw == np.iinfo(raw.dtype).max, np.nan, raw * told["scale"])
        return values


def pack(columns: Mapping[str, tuple[str, Column, float]]) -> Packed:
    """Return columns in one buffer.

    Parameters
    ----------
    columns : mapping of str to (str, array, float)
        Of each name: rows of what, whole numbers of at least -1 (which means none), and the unit that one of them is.
    """
    told, parts, offset = [], [], 0
    for name, (rows, column, scale) in columns.items():
        narrow = _narrow(column)
        code = f"{narrow.dtype.kind}{narrow.dtype.itemsize}"
        told.append(
            {"name": name, "of": rows, "type": code, "scale": scale, "offset": offset, "length": len(narrow)}
        )  # fmt: skip
        raw = narrow.tobytes()
        parts.append(raw + bytes(-len(raw) % _ALIGNED))
        offset += len(parts[-1])
    return Packed(told, b"".join(parts))


def _narrow(column: Column) -> Column:
    """Return a column of whole numbers in the smallest unsigned type that holds them and a mark for none."""
    whole = np.asarray(column).astype(np.int64)
    largest = int(whole.max(initial=0))
    kind = next((each for each in _UNSIGNED if largest < np.iinfo(each).max), None)
    if kind is None:
        raise ValueError(f"{largest} is too large for a column of a reel")
    return np.where(whole < 0, np.iinfo(kind).max, whole).astype(np.dtype(kind).newbyteorder("<"))
