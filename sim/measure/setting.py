"""What a log alone does not say, and measuring needs; and who is measured, over which time.

Measured is the time from the warm-up's end until the horizon, and every phone that is in the system in it: from the
moment in which it is due until its verdict. Of these phones some are *decided*: their verdict falls in that time. The
others are *without a verdict*: on the line at the horizon, or not taken up by it. So phones and time belong together:

    in the system at the beginning + due = decided + without a verdict

Every metric follows it. Rates of phones are of the decided ones; throughput, work, and what was paid for it, are of the
same time and divided by the same decided phones. Latencies are of the decided phones too, and those without a verdict
count as having waited until the horizon, at least (`sim.measure.tally`). A phone whose verdict falls before the
warm-up's end is measured by nobody. Only a `Timeline`, which shows how things went, goes by when phones were due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sim.columns import Flags
from sim.deployment.telemetry.labels import Audits
from sim.inspectors.human.calendar import Duty
from sim.line.route import Arm
from sim.measure.costs import Costs


@dataclass(frozen=True, slots=True)
class Setting:
    """Who was on duty, what was running, what things cost, from when on to measure.

    `deployed` gives, per model version, the (from_us, until_us) periods in which a route asked for it; `arms` are those
    that were routed, by name. `turns_us` are the moments at which the line turns whoever decides: see `Timeline`.
    """

    staff: int
    replicas: Mapping[str, int]
    deployed: Mapping[str, Sequence[tuple[int, int]]]
    costs: Costs
    audits: Audits
    arms: Mapping[str, Arm]
    warm_up_us: int = 0
    turns_us: Sequence[int] = ()
    duty: Sequence[Duty] | None = None  #: when inspectors are on duty; None: all of them, always
    prices: Mapping[str, float] = field(default_factory=dict)  #: $ an hour of versions that have a price of their own
    logged: Flags | None = None  #: which phones' pictures are kept beside those of audited ones; None: nobody learns

    def rostered_us(self, until_us: int) -> int:
        """Return for how long inspectors were on duty from the warm-up's end on, added up."""
        from_us = self.warm_up_us
        if self.duty is None:
            return self.staff * (until_us - from_us)
        return sum(max(0, min(each.until_us, until_us) - max(each.from_us, from_us)) for each in self.duty)
