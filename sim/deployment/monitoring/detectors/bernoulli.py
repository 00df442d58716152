"""The Bernoulli CUSUM: did the rate of a rare event change? Exact, phone by phone (Reynolds and Stoumbos 1999)."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sim.columns import Floats
from sim.deployment.monitoring.detectors.watch import DETECTORS, WARNING_SHARE, DetectorSpec, Polarity
from sim.stats.event_walk import Walk
from sim.units import Share


@lru_cache(maxsize=256)
def _design(p0: float, p1: float, arl0: float) -> tuple[Walk, int, int]:
    """Return the walk with its limits of warning and alarm; kept, since every strategy asks for the same."""
    walk = Walk.of(p0, p1)
    return walk, walk.limit(p0, WARNING_SHARE * arl0), walk.limit(p0, arl0)


@DETECTORS.register("bernoulli_cusum", 1)
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
