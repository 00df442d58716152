"""Metrics of one strategy in one replication, from its log and the truth. Definitions: `sim.measure.definitions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.deployment.labels import Audits
from sim.factory.phones import Phones
from sim.line.log import InspectionLog
from sim.line.rules import DecidedBy, Look, Verdict
from sim.measure.costs import Costs
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


def outcome(log: InspectionLog, phones: Phones, setting: Setting) -> Outcome:
    """Return each phone's fate; phones due before the warm-up's end count as undecided."""
    verdict = log.phones.verdict
    decided = (verdict != Verdict.NONE) & (phones.due_us >= setting.warm_up_us)
    defective = phones.defective
    passed = decided & (verdict == Verdict.PASS)
    chance = np.where(verdict == Verdict.PASS, setting.audits.of_passes, setting.audits.of_rejects)
    audited = decided & (phones.u_audit < chance)
    contained = audited & passed & defective if setting.audits.contain else np.zeros_like(passed)
    rejected = (decided & (verdict == Verdict.REJECT)) | contained
    return Outcome(decided, defective, passed & ~contained, rejected, audited)


def ratio(part: float, whole: float) -> float:
    """Return part / whole, NaN where there is nothing to divide by: unknown is not zero."""
    return part / whole if whole > 0 else NAN


def measure(log: InspectionLog, phones: Phones, setting: Setting) -> dict[str, float]:
    """Return every metric by name, NaN where it is undefined."""
    fate = outcome(log, phones, setting)
    decided = int(fate.decided.sum())
    defective, good = int((fate.decided & fate.defective).sum()), int((fate.decided & ~fate.defective).sum())
    escaped, overkilled = int(fate.escaped.sum()), int(fate.overkilled.sum())
    shipped, rejected = int(fate.shipped.sum()), int(fate.rejected.sum())
    from_us, until_us = setting.warm_up_us, log.horizon_us
    hours = (until_us - from_us) / HOUR

    latency = (log.phones.verdict_us - phones.due_us)[fate.decided] / SECOND
    p50, p95, p99 = np.quantile(latency, [0.5, 0.95, 0.99]) if decided else (NAN, NAN, NAN)
    busy_us = busy_by_station(log, from_us)
    humans_us = busy_us[len(log.stations) - 1]
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
    how = log.phones.decided_by[fate.decided]
    released = log.phones.release_us >= 0
    stopped = np.clip(log.stopped, from_us, until_us)
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
        "wait_mean_s": ratio(float(latency.sum()) - looks_us(log, fate.decided) / SECOND, decided),
        "throughput_per_hour": ratio(decided, hours),
        "inspector_utilisation": ratio(humans_us, rostered_us),
        "server_utilisation": ratio(sum(busy_us[:-1]), deployed_us),
        "busy_minutes_per_1000": 1000.0 * ratio(humans_us / MINUTE, decided),
        "rostered_minutes_per_1000": 1000.0 * ratio(rostered_us / MINUTE, decided),
        "cost_per_1000": 1000.0 * ratio(spent, decided),
        "review_load": ratio(int((how == DecidedBy.REVIEW).sum()), decided),
        "fallback_share": ratio(int(((how == DecidedBy.FALLBACK) | (how == DecidedBy.FAIL_OPEN)).sum()), decided),
        "line_stopped_share": ratio(float((stopped[:, 1] - stopped[:, 0]).sum()), until_us - from_us),
        "lost_phones": float((~released & (phones.due_us >= from_us)).sum()),
    }


def busy_by_station(log: InspectionLog, from_us: int) -> list[int]:
    """Return each station's busy server-time within the measured period, looks under way at the horizon included."""
    looks = log.looks
    began = looks.start_us >= 0
    end = np.where(looks.end_us >= 0, looks.end_us, log.horizon_us)
    busy = np.clip(end, from_us, None) - np.clip(looks.start_us, from_us, None)
    return [int(busy[began & (looks.station == number)].sum()) for number in range(len(log.stations))]


def looks_us(log: InspectionLog, decided: Mask) -> int:
    """Return the time that the looks which decided these phones took, mirrored looks left out."""
    looks = log.looks
    counts = (looks.start_us >= 0) & (looks.kind != Look.MIRROR) & decided[looks.phone]
    return int((looks.end_us - looks.start_us)[counts].sum())
