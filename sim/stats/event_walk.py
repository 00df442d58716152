"""The CUSUM of a rare event as a walk on whole numbers, and its exact mean run length (Reynolds and Stoumbos 1999)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


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
        for step in reversed(block):
            way = _then(step, way)
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
