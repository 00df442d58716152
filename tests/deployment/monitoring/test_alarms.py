"""Alarms: fed with what has become known, and what follows when they go off."""

from __future__ import annotations

from typing import Any

import pytest
from whole_runs import Run, run_strategy, whole_world

import sim
from sim.experiment.run import trained
from sim.line.engines import ENGINES
from sim.report.text.sentences import sentence
from sim.units import HOUR

#: Fires with the first look after the light falls by far, and never before.
DARK = {"kind": "cusum", "mean": 1.0, "sd": 0.02, "k": 2.0, "polarity": "fall", "arl0": 1e8}
LAMP = {"what": "camera.brightness", "profile": "sudden", "at": "20h", "to": 0.7}
ALARM = {"name": "dark", "watch": "brightness", "detector": DARK, "every": "1h", "delay": "30min"}


def line(*strategies: dict[str, Any], drift: Any = (LAMP,), **settings: Any) -> Any:
    return sim.build(
        **{
            "horizon": "2d", "seed": 3, "replications": 1,
            "factory": {"arrivals": {"kind": "takt", "every": "20s"}, "defect_rate": "10%"},
            "models": {"v1": {"training": {"phones": 3000}}},
            "audits": {"of_passes": "50%", "of_rejects": "50%"}, "drift": list(drift),
            "strategies": list(strategies), **settings,
        }
    )  # fmt: skip


def play(scenario: Any, engine: str) -> Run:
    versions = trained(scenario)
    return run_strategy(scenario, scenario.strategies[0], versions, whole_world(scenario, versions, 0), engine)


def message(found: Run, *kinds: str) -> list[tuple[float, str]]:
    return [(note.time_us / HOUR, sentence(note)) for note in found.events if note.kind in kinds]


def deciders(found: Run) -> list[tuple[float, str]]:
    return [(change.time_us / HOUR, change.route.stable.name) for change in found.routes]


def test_it_goes_off_at_the_look_after_and_is_then_quiet(engine):
    found = play(line({"pattern": "full_automation", "alarms": [{**ALARM, "quiet": "10h"}]}), engine)
    assert [at for at, _ in message(found, "alarm")] == [21.0, 32.0, 43.0]  # ten quiet hours, then the next look
    assert [at for at, text in message(found, "rollout") if "come to look" in text] == [21.5, 32.5, 43.5]


def test_nothing_dark_no_alarm(engine):
    assert message(play(line({"pattern": "full_automation", "alarms": [ALARM]}, drift=()), engine), "alarm") == []


def test_a_rollback_goes_back_to_who_decided_before(engine):
    found = play(line({"pattern": "full_automation", "alarms": [{**ALARM, "then": "rollback"}]}), engine)
    assert deciders(found) == [(0.0, "v1"), (21.5, "humans")]


def test_a_rollback_in_mid_ramp_takes_the_weight_away(engine):
    canary = {"pattern": "canary", "steps": [10, 50], "hold": "15h", "analysis": None}
    found = play(line({**canary, "alarms": [{**ALARM, "then": "rollback"}]}), engine)
    shares = [(change.time_us / HOUR, {a.name: w for a, w in change.route.candidates}) for change in found.routes]
    assert shares == [(0.0, {"v1": 10.0}), (15.0, {"v1": 50.0}), (21.5, {})]


def test_a_pause_keeps_the_playbook_from_going_on(engine):
    canary = {"pattern": "canary", "steps": [10, 50], "hold": "15h", "analysis": None}
    calm = play(line(canary), engine)
    found = play(line({**canary, "alarms": [{**ALARM, "then": "pause", "pause": "12h", "quiet": "2d"}]}), engine)
    assert deciders(calm)[-1] == (30.0, "v1")  # promoted after two holds
    assert deciders(found)[-1] == (33.5, "v1")  # 21.5 + 12


def test_an_alarm_can_order_a_training(engine):
    retraining = {"window": "1d", "at_least_defects": 10, "training": "1h", "sign_off": "1h", "most": 1}
    strategy = {"pattern": "full_automation", "alarms": [{**ALARM, "then": "retrain"}], "retraining": retraining}
    found = play(line(strategy), engine)
    assert deciders(found) == [(0.0, "v1"), (23.5, "v1.1")]


def test_an_alarm_can_have_the_lens_cleaned(engine):
    dust = {**LAMP, "cleaning": True}
    found = play(line({"pattern": "full_automation", "alarms": [{**ALARM, "then": "clean"}]}, drift=[dust]), engine)
    assert [at for at, _ in message(found, "clean")] == [21.5]
    assert [at for at, _ in message(found, "alarm")] == [21.0]  # and then it is bright again


def test_engines_agree():
    strategy = {
        "pattern": "canary", "steps": [30], "hold": "5h", "retraining": {"window": "1d", "at_least_defects": 10},
        "alarms": [
            {**ALARM, "then": "clean"},
            {"watch": "audited_error", "of": "candidate", "detector": {"kind": "ddm"}, "then": "retrain"},
            {"watch": "score", "detector": {"kind": "ks", "window": 200, "reference": 500}, "then": "pause"},
            {"watch": "rejected", "of": "stable", "detector": {"kind": "bernoulli_cusum"}, "then": "rollback"},
        ],
    }  # fmt: skip
    scenario = line(strategy, drift=[{**LAMP, "cleaning": True}])
    one, *others = [play(scenario, engine) for engine in ENGINES]
    assert message(one, "alarm")
    for other in others:
        assert one.log.differences(other.log) == []
        assert (one.events, one.routes) == (other.events, other.routes)


@pytest.mark.parametrize(
    ("alarm", "said"),
    [
        ({**ALARM, "watch": "briteness"}, "unknown stream 'briteness'"),
        ({**ALARM, "then": "retrain"}, "nothing says how to retrain"),
        ({**ALARM, "then": "clean"}, "no dust to clean"),
        ({**ALARM, "detector": {"kind": "cusun"}}, "cusun"),
        ({**ALARM, "detector": {"kind": "cusum", "arl0": 1}}, "arl0"),
    ],
)
def test_mistakes_are_told(alarm, said):
    with pytest.raises(sim.ScenarioError, match=said):
        line({"pattern": "full_automation", "alarms": [alarm]})


def test_two_alarms_of_one_name_are_refused():
    with pytest.raises(sim.ScenarioError, match="two alarms are called 'dark'"):
        line({"pattern": "full_automation", "alarms": [ALARM, ALARM]})


def test_another_arm_is_another_stream(engine):
    """What was normal for the first stable decider is no drift of the second."""
    canary = {"pattern": "canary", "steps": [50], "hold": "10h", "analysis": None}
    alarm = {"name": "a", "watch": "rejected", "of": "stable", "detector": {"kind": "bernoulli_cusum", "learn": 300}}
    lax = {"v1": {"training": {"phones": 3000}, "reject_share": "40%"}}
    found = play(line({**canary, "alarms": [{**alarm, "every": "1h"}]}, drift=(), models=lax), engine)
    assert deciders(found)[-1][1] == "v1"  # it rejects many times as much, and nothing has drifted
    assert message(found, "alarm") == []


def test_a_short_pause_does_not_cut_a_longer_one_short(engine):
    """Two alarms pause a plan: it goes on when the longer pause is over, whoever asked last."""
    steps = [{"set_weight": 20}, {"pause": {"duration": "22h"}}, {"set_weight": 60}, {"pause": {}}]
    long = {**ALARM, "then": "pause", "pause": "12h", "quiet": "2d"}
    short = {**long, "name": "a little dark", "pause": "1min", "delay": "40min"}
    found = play(line({"pattern": "argo_canary", "steps": steps, "alarms": [long, short]}), engine)
    assert [at for at, text in message(found, "rollout") if text.startswith("60 %")] == [21.5 + 12]
    paused = [text for _, text in message(found, "rollout") if "paused for" in text]
    assert paused == ["dark: paused for 12h", "a little dark: paused for 11h 50min"]


def test_a_pause_does_not_put_the_guards_to_sleep(engine):
    """A plan that is paused by an alarm still aborts when its background analysis fails."""
    metric = {"metric": "brightness", "window": "2h", "interval": "30min", "initial_delay": "3h",
              "success_condition": "result > 0.8"}  # fmt: skip
    plan = {
        "pattern": "argo_canary", "steps": [{"set_weight": 20}, {"pause": {"duration": "30h"}}],
        "analysis": {"metrics": [metric]},
    }  # fmt: skip
    found = play(line({**plan, "alarms": [{**ALARM, "then": "pause", "pause": "1d"}]}), engine)
    (aborted,) = [at for at, _ in message(found, "abort")]
    assert aborted < 24.0


def test_nobody_is_rolled_back_to_who_never_decided(engine):
    strategy = {"pattern": "manual", "alarms": [{**ALARM, "then": "rollback"}]}
    found = play(line(strategy, deployment={"stable": "v1", "candidate": "v1"}), engine)
    assert deciders(found) == [(0.0, "humans")]
    assert any("nothing to roll back" in text for _, text in message(found, "rollout"))
