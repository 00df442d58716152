"""Faults by chance: exponential times to failure and to repair, the same in every run that is as long or longer."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.factory.faults import Breakdowns, joined
from sim.factory.streams import Streams
from sim.units import HOUR

FAULTS = Breakdowns(mtbf="3h", mttr="20min")
periods = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair))))


def drawn(hours: int, replication: int = 0, name: str = "v1") -> tuple[tuple[int, int], ...]:
    return FAULTS.drawn(Streams(5, replication).open(name), hours * HOUR)


def test_a_longer_run_begins_with_the_same_faults() -> None:
    short, long = drawn(100), drawn(1000)
    assert short
    assert short == long[: len(short)]
    assert long[len(short)][0] >= 100 * HOUR


def test_every_replication_and_every_stream_has_its_own() -> None:
    assert len({drawn(1000), drawn(1000, replication=1), drawn(1000, name="v2")}) == 3


def test_times_to_failure_and_to_repair_are_exponential_with_their_means() -> None:
    faults = np.array(drawn(100_000))
    up = faults[1:, 0] - faults[:-1, 1]  # counted from the repair
    down = faults[:, 1] - faults[:, 0]
    assert len(up) > 25_000
    for times, mean in ((up, FAULTS.mtbf), (down, FAULTS.mttr)):
        assert abs(times.mean() / mean - 1.0) < 4 / len(times) ** 0.5
        assert abs(times.std() / mean - 1.0) < 8 / len(times) ** 0.5  # of an exponential time, equal to the mean
        assert abs((times > mean).mean() - np.exp(-1.0)) < 2 / len(times) ** 0.5
    assert abs(np.corrcoef(up, down[:-1])[0, 1]) < 4 / len(up) ** 0.5


def test_they_last_a_microsecond_at_least() -> None:
    found = Breakdowns(mtbf="1us", mttr="1us").drawn(Streams(1, 0).open("x"), 2000)
    edges = list(chain.from_iterable(found))
    assert len(found) > 300
    assert all(later > earlier for earlier, later in pairwise(edges))


@given(periods)
def test_periods_are_joined_in_order_and_apart(given: list[tuple[int, int]]) -> None:
    found = joined(given)
    covered = {moment for begin, end in given for moment in range(begin, end)}
    assert {moment for begin, end in found for moment in range(begin, end)} == covered
    assert all(earlier[1] < later[0] for earlier, later in pairwise(found))
