"""What is made of one metric over all replications: the one estimator of tables, figures and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.columns import Floats
from sim.measure.histories import summed
from sim.measure.tally import Ratio
from sim.stats.intervals import Interval, t_interval
from sim.stats.ratios import ShareInterval, pooled_share, pseudo_values


@dataclass(frozen=True, eq=False)
class Quotients:
    """A metric that is a ratio, by replication: what it is made of.

    Parameters
    ----------
    part, whole : ndarray, shape (replications,)
        Numerators and denominators.
    times : float
        What the quotient is told in: 1, or 1e6 for parts per million.
    """

    part: Floats
    whole: Floats
    times: float = 1.0

    @classmethod
    def of(cls, values: Sequence[float]) -> Quotients | None:
        """Return what these replications' values are made of, None where one does not say.

        >>> made = Quotients.of([Ratio(1, 4), Ratio(3, 16)])
        >>> made.part.tolist(), made.whole.tolist(), Quotients.of([0.25, 0.1875])
        ([1.0, 3.0], [4.0, 16.0], None)
        """
        ratios = [value for value in values if isinstance(value, Ratio)]
        if len(ratios) < len(values) or not ratios:
            return None
        part, whole = (
            np.array([getattr(each, name) for each in ratios], dtype=np.float64) for name in ("part", "whole")
        )
        return cls(part, whole, ratios[0].times)

    def by_history(self, histories: int) -> Quotients:
        """Return it pooled by the history that its versions were trained from: see `sim.measure.histories`."""
        if histories == 1:
            return self
        if histories not in self._pooled:
            pooled = Quotients(summed(self.part, histories), summed(self.whole, histories), self.times)
            self._pooled[histories] = pooled
        return self._pooled[histories]

    @cached_property
    def _pooled(self) -> dict[int, Quotients]:
        return {}

    @cached_property
    def values(self) -> Floats:
        """One value per replication, with the ratio of sums as their mean and its uncertainty as their spread."""
        return self.times * pseudo_values(self.part, self.whole)

    @property
    def one_phone(self) -> float:
        """What one phone more in the numerators is of the ratio of sums, infinite where there is nothing to divide by.

        >>> Quotients(np.array([1.0, 3.0]), np.array([4.0, 16.0])).one_phone
        0.05
        """
        total = float(self.whole.sum())
        return self.times / total if total > 0.0 else np.inf

    def interval(self, shares: bool) -> Interval:
        """Return the ratio of sums with its 95 % interval.

        Parameters
        ----------
        shares : bool
            Whether phones are counted, and among them those that it happened to: few of them have an exact interval.
        """
        return self._share if shares else self._mean

    @cached_property
    def _mean(self) -> Interval:
        dropped = int(np.count_nonzero(~(self.whole > 0)))
        found = t_interval(self.values)
        return Interval(found.mean, found.low, found.high, len(self.whole) - dropped, dropped)

    @cached_property
    def _share(self) -> ShareInterval:
        share = pooled_share(self.part, self.whole)
        mean, low, high = (self.times * end for end in (share.mean, share.low, share.high))
        return ShareInterval(mean, low, high, share.n, share.dropped, share.events, share.among)
