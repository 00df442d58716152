"""A page's conversation: what it says is a stranger's, and what it hears are the numbers of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

import sim
from sim.apps.session import Kept
from sim.apps.stories import Story, load_story
from sim.apps.talk import Said
from sim.apps.visit import REFINED, Visit


@pytest.fixture(scope="module")
def story() -> Story:
    return load_story("lamp")


@pytest.fixture(scope="module")
def visit(story: Story) -> Visit:
    return Visit(story, Kept())


def heard(visit: Visit, **message: Any) -> list[Said]:
    return list(visit.take(message))


def test_a_page_hears_the_story_first_and_can_make_its_controls_of_it(visit: Visit, story: Story) -> None:
    (hello,) = heard(visit, kind="ready", state={"lamp": "60%", "fix": "seed"})
    told = json.loads(json.dumps(hello.message))
    assert told["state"] == {"story": "lamp", "lamp": "60%", "fix": "seed"}
    assert [knob["name"] for knob in told["story"]["knobs"]] == list(story.knobs)
    assert all(len(knob["values"]) == len(knob["says"]) for knob in told["story"]["knobs"])


def test_a_wrong_address_is_told_and_the_story_shown_from_its_start(visit: Visit) -> None:
    (hello,) = heard(visit, kind="ready", state={"lamp": "61%"})
    assert "60%" in hello.message["wrong"]
    assert hello.message["state"] == {"story": "lamp"}


def test_a_move_shows_what_sim_run_gives(visit: Visit, story: Story) -> None:
    *_, last = heard(visit, kind="show", serial=3, state={"lamp": "60%"})
    assert (last.message["serial"], last.message["done"]) == (3, True)
    result = sim.run(story.scenario({"lamp": "60%"}).model_copy(update={"replications": 1}))
    shown = {each["name"]: each["measures"]["escape_rate"]["value"] for each in last.message["strategies"]}
    assert shown == pytest.approx({s.name: s.interval("escape_rate").mean for s in result.strategies})


def test_an_answer_is_told_once_while_others_wait(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.apps.visit.PATIENCE_S", 0.0)
    monkeypatch.setattr("sim.apps.visit.HURRIED_S", 60.0)
    assert [said.message["done"] for said in heard(visit, kind="show", state={"lamp": "15%"})] == [False, True]
    hurried = heard(visit, kind="show", state={"lamp": "25%"}, others_wait=True)
    assert [said.message["done"] for said in hurried] == [True]


def test_the_intervals_refine_while_nobody_moves(visit: Visit) -> None:
    *_, last = heard(visit, kind="refine", serial=4, state={})
    assert last.message["replications"] == REFINED
    measure = last.message["strategies"][0]["measures"]["escape_rate"]
    assert measure["low"] < measure["value"] < measure["high"]


def test_what_a_page_has_seen_of_a_refined_answer_is_not_said_again(visit: Visit) -> None:
    said = heard(visit, kind="refine", serial=4, state={"lamp": "40%"})
    assert all(each.message["replications"] > 1 for each in said if each.message["kind"] == "answer")
    (rest,) = heard(visit, kind="refine", serial=4, state={"lamp": "40%"}, seen=REFINED - 1)
    assert rest.message["replications"] == REFINED
    assert heard(visit, kind="refine", serial=4, state={"lamp": "40%"}, seen=REFINED) == []


def test_who_moved_on_hears_no_more_than_the_part_in_hand(visit: Visit) -> None:
    assert len(list(visit.take({"kind": "refine", "serial": 5, "state": {"lamp": "30%"}}, lambda: True))) <= 1


def test_a_reel_is_of_the_strategy_that_the_state_names(visit: Visit) -> None:
    (reel,) = heard(visit, kind="reel", serial=6, state={"strategy": "canary"})
    assert reel.message["strategy"] == "canary"
    assert len(reel.buffers) == 1


def test_the_scenario_of_the_picture_is_shown_as_a_file_that_loads(visit: Visit, story: Story) -> None:
    (yaml,) = heard(visit, kind="yaml", state={"lamp": "60%", "seed": "5"})
    from sim.document.reading import document_of
    from sim.scenario import from_document

    data = document_of(yaml.message["text"], "shown")
    loaded = from_document(data.replaced({"driftline": 1, **data.data}, {}), "lamp")
    assert loaded == story.scenario({"lamp": "60%"}, 5)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"lmp": "60%"}, "did you mean 'lamp'"),
        ({"seed": "-1"}, "seed"),
        ([1, 2], "mapping of texts"),
        ({"lamp": {"a": 1}}, "mapping of texts"),
        ({"strategy": "nobody"}, "nobody"),
        ("lamp", "mapping of texts"),
    ],
)
def test_what_a_stranger_sends_is_refused_in_words(visit: Visit, state: object, why: str) -> None:
    (refused,) = heard(visit, kind="show", serial=1, state=state)
    assert refused.message["kind"] == "refused"
    assert why in refused.message["say"]


def test_a_picture_to_compare_with_says_that_it_is_one(visit: Visit) -> None:
    said: list[Mapping[str, Any]] = [each.message for each in heard(visit, kind="show", ghost=True, serial=2, state={})]
    assert all(each["ghost"] for each in said)
