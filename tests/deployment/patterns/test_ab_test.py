"""An A/B test keeps to its plan: a sample that was fixed before, one judgement, and undecided changes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from small_rollouts import compatible, history, kinds, play, scene, texts

import sim
from sim.document import ScenarioError
from sim.report.text.sentences import sentence
from sim.stats.planned import planned_phones

TEST = {"pattern": "ab_test", "phones": 5000, "baseline": "2%"}


def test_the_plan_is_in_the_log_book_before_anything_happens() -> None:
    run = play(scene({"pattern": "ab_test", "baseline": "1%", "effect": 0.5}, horizon="3h"))
    needed = planned_phones(0.01, 0.005)
    assert f"planned for {needed:,} audited passes, power 80%" in sentence(run.events[0])
    assert history(run) == [(0, "plain", {"good": 50.0}, {})]
    assert kinds(run, "analysis", "promote", "abort") == []


def test_it_ends_with_the_planned_sample_and_judges_once(engine: str) -> None:
    run = play(scene(TEST), engine)
    (message,) = texts(run, "analysis")
    assert message.startswith("the candidate leaks less: ")
    own, other = (int(found.replace(",", "")) for found in re.findall(r" in ([\d,]+)(?: audited|, z)", message))
    assert 5000 <= own + other < 5000 + 2 * 144, "no more than an hour's audits above the plan"
    assert history(run)[-1][1:] == ("good", {}, {})
    assert kinds(run)[-1] == "promote"


def test_after_a_duration(engine: str) -> None:
    run = play(scene({"pattern": "ab_test", "duration": "30h", "share": 30}), engine)
    assert [hour for hour, *_ in history(run)] == [0, 30]
    assert "(power " in texts(run, "analysis")[0]


def test_phones_from_before_the_start_are_no_part_of_the_sample() -> None:
    # Three hours after the start, two of them the audits' delay: one hour's phones are known, 40 % of 360.
    run = play(scene({"pattern": "ab_test", "duration": "3h", "start": "12h"}, horizon="1d"))
    counts = [int(found) for found in re.findall(r" in ([\d,]+)(?: audited|, z)", texts(run, "analysis")[0])]
    assert len(counts) == 2
    assert 100 < sum(counts) < 190


def test_a_worse_candidate_is_rolled_back() -> None:
    run = play(scene({**TEST, "candidate": "lazy"}))
    assert texts(run, "abort")[0].startswith("the candidate leaks more: ")
    assert history(run)[-1][1:] == ("plain", {}, {})


def test_equals_stay_undecided_but_for_alpha() -> None:
    scenario, ends = scene({**TEST, "candidate": "twin", "phones": 1500}), []
    for replication in range(60):
        run = play(scenario, replication=replication)
        ends.append(kinds(run)[-1])
        if "undecided, plain stays" in " ".join(texts(run, "analysis")):
            assert history(run)[-1][1:] == ("plain", {}, {})
    wrong = ends.count("abort") + ends.count("promote")
    assert compatible(wrong, len(ends), 0.05), ends
    assert wrong < len(ends) / 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"phones": 100, "duration": "1d"}, "after so many phones or after a duration"),
        ({"share": 0}, "more than 0.0"),
        ({"effect": 1}, "less than 1.0"),
        ({"baseline": "0%"}, "more than 0.0"),
    ],
)
def test_plans_that_cannot_work_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        sim.build(strategies=[{"pattern": "ab_test", **given}])
