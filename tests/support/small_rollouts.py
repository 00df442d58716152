"""A fast line with many audits, and what a rollout did on it: what the tests of the patterns are written in."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy import stats
from whole_runs import Run, run_strategy, whole_world

import sim
from sim.experiment.run import trained
from sim.experiment.world_block import WorldBlock
from sim.line.engines import default
from sim.report.text.sentences import sentence
from sim.scenario import Scenario
from sim.units import HOUR

MODELS: dict[str, Any] = {
    "plain": {"reject_share": "6%", "training": {"phones": 8000}},
    "twin": {"reject_share": "6%", "training": {"phones": 8000}},
    "good": {"kind": "boosted_trees", "reject_share": "7%", "training": {"phones": 20000, "labels": "experts"}},
    "lazy": {"reject_share": "0.2%", "training": {"phones": 8000}},
}
LINE: dict[str, Any] = {
    "seed": 5,
    "factory": {"arrivals": {"kind": "takt", "every": "10s"}, "defect_rate": "6%", "lots": {"cv": 0, "bad_share": 0}},
    "inspectors": {"count": 4},
    "models": MODELS,
    "audits": {"of_passes": "40%", "of_rejects": "40%", "delay": "2h"},
    "deployment": {"stable": "plain", "candidate": "good"},
}


def scene(*strategies: dict[str, Any], **settings: Any) -> Scenario:
    return sim.build(**{**LINE, "horizon": "2d", **settings, "strategies": list(strategies)})


@cache
def versions() -> Any:
    """All models, trained once."""
    return trained(scene({"pattern": "bandit", "arms": list(MODELS)}))


def block(scenario: Scenario, replication: int = 0) -> WorldBlock:
    return whole_world(scenario, versions(), replication)


def play(scenario: Scenario, engine: str = "", replication: int = 0, number: int = 0) -> Run:
    """Run one strategy of a scenario."""
    given = scenario.strategies[number]
    return run_strategy(scenario, given, versions(), block(scenario, replication), engine or default())


def kinds(run: Run, *wanted: str) -> list[str]:
    """Return the kinds of the log book's lines, or only those that are wanted."""
    return [note.kind for note in run.events if not wanted or note.kind in wanted]


def texts(run: Run, kind: str) -> list[str]:
    return [sentence(note) for note in run.events if note.kind == kind]


def history(run: Run) -> list[tuple[float, str, dict[str, float], dict[str, float]]]:
    """Return (hour, stable, weights, mirrored shares) of every route."""
    return [
        (
            change.time_us / HOUR,
            change.route.stable.name,
            {arm.name: weight for arm, weight in change.route.candidates},
            {arm.name: share for arm, share in change.route.mirrors},
        )
        for change in run.routes
    ]


def compatible(count: int, of: int, share: float) -> bool:
    """Whether `count` of `of` is compatible with a probability (Clopper-Pearson, 99.9 %)."""
    low = stats.beta.ppf(0.0005, count, of - count + 1) if count else 0.0
    high = stats.beta.ppf(0.9995, count + 1, of - count) if count < of else 1.0
    return bool(low <= share <= high)


def verdicts(run: Run) -> Any:
    return np.asarray(run.log.phones.verdict)
