"""Do the printed intervals of shares hold the truth as often as they say?

`python tests/proofs/interval_coverage.py [--seeds 2000] [--horizon 2h] [--workers 2]` runs the real line, its trained versions held
fixed, `seeds` times ten replications long. Each ten give the interval that a comparison of ten replications prints; the
truth is that of all of them together. It prints how often the intervals cover it, how long they are, and whether ten
replications have 30 events and 30 phones without one on the average (what one of them happens to have would select).
`tests/experiment/test_interval_coverage.py` runs a small version.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

import numpy as np

from sim.columns import Floats
from sim.deployment.strategy import Strategy
from sim.experiment.replication import run_all
from sim.experiment.run import prepared
from sim.inspectors.model import ModelVersion
from sim.measure.estimates import Quotients
from sim.measure.metric import TRUE_METRICS
from sim.scenario import Scenario, build
from sim.stats.intervals import paired_difference
from sim.stats.ratios import FEW, clopper_pearson

HORIZONS = ("30min", "2h", "1d", "3d")
SHARES = ("escape_rate", "overkill_rate", "outgoing_dppm", "reject_precision")
REPLICATIONS = 10


def line(horizon: str, sets: int) -> Scenario:
    """Return the teaching line: people, a model with a review band, and a model alone, from the first phone on."""
    return build(
        name="coverage", seed=11, horizon=horizon, replications=sets * REPLICATIONS,
        strategies=[
            {"pattern": "manual"},
            {"pattern": "partial_automation", "start": "0s"},
            {"pattern": "full_automation", "start": "0s"},
        ],
    )  # fmt: skip


def made_of(
    scenario: Scenario, strategies: Sequence[Strategy], versions: Mapping[str, ModelVersion], number: int, engine: str
) -> list[tuple[float, float]]:
    """Return numerator and denominator of every share of every strategy in one replication."""
    simulations, _ = run_all(scenario, strategies, versions, number, engine)
    measured = [simulation.result().metrics for simulation in simulations]
    return [(run[name].part, run[name].whole) for run in measured for name in SHARES]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Covered:
    """How often an interval held the truth, of so many."""

    horizon: str
    strategy: str
    metric: str
    events: str
    covered: int
    intervals: int
    half_width: float  #: the median

    @property
    def share(self) -> float:
        return self.covered / self.intervals

    def __str__(self) -> str:
        low, high = clopper_pearson(self.covered, self.intervals)
        return (
            f"{self.horizon:6} {self.strategy:28} {self.metric:17} {self.events:12} {self.share:6.3f}"
            f" ({low:.3f}-{high:.3f}) of {self.intervals:5}, half-width {self.half_width:.4g}"
        )


def table(horizon: str, sets: int, workers: int | None = None) -> list[Covered]:
    """Return how often each share's interval covers at this horizon, and differences against the first strategy."""
    scenario = line(horizon, sets)
    counts = np.array(prepared(made_of, scenario).replications(workers), dtype=np.float64)
    names = [strategy.title for strategy in scenario.strategies]
    # (strategies, metrics, sets, replications) of numerators, and of denominators
    shape = (sets, REPLICATIONS, len(names), len(SHARES), 2)
    part, whole = np.moveaxis(counts.reshape(shape), (4, 2, 3), (0, 1, 2))
    return [
        row
        for number, metric in enumerate(SHARES)
        for row in _rows(horizon, metric, names, part[:, number], whole[:, number])
    ]


def _rows(horizon: str, metric: str, names: Sequence[str], part: Floats, whole: Floats) -> Iterator[Covered]:
    for own, name in enumerate(names):
        truth = part[own].sum() / whole[own].sum()
        ends = [
            (share.low, share.high)
            for share in (
                Quotients(*each).interval(shares=TRUE_METRICS[metric].counts_phones)
                for each in zip(part[own], whole[own], strict=True)
            )
        ]
        yield _covered(horizon, name, metric, np.array(ends), truth, _many(part[own], whole[own]))
        if own == 0:
            continue
        gap = truth - part[0].sum() / whole[0].sum()
        pairs = []
        for number in range(len(part[own])):
            one, other = (Quotients(part[who, number], whole[who, number]).values for who in (own, 0))
            difference = paired_difference(one, other)
            pairs.append((difference.low, difference.high))
        many = _many(part[own], whole[own]) and _many(part[0], whole[0])
        yield _covered(horizon, f"{name} - {names[0]}", metric, np.array(pairs), gap, many)


def _many(part: Floats, whole: Floats) -> bool:
    """Whether ten replications have 30 events, and 30 phones without one, on the average."""
    events, others = (counts.sum(axis=1).mean() for counts in (part, whole - part))
    return bool(min(events, others) >= FEW)


def _covered(horizon: str, name: str, metric: str, ends: Floats, truth: float, many: bool) -> Covered:
    holds = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    half = float(np.nanmedian(ends[:, 1] - ends[:, 0])) / 2.0
    return Covered(
        horizon, name, metric, f"{FEW} or more" if many else f"under {FEW}", int(holds.sum()), len(holds), half
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--horizon", choices=HORIZONS, action="append")
    parser.add_argument("--workers", type=int, default=None)
    chosen = parser.parse_args()
    for horizon in chosen.horizon or HORIZONS:
        print(*table(horizon, chosen.seeds, chosen.workers), sep="\n", flush=True)


if __name__ == "__main__":
    main()
