"""`--set path=value`: other values in the place of the file's own, with the file's own checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.document import ScenarioError
from sim.scenario import load

FILE = """\
driftline: 1
horizon: 2d
models: {v1: {}, v2: {}}
strategies:
  - {pattern: manual}
  - {pattern: canary, name: slow, hold: 4h}
  - {pattern: canary, name: quick, hold: 1h}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "line.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_values_take_the_place_of_the_file_s(file: Path) -> None:
    scenario = load(
        file, ["horizon=1d", "strategies.slow.steps=[10, 50]", "inspectors.count=3", "strategies.0.name=us"]
    )
    assert scenario.horizon == 86_400_000_000
    assert scenario.strategies[1].settings()["steps"] == (10.0, 50.0)
    assert scenario.inspectors.count == 3
    assert scenario.strategies[0].title == "us"
    assert load(file).strategies[1].settings()["hold"] == 4 * 3_600_000_000, "the file is as it was"


def test_what_is_said_later_holds(file: Path) -> None:
    assert load(file, ["seed=2", "seed=3"]).seed == 3


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("horizon=40", "--set horizon=40: error: the unit is missing"),
        ("strategies.slow.hold=1x", "--set strategies.slow.hold=1x: error: expected a duration"),
        ("strategies.slo.hold=1h", "nothing in strategies is called 'slo'; did you mean 'slow'?"),
        ("strategies.canary.hold=1h", "nothing in strategies is called 'canary'; give a number from 0 to 2"),
        ("strategies.7.hold=1h", "strategies has 3 entries, from 0 to 2: there is no 7"),
        ("horizn=1d", "--set horizn=1d: error: unknown key 'horizn'; did you mean 'horizon'?"),
        ("horizon.days=1", "horizon holds one value: there is no 'days' in it"),
        ("seed", "expected path=value"),
        ("=3", "expected path=value"),
        ("seed=[1", "--set seed=[1:1:3: error:"),
        ("deployment.candidate=v3", "--set deployment.candidate=v3: error: unknown decider 'v3'"),
        ("warm_up=3d", "--set warm_up=3d: error: the warm-up ends after the horizon"),
    ],
)
def test_a_wrong_one_is_refused_at_its_own_place(file: Path, setting: str, message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load(file, [setting])
    assert message in str(refused.value)


def test_all_wrong_ones_are_told_at_once(file: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        load(file, ["strategies.9.hold=1h", "strategies.nobody.hold=1h"])
    assert len(refused.value.problems) == 2


def test_two_of_one_name_need_a_number(file: Path) -> None:
    file.write_text(FILE.replace("name: slow, ", "").replace("name: quick, ", ""), encoding="utf-8")
    with pytest.raises(ScenarioError, match="several in strategies are called 'canary'"):
        load(file, ["strategies.canary.hold=1h"])
