"""Waiting times against queueing theory, reached through scenario files alone.

Each case demands that the family-wise 95 % t-interval (Bonferroni over all cases) over replications holds the theory,
and that it is narrow: half-width at most 3 % of the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from closed_forms import batch_wait, erlang_b, erlang_c_wait, machine_repair, pollaczek_khinchine_wait

import sim
from sim.stats.intervals import t_interval

# Ten seconds between phones on average; a utilisation near one half keeps the runs short and the queues busy.
HEAD = """
driftline: 1
seed: {seed}
replications: 16
horizon: {horizon}
warm_up: 2h
factory: {{arrivals: {{kind: poisson, every: 10s}}}}
inspectors: {{count: {servers}, service: {{law: {law}}}}}
strategies: [{{pattern: manual}}]
"""
MODEL = """
driftline: 1
seed: {seed}
replications: 16
horizon: {horizon}
warm_up: 2h
factory: {{arrivals: {{kind: poisson, every: 10s}}}}
models: {{v1: {{training: {{phones: 5000}}, serving: {{service: {{law: fixed, mean: {mean}s}}}}}}}}
deployment: {{stable: v1, candidate: v1}}
strategies: [{{pattern: stay}}]
"""
CASES = {
    "M/M/1": (HEAD, {"seed": 101, "horizon": "5d", "servers": 1, "law": "exponential, mean: 5s"}, erlang_c_wait(0.1, 0.2, 1)),
    "M/M/3": (HEAD, {"seed": 102, "horizon": "13d", "servers": 3, "law": "exponential, mean: 18s"}, erlang_c_wait(0.1, 1 / 18, 3)),
    "M/D/1": (HEAD, {"seed": 103, "horizon": "4d", "servers": 1, "law": "fixed, mean: 6s"}, pollaczek_khinchine_wait(0.1, 6.0, 0.0)),
    "M/D/1, a model's server": (MODEL, {"seed": 104, "horizon": "4d", "mean": 5}, pollaczek_khinchine_wait(0.1, 5.0, 0.0)),
}  # fmt: skip
#: Times are drawn before an engine is asked: one engine is enough for these.
LAWS = {
    "M/G/1, gamma": (HEAD, {"seed": 105, "horizon": "18d", "servers": 1, "law": "gamma, mean: 5s, cv: 1.5"}, pollaczek_khinchine_wait(0.1, 5.0, 7.5**2)),
    "M/E4/1": (HEAD, {"seed": 106, "horizon": "5d", "servers": 1, "law": "erlang, mean: 5s, phases: 4"}, pollaczek_khinchine_wait(0.1, 5.0, 5.0**2 / 4)),
    "M/G/1, a mixture": (HEAD, {"seed": 107, "horizon": "12d", "servers": 1, "law": "mixture, parts: [{weight: 9, service: {law: fixed, mean: 4s}}, {weight: 1, service: {law: fixed, mean: 14s}}]"}, pollaczek_khinchine_wait(0.1, 5.0, 9.0)),
}  # fmt: skip
#: Batches come by a Poisson process; the file says so in place of its head's arrivals.
BATCHES = HEAD.replace("{{kind: poisson, every: 10s}}", "{{kind: batches, every: 50s, size: 5, at_random: true}}")
ARRIVALS = {
    "M[5]/M/1": (BATCHES, {"seed": 108, "horizon": "13d", "servers": 1, "law": "exponential, mean: 5s"}, batch_wait(0.02, 5, 5.0, 25.0)),
    "M[5]/D/1": (BATCHES, {"seed": 109, "horizon": "13d", "servers": 1, "law": "fixed, mean: 5s"}, batch_wait(0.02, 5, 5.0, 0.0)),
}  # fmt: skip
ALL = {**CASES, **LAWS, **ARRIVALS}
ENGINE = "compiled"


#: SimPy takes ten times as long, and tests/line holds it to the compiled engine bit for bit: half as long will do.
SIMPY = {"M/M/1": "2d", "M/D/1": "2d", "M/D/1, a model's server": "2d"}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_mean_wait_meets_theory(case: str, tmp_path: Path) -> None:
    meets_theory(case, ENGINE, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", SIMPY)
def test_mean_wait_meets_theory_in_the_specification(case: str, tmp_path: Path) -> None:
    meets_theory(case, "simpy", tmp_path, horizon=SIMPY[case])


def test_the_wait_before_several_servers_is_that_of_the_specification(tmp_path: Path) -> None:
    """Three servers are narrow after two weeks only: in the first half day SimPy has the same waits to the last bit."""
    scenario = written("M/M/3", tmp_path, horizon="12h")
    found, expected = (
        sim.run(scenario, engine=name, workers=1, replications=4).strategies[0].samples["wait_mean_s"]
        for name in (ENGINE, "simpy")
    )
    assert expected.min() > 0.0
    assert found.tolist() == expected.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("case", [*LAWS, *ARRIVALS])
def test_mean_wait_under_other_laws_and_in_batches_meets_theory(case: str, tmp_path: Path) -> None:
    meets_theory(case, ENGINE, tmp_path)


def written(case: str, folder: Path, **other: str) -> sim.Scenario:
    text, numbers, _ = ALL[case]
    return read(text.format(**(numbers | other)), folder)


def read(text: str, folder: Path) -> sim.Scenario:
    file = folder / "queue.yaml"
    file.write_text(text, encoding="utf-8")
    return sim.load(file)


def meets_theory(case: str, engine: str, tmp_path: Path, **other: str) -> None:
    expected = ALL[case][2]
    result = sim.run(written(case, tmp_path, **other), engine=engine, workers=1)
    found = t_interval(result.strategies[0].samples["wait_mean_s"], confidence=1 - 0.05 / len(ALL))
    assert found.low <= expected <= found.high, f"{case}: theory {expected:.4f} s, found {found}"
    assert (found.high - found.low) / 2 <= 0.03 * expected, f"{case}: too wide to tell, {found}"


#: What comes of full buffers and of closed loops; each a strategy's figure, the seed of its own, and theory's answer.
CLOSED = HEAD.replace("{{kind: poisson, every: 10s}}", "{{kind: clients, {clients}}}")
LOSSES = HEAD.replace("service:", "{places}, when_full: ship, service:")
COUNTS = {
    "M/M/3/3, Erlang B": (LOSSES, {"seed": 110, "horizon": "4d", "servers": 3, "law": "exponential, mean: 30s", "places": "buffer: 0"}, "overflowed", erlang_b(3.0, 3)),
    "M/M/2/6": (LOSSES, {"seed": 111, "horizon": "12d", "servers": 2, "law": "exponential, mean: 18s", "places": "buffer: 4"}, "overflowed", erlang_b(1.8, 2, 4)),
    "M/M/2//6, machine repair": (CLOSED, {"seed": 112, "horizon": "3d", "servers": 2, "law": "exponential, mean: 10s", "clients": "count: 6, think: 40s"}, "throughput_per_hour", machine_repair(6, 40.0, 10.0, 2) * 3600.0),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", COUNTS)
def test_losses_and_closed_loops_meet_theory(case: str, tmp_path: Path) -> None:
    text, numbers, metric, expected = COUNTS[case]
    samples = run_of(text.format(**numbers), tmp_path)
    found = t_interval(
        samples[metric] / (samples["phones"] if metric == "overflowed" else 1.0), confidence=1 - 0.05 / len(COUNTS)
    )
    assert found.low - 1e-9 <= expected <= found.high + 1e-9, f"{case}: theory {expected:.4f}, found {found}"
    assert (found.high - found.low) / 2 <= 0.03 * expected, f"{case}: too wide to tell, {found}"


#: NVIDIA, Triton's guide to dynamic batching: 16 clients, 2 images a request, 2.04 ms for 2 images and 2.56 ms for 8.
#: A phone is a request; what a batch takes grows evenly with its requests.
TRITON = """
driftline: 1
seed: 114
replications: 1
horizon: 20s
warm_up: 1s
factory: {{arrivals: {{kind: clients, count: 16}}}}
models: {{v1: {{training: {{phones: 3000}}, serving: {{service: {{law: fixed, mean: 173us}}, batch: {batch}}}}}}}
deployment: {{stable: v1, candidate: v1}}
strategies: [{{pattern: stay}}]
"""


@pytest.mark.parametrize(("size", "images_a_second", "seconds"), [(1, 980.0, 0.033), (4, 3_125.0, 0.010)])
def test_batches_gain_what_they_gain_in_triton(
    size: int, images_a_second: float, seconds: float, tmp_path: Path
) -> None:
    samples = run_of(TRITON.format(batch=f"{{size: {size}, setup: 1867us}}"), tmp_path)
    assert samples["throughput_per_hour"][0] * 2 / 3600 == pytest.approx(images_a_second, rel=0.003)
    assert samples["latency_p50_s"][0] == pytest.approx(seconds, rel=0.03)


def run_of(text: str, tmp_path: Path) -> Mapping[str, Any]:
    return sim.run(read(text, tmp_path), engine=ENGINE, workers=1).strategies[0].samples
