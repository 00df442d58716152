"""A story's own answers: told only where a result bears them out, and with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

import sim
from sim.apps.answer import answer_of
from sim.apps.headline import headline_of
from sim.apps.reply import reply_of
from sim.apps.stories.spec import Reply
from sim.experiment.result import Result, StrategyResult
from sim.measure.rollouts import Ending
from sim.report.since import leakage_between
from sim.units import HOUR

FAILS = {"at": "4h", "what": "camera.brightness", "to": 0.2, "profile": "sudden", "name": "lamp fails"}
MORE = ("escape_rate then", "full_automation", "manual")


@pytest.fixture(scope="module")
def result() -> Result:
    patterns = [{"pattern": "manual"}, {"pattern": "shadow"}, {"pattern": "full_automation"}]
    line = sim.build(
        horizon="8h", replications=4, drift=[FAILS], strategies=patterns, factory={"defect_rate": "10%"},
        deployment={"start": "0s"},
    )  # fmt: skip
    return sim.run(line, workers=1)


def reply(say: str, **claims: list[tuple[str, str, str]]) -> Reply:
    return Reply(say=say, **claims)


def test_it_has_the_numbers_of_the_whole_run_and_of_the_time_before_and_after_the_drift(result: Result) -> None:
    say = "{escape_rate of full_automation}, {escape_rate before of full_automation}, {escape_rate then of full_automation}"
    told = reply_of(result, [reply(say, more=[MORE])])
    assert told is not None
    whole, before, then = (float(part.removesuffix(" %")) for part in told.say.split(", "))
    line = result["full_automation"].timeline
    cut = int((line.edges_us < 4 * HOUR).sum())
    rates = [
        100 * line.escaped[:, part].sum() / line.defective[:, part].sum()
        for part in (slice(None), slice(None, cut), slice(cut, None))
    ]
    assert [whole, before, then] == pytest.approx(rates, abs=0.5)
    assert before < whole < then
    assert told.since


def test_what_is_not_measured_is_not_told(result: Result) -> None:
    """The other way round, of two that decide alike, and of a strategy that has not run."""
    turned = reply("a", more=[("escape_rate then", "manual", "full_automation")])
    alike = reply("b", more=[("escape_rate", "manual", "shadow")])
    assert reply_of(result, [turned, alike]) is None
    right = reply("c", more=[MORE], alike=[("escape_rate", "manual", "shadow")])
    told = reply_of(result, [turned, alike, right])
    assert told is not None
    assert told.say == "c"
    fresh = replace(result, strategies=tuple(each for each in result.strategies if each.name != "manual"))
    assert reply_of(fresh, [right]) is None


def test_two_that_differ_are_not_called_alike(result: Result) -> None:
    assert reply_of(result, [reply("a", alike=[MORE])]) is None


def test_a_number_that_is_not_known_takes_its_answer_with_it(result: Result) -> None:
    """Nobody was rolled back: there is no moment at which that happened."""
    assert reply_of(result, [reply("{rolled_back_at of manual}", more=[MORE])]) is None
    told = reply_of(result, [reply("{rolled_back of manual}", more=[MORE])])
    assert told is not None
    assert told.say == "0 of 4 runs"


def test_where_nothing_happens_there_is_no_before_and_no_then(result: Result) -> None:
    calm = sim.run(result.scenario.model_copy(update={"drift": ()}), workers=1)
    assert reply_of(calm, [reply("a", more=[MORE])]) is None


def test_the_page_falls_back_to_the_ranking_where_its_answers_do_not_hold(result: Result) -> None:
    wrong, right = reply("a", more=[("escape_rate", "manual", "shadow")]), reply("b", more=[MORE])
    assert answer_of(result, replies=[wrong])["title"] == headline_of(result, {}).say
    told = answer_of(result, replies=[wrong, right])
    assert told["title"] == "b"
    assert told["words"].startswith("b. ")


def test_while_a_server_is_down_is_a_part_of_the_run_too() -> None:
    serving = {"outages": [{"at": "2h", "lasts": "1h"}]}
    line = sim.build(
        horizon="6h", replications=3, factory={"defect_rate": "20%"},
        models={"v2": {"kind": "logistic", "reject_share": "20%", "training": {"phones": 4000}, "serving": serving}},
        deployment={"stable": "humans", "candidate": "v2", "start": "0s"},
        strategies=[{"pattern": "manual"}, {"pattern": "full_automation", "name": "open", "fallback": "nobody"}],
    )  # fmt: skip
    result = sim.run(line, workers=1)
    told = reply_of(result, [reply("{escape_rate then of open}", more=[("escape_rate then", "open", "manual")])])
    assert told is not None
    assert told.say == "100 %"
    part = leakage_between(result, 2 * HOUR, 3 * HOUR)
    assert part is not None
    assert part["open"].interval("escape_rate").mean == 1.0


def test_a_rollback_in_more_runs_counts_by_the_signs_of_the_runs(result: Result) -> None:
    """Three runs of four say nothing, however plain they look."""
    ends = [replace(_ending(), how=how) for how in ("rolled back", "rolled back", "rolled back", "neither")]
    some = _with_endings(result, "full_automation", ends)
    claim = reply("{rolled_back of full_automation}", more=[("rolled_back", "full_automation", "manual")])
    assert reply_of(some, [claim]) is None
    alone = some.scenario.model_copy(update={"replications": 1})
    one = replace(some, scenario=alone, strategies=tuple(_first_run(each) for each in some.strategies))
    told = reply_of(one, [claim])
    assert told is not None
    assert told.say == "this run"


def _ending() -> Ending:
    return Ending("neither", 0, 5 * HOUR, 10, 1)


def _with_endings(result: Result, name: str, ends: Sequence[Ending]) -> Result:
    told = {
        name: tuple(replace(each, ending=end) for each, end in zip(result[name].histories, ends, strict=True)),
    }
    return replace(
        result,
        strategies=tuple(replace(each, histories=told.get(each.name, each.histories)) for each in result.strategies),
    )


def _first_run(strategy: StrategyResult) -> StrategyResult:
    return replace(strategy, histories=strategy.histories[:1])
