"""Shipped scenarios are found by name from anywhere; what stands in the current folder wins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim import shipped
from sim.scenario import load


@pytest.mark.parametrize("verb", ["validate", "explain"])
def test_a_shipped_scenario_is_found_by_its_name(call: Any, verb: str) -> None:
    by_name = call(verb, "quickstart")
    assert by_name[0] == 0
    assert by_name == call(verb, shipped.scenarios()["quickstart"])


def test_run_by_name(call: Any, tmp_path: Path) -> None:
    settings = ("--replications", "1", "--strategy", "manual", "--workers", "1", "--format", "json", "--quiet")
    code, out, _ = call("run", "tool_wear", *settings)
    assert code == 0
    assert json.loads(out)["scenario"] == "tool_wear"


def test_a_file_of_that_name_wins(call: Any, tmp_path: Path) -> None:
    (tmp_path / "quickstart").write_text("driftline: 1\nseeed: 1\n")
    assert "quickstart:2:1: error: unknown key 'seeed'" in call("validate", "quickstart")[2]


def test_a_folder_of_that_name_wins(call: Any, tmp_path: Path) -> None:
    (tmp_path / "quickstart").mkdir()
    (tmp_path / "quickstart" / "mine.yaml").write_text("driftline: 1\n")
    assert call("validate", "quickstart")[1].startswith("quickstart/mine.yaml: ok")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("quickstrat", "quickstrat: error: there is no such file, and no shipped scenario of this name; did you mean 'quickstart', a shipped one?"),
        ("Tool-Wear", "did you mean 'tool_wear', a shipped one?"),
        ("xyzzy", "xyzzy: error: there is no such file, and no shipped scenario of this name"),
        ("quickstart.yaml", "quickstart.yaml: error: there is no such file; did you mean 'quickstart', a shipped one?"),
        ("scenarios/quickstart.yaml", "error: there is no such file; did you mean 'quickstart', a shipped one?"),
        ("gone/mine.yaml", "gone/mine.yaml: error: there is no such file; there is no folder gone either"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_told_the_nearest(call: Any, typed: str, message: str) -> None:
    for verb in ("run", "validate", "explain", "detectors"):
        code, out, err = call(verb, typed)
        assert (code, out) == (2, "")
        assert message in err


def test_a_file_nearby_is_meant_rather_than_a_shipped_one(call: Any, tmp_path: Path) -> None:
    (tmp_path / "quickstar.yaml").write_text("driftline: 1\n")
    assert "did you mean 'quickstar.yaml'?" in call("run", "quickstart.yml")[2]


def test_detectors_takes_one_scenario(call: Any, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text("driftline: 1\n")
    code, _, err = call("detectors", ".")
    assert code == 2
    assert "several scenarios" in err


def test_the_list_shows_every_shipped_scenario_under_its_topic(call: Any) -> None:
    _, out, _ = call("list")
    lines = out.splitlines()
    topics = {name: load(file).topic for name, file in shipped.scenarios().items()}
    assert all(topics.values())
    for name, topic in topics.items():
        row = next(number for number, line in enumerate(lines) if line.split()[:1] == [name])
        heading = [line for line in lines[:row] if line in topics.values()][-1]
        assert heading == topic


def test_another_value_beside_the_file(call: Any) -> None:
    code, out, err = call("validate", "quickstart", "--set", "horizon=50h", "--set", "strategies.canary.hold=20h")
    assert code == 0
    assert "ok: 2d 2h" in out
    assert "warning: strategies." in err
    assert "and the run ends after 2d 2h" in err
    code, _, err = call("run", "quickstart", "--set", "strategies.canary.hodl=2h")
    assert code == 2
    assert "--set strategies.canary.hodl=2h: error: unknown key 'hodl'" in err
