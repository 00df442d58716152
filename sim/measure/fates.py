"""What became of each phone, told with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.columns import Flags
from sim.line.rules import DecidedBy, Verdict
from sim.measure.outcomes import Outcomes
from sim.measure.setting import Setting

#: Rows measured at a time: of ten million phones every mask would be fresh memory, and making that is the dear part.
PAGE = 2**18


@dataclass(frozen=True, slots=True)
class Fates:
    """Every phone's fate, with the truth: masks of shape (n,)."""

    decided: Flags
    defective: Flags
    shipped: Flags  #: left for a customer
    rejected: Flags
    audited: Flags
    logged: Flags  #: its pictures are kept, for a strategy that learns from them

    @property
    def escaped(self) -> Flags:
        return self.shipped & self.defective

    @property
    def overkilled(self) -> Flags:
        return self.rejected & ~self.defective


def pages(count: int) -> Iterator[slice]:
    """Yield runs of rows, few enough to measure at a time.

    >>> list(pages(300_000))
    [slice(0, 262144, None), slice(262144, 300000, None)]
    """
    for first in range(0, count, PAGE):
        yield slice(first, min(first + PAGE, count))


def decided(outcomes: Outcomes, warm_up_us: int, rows: slice = slice(None)) -> Flags:
    """Return which phones have a verdict; one from before the warm-up's end is none: see `sim.measure.setting`."""
    has_one: Flags = outcomes.verdict[rows] != Verdict.NONE
    if warm_up_us:
        has_one &= outcomes.verdict_us[rows] >= warm_up_us
    return has_one


def fates_of(outcomes: Outcomes, setting: Setting, rows: slice = slice(None)) -> Fates:
    """Return each phone's fate."""
    records, verdict, has_one = outcomes.records, outcomes.verdict[rows], decided(outcomes, setting.warm_up_us, rows)
    defective = records["defective"][rows]
    passed = has_one & (verdict == Verdict.PASS)
    rejected = has_one & (verdict == Verdict.REJECT)
    u_audit, audits = records["u_audit"][rows], setting.audits
    audited = (passed & (u_audit < audits.of_passes)) | (rejected & (u_audit < audits.of_rejects))
    if audits.contain:
        contained = audited & passed & defective
        passed, rejected = passed & ~contained, rejected | contained
    logged = np.zeros_like(has_one) if setting.logged is None else has_one & (setting.logged[rows] | audited)
    return Fates(has_one, defective, passed, rejected, audited, logged)


def in_doubt(outcomes: Outcomes, setting: Setting, rows: slice = slice(None)) -> Flags:
    """Return whom a model left to humans since it was unsure: nobody of an arm in which it only sorts their queue."""
    unsure = [code for code, name in enumerate(outcomes.arms) if setting.arms[name].role == "model"]
    doubted: Flags = (outcomes.decided_by[rows] == DecidedBy.REVIEW) & np.isin(outcomes.arm[rows], unsure)
    return doubted
