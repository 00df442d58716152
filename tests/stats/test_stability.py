"""Whether a line keeps up: right on short and long runs, with few and many replications."""

from __future__ import annotations

import numpy as np
import pytest

from sim.stats.stability import growth, keeps_up


def in_system(load: float, phones: int, exact: bool, rng: np.random.Generator) -> np.ndarray:
    """Return how many phones are in a single server's system over the second half of a run that begins empty."""
    some = 2 * phones + 20  # more than come before the end
    if exact:
        due, service = np.arange(some, dtype=float), np.full(some, load)
    else:
        due, service = np.cumsum(rng.exponential(1.0, some)), rng.exponential(load, some)
    done, free = np.empty(some), 0.0
    for number in range(some):
        done[number] = free = max(due[number], free) + service[number]
    moments = np.linspace(0, phones, 73)[36:]
    return np.searchsorted(due, moments, side="right") - np.searchsorted(done, moments, side="right")


def kept_up(load: float, phones: int, replications: int, exact: bool, times: int = 20) -> float:
    """Return how often a line is found to keep up."""
    rng = np.random.default_rng(round(1000 * load) + phones)
    return float(
        np.mean(
            [
                keeps_up([in_system(load, phones, exact, rng) for _ in range(replications)])
                for _ in range(1 if exact else times)
            ]
        )
    )


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("phones", [20, 100, 1000])
@pytest.mark.parametrize("load", [0.5, 0.95, 0.99])
def test_a_line_below_its_capacity_keeps_up_however_short_the_run(load: float, phones: int, exact: bool) -> None:
    for replications in (1, 5, 20):
        assert kept_up(load, phones, replications, exact) == 1.0


@pytest.mark.parametrize(
    ("load", "phones", "replications", "exact"),
    [
        (1.5, 2000, 1, False), (1.5, 300, 5, False), (1.5, 200, 1, True), (3.0, 300, 1, False), (3.0, 100, 5, False),
        (1.05, 1000, 1, True), (1.05, 8000, 20, False),
    ],
)  # fmt: skip
def test_a_line_above_it_does_not(load: float, phones: int, replications: int, exact: bool) -> None:
    assert kept_up(load, phones, replications, exact, times=5) == 0.0


def test_many_replications_do_not_make_a_line_that_fills_up_look_unstable() -> None:
    """A run of fifty phones at 0.99 of the capacity has not filled up: it grows, surely, and that is no proof."""
    rng = np.random.default_rng(5)
    runs = np.array([in_system(0.99, 50, False, rng) for _ in range(400)])
    assert (runs[:, -1] - runs[:, 0]).mean() > 0.5
    assert keeps_up(runs)


def test_a_queue_that_comes_and_goes_is_none_that_grows() -> None:
    wave = 40 + np.round(30 * np.sin(np.arange(37)))
    assert abs(growth([wave])[0]) < 1.0
    assert growth([wave + 20 * np.arange(37)])[0] > 3.0


def test_a_queue_that_is_worked_off_keeps_up() -> None:
    assert keeps_up([500 - 10 * np.arange(37)])
