"""Metrics of one strategy in one replication, from its log and the truth. Definitions: `sim.measure.definitions`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.columns import Flags
from sim.deployment.telemetry.labels import Audits
from sim.line.rules import DecidedBy, Verdict
from sim.measure.costs import Costs
from sim.measure.outcomes import Outcomes
from sim.units import HOUR, MINUTE, SECOND

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a log alone does not say: who was on duty, what was running, what things cost, from when on to measure.

    `deployed` gives, per model version, the (from_us, until_us) periods in which its replicas were running.
    """

    staff: int
    replicas: Mapping[str, int]
    deployed: Mapping[str, Sequence[tuple[int, int]]]
    costs: Costs
    audits: Audits
    warm_up_us: int = 0


@dataclass(frozen=True, slots=True)
class Fates:
    """Every phone's fate, with the truth: masks of shape (n,)."""

    decided: Flags
    defective: Flags
    shipped: Flags  #: left for a customer
    rejected: Flags
    audited: Flags

    @property
    def escaped(self) -> Flags:
        return self.shipped & self.defective

    @property
    def overkilled(self) -> Flags:
        return self.rejected & ~self.defective


#: Rows measured at a time: of ten million phones every mask would be fresh memory, and making that is the dear part.
PAGE = 2**18


def pages(count: int) -> Iterator[slice]:
    """Yield runs of rows, few enough to measure at a time."""
    for first in range(0, count, PAGE):
        yield slice(first, min(first + PAGE, count))


def fates_of(outcomes: Outcomes, setting: Setting, rows: slice = slice(None)) -> Fates:  # frozen
    """Return each phone's fate; phones due before the warm-up's end count as undecided."""
    records, verdict = outcomes.records, outcomes.verdict[rows]
    decided = verdict != Verdict.NONE
    if setting.warm_up_us:
        decided &= records["due_us"][rows] >= setting.warm_up_us
    defective = records["defective"][rows]
    passed = decided & (verdict == Verdict.PASS)
    rejected = decided & (verdict == Verdict.REJECT)
    u_audit, audits = records["u_audit"][rows], setting.audits
    audited = (passed & (u_audit < audits.of_passes)) | (rejected & (u_audit < audits.of_rejects))
    if audits.contain:
        contained = audited & passed & defective
        passed, rejected = passed & ~contained, rejected | contained
    return Fates(decided, defective, passed, rejected, audited)


@dataclass(slots=True)
class Counts:
    """Phones by fate, summed over pages, and the latencies of those decided."""

    latency_us: NDArray[np.int64]
    decided: int = 0
    defective: int = 0
    escaped: int = 0
    overkilled: int = 0
    shipped: int = 0
    rejected: int = 0
    audited: int = 0
    reviewed: int = 0
    fallen_back: int = 0
    lost: int = 0

    @classmethod
    def of(cls, outcomes: Outcomes, setting: Setting) -> Counts:
        """Count everything once."""
        records = outcomes.records
        counts = cls(np.empty(len(records), dtype=np.int64))
        for rows in pages(len(records)):
            fate, how, due_us = fates_of(outcomes, setting, rows), outcomes.decided_by[rows], records["due_us"][rows]
            latency_us = (outcomes.verdict_us[rows] - due_us)[fate.decided]
            counts.latency_us[counts.decided : counts.decided + len(latency_us)] = latency_us
            counts.decided += len(latency_us)
            counts.defective += _sum(fate.decided & fate.defective)
            counts.escaped += _sum(fate.escaped)
            counts.overkilled += _sum(fate.overkilled)
            counts.shipped += _sum(fate.shipped)
            counts.rejected += _sum(fate.rejected)
            counts.audited += _sum(fate.audited)
            counts.reviewed += _sum(fate.decided & (how == DecidedBy.REVIEW))
            fallen_back = (how == DecidedBy.FALLBACK) | (how == DecidedBy.FAIL_OPEN)
            counts.fallen_back += _sum(fate.decided & fallen_back)
            counts.lost += _sum((how == DecidedBy.NOT_STARTED) & (due_us >= setting.warm_up_us))
        counts.latency_us = counts.latency_us[: counts.decided]
        return counts


def _sum(which: Flags) -> int:
    return int(np.count_nonzero(which))


def ratio(part: float, whole: float) -> float:
    """Return part / whole, NaN where there is nothing to divide by: unknown is not zero."""
    return part / whole if whole > 0 else NAN


def measure(outcomes: Outcomes, setting: Setting) -> dict[str, float]:
    """Return every metric by name, NaN where it is undefined."""
    counts = Counts.of(outcomes, setting)
    decided, defective, escaped, overkilled = counts.decided, counts.defective, counts.escaped, counts.overkilled
    good, shipped, rejected = decided - defective, counts.shipped, counts.rejected
    from_us, until_us = setting.warm_up_us, outcomes.horizon_us
    hours = (until_us - from_us) / HOUR

    latency_s = ratio(float(counts.latency_us.sum()), SECOND * decided)
    p50, p95, p99 = (NAN, NAN, NAN)
    if decided:
        p50, p95, p99 = np.quantile(counts.latency_us, [0.5, 0.95, 0.99], overwrite_input=True) / SECOND
    *models_us, humans_us = outcomes.busy_us.tolist()
    rostered_us = setting.staff * (until_us - from_us)
    server_us = {
        version: setting.replicas[version] * sum(max(0, min(b, until_us) - max(a, from_us)) for a, b in periods)
        for version, periods in setting.deployed.items()
    }
    deployed_us = sum(server_us.values())
    costs = setting.costs
    spent = (
        costs.inspector_minute * rostered_us / MINUTE
        + costs.server_hour * deployed_us / HOUR
        + costs.escape * escaped
        + costs.rework * (rejected - overkilled)
        + costs.false_reject * overkilled
        + costs.audit * counts.audited
    )
    stopped = np.clip(outcomes.stopped, from_us, until_us)
    return {
        "phones": float(decided),
        "escape_rate": ratio(escaped, defective),
        "outgoing_dppm": 1e6 * ratio(escaped, shipped),
        "overkill_rate": ratio(overkilled, good),
        "reject_precision": ratio(rejected - overkilled, rejected),
        "first_pass_yield": ratio(shipped, decided),
        "latency_mean_s": latency_s,
        "latency_p50_s": float(p50),
        "latency_p95_s": float(p95),
        "latency_p99_s": float(p99),
        "wait_mean_s": ratio(int(counts.latency_us.sum()) - outcomes.looks_us, SECOND * decided),
        "throughput_per_hour": ratio(decided, hours),
        "inspector_utilisation": ratio(humans_us, rostered_us),
        "server_utilisation": ratio(sum(models_us), deployed_us),
        "busy_minutes_per_1000": 1000.0 * ratio(humans_us / MINUTE, decided),
        "rostered_minutes_per_1000": 1000.0 * ratio(rostered_us / MINUTE, decided),
        "cost_per_1000": 1000.0 * ratio(spent, decided),
        "review_load": ratio(counts.reviewed, decided),
        "fallback_share": ratio(counts.fallen_back, decided),
        "line_stopped_share": ratio(float((stopped[:, 1] - stopped[:, 0]).sum()), until_us - from_us),
        "lost_phones": float(counts.lost),
    }
