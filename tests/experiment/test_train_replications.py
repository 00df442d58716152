"""`train_replications: k`: models from k histories, and intervals that cover the model as well as the world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.experiment import run as running
from sim.experiment.result import against_best
from sim.experiment.run import prepared
from sim.experiment.training import trained
from sim.inspectors.model import KINDS
from sim.inspectors.model.training import _moved_on
from sim.measure.estimates import Quotients
from sim.measure.histories import averaged, share_of_version
from sim.measure.tally import Ratio
from sim.report.data.export import as_json
from sim.report.findings import finding
from sim.report.same_phones import fairly
from sim.report.trained import covers
from sim.report.versus import versus
from sim.scenario.warnings import warnings
from sim.stats.intervals import compare_with_best, paired_difference, t_interval
from sim.stats.ratios import clopper_pearson, exact_share

SMALL: dict[str, Any] = {
    "horizon": "1h",
    "replications": 10,
    "train_replications": 5,
    "models": {"v1": {"training": {"phones": 800}}},
    "strategies": [{"pattern": "manual"}, {"pattern": "full_automation"}],
}


def small(**changes: Any) -> sim.Scenario:
    return sim.build(**{**SMALL, **changes})


@pytest.fixture(scope="module")
def result() -> sim.Result:
    return sim.run(small(), workers=1)


def bytes_of(result: sim.Result, replications: slice = slice(None)) -> list[bytes]:
    return [values[replications].tobytes() for each in result.strategies for values in each.samples.values()]


def test_each_history_trains_another_version_and_the_first_is_the_one_there_has_always_been() -> None:
    thresholds = [trained(small(), history)["v1"].threshold for history in range(5)]
    assert len(set(thresholds)) == 5
    assert thresholds[0] == trained(small(train_replications=1))["v1"].threshold
    job = prepared(lambda scenario, strategies, versions, number, engine: versions["v1"].threshold, small())
    assert [job.replication(number) for number in range(10)] == thresholds * 2


def test_replications_with_the_first_history_are_those_of_a_run_with_one_version(result: sim.Result) -> None:
    one = sim.run(small(), train_replications=1, workers=1)
    assert bytes_of(one, slice(0, 10, 5)) == bytes_of(result, slice(0, 10, 5))
    automated = [each["full_automation"].samples["overkill_rate"] for each in (one, result)]
    assert not np.array_equal(*automated)


def test_inspectors_meet_the_same_worlds_whatever_the_models_learned_from(result: sim.Result) -> None:
    one = sim.run(small(), strategies=["manual"], train_replications=1, workers=1)
    assert bytes_of(one) == [values.tobytes() for values in result["manual"].samples.values()]


def test_training_happens_once_for_each_history_and_workers_share_it(
    result: sim.Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: list[int] = []
    ticks: list[tuple[int, int]] = []

    def counted(scenario: sim.Scenario, history: int = 0) -> Any:
        histories.append(history)
        return trained(scenario, history)

    monkeypatch.setattr(running, "trained", counted)
    again = sim.run(small(), workers=2, training=lambda *tick: ticks.append(tick))
    assert histories == [0, 1, 2, 3, 4]
    assert ticks == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert bytes_of(again) == bytes_of(result)


def test_what_training_leaves_to_chance_differs_between_histories() -> None:
    trees = KINDS["boosted_trees"](kind="boosted_trees")
    assert [_moved_on(trees.classifier(), number).random_state for number in (0, 3)] == [0, 3]
    assert _moved_on(KINDS["logistic"]().classifier(), 3).steps[-1][0] == "logisticregression"


@pytest.mark.parametrize(
    ("replications", "histories", "message"),
    [
        (
            10,
            3,
            "train_replications: 3 histories say too little of how much models differ: train from 1, or from at least 5",
        ),
        (12, 5, "a multiple of train_replications, such as 15"),
        (4, 8, "4 replications can't be shared equally by the versions of 8 histories: .* such as 8"),
    ],
)
def test_histories_that_do_not_share_replications_equally_are_refused(
    replications: int, histories: int, message: str
) -> None:
    with pytest.raises(sim.ScenarioError, match=message):
        small(replications=replications, train_replications=histories)
    with pytest.raises(sim.ScenarioError, match=message):
        sim.run(small(), replications=replications, train_replications=histories)


def test_the_units_of_every_estimate_are_the_histories(result: sim.Result) -> None:
    strategy = result["full_automation"]
    values = strategy.samples["latency_p95_s"]
    assert strategy.interval("latency_p95_s") == t_interval((values[:5] + values[5:]) / 2)
    made = strategy.quotients["escape_rate"]
    pooled = Quotients(made.part[:5] + made.part[5:], made.whole[:5] + made.whole[5:])
    assert strategy.interval("escape_rate") == pooled.interval(shares=True)
    assert strategy.interval("escape_rate").mean == pytest.approx(made.part.sum() / made.whole.sum())
    assert result.difference("full_automation", "manual", "latency_p95_s").n == 5
    assert {len(strategy.values(metric)) for metric in strategy.samples} == {5}


def test_on_the_phones_decided_by_all_the_units_are_the_histories_too() -> None:
    """One inspector for a phone every ten seconds: the model decides far more phones than he does."""
    behind = sim.run(small(inspectors={"count": 1}, factory={"arrivals": {"kind": "takt", "every": "10s"}}), workers=1)
    strategy = behind["full_automation"]
    compared = dict(zip((each.name for each in behind.strategies), fairly(behind, "escape_rate"), strict=True))
    made = [each.escape_rate for each in strategy.same_phones]
    pooled = [Ratio(a.part + b.part, a.whole + b.whole) for a, b in zip(made[:5], made[5:], strict=True)]
    by_history = Quotients.of(pooled)
    assert by_history is not None
    assert compared["full_automation"].interval("escape_rate") == by_history.interval(shares=True)
    for metric in ("escape_rate", "cost_per_1000"):
        ranking = finding(behind, metric)
        assert ranking.phones is not None
        assert ranking.against == against_best(fairly(behind, metric), metric)
        assert {len(each.values(metric)) for each in fairly(behind, metric)} == {5}
    told = as_json(behind)["same_phones"]["strategies"]["full_automation"]["escape_rate"]
    assert told["low"] == by_history.interval(shares=True).low


def test_differences_of_shares_over_versions_reach_as_far_as_the_shares_themselves(result: sim.Result) -> None:
    """And the answer goes by those ends, so that what is printed beside it is what decided."""
    for metric in ("escape_rate", "outgoing_dppm"):
        full, people = result["full_automation"], result["manual"]
        own = full.interval(metric), people.interval(metric)
        apart = paired_difference(
            full.values(metric), people.values(metric), one_phone=full.one_phone_against(people, metric), own=own
        )
        assert result.difference("full_automation", "manual", metric) == apart
        assert apart.high - apart.mean != pytest.approx(apart.mean - apart.low)
        verdicts = compare_with_best(
            [each.values(metric) for each in result.strategies],
            one_phone=[[one.one_phone_against(two, metric) for two in result.strategies] for one in result.strategies],
            own=[each.interval(metric) for each in result.strategies],
        )
        assert tuple(result.against_best(metric).values()) == verdicts
    one = sim.run(small(), train_replications=1, workers=1).difference("full_automation", "manual", "escape_rate")
    assert one.high - one.mean == pytest.approx(one.mean - one.low)
    same = result.difference("manual", "manual", "escape_rate")
    assert (same.low, same.mean, same.high) == (0.0, 0.0, 0.0)


def test_undefined_samples_do_not_take_their_history_with_them() -> None:
    assert averaged([1.0, np.nan, 3.0, np.nan], 2).tolist()[0] == 2.0
    assert np.isnan(averaged([1.0, np.nan, 3.0, np.nan], 2)[1])


def test_a_saved_result_says_the_same(result: sim.Result, tmp_path: Path) -> None:
    again = sim.load_result(result.save(tmp_path / "saved"))
    for strategy in result.strategies:
        for metric in strategy.samples:
            assert repr(again[strategy.name].interval(metric)) == repr(strategy.interval(metric))
    assert again.difference("full_automation", "manual", "escape_rate").n == 5
    found = versus(result, again)
    assert found.paired
    assert all(outcome.difference.mean == 0.0 or np.isnan(outcome.difference.mean) for outcome in found.outcomes)


def test_results_of_other_numbers_of_histories_are_compared_without_pairs(result: sim.Result) -> None:
    found = versus(sim.run(small(), train_replications=1, workers=1), result)
    assert (found.paired, found.trained) == (False, (1, 5))


def test_the_report_says_for_which_versions_intervals_hold(result: sim.Result) -> None:
    said = "5 trained versions x 2 worlds each: the intervals cover the model, too."
    for where in (" ".join(result.table(200).split()), result._repr_html_(), as_json(result)["training"]["covers"]):
        assert said in where
    one = sim.run(small(), train_replications=1, workers=1)
    assert "One trained version, 10 worlds: the intervals hold for this version." in one.table(200)
    assert as_json(one)["training"]["share_of_version"] == {}
    assert covers(sim.run(small(), replications=1, train_replications=1, workers=1)) == ""


def test_what_share_of_the_variance_is_the_versions_is_estimated_where_it_can_be(result: sim.Result) -> None:
    told = as_json(result)["training"]["share_of_version"]
    assert set(told["full_automation"]["overkill_rate"]) == {"share", "low", "high"}
    assert (
        sim.run(small(), train_replications=10, workers=1)["full_automation"].share_of_version("overkill_rate") is None
    )


def test_the_variance_components_are_those_that_there_are() -> None:
    rng = np.random.default_rng(4)
    found = []
    for _ in range(400):
        versions, worlds = rng.normal(size=8), rng.normal(scale=0.5, size=(4, 8))
        share = share_of_version((versions + worlds).ravel(), histories=8)
        assert share is not None
        found.append(share)
    covering = np.mean([share.low <= 0.8 <= share.high for share in found])
    assert np.median([share.share for share in found]) == pytest.approx(0.8, abs=0.04)
    assert 0.92 <= covering <= 0.98
    none = [share_of_version(rng.normal(size=32), histories=8) for _ in range(400)]
    assert np.mean([share is not None and share.measured for share in none]) <= 0.05


def test_a_model_that_no_history_changes_is_named(tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_text("score,defective\n" + "0.1,0\n0.9,1\n" * 20, encoding="utf-8")
    models = {**SMALL["models"], "vendor": {"kind": "scores", "file": str(file)}}
    strategies = [
        {"pattern": "full_automation"},
        {"pattern": "full_automation", "candidate": "vendor", "name": "bought"},
    ]
    both = small(models=models, strategies=strategies)
    said = "no history changes it: intervals over 5 histories hold for it as it is"
    assert (("models", "vendor"), said) in list(warnings(both))
    assert f"vendor: {said}" in both.remarks()
    assert [place for place, _ in warnings(small(models=models, strategies=strategies[1:]))] == [
        ("models", "vendor"), ("train_replications",),
    ]  # fmt: skip
    assert not list(warnings(small(train_replications=1, models=models, strategies=strategies)))


def test_how_often_rollouts_end_so_allows_for_what_replications_with_one_version_have_in_common() -> None:
    split = exact_share([4, 4, 0, 0, 0], [4, 4, 4, 4, 4])
    low, high = clopper_pearson(8, 20)
    assert split.low < low < high < split.high
    assert (exact_share([0] * 5, [4] * 5).low, exact_share([0] * 5, [4] * 5).high) == clopper_pearson(0, 5)


def test_the_file_knows_the_setting_and_says_where_it_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "line.yaml"
    file.write_text("driftline: 1\nreplications: 10\ntrain_replications: 4\n", encoding="utf-8")
    with pytest.raises(sim.ScenarioError, match=r"line\.yaml:3:\d+: error: 4 histories say too little"):
        sim.load(file)
    assert sim.load(file, ["train_replications=10"]).train_replications == 10
