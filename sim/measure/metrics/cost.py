"""What it cost."""

from __future__ import annotations

from sim.measure.metric import true_metric
from sim.measure.tally import Tally, ratio
from sim.units import HOUR, MINUTE


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
    """Labour (rostered), servers, rework, false rejects, escapes and audits per 1,000 phones decided.

    >>> from sim.measure.costs import Costs
    >>> cost_per_1000(Tally(decided=1000, rejected=5, overkilled=2, costs=Costs(rework=32.0, false_reject=1.5)))
    99.0
    """
    return ratio(paid_for_time(tally) + paid_for_phones(tally), tally.decided, times=1000.0)


def paid_for_time(tally: Tally) -> float:
    """Return what inspectors and servers cost for being there.

    >>> paid_for_time(Tally(inspectors_rostered_us=10 * MINUTE, servers_deployed_us=2 * HOUR))
    2.6
    """
    costs = tally.costs
    return (
        costs.inspector_minute * tally.inspectors_rostered_us / MINUTE
        + costs.server_hour * tally.servers_deployed_us / HOUR
    )


def paid_for_phones(tally: Tally) -> float:
    """Return what wrong and right verdicts, and audits, cost.

    >>> paid_for_phones(Tally(rejected=2, overkilled=1, audited=10))
    36.5
    """
    costs = tally.costs
    return (
        costs.escape * tally.escaped
        + costs.rework * (tally.rejected - tally.overkilled)
        + costs.false_reject * tally.overkilled
        + costs.audit * tally.audited
    )
