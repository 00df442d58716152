"""What was done at work stations: how many phones, how long they waited, were worked on, and had nowhere to go.

A visit counts whose work was done between the warm-up's end and the horizon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.columns import Counts, Floats
from sim.line.shop.log import VisitLog
from sim.line.shop.stations import Shop
from sim.units import SECOND

#: The last axis of every table of sums.
VISITS, WAITED, STAYED, WORKED, BLOCKED = range(5)


@dataclass(frozen=True, slots=True)
class StationCounts:
    """Sums over visits: (replications, stations, 2, 5), urgent phones second; times are microseconds.

    `STAYED` is from coming until the work is done, `WORKED` leaves out when it was interrupted.
    """

    names: tuple[str, ...]
    at: tuple[str, ...]  #: where each is: before inspection, or behind it
    servers: tuple[int, ...]
    sums: Counts
    span_us: int  #: how much time was measured

    @classmethod
    def stacked(cls, parts: Sequence[StationCounts]) -> StationCounts | None:
        """Stack replications, in order; None where there are no stations."""
        return replace(parts[0], sums=np.concatenate([part.sums for part in parts])) if parts else None

    def mean_s(self, of: int, station: str, urgent: bool | None = None) -> Floats:
        """Return a mean time in seconds, of each replication; NaN where nobody came.

        Parameters
        ----------
        of : int
            `WAITED`, `STAYED`, `WORKED` or `BLOCKED`.
        station : str
            Its name.
        urgent : bool, optional
            Only phones that are urgent there, or only others.
        """
        mine = self.sums[:, self.names.index(station)]
        table = mine.sum(axis=1) if urgent is None else mine[:, int(urgent)]
        with np.errstate(invalid="ignore"):
            mean: Floats = table[:, of] / table[:, VISITS] / SECOND
        return mean

    def per_hour(self, station: str) -> Floats:
        """Return how many phones an hour were worked on, in each replication."""
        rate: Floats = self.sums[:, self.names.index(station), :, VISITS].sum(axis=1) / (self.span_us / 3600 / SECOND)
        return rate

    def utilisation(self, station: str) -> Floats:
        """Return which share of their time its servers worked, in each replication."""
        number = self.names.index(station)
        share: Floats = self.sums[:, number, :, WORKED].sum(axis=1) / (self.servers[number] * self.span_us)
        return share


class StationTally:
    """Adds up settled parts of the visit logs; parts may come in any order, once each."""

    def __init__(self, shops: Mapping[str, Shop], horizon_us: int, warm_up_us: int = 0) -> None:
        self._shops = shops
        self._from_us, self._until_us = warm_up_us, horizon_us
        self._sums = {at: np.zeros((2 * len(shop.stations), 5), dtype=np.int64) for at, shop in shops.items()}

    def add(self, visits: Mapping[str, VisitLog]) -> None:
        """Count a part's visits."""
        for at, log in visits.items():
            over = (log.end_us >= max(self._from_us, 0)) & (log.end_us <= self._until_us)
            cell = 2 * log.station[over].astype(np.int64) + log.urgent[over]
            enter_us, start_us, end_us = log.enter_us[over], log.start_us[over], log.end_us[over]
            left_us = np.where(log.left_us[over] >= 0, log.left_us[over], self._until_us)
            table = self._sums[at]
            table[:, VISITS] += np.bincount(cell, minlength=len(table))
            times = ((WAITED, start_us - enter_us), (STAYED, end_us - enter_us), (WORKED, log.work_us[over]))
            for of, spans in (*times, (BLOCKED, left_us - end_us)):
                np.add.at(table[:, of], cell, spans)

    def counts(self) -> StationCounts | None:
        """Return one replication's sums; None where there are no stations."""
        if not self._shops:
            return None
        rows = [(at, row) for at, shop in self._shops.items() for row in shop.stations]
        sums = np.concatenate([table.reshape(-1, 2, 5) for table in self._sums.values()])
        return StationCounts(
            tuple(row.name for _, row in rows),
            tuple(at for at, _ in rows),
            tuple(row.servers for _, row in rows),
            sums[None],
            self._until_us - self._from_us,
        )
