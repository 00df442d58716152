"""What Python asks wrongly is refused like a mistake in a file: one message with place, cause and remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sim
from sim.document import UnknownName
from sim.scenario import Scenario


def small() -> Scenario:
    return sim.build(horizon="1h", replications=1, strategies=[{"pattern": "manual"}])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"replications": 0}, "replications: expected a number that is at least 1, found the number 0"),
        ({"replications": 2.5}, "replications: expected a whole number, found the number 2.5"),
        ({"replications": "five"}, "replications: expected a whole number, found the text 'five'"),
        ({"replications": True}, "replications: expected a number, found true"),
        ({"seed": -1}, "seed: expected a number that is at least 0, found the number -1"),
        ({"seed": "a"}, "seed: expected a whole number, found the text 'a'"),
        ({"workers": 0}, "workers: expected a number that is at least 1, found the number 0"),
        ({"workers": "two"}, "workers: expected a whole number, found the text 'two'"),
        ({"strategies": "canary"}, "strategies: expected a list such as ['canary'], found the text 'canary'"),
        ({"strategies": ["manul"]}, "strategies: no strategy called 'manul': did you mean 'manual'?"),
        ({"metrics": "leakage"}, "metrics: expected a list such as ['leakage'], found the text 'leakage'"),
        ({"engine": "simpi"}, "engine: no engine called 'simpi': did you mean 'simpy'?"),
    ],
)
def test_a_wrong_argument_of_a_run(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(sim.ScenarioError) as error:
        sim.run(small(), **arguments)
    assert str(error.value) == told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: sim.run("quickstart"), r"write driftline\.run\(driftline\.load\('quickstart'\)\)"),  # type: ignore[arg-type]
        (lambda: sim.run({"horizon": "1h"}), r"write driftline\.run\(driftline\.build\(\*\*settings\)\)"),  # type: ignore[arg-type]
        (lambda: sim.run(None), "a run takes a Scenario"),  # type: ignore[arg-type]
        (lambda: sim.plot(small()), r"run it first: driftline\.plot\(driftline\.run\(scenario\)\)"),  # type: ignore[arg-type]
        (lambda: sim.plot(None), "driftline.run returns one"),  # type: ignore[arg-type]
        (lambda: sim.load(None), "the path of a file is wanted, or the name of a shipped scenario, not None"),  # type: ignore[arg-type]
    ],
)
def test_something_else_in_the_place_of_a_scenario_or_a_result(wrong: Callable[[], Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        wrong()


def test_numbers_of_numpy_are_numbers() -> None:
    assert sim.run(small(), replications=np.int64(2), seed=np.int32(7), workers=1).replications == 2


def test_a_result_names_the_nearest_strategy() -> None:
    result = sim.run(small(), workers=1)
    with pytest.raises(UnknownName) as error:
        result["manul"]
    assert str(error.value) == "unknown strategy 'manul': did you mean 'manual'?"
    assert isinstance(error.value, KeyError)


def test_shipped_scenarios_are_found_by_name() -> None:
    assert sim.load("quickstart").name == "quickstart"
    with pytest.raises(sim.ScenarioError, match=r"did you mean .*quickstart"):
        sim.load("quickstrat")


def test_it_says_its_version() -> None:
    assert sim.__version__.split(".")[0].isdecimal()
    assert "__version__" in dir(sim)
