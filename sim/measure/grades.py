"""The usual limits of an attribute agreement analysis, and the grade that a rate has by them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

Grade = Literal["acceptable", "marginal", "unacceptable", "unknown"]
#: From good to bad: of several the last one counts.
ORDER: tuple[Grade, ...] = ("acceptable", "marginal", "unacceptable", "unknown")


class Limit(NamedTuple):
    """How good a share has to be."""

    acceptable: float
    marginal: float
    better: Literal["low", "high"]

    def grade(self, share: float) -> Grade:
        """Return the grade of a share, "unknown" for NaN.

        >>> EFFECTIVENESS.grade(0.85), MISS_RATE.grade(0.02), FALSE_ALARM_RATE.grade(0.2)
        ('marginal', 'acceptable', 'unacceptable')
        """
        if math.isnan(share):
            return "unknown"
        sign = 1.0 if self.better == "high" else -1.0
        if sign * share >= sign * self.acceptable:
            return "acceptable"
        return "marginal" if sign * share >= sign * self.marginal else "unacceptable"


#: As handbooks on measurement systems print them (AIAG's manual, from memory): see `driftline facts agreement`.
EFFECTIVENESS = Limit(0.90, 0.80, "high")
MISS_RATE = Limit(0.02, 0.05, "low")
FALSE_ALARM_RATE = Limit(0.05, 0.10, "low")
KAPPA_GOOD = 0.75  #: a kappa above it is said to be good agreement


def worst(grades: Iterable[Grade]) -> Grade:
    """Return the grade of somebody who has these: the worst of them.

    >>> worst(["acceptable", "unacceptable", "marginal"])
    'unacceptable'
    """
    return max(grades, key=ORDER.index)
