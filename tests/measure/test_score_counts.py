"""Histograms of scores: what they say a threshold costs is what counting the phones says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.measure.costs import Costs
from sim.measure.score_counts import AFTER, BEFORE, LOG_ODDS, Periods, ScoreCounts, summed
from sim.units import HOUR

COSTS = Costs(escape=150.0, rework=32.0, false_reject=1.5)
PERIODS = Periods((100, 400), (600, 900))
THRESHOLDS = 1.0 / (1.0 + np.exp(-LOG_ODDS))


def phones(seed: int = 3, count: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores on the grid, the truth beside them, and when the phones are due."""
    rng = np.random.default_rng(seed)
    defective = rng.random(count) < 0.1
    scores = np.floor(2**20 / (1.0 + np.exp(3.0 - 3.0 * defective - 2.0 * rng.normal(size=count))) + 0.5) / 2**20
    scores[:6] = 0.0, 1.0, 0.5, 2.0**-20, THRESHOLDS[150], 1.0 - 2.0**-20
    return scores, defective, np.sort(rng.integers(0, 1000, count))


def counted(cuts: tuple[int, ...] = ()) -> ScoreCounts:
    counts = ScoreCounts.nothing(0.2)
    for part in zip(*(np.split(column, cuts) for column in phones()), strict=True):
        counts.add(*part, PERIODS)
    return counts


@pytest.mark.parametrize(("period", "span"), [(BEFORE, (100, 400)), (AFTER, (600, 900))])
def test_a_threshold_costs_what_its_phones_cost(period: int, span: tuple[int, int]) -> None:
    scores, defective, due_us = phones()
    inside = (due_us >= span[0]) & (due_us < span[1])
    scores, defective = scores[inside], defective[inside]
    thresholds, dollars = counted().cost_per_1000(COSTS, period)
    assert counted().phones(period) == ((~defective).sum(), defective.sum())
    for threshold, found in zip(thresholds, dollars, strict=True):
        rejected = scores > threshold
        paid = 150.0 * (defective & ~rejected).sum() + 32.0 * (defective & rejected).sum()
        assert found == pytest.approx(1000.0 * (paid + 1.5 * (~defective & rejected).sum()) / len(scores))


def test_blocks_change_nothing_and_replications_add_up() -> None:
    whole = counted()
    assert np.array_equal(counted((0, 1, 700, 2999)).counts, whole.counts)
    both = summed([{"v1": whole}, {"v1": counted()}])["v1"]
    assert np.array_equal(both.counts, 2 * whole.counts)
    assert both.threshold == 0.2


def test_a_difference_is_one_of_two_costs_and_its_error_that_of_the_phones_between() -> None:
    counts = counted()
    _, dollars = counts.cost_per_1000(COSTS, AFTER)
    for one, other in ((150, 260), (260, 150), (0, 400), (77, 77)):
        more, error = counts.dearer(COSTS, AFTER, one, other)
        assert more == pytest.approx(dollars[one] - dollars[other], abs=1e-9)
        assert (error == 0.0) == (one == other)
    # The same line many times over: differences scatter as the error says.
    found = []
    for seed in range(200):
        again = ScoreCounts.nothing(0.2)
        again.add(*phones(seed), Periods((0, 1000), None))
        found.append(again.dearer(COSTS, BEFORE, 150, 260))
    differences, errors = np.array(found).T
    assert 0.85 < differences.std() / errors.mean() < 1.15


def drift(**given: Any) -> dict[str, Any]:
    return {"what": "camera.haze", "profile": "sudden", "at": "2h", "to": 0.3, **given}


@pytest.mark.parametrize(
    ("drifts", "before", "after"),
    [
        ([], (1, 12), None),
        ([drift()], (1, 2), (2, 12)),
        ([drift(), drift(at="5h", profile="gradual", over="2h")], (1, 2), (7, 12)),
        ([drift(at="4h", profile="incremental", over="30h")], (1, 4), (10, 12)),
        ([drift(at="4h", profile="blip", over="2h")], (1, 4), (5, 6)),
        ([drift(at="30min")], (1, 1), (1, 12)),
    ],
)
def test_periods_are_before_the_first_drift_and_when_all_are_there(
    drifts: list[dict[str, Any]], before: tuple[int, int], after: tuple[int, int] | None
) -> None:
    scenario = sim.build(horizon="12h", warm_up="1h", drift=drifts, strategies=[{"pattern": "manual"}])
    periods = Periods.of(scenario.drift, scenario.warm_up, scenario.horizon)
    assert periods.before == tuple(hour * HOUR for hour in before)
    assert periods.after == (after and tuple(hour * HOUR for hour in after))


def test_a_run_keeps_what_its_versions_made_of_its_phones() -> None:
    scenario = sim.build(
        horizon="6h", replications=1, drift=[drift(at="3h")], factory={"defect_rate": "10%"},
        models={"v1": {"training": {"phones": 1000}}},
        strategies=[{"pattern": "full_automation"}, {"pattern": "manual"}],
    )  # fmt: skip
    result = sim.run(scenario, workers=1)
    (counts,) = result.scores.values()
    assert sum(sum(counts.phones(period)) for period in (BEFORE, AFTER)) == result["manual"].samples["phones"].sum()
    # Under full automation the version decides all: its failures are what the curve says at its threshold.
    failed = [result["full_automation"].samples[f"{side}_failure_per_1000"] for side in ("internal", "external")]
    weights = [counts.cost_per_1000(scenario.costs, period)[1] for period in (BEFORE, AFTER)]
    number = int(np.searchsorted(THRESHOLDS, counts.threshold))
    share = [sum(counts.phones(period)) for period in (BEFORE, AFTER)]
    curve = np.average(weights, axis=0, weights=share)[number - 2 : number + 2]
    paid = np.average(sum(failed), weights=result["full_automation"].samples["phones"])
    # The last phones have no verdict yet when the run ends.
    assert 0.99 * curve.min() <= paid <= 1.01 * curve.max()
