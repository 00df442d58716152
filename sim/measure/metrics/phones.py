"""How many phones there were."""

from __future__ import annotations

from sim.measure.metric import true_metric
from sim.measure.tally import Tally


@true_metric("phones", unit="phones", kind="count", label="phones decided", better="high", table="quality", place=10)
def phones(tally: Tally) -> float:
    """Phones with a verdict before the horizon.

    >>> phones(Tally(decided=3))
    3.0
    """
    return float(tally.decided)


@true_metric("lost_phones", unit="phones", kind="count", label="not started", better="low", place=210)
def lost_phones(tally: Tally) -> float:
    """Phones due before the horizon that the line never took.

    >>> lost_phones(Tally(lost=2))
    2.0
    """
    return float(tally.lost)
