"""`pytest tests/benchmarks --benchmark-only`: how long the parts take, small enough to be run many times.

They notice when a change made something slow (`--benchmark-autosave`, `--benchmark-compare`); the comparison with
others is `python tests/benchmarks`. Nothing here asserts a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from whole_runs import whole_world

from sim.apps.stories import load_story
from sim.apps.visit import Visit
from sim.experiment.replication import replicate
from sim.experiment.run import trained
from sim.inspectors.model import ModelVersion
from sim.line.engines import prepare
from sim.units import DAY, HOUR

from . import c_line
from .common_case import CommonCase, standard

pytest.importorskip("pytest_benchmark", reason="pytest-benchmark is not installed")

Versions = Mapping[str, ModelVersion]


@pytest.fixture(scope="module")
def versions() -> Versions:
    return trained(standard())


@pytest.fixture(scope="module")
def case(versions: Versions) -> CommonCase:
    """A day: 14,400 phones."""
    return CommonCase.of(standard(DAY), versions)


def test_engine_alone(benchmark: Any, case: CommonCase, engine: str) -> None:
    prepare(engine)
    benchmark(case.on_engine, engine)


@pytest.mark.skipif(c_line.compiler() is None, reason="there is no C compiler on this machine")
def test_the_same_in_c(benchmark: Any, case: CommonCase) -> None:
    c_line.prepare()
    benchmark(c_line.run, case)


def test_making_the_world(benchmark: Any) -> None:
    """Without any model's scores."""
    benchmark(whole_world, standard(DAY), {}, 0)


def test_six_strategies_over_a_day(benchmark: Any, versions: Versions, engine: str) -> None:
    """What a slider waits for."""
    prepare(engine)
    long = standard(DAY)
    day = long.model_copy(update={"deployment": long.deployment.model_copy(update={"start": HOUR})})
    benchmark(replicate, day, day.strategies, versions, 0, engine)


@pytest.fixture
def moves() -> tuple[Visit, Iterator[dict[str, str]]]:
    """A visit whose models are trained, and states that nobody has asked for."""
    visit = Visit(load_story("lamp"))
    list(visit.take({"kind": "show"}))
    names = ("lamp", "fails_at", "inspectors")
    ways = product(*(visit.story.knobs[name].values for name in names))
    return visit, (dict(zip(names, way, strict=True)) for way in ways)


def test_a_move_of_the_sandbox(benchmark: Any, moves: tuple[Visit, Iterator[dict[str, str]]]) -> None:
    """From a knob to all that a page draws of it, but for the phones."""
    visit, states = moves
    benchmark(lambda: list(visit.take({"kind": "show", "state": next(states)})))


def test_the_phones_of_a_move(benchmark: Any, moves: tuple[Visit, Iterator[dict[str, str]]]) -> None:
    visit, states = moves

    def moved() -> tuple[tuple[Any], dict[str, Any]]:
        state = next(states)
        list(visit.take({"kind": "show", "state": state}))
        return ({"kind": "reel", "state": state},), {}

    benchmark.pedantic(lambda message: list(visit.take(message)), setup=moved, rounds=20)
