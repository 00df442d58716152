"""What a team's dashboard shows of a rollout: every look, also of those that decided nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import sim
from sim.deployment.analysis.checks import Analysis
from sim.deployment.analysis.measurement import Sample
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.dashboard import MOST_LOOKS, MOST_SERIES, Dashboard, Gauge, Limit, Series
from sim.deployment.events import AlarmRaised
from sim.deployment.patterns.shadow import OPINIONS
from sim.line.engines import ENGINES
from sim.units import HOUR
from tests.support.equal import difference

CHECK = {"metric": "audited_escape_share", "at_most": 0.04, "min_samples": 20}
RATIO = {"metric": "reject_rate", "versus_stable_at_most": 1.5, "min_samples": 60}
LIGHT = {"kind": "cusum", "mean": 1.0, "sd": 0.02, "arl0": 1_000_000}
SETTINGS: dict[str, Any] = {
    "seed": 3,
    "horizon": "8h",
    "replications": 1,
    "factory": {"arrivals": {"kind": "takt", "every": "12s"}, "defect_rate": "12%"},
    "models": {
        "v1": {"reject_share": "14%", "training": {"phones": 3000, "labels": "experts"}},
        "v2": {"reject_share": "1%", "training": {"phones": 3000, "labels": "experts"}},
    },
    "deployment": {"stable": "v1", "candidate": "v2", "start": "1h"},
    "audits": {"of_passes": "90%", "of_rejects": "90%", "delay": "30min"},
    "drift": [{"name": "lamp", "what": "camera.brightness", "profile": "sudden", "at": "6h", "to": "60%"}],
    "strategies": [
        {"pattern": "canary", "name": "checks", "steps": [30], "hold": "6h", "analysis": {"checks": [CHECK]}},
        {"pattern": "canary", "name": "compares", "steps": [30], "hold": "6h", "analysis": {"checks": [RATIO]}},
        {"pattern": "sequential_canary", "name": "proves", "share": 50, "interval": "30min"},
        {"pattern": "shadow", "report": "2h"},
        {"pattern": "bandit", "interval": "1h", "start_with": 50, "least": 10},
        {"pattern": "champion_challenger"},
        {"pattern": "progressive_automation", "hold": "1h"},
        {"pattern": "ab_test", "duration": "5h"},
        {"pattern": "flagger", "step_weight": 10, "metrics": [{"metric": "latency_p95_s", "max": 60}]},
        {
            "pattern": "canary", "name": "watches", "steps": [50], "hold": "6h", "analysis": None,
            "alarms": [{"watch": "brightness", "detector": LIGHT, "every": "30min", "then": "rollback"}],
        },
    ],
}  # fmt: skip


@cache
def result(engine: str | None = None, **changes: Any) -> sim.Result:
    return sim.run(sim.build(**{**SETTINGS, **changes}), workers=1, engine=engine)


def measured(strategy: str) -> dict[tuple[str, str], Series]:
    """Return what a strategy's dashboard showed, by title and by which of several it is."""
    (history,) = result()[strategy].histories
    return {(series.title, series.of): series for series in history.measured}


def test_every_look_at_a_check_is_there_with_its_limit_and_its_verdict() -> None:
    (series,) = measured("checks").values()
    assert (series.metric, series.unit) == ("audited_escape_share", "share")
    assert np.diff(series.times_us).tolist() == [HOUR // 2] * (len(series.values) - 1)
    assert set(series.limits["at most"]) == {0.04}
    assert series.verdicts[-1] == "Failed"
    assert series.values[-1] > 0.04
    assert series.samples[-1] >= 20 > series.samples[0]
    assert series.verdicts[0] == ""  # too few phones are no measurement


def test_the_limit_of_a_comparison_goes_with_the_stable_arm() -> None:
    (series,) = measured("compares").values()
    known = ~np.isnan(series.stable)
    assert np.count_nonzero(known) > 3
    assert np.array_equal(series.limits["at most"][known], 1.5 * series.stable[known])
    assert len(set(series.limits["at most"][known])) > 1


def test_evidence_is_shown_on_both_sides_with_what_would_be_proof() -> None:
    shown = measured("proves")
    worse, no_worse = shown["audited escapes", "worse candidate"], shown["audited escapes", "candidate no worse"]
    assert worse.unit == no_worse.unit == "E"
    assert worse.verdicts[-1] == "Failed"
    assert set(worse.limits["fails at"]) == {20.0}
    assert worse.values[-1] >= 20.0 > worse.values[-2]
    assert (np.diff(worse.values) >= 0.0).all()
    assert set(no_worse.limits["passes at"]) == {20.0}


def test_shadow_shows_both_opinions_at_each_report_as_the_log_book_tells_them() -> None:
    shown = measured("shadow")
    by_line, by_audits = (shown["recall of v2", whose] for whose in ("by the line’s verdicts", "by audits"))
    assert len(by_line.values) == len(by_audits.values) == 4
    said = [event.reason.more["opinions"] for event in result()["shadow"].events if hasattr(event, "reason")]
    told = [each.more["reason0"].more for each in said]
    assert OPINIONS.startswith("{share} {by_line}")
    for series, name in ((by_line, "by_line"), (by_audits, "by_audits")):
        assert [None if np.isnan(value) else value for value in series.values] == [each[name].value for each in told]
        assert np.nanmin(series.values - series.low) >= 0.0
    assert len(set(by_line.runs)) == 2  # the last one is over the whole time


def test_a_bandit_shows_what_each_arm_costs_and_how_probably_it_is_the_cheapest() -> None:
    shown = measured("bandit")
    best = [shown["probability of being the cheapest", arm].values for arm in ("v1", "v2")]
    assert np.allclose(sum(best), 1.0)
    costs = [shown["cost per phone by audits", arm] for arm in ("v1", "v2")]
    assert [each.unit for each in costs] == ["$", "$"]
    assert (costs[1].values[-1] > costs[0].values[-1]) == (best[1][-1] < best[0][-1])


def test_a_detector_shows_its_statistic_until_it_fires() -> None:
    (series,) = measured("watches").values()
    (alarm,) = (event for event in result()["watches"].events if isinstance(event, AlarmRaised))
    assert series.title == alarm.alarm
    assert (series.values[-1], series.limits["fails at"][-1]) == (alarm.value, alarm.bound)
    assert series.times_us[-1] == alarm.time_us
    assert series.verdicts[-1] == "Failed"
    assert (series.values[:-1] < series.limits["fails at"][:-1]).all()


def test_other_playbooks_show_what_they_go_by() -> None:
    assert list(measured("champion_challenger")) == [("discordant pairs", "v2 is better")]
    assert ("discordant pairs", "worse") in measured("progressive_automation")
    (z,) = measured("ab_test").values()
    assert z.limits["passes at"] == -z.limits["fails at"]
    (latency,) = measured("flagger").values()
    assert (latency.unit, set(latency.limits["at most"])) == ("s", {60.0})


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("block", [97, 100_000])
def test_engines_and_blocks_show_the_same_to_the_last_bit(engine: str, block: int) -> None:
    for one, other in zip(result(engine, block=block).strategies, result().strategies, strict=True):
        assert one.histories[0].measured
        assert difference(one.histories[0].measured, other.histories[0].measured) is None, one.name


def test_what_a_condition_compares_is_a_limit_whichever_way_it_is_written() -> None:
    def limits(**conditions: str) -> tuple[Limit, ...]:
        metric = {"metric": "reject_rate", "interval": "1h", **conditions}
        run = AnalysisRun(Analysis(metrics=[metric]).template(1), began_us=0)
        run.measure(HOUR, lambda metric, since_us: Sample(0.1, 0.05, 100))
        return run.looked[0].gauges[0].limits

    assert limits(success_condition="result < 0.2") == (Limit("at most", 0.2),)
    assert limits(failure_condition="0.2 <= result") == (Limit("at most", 0.2),)
    assert limits(failure_condition="result < 0.02 || result > 4 * baseline") == (
        Limit("at least", 0.02), Limit("at most", 0.2),
    )  # fmt: skip
    assert limits(failure_condition="!(result < 0.2)") == limits(failure_condition="low > 0.2") == ()


def test_a_year_of_looks_is_thinned_and_keeps_the_latest() -> None:
    board = Dashboard()
    for minute in range(10_001):
        board.show(minute, "light", Gauge(float(minute), ""), verdict=f"{minute}")
    (series,) = board.series()
    assert len(series.values) <= MOST_LOOKS + 1
    assert len(set(np.diff(series.times_us)[:-1])) == 1  # evenly
    assert (series.times_us[0], series.times_us[-1], series.verdicts[-1]) == (0, 10_000, "10000")


def test_a_playbook_that_calls_every_look_something_else_fills_no_memory() -> None:
    board = Dashboard()
    for look in range(1_000):
        board.show(look, f"look {look}", Gauge(1.0, ""))
    assert len(board.series()) == MOST_SERIES
