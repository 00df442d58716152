"""Leakage and cost on the same phones: whom a strategy did not get to decide says nothing about how well it decides."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import sim
from sim.experiment.replication import replicate, run_all
from sim.experiment.run import trained
from sim.line.rules import Verdict
from sim.report.data.export import as_json
from sim.report.same_phones import on_the_same
from sim.report.text.tables import print_result


def scenario(load: float, **settings: Any) -> sim.Scenario:
    return sim.build(
        horizon="6h", replications=3, models={"v1": {"training": {"phones": 3000}}},
        factory={"arrivals": {"kind": "poisson", "every": "20s"}, "defect_rate": "10%"},
        inspectors={"count": 1, "service": {"law": "exponential", "mean": f"{20 * load}s"}},
        strategies=[{"pattern": "manual"}, {"pattern": "triage", "candidate": "v1"}], **settings,
    )  # fmt: skip


def test_the_same_inspectors_leak_alike_on_the_same_phones_however_the_queue_is_sorted() -> None:
    """Sorted by suspicion the defective phones come first. On their own phones the two leak differently; they do not."""
    manual, triage = sim.run(scenario(1.5), workers=1).strategies
    assert [a.escape_rate for a in manual.same_phones] == [b.escape_rate for b in triage.same_phones]
    assert manual.samples["escape_rate"].tolist() != triage.samples["escape_rate"].tolist()


def test_they_are_those_with_a_verdict_under_every_strategy_in_the_time_measured() -> None:
    line = scenario(1.5, warm_up="2h")
    versions = trained(line)
    simulations, records = run_all(line, line.strategies, versions, 0, "simpy")
    runs = replicate(line, line.strategies, versions, 0, "simpy")
    common = np.logical_and.reduce(
        [(s.outcomes.verdict != Verdict.NONE) & (s.outcomes.verdict_us >= line.warm_up) for s in simulations]
    )
    for simulation, run in zip(simulations, runs, strict=True):
        assert run.same_phones is not None
        assert run.same_phones.phones == common.sum() < run.metrics["phones"]
        escaped = common & (simulation.outcomes.verdict == Verdict.PASS) & records["defective"]
        assert run.same_phones.escape_rate.part == escaped.sum()
        assert run.same_phones.escape_rate.whole == (common & records["defective"]).sum()


def test_where_all_decide_all_they_are_all_and_no_table_is_needed() -> None:
    result = sim.run(scenario(0.3), workers=1)
    for strategy in result.strategies:
        own = strategy.interval("cost_per_1000").mean
        assert on_the_same(strategy).interval("cost_per_1000").mean == pytest.approx(own, rel=0.02)
    assert "decided by all" not in printed(result)


def test_the_report_says_so_and_json_has_them() -> None:
    result = sim.run(scenario(1.5), workers=1)
    words = " ".join(printed(result).split())
    assert "On the phones decided by all" in words
    assert "of each strategy's own decided phones: not the same ones" in words
    told = as_json(result)["same_phones"]
    assert told["phones"] < min(strategy.samples["phones"].mean() for strategy in result.strategies)
    assert set(told["strategies"]["triage"]) == {"escape_rate", "cost_per_1000"}


def test_one_strategy_has_nothing_to_share() -> None:
    alone = sim.run(scenario(0.5).model_copy(update={"strategies": scenario(0.5).strategies[:1]}), workers=1)
    assert as_json(alone)["same_phones"] is None


def printed(result: sim.Result) -> str:
    page = Console(file=io.StringIO(), width=200)
    print_result(result, page)
    return page.file.getvalue()  # type: ignore[attr-defined, no-any-return]
