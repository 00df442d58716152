"""How the line ran."""

from __future__ import annotations

from sim.measure.metric import only_in_detail, true_metric, where_above_0
from sim.measure.tally import Tally, ratio
from sim.units import HOUR


@true_metric(
    "throughput_per_hour", unit="1/h", kind="value", label="throughput", better="high", table="flow", place=120,
    worth_a_column=only_in_detail,
)  # fmt: skip
def throughput_per_hour(tally: Tally) -> float:
    """Phones decided / hours measured.

    >>> throughput_per_hour(Tally(decided=50, until_us=2 * HOUR))
    25.0
    """
    return ratio(tally.decided, tally.span_us / HOUR)


@true_metric(
    "line_stopped_share", unit="share", kind="value", label="line stopped", better="low", table="flow", place=200,
    worth_a_column=where_above_0("line_stopped_share"),
)  # fmt: skip
def line_stopped_share(tally: Tally) -> float:
    """Time the line stood blocked / time measured.

    >>> line_stopped_share(Tally(stopped_us=HOUR, until_us=4 * HOUR))
    0.25
    """
    return ratio(float(tally.stopped_us), tally.span_us)
