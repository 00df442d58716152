"""What measurably moves at a drift event, beside its name by cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from sim.factory.drift import Drift, DriftEvent
from sim.factory.finishes import Finish
from sim.factory.flaws import PHONE_KINDS, Kind
from sim.factory.lots import Lots
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.measure.drift_evidence import DriftEvidence, compare, evidence_of
from sim.units import HOUR

SEEDS = (1, 2, 3)
#: Every phone from a lot of its own: the probes' phones are independent, as the tests behind the evidence assume.
ALONE = Factory(lots=Lots(size=1))


def event(**given: object) -> Drift:
    made: Drift = TypeAdapter(DriftEvent).validate_python({"profile": "sudden", "at": "10h", **given})
    return made


def moved(found: DriftEvidence) -> set[str]:
    assert [each.what for each in found.moved] == ["P(x)", "P(x|y)", "P(y|x)", "P(y)"]
    return {each.what for each in found.moved if each.moved}


@pytest.mark.parametrize("seed", SEEDS)
class TestWhatMoves:
    def test_a_failing_lamp_moves_the_features_and_not_the_rate(self, seed):
        found = evidence_of(event(what="camera.brightness", to="40%"), ALONE, (), seed)
        assert found.cause == "data drift"
        assert {"P(x)", "P(x|y)"} <= moved(found)
        assert "P(y)" not in moved(found)
        assert found.moved[0].where == "brightness"

    def test_a_tighter_standard_moves_the_meaning_and_the_rate_and_not_the_features(self, seed):
        found = evidence_of(event(what="standard.tolerance", to="60%"), ALONE, (), seed)
        assert found.cause == "concept drift"
        assert {"P(y|x)", "P(y)"} <= moved(found)
        assert "P(x)" not in moved(found)
        assert found.moved[3].size > 0

    def test_a_rate_moves(self, seed):
        found = evidence_of(event(what="process.defect_rate", to="6%"), ALONE, (), seed)
        assert found.cause == "prior drift"
        assert "P(y)" in moved(found)
        assert found.moved[3].size == pytest.approx(0.04, abs=0.03)

    @pytest.mark.parametrize(
        ("what", "to"),
        [("camera.brightness", 1.0), ("camera.haze", 0.0), ("standard.tolerance", 1.0), ("process.defect_rate", 0.02), ("process.severity", 1.0)],
    )  # fmt: skip
    def test_nothing_moves_when_nothing_changes(self, seed, what, to):
        assert moved(evidence_of(event(what=what, to=to), ALONE, (), seed)) == set()


class TestPhonesOfOneLotShareTheirLuck:
    """The usual line: lots of 500 phones. Chance findings are to be one in a thousand there, too."""

    def test_nothing_moves_when_nothing_changes(self):
        nothing = event(what="standard.tolerance", to=1.0)
        for seed in range(10):
            found = evidence_of(nothing, Factory(), (), seed).moved
            assert {each.answer for each in found} == {"did not move"}, (seed, found)

    def test_a_tighter_standard_always_moves_the_rate(self):
        tighter = event(what="standard.tolerance", to="60%")
        assert [seed for seed in range(10) if "P(y)" not in moved(evidence_of(tighter, Factory(), (), seed))] == []


class TestWhereNobodyKnows:
    """A third answer, with its reason: no evidence is not evidence of nothing."""

    def test_too_few_defects_are_named(self):
        rare = Factory(lots=Lots(size=1), defect_rate="0.03%")
        by_name = {each.what: each for each in evidence_of(event(what="camera.haze", to=0.0), rare, (), 1).moved}
        assert by_name["P(x)"].answer == "did not move"
        for what in ("P(x|y)", "P(y|x)", "P(y)"):
            assert by_name[what].answer == "cannot tell"
            assert by_name[what].reason.startswith("too few defects: ")

    def test_without_a_defect_nothing_is_said_of_defects(self):
        never = Factory(lots=Lots(size=1), defect_rate="0%")
        by_name = {
            each.what: each for each in evidence_of(event(what="camera.brightness", to="40%"), never, (), 1).moved
        }
        assert {what for what, each in by_name.items() if each.moved} == {"P(x)", "P(x|y)"}
        assert by_name["P(y)"].reason == by_name["P(y|x)"].reason == "too few defects: 0 and 0"

    def test_a_change_beside_what_matters_is_neither(self):
        """Of a rate of 0.3 % a quarter more is seen as moved in part of the cases, and never as nothing."""
        rare = Factory(lots=Lots(size=1), defect_rate="0.3%")
        more = event(what="process.defect_rate", to="0.375%")
        answers = {evidence_of(more, rare, (), seed).moved[3].answer for seed in range(6)}
        assert "did not move" not in answers
        assert "cannot tell" in answers

    def test_phones_that_look_like_none_before_prove_nothing(self):
        found = compare(
            *(World(ALONE, (), Streams(n, 0)).take(8000) for n in range(2)), strangers(), ALONE.feature_names()
        )
        assert found[2].answer != "did not move"
        assert found[2].reason == "100% of phones look like none before"


def strangers() -> Phones:
    """Return phones of which a model says more than it ever did."""
    phones = World(ALONE, (), Streams(2, 0)).take(8000)
    return replace(phones, features=phones.features + np.float32(1000.0))


def test_a_finer_probe_sees_a_standard_that_tightens_for_one_kind_only():
    """Of 20,000 phones a side nobody saw it: 3 defective ones more in a thousand."""
    for seed in SEEDS:
        found = evidence_of(event(what="standard.tolerance.scratch", to="60%"), ALONE, (), seed)
        assert {"P(x|y)", "P(y|x)", "P(y)"} <= moved(found)
        assert found.moved[0].answer == "did not move"


def test_a_new_mix_of_finishes_moves_what_comes_and_not_what_it_means():
    finishes = (Finish(name="gloss", share="70%"), Finish(name="matte", share="30%"))
    factory = Factory(finishes=finishes, lots=Lots(size=1))
    found = evidence_of(event(what="process.finish.matte", to="60%"), factory, (), 1)
    assert [each.answer for each in found.moved] == ["moved", "moved", "did not move", "did not move"]


def test_a_flaw_that_starts_to_count_is_concept_drift():
    kinds = (*PHONE_KINDS[:-1], Kind(name="crack", share="30%", counts=False))
    found = evidence_of(event(what="standard.tolerance.crack", to=1.0), Factory(kinds=kinds), (), 1)
    assert {"P(y|x)", "P(y)"} <= moved(found)
    assert "P(x)" not in moved(found)


def test_events_before_it_are_in_force_on_both_sides():
    earlier = event(what="camera.brightness", at="1h", to="40%")
    later = event(what="camera.haze", at="10h", to=0.0)
    assert moved(evidence_of(later, ALONE, (earlier, later), 1)) == set()


def test_events_after_it_are_not():
    now = event(what="camera.haze", at="10h", to=0.0)
    later = event(what="camera.brightness", at="20h", to="40%")
    assert moved(evidence_of(now, ALONE, (now, later), 1)) == set()


@pytest.mark.parametrize(
    ("given", "hours"),
    [
        ({"profile": "sudden"}, 10),
        ({"profile": "incremental", "over": "4h"}, 14),
        ({"profile": "gradual", "over": "4h"}, 14),
        ({"profile": "blip", "over": "4h"}, 12),
        ({"profile": "recurring", "over": "4h", "every": "8h"}, 12),
    ],
)
def test_measured_where_the_event_is_fully_there(given, hours):
    drift = event(what="camera.brightness", to="40%", **given)
    assert drift.fully_there_us == hours * HOUR
    assert {"P(x)"} <= moved(evidence_of(drift, ALONE, (), 1))


def test_the_same_seed_gives_the_same_evidence():
    drift = event(what="camera.brightness", to="90%")
    assert evidence_of(drift, ALONE, (), 1) == evidence_of(drift, ALONE, (drift,), 1)
    assert evidence_of(drift, ALONE, (), 1) != evidence_of(drift, ALONE, (), 2)
