"""All mistakes of a file are told at once, each once, and none that only follows from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.document import ScenarioError
from sim.scenario import load

FILE = """\
driftline: 1
horizon: 2d
drift:
  - {what: camera.contrast, profile: sudden, at: 3d, to: 80%}
strategies:
  - {pattern: manual}
  - {pattern: canary, hodl: 4h}
  - {pattern: blue_green, candidate: v7}
"""


def told(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "line.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        load(file)
    return [f"{problem.line}: {problem.message}" for problem in refused.value.problems]


def test_mistakes_across_parts_are_told_beside_those_of_single_values(tmp_path: Path) -> None:
    lines = told(tmp_path, FILE)
    assert [line.split(":")[0] for line in lines] == ["4", "7", "8"]
    assert "starts after the horizon" in lines[0]
    assert "unknown key 'hodl'" in lines[1]
    assert "unknown decider 'v7'" in lines[2]


def test_what_only_follows_from_a_mistake_is_not_told(tmp_path: Path) -> None:
    lines = told(tmp_path, FILE.replace("horizon: 2d", "horizon: 9x"))
    assert [line.split(":")[0] for line in lines] == ["2", "7"], "with the usual horizon the drift would be too late"


def test_one_mistake_gives_one_error(tmp_path: Path) -> None:
    only = FILE.replace("hodl", "hold").replace("candidate: v7", "start: 1h").replace("at: 3d", "at: 1d")
    for wrong, right in (
        ("profile: sudden", "profile: suden"),
        ("pattern: canary", "pattern: canery"),
        ("80%", "80%%"),
    ):
        assert len(told(tmp_path, only.replace(wrong, right))) == 1, right
