"""What measurably moves at a drift event, beside its name by cause."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from sim.factory.drift import Drift, DriftEvent
from sim.factory.flaws import PHONE_KINDS, Kind
from sim.factory.lots import Lots
from sim.factory.spec import Factory
from sim.measure.drift_evidence import DriftEvidence, evidence_of
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
        assert [seed for seed in range(20) if moved(evidence_of(nothing, Factory(), (), seed))] == []

    def test_a_tighter_standard_always_moves_the_rate(self):
        tighter = event(what="standard.tolerance", to="60%")
        assert [seed for seed in range(20) if "P(y)" not in moved(evidence_of(tighter, Factory(), (), seed))] == []


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
