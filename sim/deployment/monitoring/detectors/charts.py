"""Control charts for a measured quantity (brightness, a score): the CUSUM (Page 1954) and the EWMA (Roberts 1959).

Values are standardised, with a mean and a standard deviation that are given or learned on the first values. Limits come
from the exact mean run lengths of `sim.stats.run_lengths`, for independent normal values with a known mean. Three
things break the promise, and a chart cannot see them:

* *a learned mean*: with 1000 values it is off by 0.03 standard deviations, for ever; see `learn`;
* *values that are alike*: the phones of one lot, or of one minute under one lamp; hand over means of lots instead;
* *values that are not normal*: rare events belong to the Bernoulli CUSUM.
"""

from __future__ import annotations

import math
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sim.columns import Floats
from sim.deployment.monitoring.detectors.watch import DETECTORS, WARNING_SHARE, DetectorSpec, Polarity
from sim.stats.run_lengths import cusum_limit, ewma_limit

#: The CUSUM adds in whole units of 2^-30 standard deviations: sums are then exact, wherever a batch ends.
_GRAIN = 2.0**-30
#: Values at a time, so that their sum stays far inside int64.
_CHUNK = 1 << 15


class _Chart(DetectorSpec):
    polarity: Polarity = Field(Polarity.EITHER, description="which shift of the mean to look for")
    arl0: float = Field(100_000.0, ge=10.0, le=1e9, description="mean number of values to a false alarm")
    mean: float | None = Field(None, description="what is normal; without it: as in the first `learn` values")
    sd: float | None = Field(None, gt=0.0, description="standard deviation of what is normal; goes with the mean")
    learn: int = Field(
        5000,
        ge=20,
        le=1_000_000,
        description="values to learn mean and standard deviation from; if those never vary, the first other one alarms",
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.mean is None) is not (self.sd is None):
            raise ValueError("mean and sd go together: give both or neither")
        return self


@DETECTORS.register("cusum", 2)
class Cusum(_Chart):
    """A CUSUM on standardised values: S+ <- max(0, S+ + z - k), S- <- max(0, S- - z - k), alarm at S >= h.

    `arl0` sets h; see the module for when the promise holds. Values beyond +-(h + k + 1) count as that much: each of
    them alarms at once, or brings its sum to 0, either way.

    Examples
    --------
    >>> watch = Cusum(mean=10.0, sd=2.0, arl0=168).start()
    >>> watch.update([10.0, 13.0, 13.0, 13.0, 14.0, 13.0]), round(watch.statistic, 2), round(watch.limit, 2)
    (4, 4.5, 4.0)
    """

    kind: Literal["cusum"] = "cusum"
    k: float = Field(0.5, gt=0.0, le=5.0, description="half the shift to be found soonest, in standard deviations")

    def reader(self) -> _CusumReader:
        return _CusumReader(self)


@DETECTORS.register("ewma", 3)
class Ewma(_Chart):
    """An exponentially weighted moving average of standardised values, against a constant limit.

    `arl0` sets the limit, in standard deviations of the average after a long time; see the module for when the promise
    holds. Values so far away that one alone alarms count as no more than that; with one direction only, that also
    limits how far a single value can pull the average the other way.

    Examples
    --------
    >>> watch = Ewma(mean=10.0, sd=2.0, weight=0.2, arl0=500).start()
    >>> watch.update([10.0, 13.0, 13.0, 13.0, 14.0, 13.0]), round(watch.statistic, 2), round(watch.limit, 2)
    (5, 3.27, 2.96)
    """

    kind: Literal["ewma"] = "ewma"
    weight: float = Field(0.1, ge=0.01, le=1.0, description="of the newest value")

    def reader(self) -> _EwmaReader:
        return _EwmaReader(self)


class _ChartReader:
    """Standardises: with what was given, or with what was learned."""

    def __init__(self, spec: _Chart, limit: float, warning: float, cap: float) -> None:
        self.learn = 0 if spec.mean is not None else spec.learn
        self.statistic: float | None = None
        self.limit: float | None = limit
        self.warns = False
        self._mean, self._sd = spec.mean or 0.0, spec.sd or 1.0
        self._warning, self._cap = warning, cap
        self._rises, self._falls = spec.polarity is not Polarity.FALL, spec.polarity is not Polarity.RISE

    def learned(self, first: Floats) -> None:
        self._mean, self._sd = float(first.mean()), float(first.std(ddof=1))

    def _standardised(self, values: Floats) -> Floats:
        away = values - self._mean
        if self._sd > 0.0:
            with np.errstate(over="ignore"):
                return np.clip(away / self._sd, -self._cap, self._cap)
        return np.sign(away) * self._cap


class _CusumReader(_ChartReader):
    def __init__(self, spec: Cusum) -> None:
        two_sided = spec.polarity is Polarity.EITHER
        limit = cusum_limit(spec.arl0, spec.k, two_sided)
        warning = cusum_limit(WARNING_SHARE * spec.arl0, spec.k, two_sided)
        super().__init__(spec, limit, warning, cap=limit + spec.k + 1.0)
        self._k = round(spec.k / _GRAIN)
        self._limit, self._warning_at = (math.ceil(each / _GRAIN) for each in (limit, warning))
        self._s = {sign: 0 for sign, watched in ((1, self._rises), (-1, self._falls)) if watched}

    def read(self, values: Floats) -> int | None:
        for start in range(0, len(values), _CHUNK):
            at = self._read_chunk(values[start : start + _CHUNK])
            if at is not None:
                return start + at
        return None

    def _read_chunk(self, values: Floats) -> int | None:
        z = np.rint(self._standardised(values) / _GRAIN).astype(np.int64)
        sums = {}
        for sign, before in self._s.items():
            free = before + np.cumsum(sign * z - self._k)
            sums[sign] = free - np.minimum.accumulate(np.minimum(free, 0))  # what a floor at 0 adds
        worst = np.maximum.reduce(list(sums.values()))
        over = worst >= self._limit
        at = int(over.argmax()) if bool(over.any()) else None
        last = len(values) - 1 if at is None else at
        self._s = {sign: int(s[last]) for sign, s in sums.items()}
        self.statistic = float(worst[last]) * _GRAIN
        self.warns = bool(worst[last] >= self._warning_at)
        return at


class _EwmaReader(_ChartReader):
    def __init__(self, spec: Ewma) -> None:
        two_sided = spec.polarity is Polarity.EITHER
        self._weight, self._spread = spec.weight, math.sqrt(spec.weight / (2.0 - spec.weight))
        limit = ewma_limit(spec.arl0, spec.weight, two_sided)
        warning = ewma_limit(WARNING_SHARE * spec.arl0, spec.weight, two_sided)
        super().__init__(spec, limit, warning, cap=2.0 * limit * self._spread / spec.weight)
        self._average = 0.0

    def read(self, values: Floats) -> int | None:
        high = (self.limit or 0.0) * self._spread
        upper, lower = high if self._rises else math.inf, -high if self._falls else -math.inf
        keep, average, at = 1.0 - self._weight, self._average, None
        # A plain loop: each average needs the one before, bit for bit the same wherever a batch ends.
        for index, part in enumerate((self._weight * self._standardised(values)).tolist()):
            average = keep * average + part
            if average >= upper or average <= lower:
                at = index
                break
        self._average = average
        away = average if not self._falls else -average if not self._rises else abs(average)
        self.statistic = away / self._spread
        self.warns = self.statistic >= self._warning
        return at
