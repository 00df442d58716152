"""Records: the few columns of the world that stay when a block of phones has left the line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.columns import Rows
from sim.factory.phones import Phones


class Records(Rows):
    """What labels and metrics still need of a phone after its verdict, 34 bytes; row i is phone i."""

    COLUMNS: Mapping[str, type] = {
        "due_us": np.int64,
        "defective": np.bool_,
        "u_audit": np.float64,
        "u_return": np.float64,
        "return_z": np.float64,
        "finish": np.int8,
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
