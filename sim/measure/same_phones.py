"""Leakage and cost on the same phones: those that are decided under every strategy of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.columns import Flags
from sim.measure.costs import Costs
from sim.measure.fates import Fates, fates_of, pages
from sim.measure.metrics.cost import paid_for_phones, paid_for_time
from sim.measure.outcomes import Outcomes
from sim.measure.setting import Setting
from sim.measure.tally import Ratio, Tally, ratio


@dataclass(frozen=True, slots=True)
class OnTheSame:
    """One strategy in one replication, on the phones that all strategies decided.

    What rostered time and servers cost can't be told by phone: per phone it is what it is for all of a strategy's own.
    """

    phones: int
    escape_rate: Ratio
    cost_per_1000: Ratio


def decided_by_all(decided: Sequence[Flags]) -> Flags:
    """Return which phones have a verdict under every strategy, in the time that is measured.

    >>> decided_by_all([np.array([True, True, False]), np.array([True, False, False])]).tolist()
    [True, False, False]
    """
    common: Flags = np.logical_and.reduce(decided)
    return common


def on_the_same(tally: Tally, outcomes: Outcomes, setting: Setting, common: Flags) -> OnTheSame:
    """Measure a strategy on some phones; `tally` is of all of its own."""
    same = Tally(costs=setting.costs)
    for rows in pages(len(common)):
        _count(same, fates_of(outcomes, setting, rows), common[rows])
    return _measured(same, paid_for_time(tally), tally.decided)


@dataclass(frozen=True, slots=True)
class Remembered:
    """All that `on_the_same` needs of a strategy's run, for a comparison with strategies that run another time."""

    fates: Fates
    paid_for_time: float
    decided: int
    costs: Costs

    @classmethod
    def of(cls, tally: Tally, outcomes: Outcomes, setting: Setting) -> Remembered:
        """Keep what became of each phone: six bytes of it."""
        return cls(fates_of(outcomes, setting), paid_for_time(tally), tally.decided, setting.costs)

    def on(self, common: Flags) -> OnTheSame:
        """Measure the strategy on some phones."""
        same = Tally(costs=self.costs)
        _count(same, self.fates, common)
        return _measured(same, self.paid_for_time, self.decided)


def compared(strategies: Sequence[Remembered]) -> list[OnTheSame | None]:
    """Return each strategy on the phones that all of them decided; None where there is only one."""
    if len(strategies) < 2:
        return [None for _ in strategies]
    common = decided_by_all([each.fates.decided for each in strategies])
    return [each.on(common) for each in strategies]


def _count(same: Tally, fate: Fates, which: Flags) -> None:
    same.decided += int(np.count_nonzero(which))
    same.defective += int(np.count_nonzero(which & fate.defective))
    same.escaped += int(np.count_nonzero(which & fate.escaped))
    same.rejected += int(np.count_nonzero(which & fate.rejected))
    same.overkilled += int(np.count_nonzero(which & fate.overkilled))
    same.audited += int(np.count_nonzero(which & fate.audited))
    same.pictures += int(np.count_nonzero(which & fate.logged))


def _measured(same: Tally, paid: float, decided: int) -> OnTheSame:
    time = paid * same.decided / decided if decided else 0.0
    spent = time + paid_for_phones(same)
    return OnTheSame(same.decided, ratio(same.escaped, same.defective), ratio(spent, same.decided, times=1000.0))
