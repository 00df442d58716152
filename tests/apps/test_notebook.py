"""The sandbox in a notebook, without a browser: what the kernel answers, and what is seen where none runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.apps.notebook import WIDGET, Sandbox, Talk, sandbox
from sim.apps.state import State
from sim.apps.stories import load_story
from sim.document import ScenarioError
from sim.libraries import MissingLibrary

STORY = load_story("lamp")


def take(talk: Talk, **heard: Any) -> list[dict[str, Any]]:
    talk.note(heard)
    return [dict(said.message) for said in talk.take(heard)]


def test_settings_are_values_as_the_story_s_file_writes_them() -> None:
    shown = sandbox("lamp", inspectors=3, lamp="60%", reveal=True, hide=["truth", "try"], fix=["seed"])
    assert shown.state.settings["inspectors"] == "3"
    assert (shown.state.reveal, shown.state.hide, shown.state.fix) == (True, ("truth", "try"), ("seed",))
    assert shown.scenario == STORY.scenario({"inspectors": "3", "lamp": "60%"}, STORY.seed)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"story": "lmp"}, "did you mean 'lamp'"),
        ({"lamp": "61%"}, "the nearest is 60%"),
        ({"lmp": "60%"}, "did you mean 'lamp'"),
        ({"hide": ["knob"]}, "there is no 'knob'"),
    ],
)
def test_what_there_is_not_is_refused_in_the_cell(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        sandbox(**settings)


def test_a_page_that_is_drawn_anew_goes_on_from_where_it_stood() -> None:
    talk = Talk(STORY, State.read(STORY, {"lamp": "60%"}))
    (hello,) = take(talk, kind="ready", serial=4, state={})
    assert (hello["serial"], hello["state"]["lamp"]) == (4, "60%")
    take(talk, kind="show", serial=5, state={"lamp": "70%", "said.leaks_most": "canary"})
    take(talk, kind="show", serial=5, state={"lamp": "30%"}, ghost=True)
    (hello,) = take(talk, kind="ready", serial=6, state={})
    assert hello["state"] == {"story": "lamp", "lamp": "70%", "said.leaks_most": "canary"}


def test_what_a_page_tells_where_it_rests_is_where_it_begins_again() -> None:
    talk = Talk(STORY, State.start(STORY))
    rests = {"clock": "3600", "pin": "lamp=60%25&seed=8", "said.leaks_most": "canary"}
    assert take(talk, kind="stand", state=rests) == []
    (hello,) = take(talk, kind="ready", serial=6, state={})
    assert hello["state"] == {"story": "lamp", **rests}


def test_what_goes_on_later_does_not_say_where_the_page_stood_before() -> None:
    shown = Sandbox(STORY, State.start(STORY))
    shown._repr_mimebundle_()
    shown._heard({"kind": "refine", "serial": 1, "state": {}})
    shown._heard({"kind": "stand", "state": {"said.leaks_most": "canary"}})
    assert shown.state.said == {"leaks_most": "canary"}, "a cell reads it at once"
    assert shown._desk.wait(60)  # type: ignore[union-attr]
    assert shown.state.said == {"leaks_most": "canary"}
    shown.close()


def test_an_answer_has_the_numbers_of_the_library() -> None:
    shown = sandbox("lamp", lamp="60%", seed=3)
    *_, answer = take(shown._talk, kind="show", serial=1, state=shown.state.texts(STORY))
    result = sim.run(shown.scenario, replications=1, workers=1)
    told = {each["name"]: each["measures"]["escape_rate"]["value"] for each in answer["strategies"]}
    for strategy in result.strategies:
        assert told[strategy.name] == pytest.approx(strategy.interval("escape_rate").mean, rel=1e-7)


def test_a_scenario_of_one_s_own_takes_the_story_s_place() -> None:
    talk = Talk(STORY, State.start(STORY))
    (hello,) = take(talk, kind="load", serial=9, text="{driftline: 1, horizon: 8h, inspectors: {count: 3}}")
    assert (hello["kind"], hello["loaded"], hello["serial"]) == ("hello", True, 9)
    assert hello["state"] == {"story": "own"}
    *_, answer = take(talk, kind="show", serial=10, state={})
    assert answer["done"]
    (refused,) = take(talk, kind="load", serial=11, text="{driftline: 1, horizn: 8h}")
    assert refused["kind"] == "refused"
    assert "did you mean 'horizon'" in refused["say"]


def test_without_a_kernel_a_picture_and_a_sentence_are_seen() -> None:
    shown = sandbox("lamp", lamp="100%")
    bundle = shown._repr_mimebundle_()
    assert bundle[WIDGET]["model_id"] == shown._repr_mimebundle_()[WIDGET]["model_id"]
    assert bundle["text/plain"].startswith(STORY.title)
    assert "leak" in bundle["text/plain"]
    assert 'src="data:image/png;base64,' in bundle["text/html"]
    assert bundle["text/plain"].split(";")[0] in bundle["text/html"]
    shown.close()


def test_a_title_that_asks_ends_with_its_question_mark() -> None:
    words = sandbox("shadow")._talk.still()["text/plain"]
    assert words.startswith("A model disagrees with the inspectors. Who is wrong? ")


def test_a_closed_sandbox_leaves_no_thread() -> None:
    from threading import enumerate as threads

    before = set(threads())
    shown = Sandbox(STORY, State.start(STORY))
    shown._repr_mimebundle_()
    shown._desk.ask({"kind": "ready", "state": {}})  # type: ignore[union-attr]
    assert shown._desk.wait(30)  # type: ignore[union-attr]
    shown.close()
    assert [each for each in set(threads()) - before if "desk" in each.name] == []


def test_without_the_extra_a_cell_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.apps import notebook

    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    notebook._kind.cache_clear()
    with pytest.raises(MissingLibrary, match=r"pip install 'driftline\[lab\]'"):
        sandbox("lamp")._repr_mimebundle_()


def test_a_story_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(Path("scenarios/stories/lamp.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert sandbox(file).story.name == "mine"
    assert sandbox(STORY).story is STORY
