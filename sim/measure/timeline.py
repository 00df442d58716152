"""One strategy's history in equal bins of simulated time, for figures: never one point per phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.factory.phones import Phones
from sim.line.log import InspectionLog
from sim.line.rules import DecidedBy, Look, Verdict
from sim.measure.metrics import Outcome
from sim.units import SECOND

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Enough to see an hour's outage in three days, few enough that a bin holds phones.
BINS = 72

_BY_HUMANS = (DecidedBy.HUMAN, DecidedBy.FALLBACK)
_BY_NOBODY = (DecidedBy.NOBODY, DecidedBy.FAIL_OPEN, DecidedBy.OVERFLOW)


@dataclass(frozen=True, slots=True)
class Timeline:
    """One strategy's history. Arrays are (replications, bins); phones count in the bin in which they were due.

    A phone without a verdict at the horizon counts only in `undecided` and `assigned`.
    """

    edges_us: Counts  #: (bins + 1,)
    defective: Counts  #: decided phones that were truly defective
    escaped: Counts  #: of these, shipped
    good: Counts  #: decided phones that were truly good
    overkilled: Counts  #: of these, rejected
    undecided: Counts
    decided_by: dict[str, Counts]  #: decider's name (humans, v1, v2, nobody ...) -> phones decided
    assigned: dict[str, Counts]  #: arm's name -> phones assigned to it at arrival
    mirrored: dict[str, Counts]  #: model version -> mirrored looks that ended with a verdict
    latency_p50_s: Floats  #: NaN in a bin without a verdict
    latency_p95_s: Floats
    latency_p99_s: Floats

    @classmethod
    def of(cls, log: InspectionLog, phones: Phones, fate: Outcome, bins: int = BINS) -> Timeline:
        """Count one replication's phones; arrays have shape (1, bins)."""
        edges = np.floor(np.linspace(0, log.horizon_us, bins + 1)).astype(np.int64)
        where = np.clip(np.searchsorted(edges, phones.due_us, side="right") - 1, 0, bins - 1)

        def count(which: NDArray[np.bool_]) -> Counts:
            return np.bincount(where[which], minlength=bins).astype(np.int64)[None, :]

        decided, how = log.phones.verdict != Verdict.NONE, log.phones.decided_by
        arm_version = np.array([name.split(" + ")[0] for name in log.arms] + [""])[log.phones.arm]
        decided_by = {
            name: count((how == DecidedBy.MODEL) & (arm_version == name)) for name in dict.fromkeys(arm_version) if name
        }
        decided_by["humans"] = count(np.isin(how, _BY_HUMANS))
        decided_by["humans (review)"] = count(how == DecidedBy.REVIEW)
        decided_by["nobody"] = count(np.isin(how, _BY_NOBODY))
        mirrors = (log.looks.kind == Look.MIRROR) & (log.looks.verdict != Verdict.MISSING) & (log.looks.end_us >= 0)
        mirrored = {}
        for number, station in enumerate(log.stations[:-1]):
            seen = np.zeros(len(phones), dtype=bool)
            seen[log.looks.phone[mirrors & (log.looks.station == number)]] = True
            mirrored[station] = count(seen)
        latency = (log.phones.verdict_us - phones.due_us) / SECOND
        quantiles = np.full((3, bins), np.nan)
        rows = np.flatnonzero(decided)
        borders = np.searchsorted(where[rows], np.arange(bins + 1))
        for b in range(bins):
            if borders[b + 1] > borders[b]:
                quantiles[:, b] = np.quantile(latency[rows[borders[b] : borders[b + 1]]], (0.5, 0.95, 0.99))
        return cls(
            edges_us=edges,
            defective=count(fate.decided & fate.defective),
            escaped=count(fate.escaped),
            good=count(fate.decided & ~fate.defective),
            overkilled=count(fate.overkilled),
            undecided=count(~decided),
            decided_by={name: counts for name, counts in decided_by.items() if counts.any()},
            assigned={name: count(log.phones.arm == code) for code, name in enumerate(log.arms)},
            mirrored={name: counts for name, counts in mirrored.items() if counts.any()},
            latency_p50_s=quantiles[0][None, :],
            latency_p95_s=quantiles[1][None, :],
            latency_p99_s=quantiles[2][None, :],
        )

    @classmethod
    def stacked(cls, parts: Sequence[Timeline]) -> Timeline:
        """Stack replications, in order."""

        def rows(name: str) -> NDArray[np.int64]:
            return np.concatenate([getattr(part, name) for part in parts])

        def named(name: str) -> dict[str, Counts]:
            keys = dict.fromkeys(key for part in parts for key in getattr(part, name))
            nothing = np.zeros_like(parts[0].defective)
            return {key: np.concatenate([getattr(part, name).get(key, nothing) for part in parts]) for key in keys}

        return cls(
            edges_us=parts[0].edges_us,
            defective=rows("defective"),
            escaped=rows("escaped"),
            good=rows("good"),
            overkilled=rows("overkilled"),
            undecided=rows("undecided"),
            decided_by=named("decided_by"),
            assigned=named("assigned"),
            mirrored=named("mirrored"),
            latency_p50_s=np.concatenate([part.latency_p50_s for part in parts]),
            latency_p95_s=np.concatenate([part.latency_p95_s for part in parts]),
            latency_p99_s=np.concatenate([part.latency_p99_s for part in parts]),
        )
