"""The Bernoulli CUSUM: did the rate of a rare event change? Exact, phone by phone (Reynolds and Stoumbos 1999)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sim.columns import Floats
from sim.deployment.monitoring.detectors.watch import WARNING_SHARE, DetectorSpec, Polarity
from sim.units import Share


@dataclass(frozen=True, slots=True)
class Walk:
    """A CUSUM on whole numbers: S <- S + up on one outcome, max(0, S - down) on the other, alarm at S >= limit.

    One of the steps is 1 and the other m - 1, where m = r2/r1 rounded, r1 = -ln((1-p1)/(1-p0)) and
    r2 = ln(p1 (1-p0) / (p0 (1-p1))): the log-likelihood ratio of p1 against p0 in units of r1.

    Examples
    --------
    >>> walk = Walk.of(0.01, 0.03)
    >>> walk.up, walk.down, round(walk.arl(0.01, limit=210)), round(walk.arl(0.03, limit=210), 1)
    (54, 1, 10518, 279.2)
    """

    up: int
    down: int
    up_on_event: bool

    @classmethod
    def of(cls, p0: float, p1: float) -> Walk:
        """Return the walk for a change of the rate from `p0` to `p1`; whichever outcome is the rare one is counted."""
        rare0, rare1 = (p0, p1) if p0 <= 0.5 else (1.0 - p0, 1.0 - p1)
        r1 = -math.log((1.0 - rare1) / (1.0 - rare0))
        r2 = math.log(rare1 * (1.0 - rare0) / (rare0 * (1.0 - rare1)))
        m = max(2, math.floor(r2 / r1 + 0.5))
        up, down = (m - 1, 1) if rare1 > rare0 else (1, m - 1)
        return cls(up, down, up_on_event=p1 > p0)

    def arl(self, p: float, limit: int) -> float:
        """Return the mean number of phones to an alarm from S = 0, exact, when the event's rate is `p`."""
        rises = p if self.up_on_event else 1.0 - p
        return _arl_of_slow_falls(rises, self.up, limit) if self.down == 1 else self._arl_of_slow_rises(rises, limit)

    def limit(self, p0: float, arl0: float) -> int:
        """Return the smallest limit with which false alarms come every `arl0` phones on average, or more rarely."""
        return _smallest(lambda limit: self.arl(p0, limit) >= arl0)

    def _arl_of_slow_rises(self, rises: float, limit: int) -> float:
        """Return the ARL of a walk that rises by 1: the times it takes from each height to the next, added up."""
        reached = [0.0]  # the mean time from 0 to each height
        for height in range(limit):
            again = reached[height] - reached[max(0, height - self.down)]
            reached.append(reached[height] + (1.0 + (1.0 - rises) * again) / rises)
        return reached[limit]


def _arl_of_slow_falls(rises: float, up: int, limit: int) -> float:
    """Return the ARL of a walk that falls by 1, from the top down, in blocks of `up` heights.

    From each height the walk gets one down without an alarm with probability b, and takes a time a for that or for
    the alarm. After a step up it has to get down through `up` heights whose (b, a) are known: through the rest of the
    block above, and then through what is known of this block. Nothing is subtracted, so nothing is lost.
    """
    above = [(0.0, 0.0)] * up  # from each height of the block above to below its lowest; beyond the limit: no way
    height = limit - 1
    while True:
        block: list[tuple[float, float]] = []
        passed = (1.0, 0.0)
        for way in above:
            back, spent = _then(way, passed)
            if height == 0:
                return (1.0 + rises * spent) / (rises * (1.0 - back))
            again = 1.0 - rises * back
            block.append(((1.0 - rises) / again, (1.0 + rises * spent) / again))
            passed = _then(passed, block[-1])
            height -= 1
        above, way = [], (1.0, 0.0)
        for one in reversed(block):
            way = _then(one, way)
            above.append(way)
        above.reverse()


def _then(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Return the chance and the time of two ways down, one after the other."""
    return first[0] * second[0], first[1] + first[0] * second[1]


def _smallest(enough: Callable[[int], bool]) -> int:
    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


@lru_cache(maxsize=256)
def _design(p0: float, p1: float, arl0: float) -> tuple[Walk, int, int]:
    """Return the walk with its limits of warning and alarm; kept, since every strategy asks for the same."""
    walk = Walk.of(p0, p1)
    return walk, walk.limit(p0, WARNING_SHARE * arl0), walk.limit(p0, arl0)


class BernoulliCusum(DetectorSpec):
    """A CUSUM on events (errors, escapes, disagreements): 1 for each phone where it happened, 0 where it did not.

    The limit comes from the exact chain, so that false alarms come every `arl0` phones on average, if p0 is right and
    phones are independent. Without `p0` it is estimated on the first `learn` phones as (events + 1/2) / (phones + 1),
    and the promise is lost. At a rate of 1 %, learned on 1000 phones with 10,000 asked, one watch in ten false-alarms
    within 650 phones and one in ten not within 60,000; with the rate known it is 1050 and 23,000.

    Examples
    --------
    >>> watch = BernoulliCusum(p0="1%", p1="3%", arl0=10_000).start()
    >>> watch.limit, watch.update([0] * 500), watch.statistic
    (208.0, None, 0.0)
    >>> watch.update([1, 1, 0, 1, 1]), watch.phase.value
    (4, 'alarm')
    """

    takes: ClassVar[Literal["numbers", "shares", "events"]] = "events"

    kind: Literal["bernoulli_cusum"] = "bernoulli_cusum"
    polarity: Polarity = Field(Polarity.RISE, description="rise or fall of the event's rate")
    arl0: float = Field(10_000.0, ge=10.0, le=1e9, description="mean number of phones to a false alarm")
    p0: Share | None = Field(None, description="the rate that is normal; without it: as in the first `learn` phones")
    p1: Share | None = Field(None, description="the rate to be found soonest; needs p0; without it: p0 x or / `ratio`")
    ratio: float = Field(2.0, gt=1.0, le=100.0, description="p1 over p0, or p0 over p1 for a fall")
    learn: int = Field(1000, ge=20, le=1_000_000, description="phones to learn p0 from")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.polarity is Polarity.EITHER:
            raise ValueError("bernoulli_cusum watches one direction: polarity rise or fall; use two for both")
        if self.p0 is not None and not 0.0 < self.p0 < 1.0:
            raise ValueError(f"p0 must lie between 0 and 1, not {self.p0:g}")
        if self.p1 is not None:
            if self.p0 is None:
                raise ValueError("p1 without p0: give both, or a ratio")
            if not 0.0 < self.p1 < 1.0 or (self.p1 > self.p0) is not (self.polarity is Polarity.RISE):
                side = "above" if self.polarity is Polarity.RISE else "below"
                raise ValueError(f"p1 must lie {side} p0 = {self.p0:g} for a {self.polarity.value}, not {self.p1:g}")
        return self

    def reader(self) -> _EventReader:
        return _EventReader(self)

    def to_find(self, p0: float) -> float:
        """Return p1 for a given p0: a rise goes at most half the way to 1."""
        if self.p1 is not None:
            return self.p1
        return min(p0 * self.ratio, 0.5 * (1.0 + p0)) if self.polarity is Polarity.RISE else p0 / self.ratio


class _EventReader:
    def __init__(self, spec: BernoulliCusum) -> None:
        self._spec = spec
        self.learn = 0 if spec.p0 is not None else spec.learn
        self.statistic: float | None = None
        self.limit: float | None = None
        self.warns = False
        if spec.p0 is not None:
            self._set(spec.p0)

    def _set(self, p0: float) -> None:
        self._walk, self._warning, self._limit = _design(p0, self._spec.to_find(p0), self._spec.arl0)
        self._s = 0
        self.limit = float(self._limit)

    def learned(self, first: Floats) -> None:
        self._set((float(first.sum()) + 0.5) / (len(first) + 1.0))

    def read(self, values: Floats) -> int | None:
        rises = (values == 1.0) == self._walk.up_on_event
        free = self._s + np.cumsum(np.where(rises, self._walk.up, -self._walk.down))
        s = free - np.minimum.accumulate(np.minimum(free, 0))  # what a floor at 0 adds
        over = s >= self._limit
        at = int(over.argmax()) if bool(over.any()) else None
        self._s = int(s[-1 if at is None else at])
        self.statistic = float(self._s)
        self.warns = self._s >= self._warning
        return at
