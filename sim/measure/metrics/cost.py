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
    place=170,
)
def cost_per_1000(tally: Tally) -> float:
    """Labour (rostered), servers, rework, false rejects, escapes and audits per 1,000 phones decided.

    >>> from sim.measure.costs import Costs
    >>> cost_per_1000(Tally(decided=1000, rejected=5, overkilled=2, costs=Costs(rework=32.0, false_reject=1.5)))
    99.0
    """
    costs = tally.costs
    spent = (
        costs.inspector_minute * tally.inspectors_rostered_us / MINUTE
        + costs.server_hour * tally.servers_deployed_us / HOUR
        + costs.escape * tally.escaped
        + costs.rework * (tally.rejected - tally.overkilled)
        + costs.false_reject * tally.overkilled
        + costs.audit * tally.audited
    )
    return ratio(spent, tally.decided, times=1000.0)
