"""Leakage from a moment on, judged as the whole run's is."""

from __future__ import annotations

import numpy as np
import pytest

import sim
from sim.experiment.result import Result
from sim.report.findings import finding
from sim.report.since import leakage_since
from sim.units import HOUR


@pytest.fixture(scope="module")
def result() -> Result:
    fails = {"at": "3h", "what": "camera.brightness", "to": 0.2, "profile": "sudden"}
    strategies = [{"pattern": "manual"}, {"pattern": "full_automation"}]
    return sim.run(sim.build(horizon="8h", replications=4, drift=[fails], strategies=strategies), workers=1)


def test_from_the_start_on_it_is_the_whole_run(result: Result) -> None:
    since = leakage_since(result, 0)
    assert since is not None
    assert finding(since, "escape_rate") == finding(result, "escape_rate")


def test_only_phones_due_from_the_moment_on_count(result: Result) -> None:
    since = leakage_since(result, 3 * HOUR)
    assert since is not None
    for strategy in result.strategies:
        later = strategy.timeline.edges_us[:-1] >= 3 * HOUR
        part, whole = (counts[:, later].sum() for counts in (strategy.timeline.escaped, strategy.timeline.defective))
        assert since[strategy.name].interval("escape_rate").mean == pytest.approx(part / whole)
        assert np.all(since[strategy.name].quotients["escape_rate"].whole < strategy.timeline.defective.sum(axis=1))
    assert finding(since, "escape_rate").worse == ("full_automation",)


def test_after_the_end_there_is_nothing(result: Result) -> None:
    assert leakage_since(result, 8 * HOUR) is None


def test_where_strategies_decided_other_phones_nothing_is_said_of_a_part() -> None:
    """Which phones all of them decided is not known by the time, and on other ones they cannot be compared."""
    late = {"count": 1, "service": {"law": "fixed", "mean": "60s"}}
    strategies = [{"pattern": "manual"}, {"pattern": "full_automation"}]
    overloaded = sim.run(sim.build(horizon="2h", replications=2, inspectors=late, strategies=strategies), workers=1)
    assert leakage_since(overloaded, HOUR) is None
