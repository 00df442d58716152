"""A trial: the same phones for a seed, no word of which are defective, and what answers come to."""

from __future__ import annotations

import json
from typing import Any

import pytest

import sim
from sim.apps.me import Me
from sim.apps.session import Kept
from sim.apps.state import State
from sim.apps.stories import load_story
from sim.apps.trial import DEFECTIVE, FEWEST, HAND, PHONES, WRONG, Trial, light_at, looks_in, seen_as, shows
from sim.apps.visit import Visit
from sim.document import ScenarioError

STORY = load_story("lamp")
SCENARIO = STORY.scenario()
TRIAL = Trial.of(SCENARIO, 5)


@pytest.fixture(scope="module")
def visit() -> Visit:
    return Visit(STORY, Kept())


def heard(visit: Visit, **message: Any) -> dict[str, Any]:
    *_, said = visit.take(message)
    return json.loads(json.dumps(said.message))


def answers(judge: Any, first: int, count: int, advised: bool = False, ms: int = 1500) -> list[list[int]]:
    return [[phone, int(judge(phone)), int(advised), ms] for phone in range(first, first + count)]


def perfectly(phone: int) -> bool:
    return bool(TRIAL.defective[phone])


def as_advised(phone: int) -> bool:
    return bool(TRIAL.advice[phone])


def test_a_seed_is_the_same_phones_in_whatever_hands_they_are_dealt() -> None:
    again = Trial.of(SCENARIO, 5)
    assert again.dealt(0, 30) == [*TRIAL.dealt(0, 7), *TRIAL.dealt(7, 23)]
    assert Trial.of(SCENARIO, 6).dealt(0, 30) != again.dealt(0, 30)
    assert len(TRIAL.dealt(PHONES - 3, 30)) == 3


def test_what_a_trial_says_of_its_phones_holds() -> None:
    trials = [Trial.of(SCENARIO, seed) for seed in range(10)]
    assert sum(each.defective.mean() for each in trials) / 10 == pytest.approx(DEFECTIVE, abs=0.02)
    assert sum((each.advice != each.defective).mean() for each in trials) / 10 == pytest.approx(WRONG, abs=0.02)


def test_borderline_phones_are_left_out() -> None:
    worst = TRIAL.severity.max(axis=1)
    assert not ((worst > 0.83) & (worst < 1.21)).any()


def test_no_message_tells_which_phones_are_defective(visit: Visit) -> None:
    told = heard(visit, kind="deal", serial=2, trial=5, first=HAND)
    assert [phone["number"] for phone in told["phones"]] == list(range(HAND, 2 * HAND))
    assert {key for phone in told["phones"] for key in phone} == {"number", "finish", "flaws", "advice"}
    assert {key for phone in told["phones"] for flaw in phone["flaws"] for key in flaw} == {"kind", "severity", "seems"}
    words = {
        (flaw["seems"], bool(TRIAL.defective[phone]))
        for phone in range(PHONES)
        for flaw in TRIAL.dealt(phone, 1)[0]["flaws"]
    }
    assert {(2, True), (2, False)} <= words  # nor does the text twin


def test_who_names_no_seed_gets_one_that_is_told_and_deals_the_same_again(visit: Visit) -> None:
    told = heard(visit, kind="deal")
    assert heard(visit, kind="deal", trial=told["trial"], first=0) == told


def test_the_light_is_that_of_the_moment_and_hides_small_flaws(visit: Visit) -> None:
    dark = heard(visit, kind="deal", trial=5, state={"clock": "40000"})
    assert dark["light"]["brightness"] == 0.2
    assert shows(light_at(SCENARIO, 0.0)) == 1.0
    assert (seen_as(0.6, 1.0), seen_as(0.6, shows(dark["light"]))) == (1, -1)


def test_who_makes_no_mistake_is_better_than_the_factorys_inspectors(visit: Visit) -> None:
    told = heard(visit, kind="sum", trial=5, answers=answers(perfectly, 0, 60) + answers(perfectly, 60, 60, True))
    assert Me.read(told["me"]).d_prime > 3.5
    assert Me.read(told["me"]).seconds == 1.5
    assert told["rows"][0]["misses"].startswith("0 of")
    assert told["rows"][2]["misses"].startswith("0 of")
    assert [bell["say"] for bell in told["bells"]] == ["You", "This factory’s inspectors"]
    assert "Of these 40 % were defective, on the line 6.0 % are" in told["words"][-1]


def test_who_follows_every_advice_is_told_their_bias(visit: Visit) -> None:
    told = heard(visit, kind="sum", trial=5, answers=answers(perfectly, 0, 60) + answers(as_advised, 60, 60, True))
    (said,) = [words for words in told["words"] if words.startswith("Automation bias")]
    wrong = [phone for phone in range(60, 120) if TRIAL.advice[phone] != TRIAL.defective[phone]]
    alarms = sum(as_advised(phone) for phone in wrong)
    assert f"rejected {alarms} of {alarms} good phones at a wrong alarm" in said
    assert f"passed {len(wrong) - alarms} of {len(wrong) - alarms} defective ones" in said
    assert "An alarm lowered your criterion" in said
    assert "may be chance" not in said


def test_who_guesses_is_told_as_chance_and_of_too_few_nothing_is_said(visit: Visit) -> None:
    backwards = heard(visit, kind="sum", trial=5, answers=answers(lambda phone: not perfectly(phone), 0, 60))
    assert Me.read(backwards["me"]).d_prime == 0.0
    few = heard(visit, kind="sum", trial=5, answers=answers(perfectly, 0, FEWEST))
    assert few["me"] is None
    assert few["bells"] == []
    assert "nothing can be said" in few["words"][0]
    assert heard(visit, kind="sum", trial=5, answers=[])["me"] is None


@pytest.mark.parametrize(
    "given", [None, {}, [1], [[0, 1, 0]], [[0, 1, 0, -1]], [[PHONES, 1, 0, 5]], [[0.5, 1, 0, 5]], [[0, 1, 0, 5]] * 2, [[0, "x", 0, 5]]]
)  # fmt: skip
def test_answers_that_are_none_are_refused(given: object, visit: Visit) -> None:
    with pytest.raises(ScenarioError):
        looks_in(given)
    assert heard(visit, kind="sum", trial=5, answers=given)["kind"] == "refused"
    assert heard(visit, kind="deal", trial="x")["kind"] == "refused"


@pytest.mark.parametrize("text", ["d1.8,c-0.3,t2.1", "d0,c0,t1", "d3.56,c10,t60"])
def test_an_inspector_is_read_as_written(text: str) -> None:
    assert Me.read(text).text == text


@pytest.mark.parametrize("text", ["d1", "d11,c0,t1", "d1,c0,t0", "d1,c-11,t1", "dx,c0,t1", "d1,c0,t1e9"])
def test_what_is_no_inspector_is_refused_in_an_address(text: str) -> None:
    with pytest.raises(ScenarioError, match="me: "):
        State.read(STORY, {"me": text})


def test_who_works_on_the_line_is_a_strategy_beside_the_others(visit: Visit) -> None:
    state = {"me": "d1,c0,t2"}
    told = heard(visit, kind="show", state=state)
    names = [each["name"] for each in told["strategies"]]
    assert names == [*STORY.strategies, "you"]
    leaks = {each["name"]: each["measures"]["escape_rate"]["value"] for each in told["strategies"]}
    plain = heard(visit, kind="show", state={})
    assert {each["name"]: each["measures"]["escape_rate"]["value"] for each in plain["strategies"]} == {
        name: leaks[name] for name in STORY.strategies
    }
    assert leaks["you"] > leaks["manual"]
    assert told["questions"] == plain["questions"]  # they are about the story's own
    you = Me.read(state["me"]).strategy()
    result = sim.run(STORY.scenario(more=you).model_copy(update={"replications": 1}))
    assert leaks["you"] == pytest.approx(result["you"].interval("escape_rate").mean)


def test_the_yaml_names_you_and_your_phones_can_be_seen(visit: Visit) -> None:
    text = heard(visit, kind="yaml", state={"me": "d1.2,c0.3,t2"})["text"]
    assert "name: you" in text
    assert "d_prime: 1.2" in text
    assert "look: 5s" in text
    assert heard(visit, kind="reel", state={"me": "d1.2,c0.3,t2", "strategy": "you"})["strategy"] == "you"
    refused = heard(visit, kind="reel", state={"strategy": "you"})
    assert refused["kind"] == "refused"
    assert "not on the line" in refused["say"]


def test_a_pin_keeps_who_was_on_the_line() -> None:
    state = State.read(STORY, {"me": "d1,c0,t2", "pin": "lamp=60%25&seed=8&me=d2%2Cc0%2Ct1"})
    assert state.pins[0].me == Me(2.0, 0.0, 1.0)
    assert State.read(STORY, state.texts(STORY)) == state
    assert State.of_query(STORY, state.query(STORY)) == state
