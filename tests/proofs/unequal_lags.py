"""Do judges keep their promise where one arm's labels come later than the other's?

`python tests/proofs/unequal_lags.py [--runs 400] [--workers 2]` prints, for every judge that promises an alpha, how often
an equal candidate was rolled back and one at the margin was taken for no worse, with exact 95 % intervals; how often one
that leaks about twice as much was rolled back; and how long that took. `tests/deployment/analysis/test_unequal_lags.py`
runs a small version.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

import numpy as np

from sim.deployment.events import Aborted, Promoted
from sim.deployment.strategy import Strategy
from sim.experiment.replication import StrategySimulation, run_all
from sim.experiment.run import prepared
from sim.factory.records import Records
from sim.inspectors.model import ModelVersion
from sim.line.rules import Verdict
from sim.scenario import Scenario, build
from sim.stats.ratios import clopper_pearson
from sim.units import HOUR

TAKT_S = 6.0
HALF = 50.0
#: The share of training phones that each model rejects; the fewer, the more it leaks.
STABLE = "5%"
CANDIDATES = {"equal": "5%", "margin": "2.3%", "twice": "1.5%", "five": "0.1%"}
JUDGES: Mapping[str, Mapping[str, Any]] = {
    "escapes": {"judge": {"kind": "escapes"}, "interval": "1h"},
    "z_test": {"judge": {"kind": "z_test"}, "metric": "audited_escape_share", "interval": "4h", "count": 12},
    "obrien_fleming": {
        "judge": {"kind": "obrien_fleming"}, "metric": "audited_escape_share", "interval": "4h", "count": 12,
    },
    "pocock": {"judge": {"kind": "pocock"}, "metric": "audited_escape_share", "interval": "4h", "count": 12},
    "pairs": {"judge": {"kind": "pairs"}, "interval": "1h"},
}  # fmt: skip


def served(load: float) -> dict[str, Any]:
    """Return a server with this load, when half of the phones come to it."""
    return {"service": {"law": "exponential", "mean": f"{load * TAKT_S * 100.0 / HALF:.3f}s"}}


#: What is slow in each case: (stable's server, the candidate's).
QUICK: dict[str, Any] = {"service": {"law": "fixed", "mean": "1s"}}
CASES: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "equally quick": (QUICK, QUICK),
    "stable at 1.3 x its load": (served(1.3), QUICK),
    "stable at 1.5 x its load": (served(1.5), QUICK),
    "candidate at 1.4 x its load": (QUICK, served(1.4)),
    # Audits take four hours: with a verdict that takes 36 the label is there after 40.
    "stable's labels ten times later": (
        {"service": {"law": "exponential", "mean": "36h"}, "replicas": 10_000},
        QUICK,
    ),
}  # fmt: skip


def scenario(case: str, candidate: str, judges: Sequence[str] = tuple(JUDGES), horizon: str = "3d") -> Scenario:
    """Return the line with a split in halves, and each judge as the only gate of a plan."""
    stable, other = CASES[case]
    strategies = []
    for name in judges:
        # For pairs the candidate only looks: stable decides, and its queue is the line's.
        send = {"set_mirror_route": {"percentage": 100}} if name == "pairs" else {"set_weight": HALF}
        steps = [send, {"analysis": {"metrics": [JUDGES[name]]}}]
        strategies.append({"pattern": "argo_canary", "name": name, "steps": steps, "approver": None})
    return build(
        name="unequal_lags", title="A slow arm", seed=7, horizon=horizon,
        factory={"arrivals": {"kind": "takt", "every": f"{TAKT_S}s"}},
        models={
            "stable": {"reject_share": STABLE, "serving": stable},
            "candidate": {"reject_share": CANDIDATES[candidate], "serving": other},
        },
        audits={"of_passes": "50%", "of_rejects": "50%", "delay": "4h"},
        deployment={"stable": "stable", "candidate": "candidate", "start": "0s"},
        strategies=strategies,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """How one judge ended in one run, and the candidate's risk told with the truth: escapes and phones of each arm."""

    judge: str
    rolled_back: bool
    no_worse: bool
    after_us: int | None


def ends(
    line: Scenario, strategies: Sequence[Strategy], versions: Mapping[str, ModelVersion], replication: int, engine: str
) -> tuple[list[Ended], tuple[int, int, int, int]]:
    """Return how every judge ended, and the risk of both arms on the phones of the whole run: the truth."""
    simulations, records = run_all(line, strategies, versions, replication, engine)
    found = []
    for simulation, strategy in zip(simulations, strategies, strict=True):
        events = simulation.controller.events
        back = next((event.time_us for event in events if isinstance(event, Aborted)), None)
        good = next((event.time_us for event in events if isinstance(event, Promoted)), None)
        found.append(Ended(strategy.title, back is not None, good is not None, back if good is None else good))
    outcomes = simulations[0].outcomes
    decided = outcomes.verdict != Verdict.NONE
    own = np.array([name == "candidate" for name in outcomes.arms])[outcomes.arm] & decided
    escaped = decided & (outcomes.verdict == Verdict.PASS) & records["defective"]
    return found, (
        int(np.count_nonzero(escaped & own)), int(np.count_nonzero(own)),
        int(np.count_nonzero(escaped & ~own)), int(np.count_nonzero(decided & ~own)),
    )  # fmt: skip


def simulated(line: Scenario) -> tuple[list[StrategySimulation], Records]:
    """Run one replication, and return all of it."""
    job = prepared(run_all, line)
    return job.replication(0)


@dataclass(frozen=True, slots=True)
class Row:
    """How often a judge did something, out of how many runs."""

    case: str
    candidate: str
    judge: str
    rolled_back: int
    no_worse: int
    runs: int
    median_hours: float

    def interval(self, count: int) -> tuple[float, float]:
        return clopper_pearson(count, self.runs)

    def __str__(self) -> str:
        back, good = self.interval(self.rolled_back), self.interval(self.no_worse)
        return (
            f"{self.case:34} {self.candidate:7} {self.judge:15} back {self.rolled_back / self.runs:6.1%}"
            f" ({back[0]:.1%}-{back[1]:.1%})  no worse {self.no_worse / self.runs:6.1%} ({good[0]:.1%}-{good[1]:.1%})"
            f"  median {self.median_hours:5.1f} h"
        )


def table(
    case: str, candidate: str, runs: int, workers: int | None = None, judges: Sequence[str] = tuple(JUDGES),
    horizon: str = "3d",
) -> tuple[list[Row], float]:  # fmt: skip
    """Return a row for each judge, and the candidate's risk ratio."""
    line = scenario(case, candidate, judges, horizon).model_copy(update={"replications": runs})
    results = prepared(ends, line).replications(workers, None)
    own, own_n, other, other_n = np.sum([truth for _, truth in results], axis=0)
    rows = []
    for number, judge in enumerate(judges):
        mine = [found[number] for found, _ in results]
        hours = [each.after_us / HOUR for each in mine if each.after_us is not None]
        rows.append(
            Row(
                case, candidate, judge, sum(each.rolled_back for each in mine), sum(each.no_worse for each in mine),
                runs, float(np.median(hours)) if hours else float("nan"),
            )
        )  # fmt: skip
    return rows, float(own / own_n / (other / other_n)) if own_n and other else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--case", choices=tuple(CASES), default=None)
    parser.add_argument("--candidate", choices=tuple(CANDIDATES), default=None)
    parser.add_argument("--judge", choices=tuple(JUDGES), action="append")
    chosen = parser.parse_args()
    for case in [chosen.case] if chosen.case else CASES:
        for candidate in [chosen.candidate] if chosen.candidate else CANDIDATES:
            rows, ratio = table(case, candidate, chosen.runs, chosen.workers, chosen.judge or tuple(JUDGES))
            print(f"# {case}; the candidate leaks {ratio:.2f} times as much")
            print(*rows, sep="\n", flush=True)


if __name__ == "__main__":
    main()
