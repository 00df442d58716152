"""The shipped stories: each of their words is true of their runs, and a move of any knob is a small run."""

from __future__ import annotations

import pytest
from story_runs import STORIES, answer, leaks

from sim import shipped
from sim.apps.stories import load_story
from sim.apps.stories.questions import UNTOLD, answer_to, options_of
from sim.deployment.events import Aborted, AlarmRaised, Trained


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_small_and_complete(name: str) -> None:
    story = STORIES[name]
    scenario = story.scenario()
    assert len(story.knobs) <= 6
    assert 2 <= len(story.tries) <= 4
    assert 2 <= len(story.questions) <= 3
    assert scenario.horizon // scenario.factory.arrivals.every <= 4_000
    assert len(story.strategies) <= 6


@pytest.mark.parametrize("name", STORIES)
def test_both_ends_of_every_knob_run_and_every_attempt_moves_something(name: str) -> None:
    story = STORIES[name]
    start = leaks(answer(story))
    for knob in story.knobs.values():
        for value in (knob.values[0], knob.values[-1]):
            assert answer(story, **{knob.name: value}).done
    for one in story.tries:
        assert answer(story, **one.settings).done
    assert any(leaks(answer(story, **one.settings)) != start for one in story.tries)


@pytest.mark.parametrize("name", STORIES)
def test_every_question_has_an_answer_among_its_options(name: str) -> None:
    story, result = STORIES[name], answer(STORIES[name]).result
    told = {key: answer_to(question, result) for key, question in story.questions.items()}
    for key, answered in told.items():
        assert answered.answer in options_of(story, story.questions[key])
        assert answered.say
    assert any(answered.answer != UNTOLD for answered in told.values())


def test_what_chance_does_in_one_run_is_not_graded_as_a_truth() -> None:
    """Canary 20.3 %, manual 19.5 % of some hundred defects: whoever had said "cannot be told" was told to be wrong."""
    story, result = STORIES["lamp"], answer(STORIES["lamp"]).result
    told = answer_to(story.questions["against_people"], result)
    assert told.answer == UNTOLD
    assert told.say == "Canary 20.3 %, manual 19.5 %: chance alone may do that in one run."
    sure = answer_to(STORIES["lifecycle"].questions["leaks_most"], answer(STORIES["lifecycle"]).result)
    assert sure.answer == "proof of concept"


def test_lamp_the_careful_notice_and_a_mended_lamp_makes_care_dear() -> None:
    story = STORIES["lamp"]
    start, mended = leaks(answer(story)), leaks(answer(story, lamp="100%"))
    assert start["canary"] < 0.5 * start["full_automation"]
    assert mended["full_automation"] < mended["canary"] < mended["manual"]
    assert leaks(answer(story, fails_at="6h"))["blue_green"] < 0.5 * start["blue_green"]


def test_concept_pictures_say_nothing_and_audits_bring_the_model_back() -> None:
    story = STORIES["concept"]
    start, few = answer(story), answer(story, audits="10%")
    assert not any(isinstance(event, AlarmRaised) for event in start.result["watches pictures"].events)
    assert leaks(start)["learns from audits"] < leaks(start)["never retrained"]
    assert not any(isinstance(event, Trained) for event in few.result["learns from audits"].events)
    unbriefed = leaks(answer(story, briefing="3d"))
    assert unbriefed["manual"] > unbriefed["never retrained"]


def test_canary_who_peeks_throws_out_a_twin_and_proof_takes_longer() -> None:
    story = STORIES["canary"]
    start = answer(story).result
    assert any(isinstance(event, Aborted) for event in start["peeks"].events)
    assert not any(isinstance(event, Aborted) for event in start["proves it"].events)
    assert not any(isinstance(event, Aborted) for event in answer(story, look="4h").result["peeks"].events)
    bad = leaks(answer(story, candidate="3%"))
    assert bad["peeks"] <= bad["proves it"] < 0.7 * bad["does not look"]


def test_overload_capacity_is_a_cliff() -> None:
    story = STORIES["overload"]
    waits = {takt: float(answer(story, takt=takt).result["one inspector kept"].samples["latency_p95_s"][0])
             for takt in ("15s", "20s", "25s")}  # fmt: skip
    assert waits["15s"] > 1200 > 300 > waits["20s"] > 120 > 40 > waits["25s"]
    long = answer(story, lasts="360min").result
    assert long["fails open"].samples["latency_p95_s"][0] < 5
    assert (
        leaks(answer(story, lasts="360min"))["fails open"] > 3 * leaks(answer(story, lasts="360min"))["full crew kept"]
    )


def test_shadow_the_model_is_better_than_those_who_judge_it_and_learns_from_tired_people() -> None:
    story = STORIES["shadow"]
    start = leaks(answer(story))
    assert start["had it decided"] < start["manual"] == start["shadow"]
    taught = leaks(answer(story, sharp="1.4", taught="inspectors"))
    assert taught["had it decided"] < 0.5 * taught["manual"]
    assert story.knobs["taught"].retrains


def test_automation_the_best_in_the_light_is_the_worst_in_the_dust() -> None:
    story = STORIES["automation"]
    clean, thick = leaks(answer(story, dust="100%")), leaks(answer(story, dust="30%"))
    assert min(clean, key=clean.__getitem__) == "full_automation"
    assert thick["full_automation"] > thick["assisted"] > thick["manual"]
    assert leaks(answer(story, dust="30%", deference="0%"))["assisted"] < thick["manual"]
    few = leaks(answer(story, inspectors="1", takt="15s"))
    assert few["triage"] < 0.7 * few["manual"]


def test_each_is_a_lesson_of_its_own_and_lists_are_in_their_order() -> None:
    lessons = [load_story(name).spec.lesson for name in shipped.stories()]
    assert lessons == list(range(1, len(lessons) + 1))
