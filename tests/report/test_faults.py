"""What is said of servers that were down: which reaction held, how many phones it decided, how long they were up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.measure.deciders import NOBODY
from sim.measure.events import OutageBegan
from sim.report.drawing.deciders import went_unseen
from sim.report.drawing.lanes import world_marks
from sim.report.text.faults import reactions_of, up_share

REACTIONS = {"over": "humans", "open": "nobody", "closed": "reject"}


@pytest.fixture(scope="module")
def result() -> sim.Result:
    training = {"training": {"phones": 800, "labels": "experts"}}
    outages = [{"at": "2h", "lasts": "2h"}]
    return sim.run(
        sim.build(
            horizon="12h",
            warm_up="1h",
            replications=3,
            models={"v1": {**training, "serving": {"outages": outages, "breakdowns": {"mtbf": "4h", "mttr": "30min"}}}},
            deployment={"stable": "v1", "candidate": "v1"},
            strategies=[
                {"pattern": "stay", "name": name, "fallback": fallback} for name, fallback in REACTIONS.items()
            ] + [{"pattern": "manual", "stable": "humans", "name": "people"}],
        ),
        workers=1,
    )  # fmt: skip


def test_each_strategy_says_which_held_and_how_many_phones_it_decided(result: sim.Result) -> None:
    page = " ".join(result.table(100).split())
    for name in REACTIONS:
        strategy = result[name]
        assert reactions_of(strategy) == (REACTIONS[name],)
        phones = (strategy.samples["fallback_share"] * strategy.samples["phones"]).mean()
        assert phones > 300
        assert f"{name} fails {name} " in page
        assert f" {phones:,.0f} ±" in page.split("While a model is down, or refuses")[1]
    assert reactions_of(result["people"]) == ()
    assert "people has none" in page


def test_the_server_is_up_for_the_rest_of_the_time(result: sim.Result) -> None:
    minutes = np.arange(60, 12 * 60)
    for number, share in enumerate(up_share(result, "v1")):
        down = (minutes >= 120) & (minutes < 240)
        for event in result.by_chance[number]:
            down |= (minutes >= event.time_us / 6e7) & (minutes < (event.time_us + event.lasts_us) / 6e7)
        assert share == pytest.approx(1.0 - down.mean(), abs=0.005)
    page = " ".join(result.table(100).split())
    assert "MTBF 4h and MTTR 30min make it 88.9 % in the long run" in page


def test_pictures_of_all_replications_show_no_breakdown_of_a_single_one(result: sim.Result) -> None:
    assert [mark.hours for mark in world_marks(result)] == [2.0]
    shown = world_marks(result, by_chance=True)
    assert len(shown) == 1 + len(result.by_chance[result.shown])


def test_what_nobody_saw_was_rejected_where_a_line_fails_closed(result: sim.Result) -> None:
    assert NOBODY in result["closed"].timeline.decided_by
    assert went_unseen([result["closed"]]) == "rejected"
    assert went_unseen([result["open"]]) == "shipped"
    assert went_unseen(result.strategies) == "shipped or rejected"


def test_a_line_whose_servers_stay_up_says_nothing_of_it(make_result: Any) -> None:
    assert "While a model is down, or refuses" not in make_result(("canary",), drift=False).table(100)


def test_outages_of_the_file_alone_have_no_interval(make_result: Any) -> None:
    result = make_result(("canary",), world_events=3)
    versions = {event.version for event in result.world_events if isinstance(event, OutageBegan)}
    lasts = {event.version: event.lasts_us for event in result.world_events if isinstance(event, OutageBegan)}
    for version in versions:
        shares = up_share(result, version)
        assert shares == pytest.approx(1.0 - lasts[version] / result.scenario.horizon)
        assert len(shares) == result.replications
