"""Growing column tables, and the types of arrays, said once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: A column of any type.
Column = NDArray[Any]
#: Numbers, shares and draws.
Floats = NDArray[np.float64]
#: Moments or spans of simulated time in microseconds; also numbers of phones.
Times = NDArray[np.int64]
#: How many of something, and places in a table.
Counts = NDArray[np.int64]
#: What is so and what is not.
Flags = NDArray[np.bool_]
#: Members of a small family by number: verdicts, kinds of looks, finishes.
Codes = NDArray[np.int8]
#: Places in a list of names: arms, stations; -1 = none.
Indices = NDArray[np.int16]
#: What a camera or a model says of each phone, on a grid that float32 holds.
Scores = NDArray[np.float32]
#: The camera's view: a row for each phone, a column for each feature.
Features = NDArray[np.float32]
#: Sizes of flaws in units of the tolerance at the start, 0 = no flaw.
Severities = NDArray[np.float32]


class Rows:
    """A column table that grows at its end. Appending costs no copy of the past, now and then excepted.

    Room is filled with zeros: what lay in the memory before is nobody's business.

    Examples
    --------
    >>> table = Rows({"phone": np.int64, "brightness": np.float32})
    >>> table.append(phone=np.array([7, 8]), brightness=np.array([1.0, 0.5]))
    >>> len(table), table["phone"].tolist()
    (2, [7, 8])
    """

    def __init__(self, types: Mapping[str, type], room: int = 4096) -> None:
        self._size, self._room = 0, room
        self._columns: dict[str, Column] = {name: np.zeros(room, dtype=kind) for name, kind in types.items()}

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> Column:
        """Return a view of a column: what is written to it stays."""
        return self._columns[name][: self._size]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self._columns)

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._columns

    def append(self, **columns: Any) -> None:
        """Add rows: arrays of one length, or a number for all of them."""
        rows = slice(self._size, self._size + _length(columns.values()))
        if rows.stop > self._room:
            self._make_room(max(rows.stop, 2 * self._room))
        for name, column in self._columns.items():
            column[rows] = columns[name]
        self._size = rows.stop

    def _make_room(self, room: int) -> None:
        """Move the columns to where there is room for so many rows."""
        for name, old in self._columns.items():
            self._columns[name] = np.zeros(room, dtype=old.dtype)
            self._columns[name][: self._size] = old[: self._size]
        self._room = room

    def cut(self, count: int) -> None:
        """Keep the first `count` rows only."""
        self._size = min(self._size, count)

    def forget(self, count: int) -> None:
        """Drop the first `count` rows."""
        self._size, self._room = self._size - count, self._room - count
        for name, column in self._columns.items():
            self._columns[name] = column[count:].copy()


def _length(values: Iterable[Any]) -> int:
    """Return the length of the first array; of numbers alone it is one row."""
    return next((len(each) for each in values if isinstance(each, np.ndarray) and each.ndim), 1)
