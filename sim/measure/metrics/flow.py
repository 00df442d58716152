"""How the line ran."""

from __future__ import annotations

from sim.measure.metric import true_metric
from sim.measure.tally import Tally, ratio
from sim.units import HOUR


@true_metric(
    "throughput_per_hour", unit="1/h", kind="value", label="throughput", better="high", table="flow", place=120
)
def throughput_per_hour(tally: Tally) -> float:
    """Phones decided / hours measured.

    >>> throughput_per_hour(Tally(decided=50, until_us=2 * HOUR))
    25.0
    """
    return ratio(tally.decided, tally.span_us / HOUR)


@true_metric("line_stopped_share", unit="share", kind="value", label="line stopped", better="low", place=200)
def line_stopped_share(tally: Tally) -> float:
    """Time the line stood blocked / time measured.

    >>> line_stopped_share(Tally(stopped_us=HOUR, until_us=4 * HOUR))
    0.25
    """
    return ratio(float(tally.stopped_us), tally.span_us)
