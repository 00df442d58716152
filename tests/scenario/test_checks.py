"""What no single value of a scenario shows is refused at its place: each part checks itself, the scenario asks them."""

from __future__ import annotations

from typing import Any

import pytest

import sim
from sim.scenario.checks import refusals

CUSUM = {"watch": "brightness", "detector": {"kind": "cusum"}}
HAZE = {"what": "camera.haze", "profile": "sudden", "at": "1h", "to": 0.2}


def strategy(**given: Any) -> dict[str, Any]:
    return {"strategies": [{"pattern": "full_automation", **given}]}


def shifts(**given: Any) -> dict[str, Any]:
    return {"inspectors": {"shifts": [{"start": "06:00", "lasts": "8h", **given}]}}


def arrivals(kind: str, **given: Any) -> dict[str, Any]:
    return {"factory": {"arrivals": {"kind": kind, **given}}}


def rates(*stretches: tuple[int, int]) -> dict[str, Any]:
    return arrivals("profile", rates=[{"at": f"{at}h", "per_hour": per_hour} for at, per_hour in stretches])


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"warm_up": "3d"}, "warm_up", "the warm-up ends after the horizon of 3d"),
    ({"horizon": "1000d", "factory": {"arrivals": {"kind": "takt", "every": "1s"}}}, "horizon", "at most 20,000,000"),
    ({"horizon": "1s"}, "horizon", "no phone is due before the horizon"),
    ({"deployment": {"start": "3d"}}, "deployment.start", "the rollouts start after the horizon of 3d"),
    ({"factory": {"kinds": [{"name": "dent", "share": 1}] * 2}}, "factory.kinds.1.name", "'dent' is there twice"),
    ({"factory": {"finishes": [{"name": "matte", "share": 0}]}}, "factory.finishes", "add up to nothing"),
    ({"factory": {"defect_rate": "99%"}}, "factory.defect_rate", "at most 95%"),
    ({"factory": {"arrivals": {"kind": "takt", "jitter": "60%"}}}, "factory.arrivals.jitter", "overtake"),
    (
        arrivals("batches", every="1min", size=4, spacing="20s"),
        "factory.arrivals.spacing",
        "as long as it is to the next",
    ),
    (arrivals("batches", at_random=True, spacing="1s"), "factory.arrivals.spacing", "two of them may come within"),
    (rates((6, 10), (6, 20)), "factory.arrivals.rates.1.at", "later than the one before"),
    (rates((6, 10), (24, 20)), "factory.arrivals.rates.1.at", "earlier than the end of the period"),
    (rates((0, 0)), "factory.arrivals.rates", "no phone ever comes"),
    (arrivals("profile", rates=[]), "factory.arrivals.rates", "at least 1 entry"),
    (arrivals("profile", rates=[{"at": "0h", "per_hour": 1}], period="40d"), "factory.arrivals.period", "at most 28d"),
    ({"drift": [{**HAZE, "what": "camera.hase"}]}, "drift.0.what", "did you mean 'camera.haze'?"),
    ({"drift": [{**HAZE, "to": -1}]}, "drift.0.to", ""),
    ({"drift": [{**HAZE, "at": "3d"}]}, "drift.0.at", "it would never happen"),
    ({"drift": [HAZE, HAZE]}, "drift.1", "camera.haze drifts twice at the same moment"),
    (
        {"drift": [{**HAZE, "profile": "recurring", "over": "2h", "every": "2h"}]},
        "drift.0.over",
        "as long as the time between two starts",
    ),
    ({"models": {"v1": {}, "humans": {}}}, "models.humans", "is not 'humans' or 'nobody'"),
    ({"models": {"v 1": {}}, **strategy(candidate="v 1")}, "models.v 1", "letters, digits"),
    (
        {"models": {"v1": {"training": {"conditions": {"camera.hase": 1}}}}},
        "models.v1.training.conditions.camera.hase",
        "did you mean 'camera.haze'?",
    ),
    (
        {"models": {"v1": {"serving": {"outages": [{"at": "1h", "lasts": "2h"}, {"at": "2h", "lasts": "1h"}]}}}},
        "models.v1.serving.outages.1.at",
        "do not touch",
    ),
    ({"models": {"v1": {"serving": {"outages": [{"at": "4d", "lasts": "2h"}]}}}}, "models.v1.serving.outages.0.at", ""),
    (
        {"models": {"v1": {"serving": {"breakdowns": {"mtbf": "10s", "mttr": "1us"}}}}},
        "models.v1.serving.breakdowns.mtbf",
        "25,920 breakdowns within the horizon of 3d: at most 10,000",
    ),
    (
        {"faults": [{"kind": "camera.stuck", "at": "1h"}]},
        "faults.0",
        "at and lasts, or breakdowns: give one of the two",
    ),
    (
        {"faults": [{"kind": "camera.nulls", "at": "1h", "lasts": "1h", "breakdowns": {"mtbf": "1h", "mttr": "1h"}}]},
        "faults.0",
        "give one of the two",
    ),
    ({"faults": [{"kind": "camera.stuck", "at": "3d", "lasts": "1h"}]}, "faults.0.at", "after the horizon of 3d"),
    (
        {"faults": [{"kind": "camera.stuck", "breakdowns": {"mtbf": "1s", "mttr": "1s"}}]},
        "faults.0.breakdowns.mtbf",
        "at most 10,000",
    ),
    (
        {"faults": [{"kind": "labels.clock", "at": "1h", "lasts": "1h"}]},
        "faults.0",
        "a clock is ahead or behind: give one of the two",
    ),
    ({"faults": [{"kind": "camera.stuk", "at": "1h", "lasts": "1h"}]}, "faults.0.kind", "unknown kind 'camera.stuk'"),
    ({"matters": {"escape_rat": "1pt"}}, "matters.escape_rat", "unknown true metric 'escape_rat': did you mean"),
    ({"matters": {"escape_rate": "0.5s"}}, "matters.escape_rate", "'0.5pt' (percentage points) or '1%' (of the best)"),
    ({"matters": {"latency_p95_s": -1}}, "matters.latency_p95_s", "expected a margin such as '0.5s'"),
    (strategy(stable="humens"), "strategies.0.stable", "did you mean 'humans'?"),
    (strategy(candidate="v7"), "strategies.0.candidate", "unknown decider 'v7'"),
    ({"deployment": {"candidate": "v7"}}, "deployment.candidate", "unknown decider 'v7'"),
    (strategy(candidate="nobody"), "strategies.0.candidate", "full_automation rolls out a model, not nobody"),
    (
        {"deployment": {"candidate": "nobody"}, **strategy()},
        "deployment.candidate",
        "full_automation rolls out a model, not nobody",
    ),
    (strategy(start="3d"), "strategies.0.start", "starts after the horizon of 3d"),
    ({"strategies": [{"pattern": "stay"}] * 2}, "strategies.1", "two strategies are called 'stay'"),
    (strategy(staff=0), "strategies.0.staff", "at least one inspector"),
    (shifts(lasts="25h"), "inspectors.shifts.0.lasts", "into its own next day: at most 1d in all"),
    (shifts(overtime=[{"lasts": "17h", "days": [2]}]), "inspectors.shifts.0.overtime", "lasts 1d 1h"),
    (
        shifts(breaks=[{"after": "2h", "lasts": "30min"}, {"after": "2h 10min", "lasts": "5min"}]),
        "inspectors.shifts.0.breaks.1.after",
        "the break before it ends 2h 30min after the shift's start: begin later",
    ),
    (shifts(breaks=[{"after": "7h 50min", "lasts": "11min"}]), "inspectors.shifts.0.breaks.0", "begin earlier"),
    (
        shifts(breaks=[{"after": "7h", "lasts": "11min"}], stagger="50min"),
        "inspectors.shifts.0.breaks.0",
        "of the last person ends 8h 1min after the shift's start, and the shift after 8h: begin earlier, or stagger by less",
    ),
    (shifts(breaks=[{"after": "7h", "lasts": "0s"}]), "inspectors.shifts.0.breaks.0.lasts", "longer than 0"),
    (shifts(count=0), "inspectors.shifts", "nobody is ever on duty before the horizon of 3d"),
    (shifts(days=["4-9", "sat"]), "inspectors.shifts", "nobody is ever on duty"),
    ({"inspectors": {"holidays": ["sun"]}}, "inspectors.holidays", "give shifts, too"),
    ({**shifts(count=1), **strategy(staff=3)}, "strategies.0.staff", "leave staff out, or leave out a shift's count"),
    (
        {**shifts(stagger="1h", breaks=[{"after": "5h", "lasts": "1h"}]), **strategy(staff=4)},
        "strategies.0.staff",
        "inspectors.shifts.0.breaks.0: the break of the last person",
    ),
    (
        strategy(inspectors={"shifts": [{"start": "06:00", "lasts": "8h", "count": 0}]}),
        "strategies.0.inspectors.shifts",
        "nobody",
    ),
    ({"horizon": "400d", **shifts(count=10_000)}, "inspectors.shifts", "people would come and go 4,020,000 times"),
    (strategy(alarms=[CUSUM, CUSUM]), "strategies.0.alarms.1", "two alarms are called 'cusum on brightness'"),
    (strategy(alarms=[{**CUSUM, "then": "retrain"}]), "strategies.0.alarms.0.then", "nothing says how to retrain"),
    (strategy(alarms=[{**CUSUM, "then": "clean"}]), "strategies.0.alarms.0.then", "there is no dust to clean"),
    (
        {
            "audits": {"of_passes": "0%"},
            **strategy(alarms=[{"watch": "audited_escape", "detector": {"kind": "ddm", "polarity": "rise"}}]),
        },
        "strategies.0.alarms.0.watch",
        "nobody would ever hear of an escape",
    ),
    (strategy(retraining={}), "strategies.0.retraining", "nothing starts a training"),
    (
        {"audits": {"of_rejects": "0%"}, **strategy(retraining={"every": "1d"})},
        "strategies.0.retraining.labels",
        "audits of passes and of rejects are needed",
    ),
    (
        {"strategies": [{"pattern": "bandit", "retraining": {"every": "1d"}}]},
        "strategies.0.retraining",
        "a bandit promotes nobody",
    ),
    (
        {"strategies": [{"pattern": "stay", "candidate": "nobody", "retraining": {"every": "1d"}}]},
        "strategies.0.retraining",
        "nothing can be retrained",
    ),
    (
        {"models": {"v1": {}, "v1.2": {}}, **strategy(retraining={"every": "1d"})},
        "models.v1.2",
        "so would a retrained v1 be called: take another name",
    ),
    (
        {
            "models": {"v1": {}, "v2": {}},
            "strategies": [
                {"pattern": "champion_challenger", "challengers": ["v2"], "stable": "v1", "retraining": {"every": "1d"}}
            ],
        },
        "strategies.0.challengers",
        "leave this to its default",
    ),
]


@pytest.mark.parametrize(("given", "place", "message"), WRONG, ids=[f"{place}: {text}" for _, place, text in WRONG])
def test_it_is_refused_at_its_place(given: dict[str, Any], place: str, message: str) -> None:
    with pytest.raises(sim.ScenarioError) as error:
        sim.build(**given)
    places = [problem.path for problem in error.value.problems]
    assert place in places, str(error.value)
    assert message in error.value.problems[places.index(place)].message
    assert len(set(places)) == 1, "and nothing else is wrong with it"


def test_the_usual_comparison_is_right() -> None:
    scenario = sim.build()
    assert list(refusals(scenario)) == []
    assert [each.pattern for each in scenario.strategies] == [
        "manual", "shadow", "canary", "blue_green", "partial_automation", "full_automation",
    ]  # fmt: skip


def test_a_role_that_every_strategy_fills_by_itself_may_be_wrong_in_the_deployment() -> None:
    sim.build(deployment={"candidate": "v7"}, **strategy(candidate="v1"))


RHYTHM = r"expected a duration of at least 1s, such as '10min', found the text '1us': nobody does that more often"
CHECK = {"metric": "reject_rate", "at_most": 0.1}


@pytest.mark.parametrize(
    "given",
    [
        {"pattern": "canary", "retraining": {"every": "1us", "labels": "both"}},
        {"pattern": "canary", "alarms": [{"watch": "brightness", "detector": {"kind": "cusum"}, "every": "1us"}]},
        {"pattern": "canary", "analysis": {"interval": "1us", "checks": [CHECK]}},
        {"pattern": "shadow", "report": "1us"},
        {"pattern": "bandit", "interval": "1us"},
        {"pattern": "flagger", "interval": "1us"},
    ],
    ids=lambda given: given["pattern"],
)
def test_a_rhythm_that_would_never_end_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(sim.ScenarioError, match=RHYTHM):
        sim.build(strategies=[given])


def test_what_matters_is_the_metrics_to_say_unless_the_scenario_does() -> None:
    scenario = sim.build(matters={"cost_per_1000": "$2", "escape_rate": "10%"})
    assert scenario.margin("cost_per_1000").of(400.0) == 2.0
    assert scenario.margin("escape_rate").of(0.2) == pytest.approx(0.02)
    assert scenario.margin("latency_p95_s").of(300.0) == 0.5
    assert scenario.margin("phones").of(300.0) == 0.0
