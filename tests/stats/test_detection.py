"""Known values of d' and criterion, and how often their intervals hold the truth."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.special import ndtr

from sim.stats.detection import Answers, Detection, bias, detection


def test_half_of_each_is_no_sensitivity_and_no_leaning() -> None:
    found = detection(Answers(10, 10, 10, 10))
    assert (found.d_prime.mean, found.criterion.mean) == (0.0, 0.0)
    assert found.d_prime.low == pytest.approx(-found.d_prime.high)


def test_a_published_example() -> None:
    # Stanislaw and Todorov 1999: hits 20 of 25, false alarms 10 of 25: d' 1.09 and c -0.29 without a correction.
    plain = detection(Answers(20_000_000, 5_000_000, 10_000_000, 15_000_000))
    assert plain.d_prime.mean == pytest.approx(1.095, abs=1e-3)
    assert plain.criterion.mean == pytest.approx(-0.294, abs=1e-3)
    corrected = detection(Answers(20, 5, 10, 15))
    assert corrected.d_prime.mean == pytest.approx(0.801 + 0.243, abs=1e-3)  # z of 20.5 / 26 and of 10.5 / 26


def test_many_answers_give_back_what_they_were_drawn_from() -> None:
    d_prime, criterion, count = 1.8, 0.3, 10**7
    hits, alarms = round(count * ndtr(d_prime / 2 - criterion)), round(count * ndtr(-d_prime / 2 - criterion))
    found = detection(Answers(hits, count - hits, alarms, count - alarms))
    assert found.d_prime.mean == pytest.approx(d_prime, abs=1e-4)
    assert found.criterion.mean == pytest.approx(criterion, abs=1e-4)
    # With so many the normal interval of Gourevitch and Galanter holds, and both say the same.
    spread = sum(p * (1 - p) / (count * math.exp(-(z**2)) / (2 * math.pi)) for p, z in (
        (hits / count, d_prime / 2 - criterion), (alarms / count, -d_prime / 2 - criterion)))  # fmt: skip
    assert found.d_prime.half_width == pytest.approx(1.96 * math.sqrt(spread), rel=1e-3)


def test_who_makes_no_mistake_is_finite_and_turning_the_labels_turns_the_criterion() -> None:
    best = detection(Answers(30, 0, 0, 30))
    assert 3.5 < best.d_prime.mean < best.d_prime.high < 8.0
    one, turned = detection(Answers(12, 3, 5, 20)), detection(Answers(20, 5, 3, 12))
    assert one.d_prime.mean == pytest.approx(turned.d_prime.mean)
    assert one.criterion.mean == pytest.approx(-turned.criterion.mean)


def test_of_nothing_nothing_is_known() -> None:
    assert math.isnan(detection(Answers(0, 0, 3, 4)).d_prime.mean)
    assert math.isnan(bias(Answers(1, 1, 1, 1), Answers(0, 0, 0, 0), Answers(1, 1, 1, 1)).commission.mean)


@cache
def _found(*counts: int) -> Detection:
    return detection(Answers(*counts))


@pytest.mark.parametrize("d_prime", [0.5, 1.5, 2.5, 3.5])
@pytest.mark.parametrize(("bad", "good"), [(12, 20), (20, 30), (40, 60)])
def test_intervals_hold_the_truth_as_often_as_they_say(bad: int, good: int, d_prime: float) -> None:
    rng, times = np.random.default_rng(7), 3000
    for criterion in (-0.3, 0.0, 0.56):
        hits = rng.binomial(bad, ndtr(d_prime / 2 - criterion), times)
        alarms = rng.binomial(good, ndtr(-d_prime / 2 - criterion), times)
        held = [0, 0]
        for hit, alarm in zip(hits.tolist(), alarms.tolist(), strict=True):
            found = _found(hit, bad - hit, alarm, good - alarm)
            held[0] += found.d_prime.low <= d_prime <= found.d_prime.high
            held[1] += found.criterion.low <= criterion <= found.criterion.high
        assert min(held) / times > 0.92, (criterion, held)  # measured: 92.8 % to 99.7 %


def test_the_intervals_of_bias_hold_the_truth_as_often_as_they_say() -> None:
    rng, times, follow = np.random.default_rng(3), 2000, 0.4
    hit, alarm = ndtr(1.0 - 0.2), ndtr(-1.0 - 0.2)
    shown = {"alone": (13, 22), "alarms": (10, 6), "passes": (5, 17)}
    rates = {
        "alone": (hit, alarm), "alarms": (hit + follow * (1 - hit), alarm + follow * (1 - alarm)),
        "passes": (hit * (1 - follow), alarm * (1 - follow)),
    }  # fmt: skip
    held = [0, 0]
    for _ in range(times):
        answers = []
        for name, (bad, good) in shown.items():
            hits, alarms = rng.binomial(bad, rates[name][0]), rng.binomial(good, rates[name][1])
            answers.append(Answers(hits, bad - hits, alarms, good - alarms))
        moved = bias(*answers)
        held[0] += moved.commission.low <= follow * (1 - alarm) <= moved.commission.high
        held[1] += moved.omission.low <= follow * hit <= moved.omission.high
    assert min(held) / times > 0.91  # measured with so few: 95.1 % and 92.2 %


def test_who_does_the_same_whatever_the_advice_is_not_moved() -> None:
    moved = bias(Answers(16, 4, 4, 16), Answers(8, 2, 2, 8), Answers(8, 2, 2, 8))
    assert (moved.commission.mean, moved.omission.mean, moved.shift.mean) == pytest.approx((0.0, 0.0, 0.0))
