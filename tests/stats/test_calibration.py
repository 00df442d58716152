"""What scores are worth as chances of a defect, learnt from few labelled phones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import expit, logit

from sim.stats.calibration import Calibration, calibrate


def test_it_finds_the_line_that_made_the_labels() -> None:
    random = np.random.default_rng(1)
    scores = random.beta(1.0, 12.0, 200_000)
    defective = random.random(len(scores)) < expit(1.7 * logit(scores) + 0.9)
    found = calibrate(scores, defective, np.ones(len(scores)))
    assert (found.slope, found.intercept) == (pytest.approx(1.7, abs=0.05), pytest.approx(0.9, abs=0.08))


def test_phones_that_were_chosen_with_unequal_chances_give_the_line_of_all_by_their_weights() -> None:
    random = np.random.default_rng(2)
    scores = random.beta(1.0, 12.0, 400_000)
    defective = random.random(len(scores)) < expit(1.7 * logit(scores) + 0.9)
    q = np.where(scores > 0.3, 0.5, 0.05)
    drawn = random.random(len(scores)) < q
    q = q[drawn]
    found = calibrate(scores[drawn], defective[drawn], q.min() / q)
    assert (found.slope, found.intercept) == (pytest.approx(1.7, abs=0.08), pytest.approx(0.9, abs=0.15))


LABELS = st.lists(
    st.tuples(st.sampled_from([0.0, 1e-9, 0.02, 0.3, 0.7, 1.0]), st.booleans(), st.sampled_from([0.01, 0.5, 1.0])),
    min_size=2,
    max_size=60,
)


@given(LABELS)
@example([(0.0, True, 1.0)] * 2 + [(0.0, True, 0.01)] * 6)  # their share of the weights is a hair under one
def test_any_labels_give_a_finite_line_and_as_many_defects_as_were_found(labels) -> None:
    scores, defective, weights = (np.array(column) for column in zip(*labels, strict=True))
    if defective.all() or not defective.any():
        with pytest.raises(ValueError, match="either label"):
            calibrate(scores, defective, weights)
        return
    found = calibrate(scores, defective, weights)
    assert np.isfinite([found.slope, found.intercept]).all()
    assert weights @ found.of(scores) == pytest.approx(weights @ defective, rel=1e-4, abs=1e-5)


def test_labels_that_the_scores_part_without_an_error_do_not_make_them_certain() -> None:
    found = calibrate(np.repeat([0.1, 0.9], 20), np.repeat([False, True], 20), np.ones(40))
    low, high = found.of([0.1, 0.9])
    assert 0.001 < low < 0.1
    assert 0.9 < high < 0.999


def test_a_constant_score_is_worth_the_share_of_defects() -> None:
    found = calibrate(np.full(50, 0.2), np.arange(50) < 20, np.ones(50))
    assert found.slope == pytest.approx(1.0)
    assert found.of([0.2]).item() == pytest.approx(0.4)


def test_certain_scores_stay_numbers() -> None:
    assert Calibration(400.0, 0.0).of([0.0, 1.0]).tolist() == [pytest.approx(0.0), pytest.approx(1.0)]
