"""Whole random scenarios for Hypothesis to draw: plants, worlds, strategies, and what goes on beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

import sim
from sim.experiment.replication import StrategyRun
from sim.experiment.run import trained
from sim.inspectors.model import ModelVersion
from sim.scenario import Scenario


def minutes(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda number: f"{number}min")


def seconds(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda number: f"{number}s")


def percent(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda number: f"{number}%")


#: Of two times of a law none is drawn that the other limits: tests make any of them short by itself.
SIMPLE_SERVICE = st.one_of(
    st.fixed_dictionaries({"law": st.just("lognormal"), "mean": seconds(1, 60), "sigma": st.sampled_from([0, 0.3, 1])}),
    st.fixed_dictionaries({"law": st.just("exponential"), "mean": seconds(1, 60)}),
    st.fixed_dictionaries({"law": st.just("fixed"), "mean": seconds(1, 60)}),  # whole seconds: many ties
    st.fixed_dictionaries({"law": st.just("uniform"), "low": st.just("0s"), "high": seconds(1, 60)}),
    st.fixed_dictionaries({"law": st.just("gamma"), "mean": seconds(1, 60), "cv": st.sampled_from([0.2, 1.0, 4.0])}),
    st.fixed_dictionaries(
        {"law": st.just("ex_gaussian"), "mu": seconds(3, 30), "sigma": st.just("0s"), "tau": seconds(1, 30)}
    ),
)
SERVICE = st.one_of(
    SIMPLE_SERVICE,
    st.fixed_dictionaries(
        {
            "law": st.just("mixture"),
            "parts": st.lists(
                st.fixed_dictionaries({"weight": st.integers(1, 5), "service": SIMPLE_SERVICE}), min_size=2, max_size=3
            ),
        }
    ),
)
BUFFER = st.fixed_dictionaries(
    {}, optional={"buffer": st.integers(0, 6), "when_full": st.sampled_from(["block", "ship", "reject"])}
)
#: What says by a time how often phones come.
BY_TIMES = st.one_of(
    st.fixed_dictionaries({"kind": st.just("takt"), "every": seconds(5, 40), "jitter": percent(0, 50)}),
    st.fixed_dictionaries({"kind": st.just("poisson"), "every": seconds(5, 40)}),
    st.fixed_dictionaries({"kind": st.just("trays"), "every": seconds(5, 40), "size": st.integers(1, 12)}),
    st.fixed_dictionaries(
        {"kind": st.just("batches"), "every": seconds(60, 300), "size": st.integers(1, 12), "at_random": st.booleans()}
    ),
)
ARRIVALS = st.one_of(
    BY_TIMES,
    st.fixed_dictionaries(
        {
            "kind": st.just("profile"),
            "rates": st.tuples(st.integers(90, 600), st.integers(0, 600)).map(
                lambda rates: [{"at": at, "per_hour": rate} for at, rate in zip(("2min", "9min"), rates, strict=True)]
            ),
            "period": st.just("20min"),
            "at_random": st.booleans(),
        }
    ),
)
#: A shift that begins then goes on for the first minutes of the run.
NIGHT = "23h50min"
#: Of the hour that a run lasts; a night shift of the day before may still be there.
SHIFTS = st.one_of(
    st.just([]),
    st.lists(
        st.fixed_dictionaries(
            {
                "start": st.sampled_from(["0min", "1min", "20min", NIGHT]),
                "lasts": st.sampled_from(["20min", "45min", "1d"]),
            },
            optional={
                "count": st.integers(1, 3),
                "breaks": st.sampled_from(
                    [
                        [{"after": "5min", "lasts": "5min"}],
                        [{"after": "3min", "lasts": "10s"}, {"after": "9min", "lasts": "2min"}],
                    ]
                ),
                "stagger": st.sampled_from(["10s", "2min"]),
            },
        ),
        min_size=1,
        max_size=3,
    ),
)
OUTAGES = st.one_of(
    st.just([]),
    minutes(0, 50).map(lambda at: [{"at": at, "lasts": "4min"}]),
    st.just([{"at": "10min", "lasts": "30s"}, {"at": "25min", "lasts": "10min"}]),
)
#: By chance: more than one of them in most hours.
BREAKDOWNS = st.fixed_dictionaries({"mtbf": minutes(2, 60), "mttr": minutes(1, 10)})
NETWORK = st.fixed_dictionaries(
    {
        "round_trip": st.one_of(
            st.fixed_dictionaries({"law": st.just("fixed"), "mean": seconds(1, 20)}),
            st.fixed_dictionaries({"law": st.just("lognormal"), "mean": seconds(1, 20), "sigma": st.just(0.6)}),
        ),
        "megabytes": st.sampled_from([0, 12]),
    },
)
#: How a model is asked by message, if it is: partitions need a timeout.
REMOTE = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"timeout": seconds(5, 120)}, optional={"network": NETWORK}),
    st.fixed_dictionaries({"network": NETWORK}),
    st.tuples(seconds(5, 60), NETWORK, OUTAGES).map(
        lambda parts: {"timeout": parts[0], "network": {**parts[1], "partitions": parts[2]}}
    ),
)


def served_over(remote: dict[str, Any], serving: dict[str, Any]) -> dict[str, Any]:
    """Return how a model is served that is asked by message, if it is: it can't stop the line."""
    blocks = remote and "buffer" in serving and serving.get("when_full", "block") == "block"
    return {**serving, **remote, **({"when_full": "ship"} if blocks else {})}


#: Of the hour that a run lasts: at a time, or by chance.
WHEN = st.one_of(
    st.fixed_dictionaries({"at": minutes(0, 50), "lasts": minutes(1, 20)}),
    st.fixed_dictionaries({"breakdowns": BREAKDOWNS}),
)
FAULTS = st.lists(
    st.one_of(
        WHEN.map(lambda when: {"kind": "camera.stuck", **when}),
        st.tuples(WHEN, percent(1, 100)).map(lambda both: {"kind": "camera.nulls", "share": both[1], **both[0]}),
        st.tuples(WHEN, minutes(1, 30)).map(lambda both: {"kind": "logger.slow", "delay": both[1], **both[0]}),
        st.tuples(WHEN, minutes(1, 30), st.sampled_from(["ahead", "behind"])).map(
            lambda all_: {"kind": "labels.clock", all_[2]: all_[1], **all_[0]}
        ),
    ),
    max_size=3,
)
DRIFT = st.one_of(
    st.just([]),
    st.fixed_dictionaries(
        {
            "what": st.sampled_from(["camera.haze", "camera.brightness", "standard.tolerance"]),
            "profile": st.sampled_from(["gradual", "incremental", "blip"]),
            "at": minutes(0, 30),
            "over": minutes(1, 30),
            "to": st.sampled_from([0.2, 0.5]),
        }
    ).map(lambda event: [event]),
)
CHECKS = st.fixed_dictionaries(
    {
        "interval": minutes(1, 10),
        "checks": st.just([{"metric": "reject_rate", "versus_stable_at_most": 1.5, "min_samples": 20}]),
    }
)
STRATEGY = st.one_of(
    st.just({"pattern": "manual"}),
    st.fixed_dictionaries(
        {"pattern": st.just("shadow"), "share": st.sampled_from([30, 100]), "report": minutes(5, 30)}
    ),
    st.fixed_dictionaries(
        {"pattern": st.just("canary"), "hold": minutes(1, 15)},
        optional={"analysis": CHECKS, "steps": st.lists(st.integers(1, 100), min_size=1, max_size=4).map(sorted)},
    ),
    st.fixed_dictionaries(
        {"pattern": st.just("blue_green"), "pre_check": minutes(1, 10), "bake": minutes(1, 20)},
        optional={"keep_warm": minutes(0, 20)},
    ),
    st.fixed_dictionaries({"pattern": st.just("partial_automation"), "review": percent(0, 60)}),
    st.just({"pattern": "full_automation"}),
    st.just(
        {
            "pattern": "argo_canary",
            "steps": [
                {"set_mirror_route": {"percentage": 40}},
                {"pause": {"duration": "5min"}},
                {"set_weight": 30},
                {
                    "analysis": {
                        "metrics": [
                            {
                                "metric": "reject_rate",
                                "success_condition": "result < 0.9",
                                "interval": "3min",
                                "count": 4,
                                "min_samples": 5,
                            }
                        ]
                    }
                },
                {"set_weight": 70},
                {"pause": {}},
            ],
            "analysis": {
                "metrics": [{"metric": "latency_p95_s", "failure_condition": "result > 600", "interval": "2min"}],
                "starting_step": 2,
            },
            "approver": {"delay": "7min"},
            "retry_after": "4min",
            "retries": 1,
        }
    ),
    st.just(
        {
            "pattern": "argo_blue_green",
            "auto_promotion_seconds": "8min",
            "scale_down_delay": "4min",
            "revert_after": "3min",
        }
    ),
    st.just(
        {
            "pattern": "flagger",
            "interval": "4min",
            "step_weight": 20,
            "mirror": True,
            "threshold": 2,
            "metrics": [{"metric": "reject_rate", "window": "10min", "max": 0.4}],
        }
    ),
    st.just({"pattern": "stay"}),
    st.just({"pattern": "sequential_canary", "share": 40, "interval": "3min"}),
    st.fixed_dictionaries(
        {
            "pattern": st.just("assisted"),
            "deference": percent(0, 100),
            "obey_alarm": percent(0, 100),
            "weight": st.sampled_from([30, 100]),
            "hold": minutes(1, 30),
        }
    ),
    st.just({"pattern": "triage"}),
    st.fixed_dictionaries(
        {
            "pattern": st.just("ab_test"),
            "interval": minutes(1, 5),
            "alpha": percent(10, 90),
            "share": st.integers(5, 95),
        },
        optional={"phones": st.integers(2, 12)},
    ),
    st.fixed_dictionaries({"pattern": st.just("ab_test"), "duration": minutes(10, 50)}),
    st.fixed_dictionaries(
        {"pattern": st.just("champion_challenger"), "interval": minutes(1, 9), "alpha": st.sampled_from([0.5, 0.99])},
        optional={"share": st.sampled_from([40, 100])},
    ),
    st.fixed_dictionaries(
        {
            "pattern": st.just("bandit"),
            "interval": minutes(2, 15),
            "least": st.integers(1, 3),
            "memory": minutes(10, 60),
            "floor": st.integers(0, 20),
        },
        optional={"arms": st.permutations(["humans", "v2", "nobody", "v1"])},
    ),
    st.fixed_dictionaries(
        {
            "pattern": st.just("progressive_automation"),
            "hold": minutes(1, 5),
            "interval": minutes(1, 4),
            "alpha": st.sampled_from([0.8, 0.99]),
            "share": st.integers(20, 80),
            "review": percent(0, 60),
        }
    ),
)
RETRAINING = {
    "window": "40min",
    "at_least": 10,
    "at_least_defects": 10,
    "training": "1min",
    "sign_off": "2min",
    "most": 3,
}
#: What goes on beside the playbook: every other scenario has something.
BESIDE = st.one_of(
    st.just({}),
    st.just({"retraining": {**RETRAINING, "every": "15min", "labels": "both", "logging": "50%"}}),
    st.just({"retraining": {**RETRAINING, "after_labels": 20}}),
    st.just(
        {
            "retraining": RETRAINING,
            "alarms": [
                {"name": "a", "watch": "rejected", "detector": {"kind": "always"}, "every": "17min", "then": "retrain"},
                {"name": "b", "watch": "brightness", "detector": {"kind": "ewma", "learn": 30}, "every": "5min", "then": "pause",
                 "pause": "3min"},
                {"name": "c", "watch": "audited_error", "detector": {"kind": "always"}, "every": "40min", "then": "rollback"},
            ],
        }
    ),
    st.just(
        {"alarms": [{"name": "d", "watch": "brightness", "detector": {"kind": "always"}, "every": "10min", "then": "clean",
                     "delay": "1min", "takes": "2min", "quiet": "9min"}]}
    ),
)  # fmt: skip
POISSON = st.fixed_dictionaries({"kind": st.just("poisson"), "every": seconds(5, 40)})


def drawn_settings(
    arrivals: st.SearchStrategy[dict[str, Any]] = ARRIVALS, fewest: int = 1, most: int = 1
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a scenario's settings, with `fewest` to `most` strategies, for `scenario_of`."""
    return st.fixed_dictionaries(
        {
            "seed": st.integers(0, 3),
            "warm_up": minutes(0, 30),
            "factory": st.fixed_dictionaries({"arrivals": arrivals, "defect_rate": percent(2, 30)}),
            "inspectors": st.tuples(
                BUFFER,
                st.fixed_dictionaries(
                    {"count": st.integers(1, 4), "service": SERVICE, "briefing": minutes(0, 30), "shifts": SHIFTS}
                ),
                st.sampled_from([{}, {}, {"people": {}}, {"people": {"memory": 3, "fatigue": 0.2}}]),
            ).map(lambda parts: {**parts[0], **parts[1], **(parts[2] if parts[1]["shifts"] else {})}),
            "serving": st.tuples(
                BUFFER,
                st.fixed_dictionaries(
                    {"service": SERVICE, "replicas": st.integers(1, 3), "outages": OUTAGES},
                    optional={"breakdowns": BREAKDOWNS},
                ),
                REMOTE,
            ).map(lambda parts: served_over(parts[2], {**parts[0], **parts[1]})),
            "deployment": st.fixed_dictionaries(
                {
                    "stable": st.sampled_from(["humans", "nobody", "v1"]),
                    "fallback": st.sampled_from(["humans", "nobody", "reject"]),
                    "start": minutes(0, 10),
                }
            ),
            "drift": DRIFT,
            "faults": FAULTS,
            "missing": st.sampled_from(["zero", "refuse"]),
            "audits": st.fixed_dictionaries(
                {"of_passes": percent(0, 60), "of_rejects": percent(0, 60), "delay": minutes(0, 20)}
            ),
            "strategies": st.lists(st.tuples(STRATEGY, BESIDE), min_size=fewest, max_size=most),
        }
    )


@cache
def _trained(seed: int) -> dict[str, Any]:
    training = {"phones": 800, "labels": "experts"}
    return trained(
        sim.build(
            seed=seed,
            factory={"defect_rate": "15%"},
            models={"v1": {"training": training}, "v2": {"training": training, "reject_share": "30%"}},
            deployment={"stable": "v1", "candidate": "v2"},
        )
    )


def versions_of(scenario: Scenario) -> dict[str, ModelVersion]:
    """Train once per seed: what is tested is the line, and neither queues nor drift change the training."""
    return {
        name: type(version)(**{**vars(version), "spec": scenario.models[name]})
        for name, version in _trained(scenario.seed).items()
    }


def scenario_of(drawn: dict[str, Any], **more: Any) -> Scenario:
    """Make a scenario of what was drawn; `more` are further settings."""
    return sim.build(**settings_of(drawn), **more)


def settings_of(drawn: dict[str, Any]) -> dict[str, Any]:
    """Return a scenario's settings, of parts that do not know of each other."""
    audits, strategies, cleans = drawn["audits"], [], False
    learns = any("retraining" in beside for _, beside in drawn["strategies"])
    for number, (strategy, beside) in enumerate(drawn["strategies"]):
        if strategy["pattern"] == "bandit" or "challengers" in strategy or "arms" in strategy:
            beside = {}  # with retraining the scenario would be refused
        if beside:
            audits = {**audits, **{share: "1%" for share in ("of_passes", "of_rejects") if audits[share] == "0%"}}
        cleans |= any(alarm["then"] == "clean" for alarm in beside.get("alarms", ()))
        strategies.append({"name": f"{strategy['pattern']} {number}", **strategy, "candidate": "v2", **beside})
    dust = {"what": "camera.haze", "profile": "incremental", "at": "0s", "over": "1h", "to": 0.4, "cleaning": True}
    plain = ("seed", "warm_up", "factory", "inspectors", "deployment")
    return {
        "horizon": "1h",
        "models": {"v1": {}, "v2": {"serving": drawn["serving"], "missing": drawn["missing"]}},
        # Versions that learn from one frame again and again may not tell phones apart: no review band can be kept.
        "faults": [fault for fault in drawn["faults"] if not learns or not fault["kind"].startswith("camera.")],
        "drift": [dust] if cleans else drawn["drift"],
        "strategies": strategies,
        "audits": audits,
        **{name: drawn[name] for name in plain},
    }


#: Settings that may take no time at all; of all other durations the shortest is a microsecond.
MAY_BE_ZERO = ("training", "sign_off", "delay", "quiet", "start", "briefing", "keep_warm", "scale_down_delay",
               "auto_promotion_seconds", "retry_after", "warm_up", "initial_delay")  # fmt: skip
#: What tells the order of events: without it there would be no run, or another one would be refused.
STAYS = ("horizon", "at", "period", "mu", "sigma", "shifts")
SECONDS = {"d": 86_400, "h": 3600, "min": 60, "s": 1}
DURATION = re.compile(r"(\d+)(d|h|min|s)")


def hurried(settings: dict[str, Any], short: Callable[[], bool]) -> dict[str, Any]:
    """Return the same scenario on a clock a million times as fast, and where `short` says so as short as it can be.

    Then everything happens at one instant with something else now and then, and much takes no time at all.
    """

    def value_of(name: str, value: Any, stays: bool = False) -> Any:
        stays |= name in STAYS
        if isinstance(value, dict):
            return {own: value_of(own, content, stays) for own, content in value.items()}
        if isinstance(value, list | tuple):
            return [value_of(name, content, stays) for content in value]
        if value == NIGHT:
            return "0us"  # on a fast clock the day before is far away
        if not isinstance(value, str) or (found := DURATION.fullmatch(value)) is None:
            return value
        if not stays and short():
            return "0s" if name in MAY_BE_ZERO else "1us"
        return f"{int(found[1]) * SECONDS[found[2]]}us"

    hurried_settings: dict[str, Any] = value_of("", settings)
    return hurried_settings


def differences(one: StrategyRun, other: StrategyRun) -> list[str]:
    """Return what differs between what a strategy came to and what it came to elsewhere: bit for bit."""
    pairs: dict[str, tuple[Any, Any]] = {
        f"metric {name}": (value, other.metrics[name]) for name, value in one.metrics.items()
    }
    for field in fields(one.timeline):
        mine, theirs = getattr(one.timeline, field.name), getattr(other.timeline, field.name)
        if isinstance(mine, dict):
            pairs |= {f"{field.name} {key}": (mine.get(key, 0), theirs.get(key, 0)) for key in {**mine, **theirs}}
        else:
            pairs[field.name] = mine, theirs
    found = [name for name, (mine, theirs) in pairs.items() if not np.array_equal(mine, theirs, equal_nan=True)]
    return found + [name for name in ("events", "routes") if getattr(one.history, name) != getattr(other.history, name)]
