"""What is counted of one strategy in one replication, once, page by page: every true metric is made of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sim.columns import Flags, Times
from sim.line.rules import BY_FALLBACK, DecidedBy
from sim.measure.costs import Costs
from sim.measure.fates import fates_of, in_doubt, pages
from sim.measure.outcomes import Outcomes
from sim.measure.setting import Setting
from sim.units import HOUR, SECOND

NAN = float("nan")
#: The quantiles of latency that are told, by the name under which metrics and timelines have them.
LATENCY_QUANTILES = {"latency_p50_s": 0.5, "latency_p95_s": 0.95, "latency_p99_s": 0.99}


_BY_FALLBACK = np.isin(list(DecidedBy), BY_FALLBACK)


@dataclass(eq=False)
class Tally:
    """Phones by fate, how long they took, and how long everybody worked, from the warm-up's end until the horizon.

    Parameters
    ----------
    decided, defective, escaped, overkilled, shipped, rejected, audited : int
        Phones with a verdict; of these, the truly defective ones, those of them shipped, good phones rejected, phones
        that left for a customer, phones that did not, phones that an expert looked at again.
    pictures : int
        Of the decided phones: those whose pictures are kept, where the strategy learns from them.
    reviewed, fallen_back : int
        Of the decided phones: by a human since the model was unsure; by the fallback.
    overflowed : int
        Of the decided phones: shipped or rejected unseen, since a buffer was full.
    lost : int
        Phones whose look was lost in a crash of a server; the fallback decides them.
    on_line, not_started : int
        Phones without a verdict at the horizon: on the line, or due and not taken up by it.
    latency_us : ndarray of int64, shape (decided,)
        Verdict - due, in no order.
    waited_us : ndarray of int64, shape (on_line + not_started,)
        Horizon - due of the phones without a verdict: their latency is at least that.
    looks_us : int
        How long the looks at decided phones took, mirrored ones left out.
    inspectors_busy_us, inspectors_rostered_us, servers_busy_us, servers_deployed_us : int
        Work, and what was paid for, added up over inspectors and over replicas. A replica is paid for while a route
        asks for its version, and after that for as long as it still has phones to finish; likewise an inspector while
        on duty, and into a break or after the shift for as long as the phone in hand takes.
    servers_surcharge : float
        What replicas with a price of their own (`serving.price`) cost beyond `costs.server_hour`, in dollars.
    stopped_us : int
        How long the line stood blocked.
    from_us, until_us : int
        What was measured.
    costs : Costs
        What things cost.
    """

    decided: int = 0
    defective: int = 0
    escaped: int = 0
    overkilled: int = 0
    shipped: int = 0
    rejected: int = 0
    audited: int = 0
    pictures: int = 0
    reviewed: int = 0
    fallen_back: int = 0
    overflowed: int = 0
    lost: int = 0
    on_line: int = 0
    not_started: int = 0
    latency_us: Times = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    waited_us: Times = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    looks_us: int = 0
    inspectors_busy_us: int = 0
    inspectors_rostered_us: int = 0
    servers_busy_us: int = 0
    servers_deployed_us: int = 0
    servers_surcharge: float = 0.0
    stopped_us: int = 0
    from_us: int = 0
    until_us: int = 0
    costs: Costs = field(default_factory=Costs)

    @property
    def good(self) -> int:
        """Decided phones that were truly good."""
        return self.decided - self.defective

    @property
    def span_us(self) -> int:
        """How much time was measured."""
        return self.until_us - self.from_us

    @cached_property
    def latency_sum_us(self) -> int:
        """The latencies added up."""
        return int(self.latency_us.sum())

    @cached_property
    def latency_quantiles_s(self) -> tuple[float, float, float]:
        """Median, p95 and p99 of the latencies in seconds, found together: sorting is the dear part.

        One that falls among the phones without a verdict is what it would be if all had theirs at the horizon: "more
        than", says `more_than`. The others are of the decided phones.

        >>> Tally(decided=3, latency_us=np.array([3_000_000, 1_000_000, 2_000_000])).latency_quantiles_s[0]
        2.0
        >>> late = Tally(decided=1, latency_us=np.array([SECOND]), on_line=3, waited_us=np.array([3, 5, 9]) * SECOND)
        >>> late.latency_quantiles_s[0], late.more_than[0]
        (4.0, True)
        """
        known = [NAN] * len(LATENCY_QUANTILES)
        if self.decided:
            known = (
                np.quantile(self.latency_us, [*LATENCY_QUANTILES.values()], overwrite_input=True) / SECOND
            ).tolist()
        if any(self.more_than):
            at_least = np.concatenate([self.latency_us, self.waited_us])
            least = np.quantile(at_least, [*LATENCY_QUANTILES.values()], overwrite_input=True) / SECOND
            known = [
                float(low) if more else value for value, low, more in zip(known, least, self.more_than, strict=True)
            ]
        p50, p95, p99 = known
        return p50, p95, p99

    @cached_property
    def more_than(self) -> tuple[bool, bool, bool]:
        """Whether median, p95 and p99 fall among the phones without a verdict, if these take for ever.

        >>> Tally(decided=98, on_line=2, waited_us=np.array([1, 2])).more_than
        (False, False, True)
        """
        count = self.decided + len(self.waited_us)
        p50, p95, p99 = (
            count - self.decided > 0 and (count - 1) * q > self.decided - 1 for q in LATENCY_QUANTILES.values()
        )
        return p50, p95, p99

    @classmethod
    def of(cls, outcomes: Outcomes, setting: Setting) -> Tally:
        """Count everything once."""
        records, from_us, until_us = outcomes.records, setting.warm_up_us, outcomes.horizon_us
        *models_us, humans_us = outcomes.busy_us.tolist()
        stopped_us = np.clip(outcomes.stopped, from_us, until_us)
        tally = cls(
            latency_us=np.empty(len(records), dtype=np.int64),
            lost=outcomes.lost_looks,
            looks_us=outcomes.looks_us,
            inspectors_busy_us=humans_us,
            inspectors_rostered_us=setting.rostered_us(until_us) + outcomes.overrun_us,
            servers_busy_us=sum(models_us),
            servers_deployed_us=_deployed_us(setting, until_us) + sum(outcomes.draining_by.values()),
            servers_surcharge=_surcharge(setting, outcomes),
            stopped_us=int((stopped_us[:, 1] - stopped_us[:, 0]).sum()),
            from_us=from_us,
            until_us=until_us,
            costs=setting.costs,
        )
        waited_us = [tally._add(outcomes, setting, rows) for rows in pages(len(records))]
        tally.latency_us = tally.latency_us[: tally.decided]
        tally.waited_us = np.concatenate([tally.waited_us, *waited_us])
        return tally

    def _add(self, outcomes: Outcomes, setting: Setting, rows: slice) -> Times:
        """Count a page, and return how long its phones without a verdict have waited."""
        fate, how, due_us = (
            fates_of(outcomes, setting, rows),
            outcomes.decided_by[rows],
            outcomes.records["due_us"][rows],
        )
        latency_us = (outcomes.verdict_us[rows] - due_us)[fate.decided]
        self.latency_us[self.decided : self.decided + len(latency_us)] = latency_us
        self.decided += len(latency_us)
        self.defective += _sum(fate.decided & fate.defective)
        self.escaped += _sum(fate.escaped)
        self.overkilled += _sum(fate.overkilled)
        self.shipped += _sum(fate.shipped)
        self.rejected += _sum(fate.rejected)
        self.audited += _sum(fate.audited)
        self.pictures += _sum(fate.logged)
        self.reviewed += _sum(fate.decided & in_doubt(outcomes, setting, rows))
        self.fallen_back += _sum(fate.decided & _BY_FALLBACK[how])
        self.overflowed += _sum(fate.decided & (how == DecidedBy.OVERFLOW))
        self.on_line += _sum(how == DecidedBy.ON_LINE)
        self.not_started += _sum(how == DecidedBy.NOT_STARTED)
        waited_us: Times = self.until_us - due_us[(how == DecidedBy.ON_LINE) | (how == DecidedBy.NOT_STARTED)]
        return waited_us


def _deployed_us(setting: Setting, until_us: int, only: Collection[str] | None = None) -> int:
    """Return for how long a route asked for replicas, of all versions or of some, added up."""
    from_us = setting.warm_up_us
    return sum(
        setting.replicas[version] * sum(max(0, min(end, until_us) - max(begin, from_us)) for begin, end in periods)
        for version, periods in setting.deployed.items()
        if only is None or version in only
    )


def _surcharge(setting: Setting, outcomes: Outcomes) -> float:
    """Return what replicas with a price of their own cost more than others would, in dollars."""
    own = {version: price for version, price in setting.prices.items() if version in setting.deployed}
    return float(
        sum(
            (price - setting.costs.server_hour)
            * (_deployed_us(setting, outcomes.horizon_us, (version,)) + outcomes.draining_by.get(version, 0))
            / HOUR
            for version, price in own.items()
        )
    )


def _sum(which: Flags) -> int:
    return int(np.count_nonzero(which))


class Ratio(float):
    """A quotient that knows what it is made of, so that replications can be added up before they are divided.

    It is a plain number in any calculation, and what comes of one is a plain number, too.

    >>> leakage = Ratio(3, 12)
    >>> leakage, leakage.part, leakage.whole, type(2 * leakage).__name__
    (0.25, 3, 12, 'float')
    """

    part: float
    whole: float
    times: float

    def __new__(cls, part: float, whole: float, times: float = 1.0) -> Ratio:
        made = super().__new__(cls, times * (part / whole) if whole > 0 else NAN)
        made.part, made.whole, made.times = part, whole, times
        return made

    def __reduce__(self) -> tuple[type[Ratio], tuple[float, float, float]]:
        return Ratio, (self.part, self.whole, self.times)


def ratio(part: float, whole: float, times: float = 1.0) -> Ratio:
    """Return part / whole, NaN where there is nothing to divide by: unknown is not zero.

    A metric that returns it as it is (`times` 1e6 for parts per million) is pooled over replications: the sum of the
    parts over the sum of the wholes.

    >>> ratio(1, 4), ratio(0, 0), ratio(1, 1000, times=1e6)
    (0.25, nan, 1000.0)
    """
    return Ratio(part, whole, times)
