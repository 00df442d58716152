"""Training with weights, and thresholds by recall on really trained versions."""

from __future__ import annotations

import numpy as np
import pytest
from whole_runs import whole_world

import sim
from sim.experiment.run import trained
from sim.inspectors.model import KINDS, Training, fit
from sim.inspectors.model.training import history

TRAINED = ("logistic", "boosted_trees")


@pytest.fixture(scope="module")
def log():
    scenario = sim.build(factory={"defect_rate": "8%"})
    return history(Training(phones=6000, labels="experts"), scenario.factory, scenario.inspectors, seed=3)


def same(one, other, features) -> bool:
    return (
        np.array_equal(one.score(features), other.score(features))
        and np.array_equal(one.ranked.scores, other.ranked.scores)
        and (one.slope, one.intercept, one.threshold, one.cut_offs(0.1), one.offline)
        == (other.slope, other.intercept, other.threshold, other.cut_offs(0.1), other.offline)
    )


@pytest.mark.parametrize("kind", TRAINED)
@pytest.mark.parametrize("weight", [1.0, 50.0, 0.1])
def test_equal_weights_are_no_weights_bit_for_bit(log, kind, weight):
    features, labels = log
    plain = fit("v1", KINDS[kind](kind=kind), features, labels)
    assert same(plain, fit("v1", KINDS[kind](kind=kind), features, labels, np.full(len(labels), weight)), features)
    unequal = np.where(np.arange(len(labels)) % 2, 1.0, 3.0)
    assert not same(plain, fit("v1", KINDS[kind](kind=kind), features, labels, unequal), features)


@pytest.mark.parametrize("kind", TRAINED)
def test_only_ratios_of_weights_matter(log, kind):
    features, labels = log
    weights = np.where(labels == 1, 1.0, 4.0)
    some = fit("v1", KINDS[kind](kind=kind), features, labels, weights)
    assert same(some, fit("v1", KINDS[kind](kind=kind), features, labels, 2.0 * weights), features)


@pytest.mark.parametrize("kind", TRAINED)
def test_weights_undo_an_audit_that_prefers_defects(log, kind):
    """Of the good phones a tenth was audited: without weights probabilities are far too high, with them calibrated."""
    features, labels = log
    rng = np.random.default_rng(4)
    q = np.where(labels == 1, 1.0, 0.1)
    drawn = rng.random(len(q)) < q
    weighted = fit("v1", KINDS[kind](kind=kind), features[drawn], labels[drawn], 1.0 / q[drawn])
    naive = fit("v1", KINDS[kind](kind=kind), features[drawn], labels[drawn])
    rate = labels.mean()
    # Platt's calibration makes the (weighted) mean of the out-of-fold probabilities the (weighted) rate.
    out_of_fold = np.average(weighted.ranked.scores, weights=weighted.ranked.weights)
    assert out_of_fold == pytest.approx(np.average(labels[drawn], weights=1.0 / q[drawn]), abs=1e-3)
    assert out_of_fold == pytest.approx(rate, abs=4 * np.sqrt(0.9 / 0.1 / len(q)))
    assert np.average(naive.ranked.scores) > 4 * rate
    # And so it is on phones that no training has seen, as far as so few defects can tell: 4 standard errors.
    scenario = sim.build(factory={"defect_rate": "8%"})
    fresh, truth = history(Training(phones=20_000, labels="experts"), scenario.factory, scenario.inspectors, seed=5)
    error = truth.mean() * np.sqrt(1 / labels[drawn].sum() + 1 / truth.sum())
    assert abs(weighted.score(fresh).mean() - truth.mean()) < 4 * error
    assert abs(naive.score(fresh).mean() - truth.mean()) > 20 * error


def test_weights_are_positive(log):
    features, labels = log
    for wrong in (0.0, -1.0, np.nan, np.inf):
        weights = np.ones(len(labels))
        weights[7] = wrong
        with pytest.raises(ValueError, match="weights are positive numbers"):
            fit("v1", KINDS["logistic"](kind="logistic"), features, labels, weights)


@pytest.mark.parametrize("kind", TRAINED)
def test_recall_on_phones_it_has_not_seen(kind):
    """On a line that stays as it was, a version meets the recall it was set for: binomial, 4 standard errors."""
    scenario = sim.build(
        horizon="2d", factory={"defect_rate": "10%", "arrivals": {"kind": "takt", "every": "5s"}, "lots": {"size": 1}},
        models={"v1": {"kind": kind, "recall": "80%", "training": {"phones": 20_000, "labels": "experts"}}},
        strategies=[{"pattern": "full_automation"}],
    )  # fmt: skip
    version = trained(scenario)["v1"]
    assert version.offline.recall == pytest.approx(0.8, abs=1e-3)
    block = whole_world(scenario, {"v1": version}, 0)
    caught = block.columns.score["v1"][block.phones.defective] > version.threshold
    # The threshold itself comes from some 2,000 defects.
    error = np.sqrt(0.8 * 0.2 * (1 / len(caught) + 1 / version.ranked.labels.sum()))
    assert abs(caught.mean() - 0.8) < 4 * error
