"""Performance without labels: right under pure covariate shift, and blind where the scores are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.stats.cbpe import Estimate, estimate

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Groups of 20 phones that look alike, of which so many are defective; calibrated scores are these shares.
DEFECTIVE_OF_20 = [0, 1, 2, 5, 10, 16, 20]


def truth(defective: Bools, rejected: Bools) -> Estimate:
    def share(part: Bools, whole: Bools) -> float | None:
        return float((part & whole).sum() / whole.sum()) if whole.any() else None

    return Estimate(
        phones=len(defective),
        defect_rate=float(defective.mean()) if len(defective) else None,
        recall=share(rejected, defective),
        escape_share=share(defective, ~rejected),
        overkill_rate=share(rejected, ~defective),
        reject_precision=share(defective, rejected),
    )


def shares(found: Estimate) -> list[float | None]:
    return [found.defect_rate, found.recall, found.escape_share, found.overkill_rate, found.reject_precision]


def world(groups: list[int]) -> tuple[Floats, Bools]:
    """So many groups of each kind: scores, and which phones are defective."""
    counts = [k for k, many in zip(DEFECTIVE_OF_20, groups, strict=True) for _ in range(many)]
    scores = np.repeat(np.array(counts, dtype=float) / 20.0, 20)
    defective = np.concatenate([np.arange(20) < k for k in counts]) if counts else np.zeros(0, dtype=bool)
    return scores, defective


@given(st.lists(st.integers(0, 5), min_size=7, max_size=7), st.floats(0.0, 1.0))
def test_with_calibrated_scores_it_is_exact_for_any_mix_of_phones(groups: list[int], cut: float) -> None:
    scores, defective = world(groups)
    rejected = scores >= cut
    for mine, true in zip(shares(estimate(scores, rejected)), shares(truth(defective, rejected)), strict=True):
        assert mine == (None if true is None else pytest.approx(true, abs=1e-12))


def sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def drawn(mean: float, seed: int, concept: float = 0.0, n: int = 200_000) -> tuple[Floats, Bools]:
    """Features x ~ N(mean, 1), P(defective | x) = sigmoid(6x - 9 + concept), and the model's scores for `concept` 0."""
    random = np.random.default_rng(seed)
    x = random.normal(mean, 1.0, n)
    return sigmoid(6.0 * x - 9.0), random.random(n) < sigmoid(6.0 * x - 9.0 + concept)


@pytest.mark.parametrize("mean", [-1.0, 0.0, 1.0])
def test_it_follows_pure_covariate_shift(mean: float) -> None:
    scores, defective = drawn(mean, seed=61)
    rejected = scores >= 0.5
    found, true = estimate(scores, rejected), truth(defective, rejected)
    # Given the scores, each count of defects is a sum of independent phones: 3.3 standard errors of it.
    noise = 3.3 * np.sqrt((scores * (1.0 - scores)).sum())
    assert abs(found.defect_rate - true.defect_rate) * len(scores) < noise
    assert found.recall == pytest.approx(true.recall, abs=noise / defective.sum())
    assert found.escape_share == pytest.approx(true.escape_share, abs=noise / (~rejected).sum())
    assert found.overkill_rate == pytest.approx(true.overkill_rate, abs=noise / (~defective).sum())
    assert found.reject_precision == pytest.approx(true.reject_precision, abs=noise / rejected.sum())


def test_concept_drift_does_not_move_it_at_all_while_recall_falls() -> None:
    scores, before = drawn(0.0, seed=62)
    same, after = drawn(0.0, seed=62, concept=3.0)  # a tighter standard: the same phones, more of them defective
    rejected = scores >= 0.5
    assert estimate(scores, rejected) == estimate(same, rejected)
    assert truth(before, rejected).recall == pytest.approx(estimate(scores, rejected).recall, abs=0.02)
    assert truth(after, rejected).recall < truth(before, rejected).recall - 0.25
    assert truth(after, rejected).escape_share > 3.0 * truth(before, rejected).escape_share


def test_a_sensor_offset_moves_it_the_wrong_way() -> None:
    random = np.random.default_rng(63)
    x = random.normal(0.0, 1.0, 200_000)
    defective = random.random(len(x)) < sigmoid(6.0 * x - 9.0)
    clear, dim = sigmoid(6.0 * x - 9.0), sigmoid(6.0 * (x - 0.5) - 9.0)  # a dimmer lamp: every flaw looks smaller
    before, after = estimate(clear, clear >= 0.5), estimate(dim, dim >= 0.5)
    assert after.escape_share < 0.6 * before.escape_share
    assert truth(defective, dim >= 0.5).escape_share > 1.5 * truth(defective, clear >= 0.5).escape_share


def test_prior_shift_moves_it_part_of_the_way() -> None:
    """A flaw causes its image: with P(x|y) fixed and more defects the same picture is more often a defect."""
    random = np.random.default_rng(64)

    def made(rate: float) -> tuple[Floats, Bools]:
        defective = random.random(200_000) < rate
        x = random.normal(np.where(defective, 1.5, 0.0), 1.0)
        logit = 1.5 * x - 1.125 + np.log(0.02 / 0.98)  # Bayes' rule, with the rate at training: 2 %
        return sigmoid(logit), defective

    scores, defective = made(0.02)
    assert estimate(scores, scores >= 0.2).defect_rate == pytest.approx(0.02, abs=0.001)
    scores, defective = made(0.10)
    found, true = estimate(scores, scores >= 0.2), truth(defective, scores >= 0.2)
    assert true.defect_rate == pytest.approx(0.10, abs=0.003)
    assert 0.02 < found.defect_rate < 0.06
    assert found.escape_share < 0.5 * true.escape_share


def test_a_kind_of_defect_that_the_model_does_not_see_adds_nothing() -> None:
    scores, defective = drawn(0.0, seed=65)
    cracked = np.random.default_rng(66).random(len(scores)) < 0.03
    rejected = scores >= 0.5
    assert truth(defective | cracked, rejected).recall < truth(defective, rejected).recall - 0.05
    assert estimate(scores, rejected).recall == pytest.approx(truth(defective, rejected).recall, abs=0.02)


def test_without_phones_rejects_or_passes_there_is_no_share() -> None:
    assert estimate([], []) == Estimate(0, None, None, None, None, None)
    assert shares(estimate([0.2, 0.4], [False, False])) == [pytest.approx(0.3), 0.0, pytest.approx(0.3), 0.0, None]
    assert shares(estimate([0.0, 0.0], [True, True])) == [0.0, None, None, 1.0, 0.0]


@pytest.mark.parametrize(
    ("scores", "rejected", "words"),
    [
        ([0.5], [True, False], "one verdict per phone"),
        ([[0.5]], [[True]], "one verdict per phone"),
        ([1.5], [True], "probabilities"),
        ([float("nan")], [True], "probabilities"),
    ],
)
def test_what_is_no_score_is_refused(scores: list[float], rejected: list[bool], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        estimate(scores, rejected)
