"""Records: the few columns of the world that stay when a block of phones has left the line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.factory.phones import Phones


class Rows:
    """A column table that grows at its end. Appending costs no copy of the past, now and then excepted.

    Room is filled with zeros: what lay in the memory before is nobody's business.

    Examples
    --------
    >>> table = Rows({"phone": np.int64, "light": np.float32})
    >>> table.append(phone=np.array([7, 8]), light=np.array([1.0, 0.5]))
    >>> len(table), table["phone"].tolist()
    (2, [7, 8])
    """

    def __init__(self, types: Mapping[str, type], room: int = 4096) -> None:
        self._size = 0
        self._columns: dict[str, NDArray[Any]] = {name: np.zeros(room, dtype=kind) for name, kind in types.items()}

    @property
    def room(self) -> int:
        """Rows that there is memory for."""
        return len(next(iter(self._columns.values())))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a view of a column: what is written to it stays."""
        return self._columns[name][: self._size]

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._columns

    def append(self, **columns: Any) -> None:
        """Add rows: arrays of one length, or a number for all of them."""
        first = self._size
        arrays = (values for values in columns.values() if isinstance(values, np.ndarray) and values.ndim)
        some = next(arrays, None)
        self._size += max(map(np.size, columns.values())) if some is None else len(some)
        for name, old in self._columns.items():
            if len(old) < self._size:
                self._columns[name] = np.zeros(max(self._size, 2 * len(old)), dtype=old.dtype)
                self._columns[name][:first] = old[:first]
            self._columns[name][first : self._size] = columns[name]

    def forget(self, count: int) -> None:
        """Drop the first `count` rows."""
        self._size -= count
        for name, column in self._columns.items():
            self._columns[name] = column[count:].copy()


class Records(Rows):
    """What labels and metrics still need of a phone after its verdict, 34 bytes; row i is phone i."""

    COLUMNS: Mapping[str, type] = {
        "due_us": np.int64,
        "defective": np.bool_,
        "u_audit": np.float64,
        "u_return": np.float64,
        "return_z": np.float64,
        "variant": np.int8,
    }

    def __init__(self, room: int) -> None:
        super().__init__(self.COLUMNS, room)

    @classmethod
    def of(cls, phones: Phones) -> Records:
        """Return the records of phones that were made in one go."""
        records = cls(len(phones))
        records.add(phones)
        return records

    def add(self, phones: Phones) -> None:
        """Keep a block's columns."""
        self.append(**{name: getattr(phones, name) for name in self.COLUMNS})
