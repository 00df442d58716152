"""Reading: one value of a metric, on how many phones it rests, and how far chance may have moved it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.columns import Column, Flags, Floats

#: Of a 95 % interval.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a metric and how many phones it rests on; value None = no data.

    `error` is its standard error where the phones weigh unequally or the value is no share; None: a plain share.
    `basis` says of a value that is no count of anything what it is relative to, and `yardstick` names it in short:
    values by different ones are not to be compared.
    """

    value: float | None
    samples: int
    error: float | None = None
    basis: str = ""
    yardstick: str = ""

    def __str__(self) -> str:
        shown = "no data" if self.value is None else f"{self.value:.4g}"
        return f"{shown} ({self.samples} phones{self.basis and '; '}{self.basis})"

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of a share: Wilson's, or of its logit where phones weigh unequally. None: no data.

        Examples
        --------
        >>> low, high = Reading(0.0, 100).interval
        >>> round(low, 3), round(high, 3)
        (0.0, 0.037)
        """
        value, n = self.value, self.samples
        if value is None:
            return None
        if self.error is None:
            share = Z95**2 / n
            centre, reach = value + share / 2.0, Z95 * math.sqrt((value * (1.0 - value) + share / 4.0) / n)
            low, high = (centre - reach) / (1.0 + share), (centre + reach) / (1.0 + share)
            return 0.0 if value == 0.0 else max(low, 0.0), 1.0 if value == 1.0 else min(high, 1.0)
        if not 0.0 < value < 1.0:
            return (0.0, 1.0)
        logit, reach = math.log(value / (1.0 - value)), Z95 * self.error / (value * (1.0 - value))
        return 1.0 / (1.0 + math.exp(reach - logit)), 1.0 / (1.0 + math.exp(-reach - logit))


#: What a metric says of nothing: it is missing, never zero.
NO_DATA = Reading(None, 0)


def mean(values: Column) -> Reading:
    """Return the mean of one value per phone; of flags that is a share.

    >>> print(mean(np.array([True, False])), mean(np.array([])), sep=", ")
    0.5 (2 phones), no data (0 phones)
    """
    if values.dtype == np.bool_:
        return share(int(np.count_nonzero(values)), len(values))
    return Reading(float(values.sum(dtype=np.float64)) / len(values), len(values)) if len(values) else NO_DATA


def share(hits: int, of: int) -> Reading:
    """Return so many phones out of so many.

    >>> print(share(1, 4), share(0, 0), sep=", ")
    0.25 (4 phones), no data (0 phones)
    """
    return Reading(hits / of, of) if of else NO_DATA


def quantile(values: Column, q: float) -> Reading:
    """Return a quantile of one value per phone.

    >>> print(quantile(np.array([1.0, 2.0, 4.0]), 0.5))
    2 (3 phones)
    """
    return Reading(float(np.quantile(values, q)), len(values)) if len(values) else NO_DATA


def weighted_share(hit: Flags, q: Floats) -> Reading:
    """Return a share of phones that were chosen with unequal probabilities q: each stands for 1/q of them.

    Horvitz and Thompson 1952; of two classes of a verdict this is Begg and Greenes' correction (1983). Its standard
    error is the ratio estimator's.

    Examples
    --------
    >>> weighted_share(np.array([True, True, False]), np.array([0.5, 0.5, 0.1])).value  # 4 hits stand against 10
    0.2857142857142857
    """
    if not len(hit):
        return NO_DATA
    weight = 1.0 / q
    total = float(weight.sum())
    value = float(weight[hit].sum()) / total
    error = math.sqrt(float(np.sum((weight * (hit - value)) ** 2))) / total
    return Reading(value, len(hit), error)
