"""Work stations against queueing theory, reached through scenario files alone.

Each figure's family-wise 95 % t-interval (Bonferroni over all of this file) over replications holds the theory, and is
narrow: half-width at most 5 % of the value. `python tests/proofs/queues.py` goes on to heavy traffic and wide laws.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from closed_forms import (
    erlang_c_wait,
    pollaczek_khinchine_wait,
    preemptive_stays,
    priority_waits,
    series_throughput,
)

import sim
from sim.columns import Floats
from sim.measure.stations import STAYED, WAITED, StationCounts
from sim.stats.intervals import t_interval

HEAD = """
driftline: 1
seed: {seed}
replications: {replications}
horizon: {horizon}
warm_up: 4h
factory: {{arrivals: {arrivals}}}
inspectors: {{count: 1, service: {{law: fixed, mean: 1s}}}}
strategies: [{{pattern: manual}}]
stations:
{stations}
"""
#: Poisson arrivals stay Poisson behind each of them: every station is one of its own (Burke, Jackson).
NETWORK = """
- {name: last_in, discipline: lifo, service: {law: exponential, mean: 5s}}
- {name: several, servers: 3, service: {law: exponential, mean: 18s}}
- {name: first, service: {law: exponential, mean: 3s}}
- {name: again, service: {law: exponential, mean: 4s}, next: [{to: first, share: 25%}], visits: 20}
- {name: rush, discipline: priority, urgent: 40%, preemptive: true, service: {law: exponential, mean: 6s}}
"""
PRIORITY = "- {name: rush, discipline: priority, urgent: 40%, service: {law: gamma, mean: 5s, cv: 1.5}}"
SERIES = """
- {name: first, buffer: 0, service: {law: uniform, low: 4s, high: 16s}}
- {name: second, buffer: 1, service: {law: uniform, low: 4s, high: 16s}}
- {name: third, buffer: 1, service: {law: uniform, low: 4s, high: 16s}}
"""
FIGURES = 10


def run_of(
    stations: str, folder: Path, arrivals: str = "{kind: poisson, every: 10s}", **numbers: object
) -> StationCounts:
    file = folder / "stations.yaml"
    told = {"seed": 1, "replications": 12, "horizon": "4d"} | numbers
    file.write_text(HEAD.format(stations=stations, arrivals=arrivals, **told), encoding="utf-8")
    counts = sim.run(sim.load(file), workers=1).strategies[0].stations
    assert counts is not None
    return counts


def meets(found: Mapping[str, Floats], theory: Mapping[str, float]) -> None:
    for name, expected in theory.items():
        interval = t_interval(found[name], confidence=1 - 0.05 / FIGURES)
        assert interval.low <= expected <= interval.high, f"{name}: theory {expected:.4f}, found {interval}"
        assert (interval.high - interval.low) / 2 <= 0.05 * expected, f"{name}: too wide to tell, {interval}"


@pytest.mark.slow
def test_a_network_has_product_form(tmp_path: Path) -> None:
    counts = run_of(NETWORK, tmp_path, seed=201, horizon="6d")
    urgent, other = preemptive_stays(0.1, 0.4, 6.0, 2 * 6.0**2)
    meets(
        {name: counts.mean_s(WAITED, name) for name in ("last_in", "several", "first", "again")}
        | {"urgent": counts.mean_s(STAYED, "rush", urgent=True), "other": counts.mean_s(STAYED, "rush", urgent=False)},
        {
            "last_in": erlang_c_wait(0.1, 1 / 5, 1),
            "several": erlang_c_wait(0.1, 1 / 18, 3),
            "first": erlang_c_wait(0.1 / 0.75, 1 / 3, 1),
            "again": erlang_c_wait(0.1 / 0.75, 1 / 4, 1),
            "urgent": urgent,
            "other": other,
        },
    )


@pytest.mark.slow
def test_urgent_phones_wait_as_cobham_says(tmp_path: Path) -> None:
    counts = run_of(PRIORITY, tmp_path, seed=202, horizon="10d")
    second = 5.0**2 * (1 + 1.5**2)
    urgent, other = priority_waits(0.1, 0.4, 5.0, second)
    everybody = counts.mean_s(WAITED, "rush")
    meets(
        {
            "urgent": counts.mean_s(WAITED, "rush", True),
            "other": counts.mean_s(WAITED, "rush", False),
            "all": everybody,
        },
        {"urgent": urgent, "other": other, "all": pollaczek_khinchine_wait(0.1, 5.0, second - 25.0)},
    )


@pytest.mark.slow
def test_finite_buffers_in_series_let_through_what_a_recursion_says(tmp_path: Path) -> None:
    counts = run_of(SERIES, tmp_path, "{kind: saturated, phones: 12000}", seed=203, horizon="30h", replications=8)
    meets(
        {"an hour": counts.per_hour("third")},
        {"an hour": 3600 * series_throughput(buffers=(0, 1, 1), low=4.0, high=16.0, jobs=400_000, seed=5)},
    )
