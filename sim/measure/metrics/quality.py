"""How well phones were judged."""

from __future__ import annotations

from sim.measure.metric import only_in_detail, true_metric
from sim.measure.tally import Tally, ratio


@true_metric(
    "escape_rate",
    unit="share",
    label="leakage",
    better="low",
    table="quality",
    answer="Leakage (defective phones shipped / defective phones decided)",
    matters="0.5pt",
    place=20,
)
def escape_rate(tally: Tally) -> float:
    """Defective phones shipped / defective phones decided.

    >>> escape_rate(Tally(defective=4, escaped=1))
    0.25
    """
    return ratio(tally.escaped, tally.defective)


@true_metric("outgoing_dppm", unit="ppm", kind="value", label="outgoing DPPM", better="low", table="quality", place=30)
def outgoing_dppm(tally: Tally) -> float:
    """1e6 x defective phones shipped / phones shipped.

    >>> outgoing_dppm(Tally(shipped=1000, escaped=1))
    1000.0
    """
    return ratio(tally.escaped, tally.shipped, times=1e6)


@true_metric(
    "overkill_rate",
    unit="share",
    label="overkill",
    better="low",
    table="quality",
    answer="Overkill (good phones rejected / good phones decided)",
    matters="0.1pt",
    place=40,
)
def overkill_rate(tally: Tally) -> float:
    """Good phones rejected / good phones decided.

    >>> overkill_rate(Tally(decided=10, defective=2, overkilled=1))
    0.125
    """
    return ratio(tally.overkilled, tally.good)


@true_metric(
    "reject_precision", unit="share", label="reject precision", better="high", table="quality", place=50,
    worth_a_column=only_in_detail,
)  # fmt: skip
def reject_precision(tally: Tally) -> float:
    """Defective rejects / rejects.

    >>> reject_precision(Tally(rejected=4, overkilled=1))
    0.75
    """
    return ratio(tally.rejected - tally.overkilled, tally.rejected)


@true_metric(
    "first_pass_yield", unit="share", label="first-pass yield", better="high", table="quality", place=60,
    worth_a_column=only_in_detail,
)  # fmt: skip
def first_pass_yield(tally: Tally) -> float:
    """Phones shipped / phones decided.

    >>> first_pass_yield(Tally(decided=4, shipped=3))
    0.75
    """
    return ratio(tally.shipped, tally.decided)
