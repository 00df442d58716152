"""What it cost, and for what: the cost of quality as a quality engineer splits it (Feigenbaum 1956).

Prevention is what keeps defects from being made. Nothing that has a price here is that, so it has no metric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from sim.measure.metric import only_in_detail, true_metric
from sim.measure.tally import Ratio, Tally, ratio
from sim.units import HOUR, MINUTE

QualityClass = Literal["appraisal", "internal failure", "external failure"]


class Item(NamedTuple):
    """What is paid for, to which class of the cost of quality it belongs, and how much it comes to."""

    price: str  #: as `costs` names it
    quality_class: QualityClass
    of: Callable[[Tally], float]  #: dollars


def _servers(t: Tally) -> float:
    return t.costs.server_hour * t.servers_deployed_us / HOUR + t.servers_surcharge


#: For being there, whatever comes.
FOR_TIME = (
    Item("inspector_minute", "appraisal", lambda t: t.costs.inspector_minute * t.inspectors_rostered_us / MINUTE),
    Item("server_hour", "appraisal", _servers),
)
#: By the phone.
FOR_PHONES = (
    Item("escape", "external failure", lambda t: t.costs.escape * t.escaped),
    Item("rework", "internal failure", lambda t: t.costs.rework * (t.rejected - t.overkilled)),
    Item("false_reject", "internal failure", lambda t: t.costs.false_reject * t.overkilled),
    Item("audit", "appraisal", lambda t: t.costs.audit * t.audited),
    Item("picture", "appraisal", lambda t: t.costs.picture * t.pictures),
)


@true_metric(
    "cost_per_1000",
    unit="$",
    kind="value",
    label="cost",
    column="cost per 1,000",
    better="low",
    table="money",
    answer="Cost (per 1,000 phones decided)",
    matters="1%",
    place=170,
)
def cost_per_1000(tally: Tally) -> float:
    """Labour (rostered), servers, rework, false rejects, escapes, audits and kept pictures per 1,000 phones decided.

    >>> from sim.measure.costs import Costs
    >>> cost_per_1000(Tally(decided=1000, rejected=5, overkilled=2, costs=Costs(rework=32.0, false_reject=1.5)))
    99.0
    """
    return ratio(paid_for_time(tally) + paid_for_phones(tally), tally.decided, times=1000.0)


@true_metric(
    "appraisal_per_1000", unit="$", kind="value", label="cost of appraisal", column="appraisal per 1,000",
    better="low", table="money", place=171, worth_a_column=only_in_detail,
)  # fmt: skip
def appraisal_per_1000(tally: Tally) -> float:
    """Cost of finding out: labour (rostered), servers, audits and kept pictures per 1,000 phones decided.

    >>> appraisal_per_1000(Tally(decided=1000, audited=10, inspectors_rostered_us=10 * MINUTE, escaped=1))
    4.0
    """
    return _per_1000(tally, "appraisal")


@true_metric(
    "internal_failure_per_1000", unit="$", kind="value", label="cost of internal failure",
    column="internal failure per 1,000", better="low", table="money", place=172, worth_a_column=only_in_detail,
)  # fmt: skip
def internal_failure_per_1000(tally: Tally) -> float:
    """Cost of what goes wrong inside: rework and false rejects per 1,000 phones decided.

    >>> internal_failure_per_1000(Tally(decided=1000, rejected=2, overkilled=1, escaped=1))
    33.5
    """
    return _per_1000(tally, "internal failure")


@true_metric(
    "external_failure_per_1000", unit="$", kind="value", label="cost of external failure",
    column="external failure per 1,000", better="low", table="money", place=173, worth_a_column=only_in_detail,
)  # fmt: skip
def external_failure_per_1000(tally: Tally) -> float:
    """Cost of what goes wrong at customers': escapes per 1,000 phones decided.

    >>> external_failure_per_1000(Tally(decided=1000, rejected=2, overkilled=1, escaped=1))
    150.0
    """
    return _per_1000(tally, "external failure")


def _per_1000(tally: Tally, quality_class: QualityClass) -> Ratio:
    items = [item for item in (*FOR_TIME, *FOR_PHONES) if item.quality_class == quality_class]
    return ratio(_paid(items, tally), tally.decided, times=1000.0)


def _paid(items: Iterable[Item], tally: Tally) -> float:
    """Add items up in order: from Python 3.12 on `sum` rounds otherwise than before."""
    paid = 0.0
    for item in items:
        paid += item.of(tally)
    return paid


def paid_for_time(tally: Tally) -> float:
    """Return what inspectors and servers cost for being there.

    >>> paid_for_time(Tally(inspectors_rostered_us=10 * MINUTE, servers_deployed_us=2 * HOUR))
    2.6
    """
    return _paid(FOR_TIME, tally)


def paid_for_phones(tally: Tally) -> float:
    """Return what wrong and right verdicts, audits, and pictures that are kept, cost.

    >>> paid_for_phones(Tally(rejected=2, overkilled=1, audited=10))
    36.5
    """
    return _paid(FOR_PHONES, tally)
