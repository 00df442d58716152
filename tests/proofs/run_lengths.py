"""Does a comparison say the same on a run and on one ten times as long?

`python tests/proofs/run_lengths.py [--replications 20] [--hours 24]` prints, at 0.5, 0.95, 1.5 and 3 times the capacity of
a line without drift and with fixed routes, which pairs of strategies are distinguishable by leakage, latency and cost on
either run, and whether those that are on both are so in the same direction. Above capacity no pair is compared by latency.
`tests/report/test_run_lengths.py` runs a small version.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from sim.experiment.result import Result
from sim.experiment.run import run
from sim.report.findings import finding
from sim.scenario import Scenario, build

LOADS = (0.5, 0.95, 1.5, 3.0)
TIMES = 10
METRICS = ("escape_rate", "latency_p95_s", "cost_per_1000")
TAKT_S = 20.0


def scenario(load: float, hours: float, replications: int) -> Scenario:
    """Return a line whose inspectors have this load where they see every phone, and three routes that never change."""
    return build(
        name="run_lengths", seed=11, horizon=f"{hours * 60:.0f}min", replications=replications,
        factory={"arrivals": {"kind": "poisson", "every": f"{TAKT_S}s"}, "defect_rate": "5%"},
        inspectors={"count": 2, "service": {"law": "exponential", "mean": f"{2 * TAKT_S * load:.1f}s"}},
        models={"v1": {"training": {"phones": 5000}}},
        deployment={"stable": "humans", "candidate": "v1", "start": "0s"},
        strategies=[
            {"pattern": "manual"},
            {"pattern": "partial_automation", "candidate": "v1"},
            {"pattern": "full_automation", "candidate": "v1"},
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """Two strategies by one metric: the sign of the difference where it is measurable, 0 where not, None: not compared."""

    metric: str
    names: tuple[str, str]
    short: int | None
    long: int | None

    @property
    def agrees(self) -> bool:
        """Whether the two runs don't say opposite things."""
        return self.short is None or self.long is None or self.short * self.long >= 0

    def __str__(self) -> str:
        words = {None: "not compared", 0: "not distinguishable", 1: "more", -1: "less"}
        said = "agree" if self.agrees else "CONTRADICT"
        names = f"{self.names[0]} against {self.names[1]}"
        return f"  {self.metric:14} {names:40} {words[self.short]:20} {words[self.long]:20} {said}"


def sign(result: Result, one: str, other: str, metric: str) -> int | None:
    """Return which way a pair differs measurably."""
    if finding(result, metric).refused:
        return None
    gap = result.difference(one, other, metric)
    return 0 if not gap.excludes_zero else 1 if gap.mean > 0 else -1


def pairs(load: float, hours: float, replications: int, workers: int | None = None) -> Iterator[Pair]:
    """Compare each pair of strategies on both runs."""
    short, long = (run(scenario(load, each, replications), workers=workers) for each in (hours, TIMES * hours))
    for metric in METRICS:
        for one, other in combinations([strategy.name for strategy in short.strategies], 2):
            yield Pair(metric, (one, other), sign(short, one, other, metric), sign(long, one, other, metric))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--workers", type=int, default=None)
    chosen = parser.parse_args()
    wrong = 0
    for load in LOADS:
        print(f"{load:g} times the capacity: {chosen.hours:g} h, and {TIMES * chosen.hours:g} h", flush=True)
        for pair in pairs(load, chosen.hours, chosen.replications, chosen.workers):
            ranked_above = load > 1 and pair.metric == "latency_p95_s" and (pair.short, pair.long) != (None, None)
            wrong += not pair.agrees or ranked_above
            print(pair, flush=True)
    print(f"{wrong} contradictions" if wrong else "No contradiction.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
