"""The catalogue of computers: what it fills in, what does not fit, and what it costs."""

from __future__ import annotations

import pytest

import sim
from sim.document.problems import ScenarioError


def built(**serving):
    return sim.build(
        horizon="2h",
        factory={"arrivals": {"kind": "takt", "every": "60s"}},
        models={"v1": {"training": {"phones": 1000}, "serving": serving}},
        deployment={"stable": "v1", "candidate": "v1"},
        strategies=[{"pattern": "stay"}],
        costs={"server_hour": 1.0},
    )


def served(**serving):
    return built(**serving).models["v1"].serving


def test_a_computer_says_time_and_price():
    l4 = served(hardware="l4")
    assert (l4.service.mean, l4.price) == (75_000, 0.80)


def test_what_the_file_says_stands():
    own = served(hardware="l4", price="$2", service={"law": "fixed", "mean": "9ms"})
    assert (own.service.law, own.service.mean, own.price) == ("fixed", 9_000, 2.0)


def test_without_one_nothing_is_filled_in():
    assert (served().service.mean, served().price) == (2_300_000, None)


def test_written_down_and_read_again_it_is_the_same():
    once = served(hardware="browser")
    assert type(once).model_validate(once.model_dump(mode="json")) == once


@pytest.mark.parametrize(
    ("serving", "said"),
    [
        (
            {"hardware": "browser", "gigabytes": 5},
            "does not fit into the 4 GB of browser: take cpu or jetson or l4 or a100",
        ),
        ({"hardware": "a100", "gigabytes": 50}, "does not fit into the 40 GB of a100: take a smaller model"),
        ({"hardware": "h100"}, "a100"),
    ],
)
def test_refusals(serving, said):
    with pytest.raises(ScenarioError) as refused:
        built(**serving)
    assert "models.v1.serving" in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(("serving", "dollars"), [({"hardware": "a100", "replicas": 2}, 2 * 2 * 3.70), ({}, 2 * 1.0)])
def test_replicas_are_paid_at_their_own_price(serving, dollars):
    free = {
        "inspector_minute": 0.0,
        "escape": 0.0,
        "rework": 0.0,
        "false_reject": 0.0,
        "audit": 0.0,
        "server_hour": 1.0,
    }
    scenario = built(**serving).model_copy(update={"costs": sim.build(costs=free).costs})
    (strategy,) = sim.run(scenario, workers=1).strategies
    decided = strategy.samples["phones"][0]
    assert strategy.samples["cost_per_1000"][0] * decided / 1000 == pytest.approx(dollars)
