"""Fixed limits, and how Argo Rollouts and Flagger count failures."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.stats.thresholds import RateThreshold, argo_aborts, flagger_rolls_back

outcomes = st.lists(st.booleans(), min_size=1, max_size=30)


def test_a_threshold_needs_its_samples_and_lets_the_limit_itself_pass() -> None:
    limit = RateThreshold(at_most=0.07, min_samples=100)
    assert [limit.judge(7, 100), limit.judge(8, 100), limit.judge(50, 99)] == ["passed", "failed", "undecided"]
    assert limit.failed([7, 8, 50], [100, 100, 99]).tolist() == [False, True, False]


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_a_rate_of_exactly_the_limit_passes_whatever_rounds(events: int) -> None:
    limit = RateThreshold(at_most=float(f"{events / 1000:.3f}"), min_samples=1)
    assert (limit.judge(events, 1000), limit.judge(events + 1, 1000)) == ("passed", "failed")


def test_a_threshold_without_samples_is_undecided() -> None:
    assert RateThreshold(0.1, min_samples=0).judge(0, 0) == "undecided"


@settings(deadline=None)
@given(outcomes, st.integers(0, 5))
def test_argo_fails_at_the_failure_after_its_limit(failed: list[bool], limit: int) -> None:
    where = [tick for tick, bad in enumerate(failed) if bad]
    assert int(argo_aborts(failed, limit)) == (where[limit] if len(where) > limit else -1)


@settings(deadline=None)
@given(outcomes, st.integers(1, 5))
def test_flagger_rolls_back_one_tick_after_its_last_permitted_failure(failed: list[bool], threshold: int) -> None:
    where = [tick for tick, bad in enumerate(failed) if bad]
    expected = where[threshold - 1] + 1 if len(where) >= threshold else -1
    assert int(flagger_rolls_back(failed, threshold)) == (expected if expected < len(failed) else -1)


@settings(deadline=None)
@given(st.integers(0, 10), st.integers(1, 5))
def test_all_bad_from_tick_f_on_is_rolled_back_at_f_plus_threshold(f: int, threshold: int) -> None:
    failed = [False] * f + [True] * 10
    assert int(flagger_rolls_back(failed, threshold)) == f + threshold


def test_flagger_takes_one_for_a_threshold_of_zero() -> None:
    assert int(flagger_rolls_back([False, True, False], 0)) == 2
