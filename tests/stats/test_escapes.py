"""Whose escapes: the evidence is the formula, a martingale, cut and order do not matter, and it keeps its promise."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.stats.escapes import (
    EscapeEvidence,
    log_likelihood_ratios,
    log_mean_exp,
    promotion_evidence,
    promotion_grid,
    rollback_evidence,
    rollback_grid,
)
from sim.stats.ratios import clopper_pearson

chances = st.floats(0.01, 0.99)
escapes = st.lists(st.tuples(st.booleans(), chances), min_size=1, max_size=40)


def share(phi: float, pi: float) -> float:
    """The candidate's share of escapes: JUDGES 3.G's th_i(phi)."""
    return pi * phi / (pi * phi + 1.0 - pi)


def by_hand(stream: list[tuple[bool, float]], grid: list[float], null: float) -> float:
    products = []
    for phi in grid:
        product = 1.0
        for candidate, pi in stream:
            now, then = share(phi, pi), share(null, pi)
            product *= now / then if candidate else (1.0 - now) / (1.0 - then)
        products.append(product)
    return sum(products) / len(products)


def columns(stream: list[tuple[bool, float]]) -> tuple[list[bool], list[float]]:
    return [candidate for candidate, _ in stream], [pi for _, pi in stream]


def test_the_grid_is_25_log_spaced_points_from_1_05_to_10() -> None:
    grid = rollback_grid()
    assert len(grid) == 25
    assert grid[[0, -1]] == pytest.approx([1.05, 10.0], rel=1e-12)
    assert np.ptp(np.diff(np.log(grid))) < 1e-12


def test_the_grid_of_a_promotion_stays_below_its_margin() -> None:
    grid = promotion_grid(1.25)
    assert len(grid) == 25
    assert grid[0] == pytest.approx(0.1, rel=1e-12)
    assert np.diff(np.log(grid)) == pytest.approx(np.full(24, math.log(12.5) / 25), rel=1e-9)
    assert grid[-1] < 1.25


@settings(deadline=None)
@given(escapes)
def test_evidence_is_the_mixture_of_the_formula(stream: list[tuple[bool, float]]) -> None:
    watch, good = rollback_evidence(), promotion_evidence(1.5)
    watch.update(*columns(stream))
    good.update(*columns(stream))
    assert watch.e_value == pytest.approx(by_hand(stream, rollback_grid().tolist(), 1.0), rel=1e-9)
    assert good.e_value == pytest.approx(by_hand(stream, promotion_grid(1.5).tolist(), 1.5), rel=1e-9)


@settings(deadline=None)
@given(escapes, st.randoms(use_true_random=False))
def test_the_order_of_the_escapes_does_not_matter(stream: list[tuple[bool, float]], random: object) -> None:
    shuffled = list(stream)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = rollback_evidence(), rollback_evidence()
    one.update(*columns(stream))
    other.update(*columns(shuffled))
    assert one.e_value == pytest.approx(other.e_value, rel=1e-10)
    assert one.events == other.events


@settings(deadline=None)
@given(escapes, st.lists(st.integers(0, 40), max_size=6))
def test_the_cut_into_batches_changes_no_bit(stream: list[tuple[bool, float]], cuts: list[int]) -> None:
    whole, parts = rollback_evidence(), rollback_evidence()
    whole.update(*columns(stream))
    borders = [0, *sorted(cuts), len(stream)]
    for start, stop in itertools.pairwise(borders):
        parts.update(*columns(stream[start:stop]))
    assert parts.log_martingales.tolist() == whole.log_martingales.tolist()
    assert (parts.e_value, parts.maximum, parts.events) == (whole.e_value, whole.maximum, whole.events)


@settings(deadline=None)
@given(escapes, st.lists(st.booleans(), max_size=5), st.lists(st.booleans(), max_size=5))
def test_a_phone_whose_arm_was_certain_is_no_evidence(
    stream: list[tuple[bool, float]], before: list[bool], after: list[bool]
) -> None:
    certain = [(candidate, 1.0 if candidate else 0.0) for candidate in before]
    plain, mixed = rollback_evidence(), rollback_evidence()
    plain.update(*columns(stream))
    mixed.update(*columns([*certain, *stream, *((c, float(c)) for c in after)]))
    assert mixed.log_martingales.tolist() == plain.log_martingales.tolist()
    steps = log_likelihood_ratios([True, False], [1.0, 0.0], promotion_grid(1.7), 1.7)
    assert steps.tolist() == [[0.0] * 25] * 2


@settings(deadline=None)
@given(chances, st.sampled_from([0.2, 0.9, 1.0, 1.2, 3.0]))
def test_each_step_is_fair_at_the_border_and_loses_beyond_it(pi: float, truth: float) -> None:
    def mean_factor(grid: np.ndarray, null: float) -> np.ndarray:
        own, other = np.exp(log_likelihood_ratios([True, False], [pi, pi], grid, null))
        return share(truth, pi) * own + (1.0 - share(truth, pi)) * other

    rollback = mean_factor(rollback_grid(), 1.0)
    if truth == 1.0:
        assert rollback == pytest.approx(np.ones(25), abs=1e-12)
    assert bool(np.all(rollback <= 1.0 + 1e-12)) == (truth <= 1.0)
    promotion = mean_factor(promotion_grid(1.2), 1.2)
    if truth == 1.2:
        assert promotion == pytest.approx(np.ones(25), abs=1e-12)
    assert bool(np.all(promotion <= 1.0 + 1e-12)) == (truth >= 1.2)


def test_the_mean_is_exactly_one_under_equal_arms_over_all_paths_of_a_ramp() -> None:
    pi = [0.01, 0.05, 0.05, 0.1, 0.2, 0.2, 0.5, 0.5, 0.8, 0.3]
    mean = 0.0
    for arms in itertools.product([True, False], repeat=len(pi)):
        watch = rollback_evidence()
        watch.update(list(arms), pi)
        mean += math.prod(p if arm else 1.0 - p for arm, p in zip(arms, pi, strict=True)) * watch.e_value
    assert mean == pytest.approx(1.0, abs=1e-12)


@pytest.fixture(scope="module")
def runs() -> list[EscapeEvidence]:
    """3,000 runs of equal arms: 200 escapes each while the weight is ramped from 2 % to 60 %."""
    random = np.random.default_rng(11)
    ramp = np.linspace(0.02, 0.6, 200)
    watched = []
    for _ in range(3000):
        watch = rollback_evidence()
        watch.update(random.random(200) < ramp, ramp)
        watched.append(watch)
    return watched


def test_it_is_ever_20_in_at_most_5_percent_of_equal_arms(runs: list[EscapeEvidence]) -> None:
    wrong = sum(watch.verdict == "rollback" for watch in runs)
    low, high = clopper_pearson(wrong, len(runs), 0.999)
    assert high <= 0.05
    assert low > 0.01  # it is no judge that never acts


def test_stopped_at_20_its_mean_is_at_most_one() -> None:
    # Optional stopping: whoever stops when it looks best gains nothing on average.
    random = np.random.default_rng(5)
    grid = rollback_grid()
    own, other = log_likelihood_ratios([True, False], [0.1, 0.1], grid)
    arms = random.random((6000, 150)) < 0.1
    paths = log_mean_exp(np.cumsum(np.where(arms[..., None], own, other), axis=1))
    reached = paths >= math.log(20.0)
    stop = np.where(reached.any(axis=1), reached.argmax(axis=1), 149)
    values = np.exp(paths[np.arange(6000), stop])
    half = 3.0 * values.std(ddof=1) / math.sqrt(6000)
    assert half < 0.21
    assert abs(values.mean() - 1.0) < half


def test_stopped_at_20_its_mean_is_exactly_one_over_all_paths() -> None:
    own, other = log_likelihood_ratios([True, False], [0.1, 0.1], rollback_grid())
    alive, stopped, reached = np.array([1.0]), 0.0, 0.0
    for n in range(1, 401):
        step = np.append(0.9 * alive, 0.0)
        step[1:] += 0.1 * alive
        by_candidate = np.arange(n + 1)[:, None]
        values = np.exp(log_mean_exp(by_candidate * own + (n - by_candidate) * other))
        hit = values >= 20.0
        stopped += float((step * values)[hit].sum())
        reached += float(step[hit].sum())
        alive = np.where(hit, 0.0, step)
    assert stopped + float((alive * values).sum()) == pytest.approx(1.0, abs=1e-9)
    assert 0.02 < reached <= 0.05


def test_warnings_and_guard_metrics() -> None:
    watch, guarded = rollback_evidence(), rollback_evidence(comparisons=2)
    message = []
    for _ in range(4):
        watch.update([True], [0.1])
        guarded.update([True], [0.1])
        message.append((round(watch.e_value, 2), watch.verdict, guarded.verdict))
    assert message == [
        (2.84, "hold", "hold"),
        (9.74, "warn", "hold"),
        (37.92, "rollback", "warn"),
        (159.64, "rollback", "rollback"),
    ]


def test_guard_metrics_ask_for_more() -> None:
    one, many = rollback_evidence(), rollback_evidence(comparisons=4)
    for watch in (one, many):
        watch.update([True] * 3, [0.1] * 3)
    assert one.e_value == many.e_value
    assert 20.0 < one.e_value < 200.0
    assert (one.verdict, many.verdict) == ("rollback", "warn")


def test_what_was_proven_once_stays_proven() -> None:
    watch = rollback_evidence()
    watch.update([True] * 4, [0.1] * 4)
    peak = watch.maximum
    watch.update([False] * 200, [0.1] * 200)
    assert watch.e_value < 1.0
    assert watch.maximum == peak
    assert watch.verdict == "rollback"


def test_no_alarm_is_no_promotion() -> None:
    good = promotion_evidence(1.5)
    assert (good.e_value, good.maximum, good.verdict) == (1.0, 1.0, "hold")
    good.update([False] * 5, [0.1] * 5)
    assert good.verdict == "hold"
    good.update([False] * 60, [0.1] * 60)
    assert good.verdict == "promote"


@pytest.mark.parametrize(
    ("arms", "pi", "words"),
    [
        ([True], [0.0], "could not have got"),
        ([False], [1.0], "could not have got"),
        ([True], [1.2], "between 0 and 1"),
        ([True], [float("nan")], "between 0 and 1"),
        ([True, False], [0.1], "one arm and one probability"),
    ],
)
def test_impossible_escapes_are_refused(arms: list[bool], pi: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rollback_evidence().update(arms, pi)


def test_a_grid_on_both_sides_is_refused() -> None:
    with pytest.raises(ValueError, match="one side"):
        EscapeEvidence("rollback", 1.0, [0.5, 2.0])


@settings(deadline=None)
@given(st.integers(1000, 3000))
def test_much_evidence_does_not_overflow(n: int) -> None:
    watch = rollback_evidence()
    watch.update([True] * n, [0.01] * n)
    assert watch.e_value == math.inf
    assert watch.verdict == "rollback"
