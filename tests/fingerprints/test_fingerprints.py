"""Every shipped scenario gives the numbers that it gave, to the last bit, or says which ingredient moved.

A change on purpose: ``python tests/fingerprints --keep``, and a line in the CHANGELOG.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ingredients import runs, world
from kept import KEPT, SCENARIOS, elsewhere, moved, read

from sim.scenario import load

ELSEWHERE = elsewhere()


def of(name: str, *ingredients: str) -> dict[str, Any]:
    kept = read(name)
    assert kept, f"no fingerprint of {name} is kept: python tests/fingerprints {name} --keep"
    return {ingredient: kept[ingredient] for ingredient in ingredients}


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_the_world_and_the_plans_are_the_same_everywhere(file: Path) -> None:
    assert list(moved(of(file.stem, "world", "sums", "plan"), world(load(file)))) == []


@pytest.mark.skipif(bool(ELSEWHERE), reason=ELSEWHERE)
@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_runs_are_the_same_under_the_locked_versions(file: Path) -> None:
    assert list(moved(of(file.stem, "picture", "scores", "runs"), runs(load(file)))) == []


def test_every_kept_fingerprint_has_its_scenario() -> None:
    assert {file.stem for file in KEPT.glob("*.json")} == {file.stem for file in SCENARIOS} | {"made"}


def test_what_moved_is_named() -> None:
    now = world(load(next(file for file in SCENARIOS if file.stem == "server_outage")))
    now["world"]["lot"] = "another"
    now["sums"]["features"] *= 1.001
    assert list(moved(of("server_outage", "world", "sums", "plan"), now)) == ["world / lot", "sums / features"]
