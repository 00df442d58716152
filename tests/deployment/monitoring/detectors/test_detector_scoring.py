"""Alarms against the truth: CapyMOA's words, with and without anything to score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.deployment.monitoring.detectors import alarms
from sim.deployment.monitoring.detectors.bernoulli import BernoulliCusum
from sim.deployment.monitoring.detectors.bounds import Always, Never
from sim.deployment.monitoring.detectors.scoring import DetectionScore, score, score_all


def test_capymoas_own_example() -> None:
    """From its documentation, with its fourth alarm inside: 500 is false, 1200 and 2100 find, 1250 finds again."""
    found = score([500, 1200, 1250, 2100], [(1000, 1000), (2000, 2000)], 2300, period=1000, max_delay=200)
    assert (found.mdt, found.episode_recall, found.alarms, found.false_alarms) == (150.0, 1.0, 4, 2)
    # 1250 is later than 200 after the drift; with 250 it is right.
    found = score([500, 1200, 1250, 2100], [(1000, 1000), (2000, 2000)], 2300, period=1000, max_delay=250)
    assert found.false_alarms == 1
    assert found.far == pytest.approx(1000 / 2300)
    assert found.ar == pytest.approx(4000 / 2300)
    assert found.mtfa == 2300 - 2 * 250 - 0


def test_without_drift_there_is_no_recall_and_without_alarms_no_delay() -> None:
    assert score([], [], 100, period=30) == DetectionScore(None, 0.0, 0.0, None, None, 0, 0, 0)
    assert score([50], [], 100, period=30) == DetectionScore(None, 0.3, 0.3, None, 100.0, 1, 1, 0)
    assert score([], [(10, 20)], 100, period=30) == DetectionScore(None, 0.0, 0.0, 0.0, None, 0, 0, 1)


def test_alarms_behind_the_last_episode_are_false() -> None:
    found = score([15, 90], [(10, 20)], 100, period=100)
    assert (found.false_alarms, found.far, found.mtfa) == (1, 1.0, 90.0)


def test_overlapping_episodes_are_both_found_by_one_alarm_and_share_their_time() -> None:
    found = score([30, 95], [(10, 50), (20, 60)], 100, period=100)
    assert (found.mdt, found.episode_recall, found.false_alarms, found.mtfa) == (15.0, 1.0, 1, 50.0)


TIMES = st.floats(0.0, 100.0)
EPISODES = st.lists(st.tuples(TIMES, TIMES).map(lambda pair: (min(pair), max(pair))), max_size=5)


@given(st.lists(TIMES, max_size=20), EPISODES, st.floats(0.0, 20.0))
def test_never_and_always_are_the_bounds(found: list[float], episodes: list[tuple[float, float]], delay: float) -> None:
    looks = sorted({*found, *(start for start, _ in episodes), 0.0, 100.0})
    scores = score_all({"mine": sorted(set(found))}, looks, episodes, 100.0, period=30.0, max_delay=delay)
    assert list(scores) == ["mine", "never", "always"]
    mine, never, always = scores.values()
    assert never.far == never.ar == 0.0
    assert never.mdt is None
    assert always.far >= mine.far >= never.far
    assert always.ar >= mine.ar >= never.ar
    if episodes:
        assert (never.episode_recall, always.episode_recall, always.mdt) == (0.0, 1.0, 0.0)
        assert mine.episode_recall is not None
        assert 0.0 <= mine.episode_recall <= 1.0
    else:
        assert (mine.mdt, mine.episode_recall) == (None, None)
    if mine.mdt is not None:
        assert 0.0 <= mine.mdt <= 100.0 + delay


def test_the_bounds_are_detectors_too() -> None:
    values = (np.random.default_rng(51).random(6000) < np.where(np.arange(6000) < 5000, 0.01, 0.05)).astype(float)
    found = {"cusum": alarms(BernoulliCusum(p0=0.01, p1=0.05), values)}
    scores = score_all(found, np.arange(6000), [(5000, 5999)], 6000, period=1000)
    for bound in (Never(), Always()):
        assert score(alarms(bound, values), [(5000, 5999)], 6000, period=1000) == scores[bound.kind]
    assert scores["cusum"].episode_recall == 1.0
    assert scores["cusum"].far < scores["always"].far


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (([101.0], [], 100.0, 30.0), "alarms must lie"),
        (([-1.0], [], 100.0, 30.0), "alarms must lie"),
        (([float("nan")], [], 100.0, 30.0), "alarms must lie"),
        (([[1.0]], [], 100.0, 30.0), "shape"),
        (([], [(5.0, 4.0)], 100.0, 30.0), "start before it ends"),
        (([], [(5.0, 101.0)], 100.0, 30.0), "between 0 and 100"),
        (([], [], 0.0, 30.0), "above 0"),
        (([], [], 100.0, 0.0), "above 0"),
    ],
)
def test_what_cannot_be_scored_is_refused(given: tuple[object, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        score(*given)  # type: ignore[arg-type]


def test_a_detector_may_not_take_a_bounds_name() -> None:
    with pytest.raises(ValueError, match="never is scored"):
        score_all({"never": []}, [], [], 100.0, 30.0)
