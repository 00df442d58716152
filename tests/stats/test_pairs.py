"""Discordant pairs: the formula, the martingale, and the exact chances of ever acting on equals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.stats.pairs import PairedEvidence, log_evidence, log_evidence_better, log_evidence_worse
from sim.stats.ratios import clopper_pearson


def ever(acts: np.ndarray, p: float) -> float:
    """P(ever acts), exact: acts[n, x] says where, every pair favours with chance p."""
    alive, acted = np.array([1.0]), 0.0
    for n in range(1, len(acts)):
        step = np.zeros(n + 1)
        step[1:] += p * alive
        step[:-1] += (1.0 - p) * alive
        hit = acts[n, : n + 1]
        acted += float(step[hit].sum())
        alive = np.where(hit, 0.0, step)
    return acted


def table(evidence: object, most: int) -> np.ndarray:
    n, x = np.meshgrid(np.arange(most + 1), np.arange(most + 1), indexing="ij")
    inside = x <= n
    return np.where(inside, evidence(np.where(inside, x, 0), n), -np.inf)  # type: ignore[operator]


def test_the_formula() -> None:
    for x, n in ((0, 0), (1, 1), (3, 7), (12, 20)):
        exact = 2**n * math.factorial(x) * math.factorial(n - x) / math.factorial(n + 1)
        assert math.exp(float(log_evidence(x, n))) == pytest.approx(exact, rel=1e-12)


def test_ever_20_within_200_pairs_of_equals_is_0309() -> None:
    assert ever(table(log_evidence, 200) >= math.log(20.0), 0.5) == pytest.approx(0.0309, abs=5e-5)


def test_acting_on_one_side_of_the_two_sided_evidence_errs_at_most_once_in_39() -> None:
    evidence = table(log_evidence, 600)
    n, x = np.indices(evidence.shape)
    worse = (evidence >= math.log(20.0)) & (2 * x > n)
    chances = [ever(worse, p) for p in (0.5, 0.45, 0.3)]
    assert 0.015 < chances[0] <= 1.0 / 39.0
    assert chances[0] > chances[1] > chances[2]


def test_the_one_sided_evidence_keeps_5_percent_against_all_that_are_not_better() -> None:
    acts = table(log_evidence_better, 600) >= math.log(20.0)
    chances = [ever(acts, p) for p in (0.5, 0.45, 0.3)]
    assert 0.03 < chances[0] <= 0.05
    assert chances[0] > chances[1] > chances[2]


@settings(deadline=None)
@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_both_are_martingales_of_equals_and_halves_of_each_other(pair: tuple[int, int]) -> None:
    x, n = pair
    for evidence in (log_evidence, log_evidence_better):
        now = float(evidence(x, n))
        then = np.exp(evidence([x, x + 1], n + 1) - now)
        assert then.mean() == pytest.approx(1.0, rel=1e-8)
    halves = np.logaddexp(log_evidence_better(x, n), log_evidence_better(n - x, n)) - math.log(2.0)
    assert float(halves) == pytest.approx(float(log_evidence(x, n)), rel=1e-9, abs=1e-9)


def test_the_docstrings_inequality_holds_wherever_it_is_used() -> None:
    n, x = np.meshgrid(np.arange(1, 200), np.arange(200), indexing="ij")
    use = (x <= n) & (2 * x > n)
    both, one = np.exp(log_evidence(x[use], n[use])), np.exp(log_evidence_better(x[use], n[use]))
    assert bool(np.all(both <= 0.5 * (one + 1.0) * (1.0 + 1e-12)))


def test_impossible_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and all"):
        log_evidence(4, 3)


def everything(watch: PairedEvidence) -> tuple[object, ...]:
    return (
        watch.better, watch.worse, watch.highest_better, watch.highest_worse, watch.once_better, watch.once_worse,
        watch.verdict, watch.favour, watch.discordant, str(watch),
    )  # fmt: skip


def test_evidence_grows_with_the_pairs_whatever_the_batches() -> None:
    rng = np.random.default_rng(3)
    own, other, defective = rng.random(400) < 0.9, rng.random(400) < 0.8, rng.random(400) < 0.3
    whole, parts, single = PairedEvidence(), PairedEvidence(), PairedEvidence()
    whole.update(own, other, defective)
    for watch, count in ((parts, 7), (single, 400)):
        for rows in np.array_split(np.arange(400), count):
            watch.update(own[rows], other[rows], defective[rows])
    assert everything(whole) == everything(parts) == everything(single)
    assert whole.discordant == int((own != other).sum())
    assert whole.better == pytest.approx(math.exp(float(log_evidence_better(whole.favour, whole.discordant))))


def test_more_challengers_need_more_evidence() -> None:
    nine = ([True] * 9, [False] * 9, [True] * 9)
    alone, among_many = PairedEvidence(), PairedEvidence(rivals=6)
    for each in (alone, among_many):
        each.update(*nine)
    assert (alone.verdict, among_many.verdict) == ("better", "undecided")  # 102 against 20 and 120


def test_who_is_right_on_good_phones_only_is_not_better() -> None:
    """Rejecting nothing is right on every good phone: with few defects that is most phones."""
    lazy = PairedEvidence()
    lazy.update([True] * 60 + [False] * 4, [False] * 60 + [True] * 4, [False] * 60 + [True] * 4)
    assert lazy.better > 1e6
    assert lazy.verdict == "undecided"
    lazy.update([False] * 4, [True] * 4, [True] * 4)
    assert lazy.verdict == "worse", "eight defects that only the other finds"


@pytest.mark.parametrize(("alpha", "comparisons"), [(0.05, 1), (0.05, 4), (0.2, 2)])
def test_of_equals_hardly_any_is_ever_called_better(alpha: float, comparisons: int) -> None:
    watch = PairedEvidence(alpha, rivals=comparisons)
    acts = table(log_evidence_better, 300) >= math.log(watch.better_at)
    assert ever(acts, 0.5) <= alpha / comparisons


def test_of_equals_hardly_any_is_ever_called_worse_whichever_guard_speaks() -> None:
    # 4000 watches of 400 pairs each, one in five of them defective, either right with probability 1/2.
    rng = np.random.default_rng(11)
    own, defective = rng.random((4000, 400)) < 0.5, rng.random((4000, 400)) < 0.2
    favour, pairs = np.cumsum(own, axis=1), np.arange(1, 401)
    worse = log_evidence_worse(favour, pairs, np.cumsum(own & defective, axis=1), np.cumsum(defective, axis=1))
    called = int((worse.max(axis=1) >= math.log(PairedEvidence().worse_at)).sum())
    assert clopper_pearson(called, 4000)[1] < 0.05
    assert called > 40, "the two guards are nearly all of alpha, not a small part of it"


def test_guard_metrics_raise_the_bar_for_worse_only() -> None:
    guarded = PairedEvidence(comparisons=3)
    assert (guarded.better_at, guarded.worse_at) == (20.0, 120.0)
    assert (PairedEvidence(rivals=3).better_at, PairedEvidence(rivals=3).worse_at) == (60.0, 40.0)


def test_what_was_proven_once_is_remembered_and_the_verdict_is_of_now() -> None:
    watch = PairedEvidence()
    watch.update([False] * 8 + [True] * 8, [True] * 8 + [False] * 8, [False] * 16)
    assert (watch.verdict, watch.once_worse, watch.once_better) == ("undecided", True, False)
    assert watch.highest_worse > 40.0 > watch.worse
    watch.update([True] * 40, [False] * 40, [False] * 40)
    assert (watch.verdict, watch.once_worse, watch.once_better) == ("better", True, True)


def test_better_asks_for_the_defects_at_the_same_moment() -> None:
    """Ahead on good phones while behind on the defective ones, and the other way round later: never both."""
    watch = PairedEvidence()
    watch.update([True] * 9 + [False], [False] * 9 + [True], [False] * 9 + [True])
    assert watch.once_better, "before the first defective pair it was"
    late = PairedEvidence()
    late.update([False] + [True] * 12, [True] + [False] * 12, [True] + [False] * 12)
    assert late.better > 20.0
    assert not late.once_better


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha"):
        PairedEvidence(alpha=1.0)
    with pytest.raises(ValueError, match="one comparison"):
        PairedEvidence(comparisons=0)
