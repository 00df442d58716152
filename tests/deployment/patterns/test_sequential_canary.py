"""The sequential canary on the line: audits, delays and all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from whole_runs import run_strategy, whole_world

import sim
from sim.experiment.run import trained
from sim.line.engines import default

REPLICATIONS = 40


def ends(candidate: dict[str, Any], **settings: Any) -> list[str]:
    """Return how each replication's rollout ended: abort, promote or hold; versus a logistic model that decides."""
    scenario = sim.build(
        horizon="2d",
        seed=8,
        replications=REPLICATIONS,
        factory={"arrivals": {"kind": "takt", "every": "6s", "jitter": "10%"}, "defect_rate": "6%"},
        inspectors={"count": 7},
        models={"stable": {"reject_share": "8%"}, "candidate": candidate},
        deployment={"stable": "stable", "candidate": "candidate"},
        audits={"of_passes": "20%", "delay": "2h"},
        strategies=[{"pattern": "sequential_canary", **settings}],
    )
    versions, found = trained(scenario), []
    for replication in range(REPLICATIONS):
        block = whole_world(scenario, versions, replication)
        run = run_strategy(scenario, scenario.strategies[0], versions, block, default())
        kinds = [note.kind for note in run.events]
        found.append("abort" if "abort" in kinds else "promote" if "promote" in kinds else "hold")
    return found


def at_most(count: int, level: float) -> bool:
    """Whether a share of so many of the replications is compatible with `level` or less (Clopper-Pearson, 95 %)."""
    low = stats.beta.ppf(0.05, count, REPLICATIONS - count + 1) if count else 0.0
    return bool(low <= level)


@pytest.mark.slow
def test_a_candidate_that_leaks_more_is_rolled_back() -> None:
    blind = {"reject_share": "2%"}
    assert ends(blind).count("abort") == REPLICATIONS


@pytest.mark.slow
def test_a_twin_is_hardly_ever_rolled_back_and_a_better_one_is_promoted() -> None:
    twin = ends({"reject_share": "8%"})
    assert at_most(twin.count("abort"), 0.05), twin
    assert "hold" in twin or "promote" in twin
    better = ends({"kind": "boosted_trees", "reject_share": "8%"})
    assert better.count("promote") == REPLICATIONS, better


def test_without_audits_it_holds_for_ever() -> None:
    scenario = sim.build(
        horizon="1d", models={"v1": {"training": {"phones": 2000}}}, audits={"of_passes": "0%"},
        strategies=[{"pattern": "sequential_canary", "share": 10}],
    )  # fmt: skip
    result = sim.run(scenario, replications=1)
    assert [event.kind for event in result.strategies[0].events] == ["rollout"]
    assert np.isfinite(result.strategies[0].samples["escape_rate"]).all()
