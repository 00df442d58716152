"""One strategy's history in bins of simulated time, for figures: never one point per phone.

Bins are equally long but for where the line turns: at a drift, an outage or the start of the rollouts one ends and the
next begins, so that what changes at once is a step at its own moment and not half a bin before or after it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from sim.columns import Counts, Flags, Floats
from sim.line.rules import DecidedBy, Verdict
from sim.measure.deciders import ASSISTED, HUMANS, NOBODY, REVIEW, Decider
from sim.measure.fates import PAGE, fates_of, in_doubt
from sim.measure.outcomes import Outcomes
from sim.measure.setting import Setting
from sim.measure.tally import LATENCY_QUANTILES
from sim.units import SECOND

#: Enough to see an hour's outage in three days, few enough that a bin holds phones.
BINS = 72

Key = TypeVar("Key", bound=Hashable)

_BY_HUMANS = np.isin(list(DecidedBy), (DecidedBy.HUMAN, DecidedBy.FALLBACK))
_BY_NOBODY = np.isin(
    list(DecidedBy), (DecidedBy.NOBODY, DecidedBy.FAIL_OPEN, DecidedBy.FAIL_CLOSED, DecidedBy.OVERFLOW)
)


@dataclass(frozen=True, slots=True)
class Timeline:
    """One strategy's history. Arrays are (replications, bins); phones count in the bin in which they were due.

    A phone without a verdict at the horizon counts only in `undecided`, `in_system` and `assigned`. Whether phones due
    before the warm-up's end were judged rightly is not told.
    """

    edges_us: Counts  #: (bins + 1,)
    defective: Counts  #: decided phones that were truly defective
    escaped: Counts  #: of these, shipped
    good: Counts  #: decided phones that were truly good
    overkilled: Counts  #: of these, rejected
    undecided: Counts
    in_system: Counts  #: phones due, and without a verdict, at the bin's end
    decided_by: dict[Decider, Counts]  #: phones decided
    assigned: dict[str, Counts]  #: arm's name -> phones assigned to it at arrival
    mirrored: dict[str, Counts]  #: model version -> mirrored looks that ended with a verdict
    latency_p50_s: Floats  #: NaN in a bin without a verdict
    latency_p95_s: Floats
    latency_p99_s: Floats

    @classmethod
    def of(cls, outcomes: Outcomes, setting: Setting, bins: int = BINS) -> Timeline:
        """Count one replication's phones; arrays have shape (1, bins)."""
        due_us = outcomes.records["due_us"]
        edges = edges_with(setting.turns_us, outcomes.horizon_us, bins)
        bins = len(edges) - 1
        # Due times rise, so a bin is a run of rows.
        borders = np.searchsorted(due_us, edges, side="left")
        borders[0], borders[-1] = 0, len(due_us)
        decided_by: dict[Decider, Counts] = {}
        assigned: dict[str, Counts] = {}
        mirrored: dict[str, Counts] = {}
        plain = {name: _nothing(bins) for name in ("defective", "escaped", "good", "overkilled", "undecided")}
        quantiles = np.full((3, bins), np.nan)
        verdicts = np.zeros(bins, dtype=np.int64)
        first = 0
        while first < bins:
            # As many bins at a time as make a page.
            last = max(first + 1, int(np.searchsorted(borders, borders[first] + PAGE, side="right")) - 1)
            last = min(last, bins)
            inside = slice(first, last)
            page = _Page(outcomes, setting, slice(borders[first], borders[last]), borders[first : last + 1])
            for name, counts in page.plain().items():
                plain[name][0, inside] = counts
            _enter(decided_by, page.decided_by(), inside, bins)
            _enter(assigned, page.assigned(), inside, bins)
            _enter(mirrored, page.mirrored(), inside, bins)
            quantiles[:, inside] = page.latency_quantiles_s()
            verdicts += page.verdicts(edges)
            first = last
        return cls(
            edges_us=edges,
            **plain,
            in_system=(np.searchsorted(due_us, edges[1:], side="right") - np.cumsum(verdicts))[None, :],
            decided_by={decider: counts for decider, counts in decided_by.items() if counts.any()},
            assigned=assigned,
            mirrored={version: counts for version, counts in mirrored.items() if counts.any()},
            latency_p50_s=quantiles[0][None, :],
            latency_p95_s=quantiles[1][None, :],
            latency_p99_s=quantiles[2][None, :],
        )

    @classmethod
    def stacked(cls, parts: Sequence[Timeline]) -> Timeline:
        """Stack replications, in order."""

        def rows(name: str) -> Counts:
            return np.concatenate([getattr(part, name) for part in parts])

        def named(name: str) -> dict[Any, Counts]:
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
            in_system=rows("in_system"),
            decided_by=named("decided_by"),
            assigned=named("assigned"),
            mirrored=named("mirrored"),
            latency_p50_s=np.concatenate([part.latency_p50_s for part in parts]),
            latency_p95_s=np.concatenate([part.latency_p95_s for part in parts]),
            latency_p99_s=np.concatenate([part.latency_p99_s for part in parts]),
        )


def edges_with(turns_us: Iterable[int], horizon_us: int, bins: int) -> Counts:
    """Return the edges of about so many bins, an edge at each of these moments among them.

    Of the edges about a moment the nearer one is moved to it; if both stand where something else happens, another is
    added.

    Examples
    --------
    >>> edges_with([11, 29, 31], horizon_us=40, bins=4).tolist()
    [0, 11, 20, 29, 31, 40]
    """
    edges = np.floor(np.linspace(0, horizon_us, bins + 1)).astype(np.int64).tolist()
    fixed = {edges[0], edges[-1]}
    for moment in sorted({moment for moment in turns_us if 0 < moment < horizon_us}):
        after = bisect_left(edges, moment)
        about = sorted((after - 1, after), key=lambda i: abs(edges[i] - moment))
        movable = next((i for i in about if edges[i] not in fixed), None)
        if movable is None:
            edges.insert(after, moment)
        else:
            edges[movable] = moment
        fixed.add(moment)
    return np.array(edges, dtype=np.int64)


class _Page:
    """A run of rows that holds whole bins: few enough for their masks to stay in the cache."""

    def __init__(self, outcomes: Outcomes, setting: Setting, rows: slice, borders: Counts) -> None:
        self._outcomes = outcomes
        self._arms = setting.arms
        self._rows = rows
        self._bins = list(pairwise((borders - rows.start).tolist()))
        self._fate = fates_of(outcomes, setting, rows)
        self._in_doubt = in_doubt(outcomes, setting, rows)
        self._decided = outcomes.verdict[rows] != Verdict.NONE
        self._counts = outcomes.records["due_us"][rows] >= setting.warm_up_us

    def count(self, which: Flags) -> Counts:
        """Return how many rows of each bin are meant, shape (bins of the page,)."""
        return np.array([np.count_nonzero(which[begin:end]) for begin, end in self._bins], dtype=np.int64)

    def plain(self) -> dict[str, Counts]:
        fate, counts = self._fate, self._counts
        return {
            "defective": self.count(counts & fate.decided & fate.defective),
            "escaped": self.count(counts & fate.escaped),
            "good": self.count(counts & fate.decided & ~fate.defective),
            "overkilled": self.count(counts & fate.overkilled),
            "undecided": self.count(~self._decided),
        }

    def decided_by(self) -> dict[Decider, Counts]:
        how, arm = self._outcomes.decided_by[self._rows], self._outcomes.arm[self._rows]
        by_model, in_doubt = how == DecidedBy.MODEL, self._in_doubt
        counts: dict[Decider, Counts] = {}
        for code, name in enumerate(self._outcomes.arms):
            decider = Decider.of(self._arms[name])
            own = self.count(by_model & (arm == code))
            counts[decider] = counts[decider] + own if decider in counts else own
        counts[HUMANS] = self.count(_BY_HUMANS[how] | ((how == DecidedBy.REVIEW) & ~in_doubt))
        counts[REVIEW] = self.count(in_doubt)
        counts[ASSISTED] = self.count(how == DecidedBy.ASSISTED)
        counts[NOBODY] = self.count(_BY_NOBODY[how])
        return counts

    def assigned(self) -> dict[str, Counts]:
        arm = self._outcomes.arm[self._rows]
        return {name: self.count(arm == code) for code, name in enumerate(self._outcomes.arms)}

    def mirrored(self) -> dict[str, Counts]:
        return {version: self.count(done[self._rows]) for version, done in self._outcomes.mirrored.items()}

    def verdicts(self, edges_us: Counts) -> Counts:
        """Return how many of the verdicts fell in each bin of the whole run, its end included, shape (bins,)."""
        bins = len(edges_us) - 1
        moments_us = self._outcomes.verdict_us[self._rows][self._decided]
        place = np.searchsorted(edges_us[1:], moments_us, side="left")
        return np.bincount(np.minimum(place, bins - 1), minlength=bins)

    def latency_quantiles_s(self) -> Floats:
        """Return (median, p95, p99) of each bin, shape (3, bins of the page)."""
        latency_us = self._outcomes.verdict_us[self._rows] - self._outcomes.records["due_us"][self._rows]
        quantiles = np.full((3, len(self._bins)), np.nan)
        for number, (begin, end) in enumerate(self._bins):
            values = latency_us[begin:end][self._decided[begin:end]]
            if len(values):
                quantiles[:, number] = _quantiles(values) / SECOND
        return quantiles


def _enter(whole: dict[Key, Counts], part: dict[Key, Counts], inside: slice, bins: int) -> None:
    """Add a page's counts to those of all bins."""
    for key, counts in part.items():
        whole.setdefault(key, _nothing(bins))[0, inside] += counts


def _nothing(bins: int) -> Counts:
    return np.zeros((1, bins), dtype=np.int64)


def _quantiles(values: Counts) -> Floats:
    """Return the median, p95 and p99 as `np.quantile` does, but without its tenth of a millisecond a call.

    >>> values = np.arange(1000) ** 2
    >>> bool(np.allclose(_quantiles(values), np.quantile(values, (0.5, 0.95, 0.99))))
    True
    """
    rising = np.sort(values)
    place = (len(rising) - 1) * np.array([*LATENCY_QUANTILES.values()])
    below = place.astype(np.int64)
    low, high = rising[below], rising[np.minimum(below + 1, len(rising) - 1)]
    quantiles: Floats = low + (high - low) * (place - below)
    return quantiles
