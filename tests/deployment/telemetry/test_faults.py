"""A slow logger and labels with a wrong clock: strategies see less or see it wrongly, and the line does not change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.deployment.telemetry.faults import Backlog, Disturbance, LabelsClock, LoggerSlow
from sim.deployment.telemetry.tables import Tables
from sim.experiment.replication import run_all
from sim.experiment.run import trained
from sim.line.log import Mirrored
from sim.scenario import Scenario
from sim.units import HOUR, MINUTE

SCENARIOS = Path(__file__).parents[3] / "scenarios"
SLOW = {"kind": "logger.slow", "at": "2h", "lasts": "3h", "delay": "45min"}
CLOCK = {"kind": "labels.clock", "at": "2h", "lasts": "3h", "behind": "2h"}


def table(moments: np.ndarray) -> Mirrored:
    count = len(moments)
    code = np.zeros(count, dtype=np.int8)
    return Mirrored(np.arange(count) + moments, np.zeros(count, np.int16), moments, code, code, moments)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    moments=st.lists(st.integers(0, 50), max_size=30).map(sorted),
    wakes=st.sets(st.integers(0, 50), max_size=6).map(sorted),
    slow=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.integers(1, 30)), max_size=3),
)
def test_everything_is_known_once_in_order_and_never_early(moments, wakes, slow) -> None:
    wrong = Disturbance(slow=[(((begin, begin + lasts),), delay) for begin, lasts, delay in slow])
    backlog: Backlog[Mirrored] = Backlog(Mirrored.joined)
    at_us, seen, told = np.array(moments, dtype=np.int64), 0, []
    for now in [*wakes, 200]:
        upto = int(np.searchsorted(at_us, now, side="right"))
        new = table(at_us).rows(slice(seen, upto))
        rows, known_us = backlog.passed(new, wrong.known_us(new.end_us), now)
        assert (known_us <= now).all()
        told += list(zip(known_us.tolist(), rows.end_us.tolist(), rows.phone.tolist(), strict=True))
        seen = upto
    assert [known for known, _, _ in told] == sorted(known for known, _, _ in told)
    assert sorted(phone for _, _, phone in told) == sorted(table(at_us).phone.tolist())
    for known, end, _ in told:
        late = [delay for begin, lasts, delay in slow if begin <= end < begin + lasts]
        assert known == end + max(late, default=0)


def scenario(*faults: dict[str, Any], **more: Any) -> Scenario:
    training = {"training": {"phones": 800, "labels": "experts"}}
    settings: dict[str, Any] = {
        "horizon": "8h",
        "factory": {"defect_rate": "10%"},
        "models": {"v1": training, "v2": training},
        "deployment": {"stable": "v1", "candidate": "v2"},
        "audits": {"of_passes": "30%", "of_rejects": "30%", "delay": "20min"},
        "faults": list(faults),
        "strategies": [{"pattern": "shadow", "share": 60}, {"pattern": "manual", "stable": "humans"}],
    }
    return sim.build(**{**settings, **more})


def telemetry_of(whole: Scenario, engine: str) -> Tables:
    simulations, _ = run_all(whole, whole.strategies, trained(whole), 0, engine)
    telemetry: Tables = simulations[0].controller._rollout.telemetry
    return telemetry


def by_phone(rows: Any, *columns: str) -> dict[int, tuple[Any, ...]]:
    phones = rows["phone"].tolist()
    return dict(zip(phones, zip(*(rows[name].tolist() for name in columns), strict=True), strict=True))


def test_a_slow_logger_delays_decisions_mirrored_looks_and_comparisons_and_nothing_else(engine: str) -> None:
    plain, slow = telemetry_of(scenario(), engine), telemetry_of(scenario(SLOW), engine)
    horizon, late = 8 * HOUR, 0
    for name, columns in (
        ("decisions", ("arm", "rejected", "latency_us", "brightness", "decided_by")),
        ("mirrors", ("version", "rejected", "score")),
    ):
        before, after = getattr(plain, name), getattr(slow, name)
        times, own, shown = by_phone(before, "at_us"), by_phone(before, *columns), by_phone(after, *columns)
        assert (np.diff(after["at_us"]) >= 0).all()
        for phone, (known,) in by_phone(after, "at_us").items():
            (at,) = times[phone]
            assert known == at + (45 * MINUTE if 2 * HOUR <= at < 5 * HOUR else 0)
            assert (
                shown[phone] == own[phone] or np.isnan([each for each in own[phone] if isinstance(each, float)]).any()
            )
            late += known > at
        assert len(shown) == len(own), f"all of {name} are known by the horizon of {horizon}"
    assert late > 300
    compared, before = by_phone(slow.comparisons, "at_us"), by_phone(plain.comparisons, "at_us")
    assert compared.keys() == before.keys()
    known = by_phone(slow.decisions, "at_us"), by_phone(slow.mirrors, "at_us")
    assert all(at == max(known[0][phone], known[1][phone]) for phone, at in compared.items())
    for name in ("audits", "returns"):
        for column in ("at_us", "phone"):
            assert getattr(plain, name)[column].tolist() == getattr(slow, name)[column].tolist()


def test_what_is_not_known_by_the_horizon_is_never_known() -> None:
    slow = telemetry_of(scenario(SLOW | {"at": "7h", "lasts": "1h", "delay": "2h"}), "compiled")
    plain = telemetry_of(scenario(), "compiled")
    known = plain.decisions["at_us"] < 7 * HOUR
    assert slow.decisions["phone"].tolist() == plain.decisions["phone"][known].tolist()
    assert (slow.decisions["at_us"] <= 8 * HOUR).all()


def test_a_wrong_clock_moves_the_stamps_of_audits_and_not_when_they_come() -> None:
    plain, wrong = telemetry_of(scenario(), "compiled").audits, telemetry_of(scenario(CLOCK), "compiled").audits
    for column in ("at_us", "phone", "defective", "rejected"):
        assert plain[column].tolist() == wrong[column].tolist()
    inside = (plain["at_us"] >= 2 * HOUR) & (plain["at_us"] < 5 * HOUR)
    assert inside.any()
    moved = wrong["decided_us"] - plain["decided_us"]
    assert (moved[inside] == -2 * HOUR).all()
    assert (moved[~inside] == 0).all()


def test_the_line_does_not_know_of_them() -> None:
    plain, faulty = (sim.run(scenario(*faults), workers=1, replications=2) for faults in ((), (SLOW, CLOCK)))
    for name in ("shadow", "manual"):
        for metric, values in plain[name].samples.items():
            np.testing.assert_array_equal(values, faulty[name].samples[metric], metric)


@pytest.mark.slow
def test_judges_judge_later_by_the_delay() -> None:
    """A bad candidate's pre-check fails as soon as there are enough mirrored looks: later by what they are late."""
    whole = sim.load(SCENARIOS / "bad_candidate.yaml").model_copy(update={"replications": 2})
    whole = whole.model_copy(update={"strategies": tuple(s for s in whole.strategies if s.pattern == "blue_green")})
    lasted = {}
    for delay in ("0s", "30min", "2h"):
        faults = () if delay == "0s" else (LoggerSlow(at="0s", lasts="30d", delay=delay),)
        found = sim.run(whole.model_copy(update={"faults": faults}), workers=1)["blue_green"].endings
        assert {ending.how for ending in found} == {"rolled back"}
        lasted[delay] = np.mean([ending.lasted_us for ending in found]) / HOUR
    assert lasted["30min"] == pytest.approx(lasted["0s"] + 0.5, abs=0.5)
    assert lasted["0s"] < lasted["30min"] < lasted["2h"]
    assert lasted["2h"] == pytest.approx(lasted["0s"] + 2.0, abs=0.6)


@pytest.mark.slow
def test_a_judge_that_waits_for_labels_of_an_age_is_blind_to_those_that_seem_older() -> None:
    """Cohorts count labels up to the age that an audit takes: with a clock that is a minute slow none seems in time."""
    whole = sim.load(SCENARIOS / "blame_bad_only.yaml").model_copy(update={"replications": 2})
    whole = whole.model_copy(update={"strategies": tuple(s for s in whole.strategies if s.title == "whose escapes")})
    behind, ahead = (
        sim.run(whole.model_copy(update={"faults": (LabelsClock(at="0s", lasts="30d", **wrong),)}), workers=1)
        for wrong in ({"behind": "1min"}, {"ahead": "1min"})
    )
    plain = sim.run(whole, workers=1)
    assert {ending.how for ending in behind["whose escapes"].endings} == {"neither"}
    assert plain["whose escapes"].endings == ahead["whose escapes"].endings
    assert "rolled back" in {ending.how for ending in plain["whose escapes"].endings}
