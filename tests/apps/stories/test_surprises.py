"""What each story wants to surprise with: in its own run, and in other worlds with other training, whose seeds are named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from story_runs import STORIES, At, answer, leaks

from sim.apps.answer import answer_of
from sim.apps.session import Kept, Session
from sim.apps.stories.questions import UNTOLD, answer_to
from sim.deployment.events import Aborted, AlarmRaised, Trained
from sim.experiment.result import Result

SEEDS = range(1, 6)


def runs(name: str, replications: int = 1, seed: int | None = None, **settings: str) -> Result:
    story = STORIES[name]
    at = At(settings, story.seed if seed is None else seed)
    *_, part = Session(story, Kept()).parts(at, replications)
    return part.result


def per_seed(name: str, metric: str = "escape_rate", **settings: str) -> Iterator[dict[str, float]]:
    for seed in SEEDS:
        result = runs(name, seed=seed, **settings)
        yield {each.name: float(each.samples[metric][0]) for each in result.strategies}


def means(name: str, metric: str = "escape_rate") -> dict[str, float]:
    """Return each strategy's mean over the seeds."""
    told = list(per_seed(name, metric))
    return {each: float(np.mean([one[each] for one in told])) for each in told[0]}


def aborted_at(result: Result, name: str) -> float | None:
    return next((event.time_us / 3.6e9 for event in result[name].events if isinstance(event, Aborted)), None)


def said(name: str, question: str, **settings: str) -> str:
    return answer_to(STORIES[name].questions[question], answer(STORIES[name], **settings).result).answer


def test_lifecycle_the_check_sees_the_lens_and_only_the_watch_sees_the_lamp() -> None:
    story = STORIES["lifecycle"]
    start, other_lens = leaks(answer(story)), leaks(answer(story, lens="60%"))
    assert other_lens["check"] == other_lens["check and watch"] == other_lens["people"]
    assert other_lens["people"] < 0.5 * other_lens["proof of concept"]
    assert start["check"] > start["proof of concept"] > 1.5 * start["check and watch"]
    nothing = leaks(answer(story, lens="100%", lamp="100%"))
    late = leaks(answer(story, lens="100%", lamp="100%", delay="4h"))
    assert nothing["proof of concept"] < nothing["check"] < late["check"] < nothing["people"]


def test_blue_green_pays_for_the_delay_of_labels_and_a_look_beside_the_line_does_not() -> None:
    story = STORIES["blue_green"]
    quick, start, slow = (leaks(answer(story, delay=delay)) for delay in ("10min", "4h", "8h"))
    for one in (quick, start, slow):
        assert one["shadow first"] == one["old version"]
    cost = [one["instant switch"] - one["old version"] for one in (quick, start, slow)]
    by_canary = [one["canary"] - one["old version"] for one in (quick, start, slow)]
    assert cost[0] < 1.5 * by_canary[0]
    assert cost[1] > 3 * by_canary[1]
    assert cost[2] > 5 * by_canary[2]
    assert 0.4 < slow["instant switch"] < 0.5
    better = leaks(answer(story, candidate="13%"))
    assert better["instant switch"] < better["shadow first"] < better["canary"] < better["old version"]


def test_bandits_the_test_was_read_long_ago_and_a_short_memory_starves_without_a_floor() -> None:
    story = STORIES["bandits"]
    calm, start = leaks(answer(story, lamp="100%")), leaks(answer(story))
    assert calm["trust"] < calm["bandit"] < calm["test"] < calm["people"]
    assert start["bandit"] < start["people"] < start["trust"] < start["test"]
    short = leaks(answer(story, memory="1h"))["bandit"]
    assert start["bandit"] < leaks(answer(story, memory="1h", floor="20%"))["bandit"] < short
    assert leaks(answer(story, lamp="100%", memory="1h", floor="20%"))["bandit"] > calm["bandit"]


def test_believe_one_shift_says_what_twenty_take_back() -> None:
    story = STORIES["believe"]
    one, twenty = answer(story).result, runs("believe", 20)
    old, new = (np.array(twenty[name].samples["escape_rate"]) for name in ("old model", "new model"))
    assert said("believe", "better") == UNTOLD  # one shift does not tell
    assert not twenty.difference("old model", "new model", "escape_rate").excludes_zero
    assert min((old - new).min(), (new - old).min()) < -0.03  # a shift that praises the one, and one the other
    assert answer_to(story.questions["better"], twenty).answer == UNTOLD
    assert one["old model"].samples["escape_rate"][0] > 1.5 * one["new model"].samples["escape_rate"][0]
    worse = runs("believe", 20, model="3%")
    assert worse.difference("new model", "old model", "escape_rate").excludes_zero


def test_monitoring_who_watches_pictures_blames_the_twin_and_keeps_the_bad_one() -> None:
    story = STORIES["monitoring"]
    twin = answer(story, candidate="11%")
    assert aborted_at(twin.result, "picture alarm") is not None
    assert aborted_at(twin.result, "reject check") is aborted_at(twin.result, "escape check") is None
    assert len(set(leaks(twin).values())) == 1
    tighter = answer(story, what="standard.tolerance", candidate="11%")
    assert leaks(tighter)["old version"] > leaks(answer(story, much="100%", candidate="11%"))["old version"]
    assert not any(
        isinstance(event, AlarmRaised | Aborted) for each in tighter.result.strategies for event in each.events
    )
    bad = answer(story, much="100%")
    assert aborted_at(bad.result, "picture alarm") is None
    assert max(leaks(bad)[name] for name in ("reject check", "escape check")) < 0.5 * leaks(bad)["picture alarm"]
    both = answer(story).result
    when = [aborted_at(both, name) for name in ("reject check", "escape check", "picture alarm")]
    assert None not in when
    assert when[0] < when[2]
    assert when[1] < when[2] - 2


def test_believe_who_peeks_throws_out_what_is_no_worse_and_who_looks_once_does_not() -> None:
    told = answer_of(runs("believe", 10, audits="100%"))
    assert told["words"].endswith("Rolled back by “peeks” in 3 of 10 runs.")


def test_retraining_at_the_alarm_learns_yesterday_and_waiting_comes_back() -> None:
    story = STORIES["retraining"]
    start = leaks(answer(story))
    assert start["at the alarm"] > start["never retrained"] > 1.5 * start["once labelled"]
    calm = answer(story, light="100%").result
    trained = [each.name for each in calm.strategies if any(isinstance(event, Trained) for event in each.events)]
    assert trained == ["by the clock"]
    soon = answer(story, waits="2h").result["once labelled"]
    late = answer(story).result["once labelled"]
    apart = [abs(float(each.samples["overkill_rate"][0]) - 0.1) for each in (soon, late)]
    assert apart[0] > apart[1]


def test_capacity_two_seconds_more_of_work_and_the_tail_is_three_times_as_long() -> None:
    story = STORIES["capacity"]
    start, slower = answer(story).result, answer(story, look="7s").result

    def of(result: Result, name: str, metric: str = "latency_p95_s") -> float:
        return float(result[name].samples[metric][0])

    assert of(slower, "model alone") > 2.5 * of(start, "model alone")
    waited = [
        of(answer(story, look="7s", chance=kind).result, "model alone", "latency_mean_s") - 7
        for kind in ("poisson", "takt")
    ]
    assert waited[1] < 0.7 * waited[0]
    assert answer_of(start)["strategies"][-1]["traffic_words"].endswith("Busy, of their time: servers 60.1 %.")
    assert answer_of(slower)["strategies"][-1]["traffic_words"].endswith("Busy, of their time: servers 84.0 %.")
    assert of(start, "model and a reviewer") > 1.05 * of(start, "people") > of(start, "model alone")
    assert of(answer(story, review="5%").result, "model and a reviewer") < of(start, "people")
    halves = answer(story, look="10s", servers="2").result
    assert of(halves, "model alone", "latency_mean_s") - 10 < of(start, "model alone", "latency_mean_s") - 5
    assert of(halves, "model alone", "latency_mean_s") > of(start, "model alone", "latency_mean_s")


@pytest.mark.slow
class TestInOtherWorlds:
    """Seeds 1 to 5 train other models and draw other phones. Each sentence holds in all of them, or in the mean."""

    def test_lifecycle(self) -> None:
        for one in per_seed("lifecycle"):
            assert one["check and watch"] < one["proof of concept"]
        for one in per_seed("lifecycle", lens="60%"):
            assert one["check"] == one["people"] < 0.6 * one["proof of concept"]
        watched = list(per_seed("lifecycle", lens="100%"))
        assert sum(one["check and watch"] < one["check"] for one in watched) >= 4

    def test_blue_green(self) -> None:
        mean = means("blue_green")
        assert mean["old version"] <= mean["shadow first"] < mean["canary"] < mean["instant switch"]

    def test_bandits(self) -> None:
        mean = means("bandits")
        assert mean["bandit"] < mean["people"]
        assert mean["bandit"] < mean["test"]

    def test_monitoring(self) -> None:
        for one in per_seed("monitoring", candidate="11%"):
            assert len(set(one.values())) == 1
        for seed in SEEDS:
            rung = [
                aborted_at(runs("monitoring", seed=seed, **at), "picture alarm") for at in ({}, {"candidate": "11%"})
            ]
            assert rung[0] == rung[1]
            assert rung[0] is not None
            assert rung[0] > 8  # once the light has dimmed
        for one in per_seed("monitoring", much="100%"):
            assert one["reject check"] < one["picture alarm"] < one["no check"]

    def test_retraining(self) -> None:
        assert all(one["once labelled"] < one["never retrained"] for one in per_seed("retraining"))

    def test_capacity(self) -> None:
        for one in per_seed("capacity", metric="latency_p95_s"):
            assert one["model and a reviewer"] > one["model alone"]
        mean = means("capacity", "latency_p95_s")
        assert mean["model and a reviewer"] > mean["people"] > mean["model alone"]


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_no_question_is_a_throw_of_a_coin(name: str) -> None:
    """What is right at the story's seed is right, or can't be told, in other worlds; and mostly it is right."""
    story = STORIES[name]
    for key, question in story.questions.items():
        right = answer_to(question, answer(story, **question.at).result).answer
        told = [answer_to(question, runs(name, seed=seed, **question.at)).answer for seed in SEEDS]
        assert set(told) <= {right, UNTOLD}, key
        assert told.count(right) >= 3, key


def test_every_name_of_a_story_is_told_in_its_words() -> None:
    """What is asked about two strategies names strategies that are there."""
    for name, story in STORIES.items():
        for question in story.questions.values():
            named: Any = question.more[1:] if question.more else ()
            assert set(named) <= set(story.strategies), name
