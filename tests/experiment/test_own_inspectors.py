"""A strategy may have inspectors of its own: who sees worse leaks more on the very same phones, and nobody else changes."""

from __future__ import annotations

import pytest

import sim
from sim.document import ScenarioError
from sim.experiment.result import Result
from sim.line.engines import ENGINES


def run(*more: dict[str, object], engine: str | None = None) -> Result:
    strategies = [{"pattern": "manual"}, *more]
    scenario = sim.build(horizon="8h", replications=2, factory={"defect_rate": "10%"}, strategies=strategies)
    return sim.run(scenario, engine=engine)


def own(name: str = "you", **values: object) -> dict[str, object]:
    return {"pattern": "manual", "name": name, "inspectors": values}


def of(result: Result, name: str, metric: str) -> float:
    return next(each for each in result.strategies if each.name == name).interval(metric).mean


def test_those_who_are_the_same_do_the_same() -> None:
    result = run(own(d_prime=3.0, criterion=0.56, look="21s"))
    for metric in ("escape_rate", "overkill_rate", "latency_p95_s", "cost_per_1000"):
        assert of(result, "you", metric) == of(result, "manual", metric)


def test_who_sees_worse_leaks_more_and_who_is_quicker_makes_nobody_wait() -> None:
    result = run(own(d_prime=1.0, criterion=0.0, look="5s"))
    assert of(result, "you", "escape_rate") > of(result, "manual", "escape_rate")
    assert of(result, "you", "overkill_rate") > of(result, "manual", "overkill_rate")
    assert of(result, "you", "latency_p95_s") < 0.5 * of(result, "manual", "latency_p95_s")


def test_they_change_nobody_elses_numbers() -> None:
    alone, beside = run(), run(own(d_prime=0.5, look="60s"))
    for metric in ("escape_rate", "overkill_rate", "latency_p95_s"):
        assert of(alone, "manual", metric) == of(beside, "manual", metric)


@pytest.mark.skipif(len(ENGINES) < 2, reason="there is one engine")
def test_both_engines_agree_about_them() -> None:
    one, other = (run(own(d_prime=1.3, criterion=-0.4, look="9s"), engine=name) for name in ENGINES)
    for metric in ("escape_rate", "overkill_rate", "latency_p95_s"):
        assert of(one, "you", metric) == of(other, "you", metric)


def test_what_nobody_can_be_is_refused_at_its_place() -> None:
    with pytest.raises(ScenarioError, match=r"strategies\.1\.inspectors\.d_prime"):
        sim.build(strategies=[{"pattern": "manual"}, own(d_prime=-1)])
