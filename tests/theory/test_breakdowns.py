"""Servers that break down against theory, reached through scenario files alone: availability and a queue that is lost.

Each figure's family-wise 95 % t-interval (Bonferroni over all of this file) over replications holds the theory, and is
narrow: half-width at most so many percent of the value.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from closed_forms import queue_with_breakdowns

import sim
from sim.columns import Floats
from sim.stats.intervals import t_interval

#: A phone every 10 s, 8 s each; up for 20 min, and repaired in 5.
BROKEN = """
driftline: 1
seed: {seed}
replications: {replications}
horizon: {horizon}
warm_up: 4h
factory: {{arrivals: {{kind: poisson, every: 10s}}}}
models:
  v1:
    training: {{phones: 5000}}
    serving: {{service: {{law: exponential, mean: 8s}}, breakdowns: {{mtbf: 20min, mttr: 5min}}}}
deployment: {{stable: v1, candidate: v1}}
strategies: [{{pattern: stay, fallback: {fallback}}}]
"""
FIGURES = 5


def measured(folder: Path, engine: str, fallback: str = "nobody", **numbers: object) -> dict[str, Floats]:
    file = folder / "queue.yaml"
    told = {"seed": 401, "replications": 16, "horizon": "30d"} | numbers
    file.write_text(BROKEN.format(fallback=fallback, **told), encoding="utf-8")
    result = sim.run(sim.load(file), workers=1, engine=engine)
    own, (first, last) = result.strategies[0].samples, (result.scenario.warm_up, result.scenario.horizon)
    down = [
        sum(max(0, min(e.time_us + e.lasts_us, last) - max(e.time_us, first)) for e in events)
        for events in result.by_chance
    ]
    return {
        "available": 1.0 - np.array(down) / (last - first),
        "busy": own["server_utilisation"],
        "lost": own["lost_in_crash"] / own["phones"],
        "fallen_back": own["fallback_share"],
    }


def meets(found: dict[str, Floats], width: float) -> None:
    theory = queue_with_breakdowns(0.1, 1 / 8, 1200.0, 300.0)
    for name, expected in theory.items():
        interval = t_interval(found[name], confidence=1 - 0.05 / FIGURES)
        assert interval.low <= expected <= interval.high, f"{name}: theory {expected:.5f}, found {interval}"
        assert (interval.high - interval.low) / 2 <= width * expected, f"{name}: too wide to tell, {interval}"


@pytest.mark.slow
def test_availability_and_what_a_breakdown_loses_meet_theory(tmp_path: Path) -> None:
    meets(measured(tmp_path, "compiled"), 0.03)


@pytest.mark.slow
def test_they_meet_theory_in_the_specification(tmp_path: Path) -> None:
    meets(measured(tmp_path, "simpy", horizon="1d", replications=8), 0.25)


def test_the_file_alone_promises_the_availability() -> None:
    assert sim.build(
        models={"v1": {"serving": {"breakdowns": {"mtbf": "20min", "mttr": "5min"}}}},
        strategies=[{"pattern": "manual"}],
    ).models["v1"].serving.breakdowns.availability == pytest.approx(0.8)  # fmt: skip
