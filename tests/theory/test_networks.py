"""Models behind a network against theory, reached through scenario files alone.

A Poisson stream that is delayed by independent times is Poisson again (Mirasol 1963: the output of M/G/infinity), so the
server behind the network is an M/M/1 queue whatever the jitter: the network adds its mean to the latency, and nothing
else. A timeout takes no work from the server, so it is no reneging: late are those whose sojourn is longer than what the
network leaves of the timeout, and the sojourn of an M/M/1 queue is exponential.

Each figure's family-wise 95 % t-interval (Bonferroni over all of this file) over replications holds the theory, and is
narrow: half-width at most so many percent of the value.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import sim
from sim.columns import Floats
from sim.stats.intervals import t_interval

#: A phone every 10 s, 8 s each: 40 s at the server in the mean. Upload: 12 MB at 48 Mb/s, 2 s.
BEHIND = """
driftline: 1
seed: 511
replications: {replications}
horizon: {horizon}
warm_up: 4h
factory: {{arrivals: {{kind: poisson, every: 10s}}}}
models:
  v1:
    training: {{phones: 5000}}
    serving:
      service: {{law: exponential, mean: 8s}}
      network: {{round_trip: {round_trip}, megabytes: 12, megabits_per_second: 48}}
      {timeout}
deployment: {{stable: v1, candidate: v1}}
strategies: [{{pattern: stay, fallback: nobody}}]
"""
JITTER = "{law: lognormal, mean: 30s, sigma: 1}"
FIXED = "{law: fixed, mean: 8s}"
FIGURES = 4


def measured(folder: Path, engine: str, metric: str, round_trip: str, timeout: str, **numbers: object) -> Floats:
    file = folder / "network.yaml"
    file.write_text(BEHIND.format(round_trip=round_trip, timeout=timeout, **numbers), encoding="utf-8")
    return sim.run(sim.load(file), workers=1, engine=engine).strategies[0].samples[metric]


def meets(found: Floats, theory: float, width: float) -> None:
    interval = t_interval(found, confidence=1 - 0.05 / FIGURES)
    assert interval.low <= theory <= interval.high, f"theory {theory:.5f}, found {interval}"
    assert (interval.high - interval.low) / 2 <= width * theory, f"too wide to tell, {interval}"


@pytest.mark.parametrize(
    ("engine", "numbers", "width"),
    [
        pytest.param("compiled", {"horizon": "30d", "replications": 16}, 0.02, marks=pytest.mark.slow),
        pytest.param("simpy", {"horizon": "12h", "replications": 8}, 0.3),
    ],
)
class TestTheory:
    def test_a_network_adds_its_mean_to_the_latency_and_nothing_else(self, tmp_path, engine, numbers, width):
        found = measured(tmp_path, engine, "latency_mean_s", JITTER, "", **numbers)
        meets(found, 40.0 + 30.0 + 2.0, width)

    def test_late_is_whose_sojourn_is_longer_than_the_network_leaves_of_the_timeout(
        self, tmp_path, engine, numbers, width
    ):
        found = measured(tmp_path, engine, "fallback_share", FIXED, "timeout: 50s", **numbers)
        meets(found, math.exp(-(50.0 - 8.0 - 2.0) / 40.0), width)
