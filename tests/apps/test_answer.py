"""An answer is what the report says, as data that a browser draws."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import sim
from sim.apps.answer import answer_of
from sim.apps.headline import uncapital
from sim.apps.paint import PAINT
from sim.apps.words import of_traffic
from sim.experiment.result import Result
from sim.measure.deciders import Decider
from sim.report.drawing.colour import READABLE, VISIBLE, contrast
from sim.report.figures.leakage_over_time import leakage_title
from sim.report.findings import verdicts
from sim.report.since import leakage_since
from sim.report.text.values import show_interval
from sim.units import HOUR

SETTINGS: dict[str, Any] = {
    "horizon": "10h",
    "factory": {"defect_rate": "8%"},
    "models": {"v2": {"training": {"phones": 2000}}},
    "deployment": {"stable": "humans", "candidate": "v2", "start": "1h"},
    "drift": [
        {"name": "lamp fails", "what": "camera.brightness", "profile": "sudden", "at": "5h", "to": "30%"},
    ],
    "strategies": [{"pattern": "manual"}, {"pattern": "shadow"}, {"pattern": "full_automation"}],
}  # fmt: skip


@pytest.fixture(scope="module", params=[1, 3])
def result(request: pytest.FixtureRequest) -> Result:
    return sim.run(sim.build(replications=request.param, **SETTINGS), workers=1)


def test_an_answer_is_json_that_a_browser_reads(result: Result) -> None:
    text = json.dumps(answer_of(result), allow_nan=False)
    assert json.loads(text) == answer_of(result)
    assert len(text) < 60_000


def test_numbers_are_said_as_the_report_says_them(result: Result) -> None:
    for told, strategy in zip(answer_of(result)["strategies"], result.strategies, strict=True):
        leak = told["measures"]["escape_rate"]
        assert leak["say"] == show_interval(strategy.interval("escape_rate"), "share")
        assert leak["value"] == pytest.approx(strategy.interval("escape_rate").mean)
        assert (leak["low"] is None) == (result.replications == 1)
        assert told["time"]["escaped"][-1] == strategy.timeline.escaped[0].sum()  # as in a reel


def test_the_words_under_a_chart_are_those_of_the_answer(result: Result) -> None:
    said = answer_of(result)["charts"]
    # Without the differences in brackets, which decided it: with them few read it to its end.
    sentence = re.sub(
        r" \([^()]* (more|less)[^()]*\)| \((each )?same[^()]*\)", "", verdicts(result)[0].partition("): ")[2]
    )
    assert said["leakage"]["words"].lower() == f"leakage over the whole run: {sentence.lower()}"
    assert said["cost"]["words"]
    assert said["latency"]["words"]


def test_all_runs_of_an_answer_are_of_the_one_seed_that_can_be_dragged(result: Result) -> None:
    """With several runs it said "seeds from 8", as if the next was of seed 9: no seed field gives that run."""
    told = answer_of(result)
    assert f"seed {result.scenario.seed}" in told["words"]
    assert "seeds" not in told["words"]
    (seed,) = [part for part in told["words_parts"] if not isinstance(part, str)]
    assert seed == {"knob": "seed", "say": str(result.scenario.seed)}


def test_a_caption_calls_a_strategy_as_the_headline_does() -> None:
    """Of a strategy named people it said "the team sees people reject", beside a headline about “people”."""
    named = {**SETTINGS, "strategies": [{"pattern": "manual", "name": "people"}, {"pattern": "full_automation"}]}
    people, automatic = answer_of(sim.run(sim.build(replications=1, **named), workers=1))["strategies"]
    assert "under “people” go" in people["dashboard_words"] or "under “people” stay" in people["dashboard_words"]
    assert people["traffic_words"].startswith("Under “people” all phones are decided by inspectors, the whole time.")
    assert automatic["traffic_words"].startswith("Under full automation ")


def test_the_dashboard_tells_the_gap_between_seen_and_true(result: Result) -> None:
    automatic = answer_of(result)["strategies"][-1]
    runs = result.replications
    together = "The" if runs == 1 else f"In {runs} runs together the"
    assert automatic["dashboard_words"].startswith(
        f"At 5 h: lamp fails. {together} team sees the share of rejected phones"
    )
    assert "What it cannot see: of the defective phones" in automatic["dashboard_words"]


def test_a_lamp_that_keeps_its_light_is_no_cause_of_anything() -> None:
    """With the lamp at 100 % a caption told noise as its effect: at 5 h lamp fails, 8.1 % shipped before, 13.6 after."""
    (lamp,) = SETTINGS["drift"]
    told = answer_of(sim.run(sim.build(replications=1, **{**SETTINGS, "drift": [{**lamp, "to": "100%"}]}), workers=1))
    (event,) = told["world"]["events"]
    assert event["say"] == "lamp fails (nothing changes)"
    assert event["tell"].endswith("(nothing changes)")
    assert not any("lamp" in strategy["dashboard_words"] for strategy in told["strategies"])


def test_every_colour_is_seen_on_a_light_and_on_a_dark_page(result: Result) -> None:
    for told in answer_of(result)["strategies"]:
        assert contrast(told["ink"], "#FFFFFF") >= READABLE
        assert contrast(told["colour"], "#FFFFFF") >= VISIBLE
        for ground in ("ground", "page"):
            assert contrast(told["dark"]["ink"], PAINT["dark"][ground]) >= READABLE


def test_shares_of_the_phones_add_up_and_name_known_deciders(result: Result) -> None:
    told = answer_of(result)
    known = {decider["name"] for decider in told["deciders"]}
    for strategy in told["strategies"]:
        shares = strategy["time"]["share"]
        assert {*shares} <= known
        assert sum(values[20] for values in shares.values()) == pytest.approx(1, abs=1e-5)
    assert told["strategies"][1]["time"]["mirrored"]["v2"][-1] == pytest.approx(1, abs=0.01)


def test_only_named_strategies_are_fresh_while_others_are_being_computed(result: Result) -> None:
    fresh = answer_of(result, fresh=["manual"])["strategies"]
    assert [strategy["fresh"] for strategy in fresh] == [True, False, False]


def test_what_is_said_before_all_have_run_is_said_of_those_that_have(result: Result) -> None:
    """A headline compared strategies under the new settings with others under those of the move before."""
    other = sim.run(result.scenario.model_copy(update={"drift": ()}), workers=1)
    old = {each.name: each for each in other.strategies}
    names = ["full_automation"]
    mixed = replace(result, strategies=tuple(s if s.name in names else old[s.name] for s in result.strategies))
    told, alone = answer_of(mixed, fresh=names, done=False), answer_of(replace(result, strategies=(result[names[0]],)))
    assert [each["name"] for each in told["strategies"]] == ["manual", "shadow", "full_automation"]
    assert told["title"] == f"So far: {alone['title']}"
    assert told["words"].startswith(f"{told['title']}. ")
    assert told["charts"] == alone["charts"]
    assert (told["done"], told["best"]) == (False, {})
    assert answer_of(mixed, fresh=names)["done"]


def test_where_the_world_drifts_the_headline_is_about_the_time_from_then_on(result: Result) -> None:
    """It ranked the whole run, in which the hours before the lamp failed made up for what leaked after."""
    told = answer_of(result)
    since = leakage_since(result, 5 * HOUR)
    assert since is not None
    assert told["title"] == f"From 5 h on (lamp fails), {uncapital(leakage_title(since))}"
    assert {"at_s": 18_000.0, "say": "5 h"} in told["title_parts"]
    assert told["phrases"]["columns"]["escape_rate"] == "leaks overall"
    calm = answer_of(sim.run(result.scenario.model_copy(update={"drift": ()}), workers=1))
    assert not calm["title"].startswith("From ")
    assert calm["phrases"]["columns"]["escape_rate"] == "leaks"


def test_the_strategy_that_a_page_is_about_is_in_its_headline() -> None:
    """Of a page about a bandit the headline said who is best and who is worst, and not a word of the bandit."""
    canary = {"pattern": "canary", "steps": [50], "hold": "8h", "analysis": None}
    named = {**SETTINGS, "strategies": [{"pattern": "manual"}, canary, {"pattern": "full_automation"}]}
    result = sim.run(sim.build(replications=1, **named), workers=1)
    title = answer_of(result)["title"]
    assert "canary" not in title
    assert re.fullmatch(rf"{re.escape(title)}, canary \d+ %", answer_of(result, about="canary")["title"])
    assert answer_of(result, about="manual")["title"] == title  # it is there


def test_every_run_and_whoever_is_busiest_are_told(result: Result) -> None:
    for told, strategy in zip(answer_of(result)["strategies"], result.strategies, strict=True):
        assert told["runs"]["escape_rate"] == pytest.approx(strategy.samples["escape_rate"].tolist(), abs=1e-6)
        busy = {name: strategy.interval(f"{name[:-1]}_utilisation").mean for name in ("servers", "inspectors")}
        assert told["busiest"]["value"] == pytest.approx(np.nanmax([*busy.values()]))  # undefined where there are none
        assert busy[told["busiest"]["who"]] == np.nanmax([*busy.values()])


def test_the_world_tells_its_drift_and_its_light(result: Result) -> None:
    world = answer_of(result)["world"]
    assert [(event["at_s"], event["say"]) for event in world["events"]] == [(18_000.0, "lamp fails")]
    lit = dict(zip(world["light"]["edges_s"], world["light"]["brightness"], strict=False))
    assert lit[18_000.0] == pytest.approx(0.3)
    assert lit[0.0] == 1


def test_a_story_about_waiting_is_headed_by_who_waits(result: Result) -> None:
    told = answer_of(result, outcome="latency_p95_s")
    assert told["title"] == told["charts"]["latency"]["title"]
    assert "verdict within" in told["words"]
    assert answer_of(result)["title"] == told["charts"]["leakage"]["title"]


def test_strategies_of_one_pattern_and_what_versions_decide_are_told_apart_on_a_dark_page_too() -> None:
    """On a dark page all shades of a family were lightened to one, black looked switched off, and a version's block black."""
    dark = PAINT["dark"]["ground"]
    settings = {**SETTINGS, "horizon": "2h", "drift": []}
    crews = [{"pattern": "full_automation", "name": name} for name in ("a", "b", "c")]
    told = answer_of(
        sim.run(sim.build(replications=1, **{**settings, "strategies": [{"pattern": "manual"}, *crews]}), workers=1)
    )
    manual, *three = (strategy["dark"]["colour"] for strategy in told["strategies"])
    assert contrast(manual, dark) > 10
    assert all(contrast(one, other) > 1.2 for one, other in combinations(three, 2))
    assert all(contrast(decider["dark"]["colour"], dark) >= 2.4 for decider in told["deciders"])


def test_a_team_s_dashboard_is_of_all_runs_and_beside_them_of_the_run_on_the_line(result: Result) -> None:
    """The line counted 2 rejected of 449 and the dashboard under it 8 %, of ten runs together, nine of them unseen.

    Of the one run alone it rose where the sentence below it, of ten, said that it fell.
    """
    for told, strategy in zip(answer_of(result)["strategies"], result.strategies, strict=True):
        rejects, latency = told["seen"]
        line, shown = strategy.timeline, strategy.shown
        starts = np.searchsorted(line.edges_us / 1e6, rejects["edges_s"][:-1])
        for key, runs in (("value", slice(None)), ("one", slice(shown, shown + 1))):
            rejected, decided = (
                np.add.reduceat(counts[runs].sum(axis=0), starts)
                for counts in (line.defective - line.escaped + line.overkilled, line.defective + line.good)
            )
            assert rejected == pytest.approx(np.nan_to_num(rejects[key]) * decided, abs=0.01)
        assert latency["one"] == pytest.approx(line.latency_p95_s[shown], nan_ok=True)
        assert told["time"]["in_system_of_one"] == line.in_system[shown].tolist()


def test_one_strategy_is_told_to_look_best_of_those_that_may_be(result: Result) -> None:
    """A star stood beside values a quarter above the best, and none beside one that nearly equalled it."""
    told = answer_of(result)
    values = {each["name"]: each["measures"]["escape_rate"]["value"] for each in told["strategies"]}
    first = told["first"]["escape_rate"]
    assert first in told["best"]["escape_rate"]
    assert values[first] == min(values[name] for name in told["best"]["escape_rate"])
    assert answer_of(result, done=False)["first"] == {}


def test_a_version_that_decides_later_is_not_said_to_look_on_only(result: Result) -> None:
    """A page told "v2 29.7 %" and then "v2 looks on without deciding"."""
    automatic = result.strategies[-1]
    timeline = automatic.timeline
    looked = replace(automatic, timeline=replace(timeline, mirrored={"v2": np.ones_like(timeline.defective)}))
    said = of_traffic(result, looked)
    assert "v2 looks on where it does not decide." in said


def test_shares_that_are_told_are_no_more_than_all(result: Result) -> None:
    """Of one phone in ten thousand it told "humans 100.0 %, v2 0.01 %"."""
    people = result.strategies[0]
    timeline = people.timeline
    (humans,) = timeline.decided_by
    one = np.zeros_like(timeline.defective)
    one[:, 0] = 1
    many = {humans: np.full_like(one, 1000), Decider("model", "v2"): one}
    said = of_traffic(result, replace(people, timeline=replace(timeline, decided_by=many)))
    assert said.startswith("Under manual nearly all phones are decided by inspectors.")
