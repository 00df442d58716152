"""What a server's processes learn is learned once: by whoever trains it first, or before anybody asks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import sim
from sim import shipped
from sim.apps.answer import answer_of
from sim.apps.kept import size_of
from sim.apps.session import Session
from sim.apps.state import State
from sim.apps.stories import load_story
from sim.apps.web import learned
from sim.apps.web.learned import Learned, learn_ahead
from sim.apps.web.visits import Visits


def _show(visits: Visits, **state: str) -> list[dict[str, object]]:
    asked = {"kind": "show", "serial": 1, "state": state, "visitor": 1, "default": None, "loaded": None}
    return [dict(said.message) for said in visits(asked, lambda: False)]


def test_who_comes_to_another_process_does_not_wait_for_the_same_training(tmp_path: Path) -> None:
    first = _show(Visits(tmp_path), story="concept")
    second = _show(Visits(tmp_path), story="concept")
    assert first[0]["kind"] == "progress"
    assert [said["kind"] for said in second] == [said["kind"] for said in first[1:]]


def test_what_another_process_has_learned_gives_the_numbers_of_a_run_bit_for_bit(tmp_path: Path) -> None:
    _show(Visits(tmp_path), story="concept")
    *_, told = _show(Visits(tmp_path), story="concept")
    story = load_story("concept")
    run = answer_of(sim.run(story.scenario(), replications=1, workers=1), places=story.places)
    assert told["strategies"] == run["strategies"]


def test_the_models_of_a_story_are_there_before_anybody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = shipped.stories()
    monkeypatch.setattr("sim.shipped.stories", lambda: {name: every[name] for name in ("concept", "shadow")})
    learn_ahead("concept", tmp_path)
    visits = Visits(tmp_path)
    for state in ({"story": "concept"}, {"story": "shadow"}, {"story": "shadow", "taught": "inspectors"}):
        story = load_story(state.pop("story"))
        assert Session(story, visits._kept).is_trained(State.read(story, state))


def test_a_folder_of_versions_keeps_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "MOST_STORED", 3_000)
    shelf = Learned(0, tmp_path)
    for number in range(3):
        shelf.put(number, bytes(1_400))  # type: ignore[arg-type]
        os.utime(shelf._place(number), (number, number))
    assert [shelf.has(number) for number in range(3)] == [False, True, True]
    assert size_of(shelf.get(2)) > 0
    assert {place.suffix for place in tmp_path.iterdir()} == {".version"}


def test_a_version_that_cant_be_written_down_is_kept_by_its_own_process(tmp_path: Path) -> None:
    shelf = Learned(1_000_000, tmp_path)
    assert shelf.obtain("key", lambda: lambda: 1)() == 1  # type: ignore[operator,arg-type,return-value]
    assert shelf.has("key")
    assert not list(tmp_path.iterdir())
    gone = Learned(1_000_000, tmp_path / "gone")
    assert gone.obtain("key", lambda: "trained") == "trained"  # type: ignore[arg-type,return-value,comparison-overlap]
