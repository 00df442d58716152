"""Metrics of one strategy in one replication, from its log and the truth. Definitions: `sim.measure.definitions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.deployment.labels import Audits
from sim.line.rules import DecidedBy, Verdict
from sim.measure.costs import Costs
from sim.measure.ledger import Ledger
from sim.units import HOUR, MINUTE, SECOND

NAN = float("nan")
Mask = NDArray[np.bool_]


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
class Outcome:
    """Every phone's fate, with the truth: masks of shape (n,)."""

    decided: Mask
    defective: Mask
    shipped: Mask  #: left for a customer
    rejected: Mask
    audited: Mask

    @property
    def escaped(self) -> Mask:
        return self.shipped & self.defective

    @property
    def overkilled(self) -> Mask:
        return self.rejected & ~self.defective


def outcome(ledger: Ledger, setting: Setting) -> Outcome:
    """Return each phone's fate; phones due before the warm-up's end count as undecided."""
    records, verdict = ledger.records, ledger.verdict
    decided = verdict != Verdict.NONE
    if setting.warm_up_us:
        decided &= records["due_us"] >= setting.warm_up_us
    defective = records["defective"]
    passed = decided & (verdict == Verdict.PASS)
    rejected = decided & (verdict == Verdict.REJECT)
    u_audit, audits = records["u_audit"], setting.audits
    audited = (passed & (u_audit < audits.of_passes)) | (rejected & (u_audit < audits.of_rejects))
    if audits.contain:
        contained = audited & passed & defective
        passed, rejected = passed & ~contained, rejected | contained
    return Outcome(decided, defective, passed, rejected, audited)


def ratio(part: float, whole: float) -> float:
    """Return part / whole, NaN where there is nothing to divide by: unknown is not zero."""
    return part / whole if whole > 0 else NAN


def measure(ledger: Ledger, fate: Outcome, setting: Setting) -> dict[str, float]:
    """Return every metric by name, NaN where it is undefined."""
    due_us = ledger.records["due_us"]
    decided = int(fate.decided.sum())
    defective, good = int((fate.decided & fate.defective).sum()), int((fate.decided & ~fate.defective).sum())
    escaped, overkilled = int(fate.escaped.sum()), int(fate.overkilled.sum())
    shipped, rejected = int(fate.shipped.sum()), int(fate.rejected.sum())
    from_us, until_us = setting.warm_up_us, ledger.horizon_us
    hours = (until_us - from_us) / HOUR

    latency = (ledger.verdict_us - due_us)[fate.decided] / SECOND
    p50, p95, p99 = np.quantile(latency, [0.5, 0.95, 0.99]) if decided else (NAN, NAN, NAN)
    *models_us, humans_us = ledger.busy_us.tolist()
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
        + costs.audit * int(fate.audited.sum())
    )
    how = ledger.decided_by[fate.decided]
    released = ledger.decided_by != DecidedBy.NOT_STARTED
    stopped = np.clip(ledger.stopped, from_us, until_us)
    return {
        "phones": float(decided),
        "escape_rate": ratio(escaped, defective),
        "outgoing_dppm": 1e6 * ratio(escaped, shipped),
        "overkill_rate": ratio(overkilled, good),
        "reject_precision": ratio(rejected - overkilled, rejected),
        "first_pass_yield": ratio(shipped, decided),
        "latency_mean_s": float(latency.mean()) if decided else NAN,
        "latency_p50_s": float(p50),
        "latency_p95_s": float(p95),
        "latency_p99_s": float(p99),
        "wait_mean_s": ratio(float(latency.sum()) - ledger.looks_us / SECOND, decided),
        "throughput_per_hour": ratio(decided, hours),
        "inspector_utilisation": ratio(humans_us, rostered_us),
        "server_utilisation": ratio(sum(models_us), deployed_us),
        "busy_minutes_per_1000": 1000.0 * ratio(humans_us / MINUTE, decided),
        "rostered_minutes_per_1000": 1000.0 * ratio(rostered_us / MINUTE, decided),
        "cost_per_1000": 1000.0 * ratio(spent, decided),
        "review_load": ratio(int((how == DecidedBy.REVIEW).sum()), decided),
        "fallback_share": ratio(int(((how == DecidedBy.FALLBACK) | (how == DecidedBy.FAIL_OPEN)).sum()), decided),
        "line_stopped_share": ratio(float((stopped[:, 1] - stopped[:, 0]).sum()), until_us - from_us),
        "lost_phones": float((~released & (due_us >= from_us)).sum()),
    }
