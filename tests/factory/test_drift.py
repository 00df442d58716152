"""Drift profiles at chosen moments, how events on one quantity compose, and their names by cause."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import TypeAdapter

from sim.factory.cause import quantities_of
from sim.factory.drift import Course, Drift, DriftEvent
from sim.factory.drift.profiles.gradual import confined_ramp
from sim.factory.finishes import Finish
from sim.factory.flaws import PHONE_KINDS, Kind
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.measure.events import of_the_world
from sim.report.text.sentences import sentence
from sim.units import HOUR

READ = TypeAdapter(DriftEvent)


def event(**given: object) -> Drift:
    made: Drift = READ.validate_python({"what": "camera.contrast", "at": "10h", "to": 0.5, **given})
    return made


def at(*hours: float) -> np.ndarray:
    return np.array([math.floor(hour * HOUR + 0.5) for hour in hours], dtype=np.int64)


def values(*events: Drift, what: str = "camera.contrast", hours: tuple[float, ...], **mix: float) -> list[float]:
    """Return the quantity's value at these hours, for phones whose mixing uniforms are those given by hour."""
    t = at(*hours)
    uniforms = {each.key: np.full(len(t), mix.get(f"u{int(each.at // HOUR)}", 0.5)) for each in events}
    found = Course(quantities_of(Factory()), events).value(what, t, uniforms)
    return np.broadcast_to(found, t.shape).tolist()


#: Just before, at and just after a moment: one microsecond is 1 / 3.6e9 hours.
TICK = 1 / 3.6e9


class TestProfiles:
    def test_sudden_holds_from_its_moment_on(self):
        hours = (0, 10 - TICK, 10, 10 + TICK, 1000)
        assert values(event(profile="sudden"), hours=hours) == [1.0, 1.0, 0.5, 0.5, 0.5]

    def test_sudden_is_the_usual_profile_when_none_is_said(self):
        with pytest.raises(ValueError, match="profile"):
            READ.validate_python({"what": "camera.contrast", "at": "10h", "to": 0.5})

    def test_incremental_passes_through_every_value_between(self):
        hours = (0, 10, 11, 12, 14, 14 + TICK, 1000)
        assert values(event(profile="incremental", over="4h"), hours=hours) == [1.0, 1.0, 0.875, 0.75, 0.5, 0.5, 0.5]

    def test_recurring_comes_again_and_again(self):
        drift = event(profile="recurring", over="2h", every="6h")
        hours = (10 - TICK, 10, 12 - TICK, 12, 16 - TICK, 16, 17, 18, 22, 24 - TICK, 24)
        assert values(drift, hours=hours) == [1.0, 0.5, 0.5, 1.0, 1.0, 0.5, 0.5, 1.0, 0.5, 0.5, 1.0]

    def test_a_blip_goes_back_for_good(self):
        hours = (10 - TICK, 10, 12 - TICK, 12, 16, 1000)
        assert values(event(profile="blip", over="2h"), hours=hours) == [1.0, 0.5, 0.5, 1.0, 1.0, 1.0]

    def test_gradual_gives_each_phone_the_old_or_the_new_value(self):
        drift = event(profile="gradual", over="4h")
        hours = (10 - TICK, 10, 11, 12, 14, 14 + TICK)
        # The share of new phones is 0, 1 %, 9.13 %, 50 %, 99 %, 100 %: a phone is new if its uniform lies below.
        assert values(drift, hours=hours, u10=0.005) == [1.0, 0.5, 0.5, 0.5, 0.5, 0.5]
        assert values(drift, hours=hours, u10=0.05) == [1.0, 1.0, 0.5, 0.5, 0.5, 0.5]
        assert values(drift, hours=hours, u10=0.4) == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]
        assert values(drift, hours=hours, u10=0.6) == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
        assert values(drift, hours=hours, u10=0.995) == [1.0, 1.0, 1.0, 1.0, 1.0, 0.5]

    def test_the_share_of_new_phones_in_a_world_follows_the_ramp(self):
        what = "camera.contrast"
        world = World(Factory(), (event(profile="gradual", over="4h"),), Streams(5, 0))
        for hour in (10.5, 11, 12, 13.7):
            phones = world.take(20_000, frozen_at=int(at(hour)[0]))
            new = world.course.value(what, np.full(20_000, at(hour)[0]), phones.mix) == 0.5
            share = float(confined_ramp(np.array([(hour - 10) / 4]))[0])
            assert abs(new.mean() - share) < 4.0 * math.sqrt(share * (1 - share) / 20_000)


class TestConfinedRamp:
    def test_a_quarter_of_the_way(self):
        # 1 / (1 + exp(-2 ln 99 (1/4 - 1/2))) = 1 / (1 + sqrt 99)
        found = float(confined_ramp(np.array([0.25]))[0])
        assert found == pytest.approx(1.0 / (1.0 + math.sqrt(99.0)), rel=1e-12)
        assert round(found, 4) == 0.0913

    def test_its_ends_are_confined(self):
        inside = confined_ramp(np.array([-1e-9, 0.0, 0.5, 1.0, 1.0 + 1e-9]))
        assert inside == pytest.approx([0.0, 0.01, 0.5, 0.99, 1.0], abs=1e-12)

    def test_it_rises_and_is_symmetric(self):
        u = np.linspace(-0.5, 1.5, 401)
        ramp = confined_ramp(u)
        assert (np.diff(ramp) >= 0).all()
        assert ramp + ramp[::-1] == pytest.approx(np.ones(401), abs=1e-12)


class TestSeveralEventsOnOneQuantity:
    """Each moves it from the value it finds towards its own."""

    def test_one_after_the_other(self):
        first, second = event(profile="sudden", to=0.8), event(profile="sudden", at="20h", to=0.6)
        for events in ((first, second), (second, first)):
            assert values(*events, hours=(5, 10, 15, 20, 25)) == [1.0, 0.8, 0.8, 0.6, 0.6]

    def test_a_blip_returns_to_what_it_found(self):
        events = (event(profile="sudden", to=0.8), event(profile="blip", at="20h", over="2h", to=0.1))
        assert values(*events, hours=(5, 15, 20, 21, 22, 30)) == [1.0, 0.8, 0.1, 0.1, 0.8, 0.8]

    def test_a_blip_hides_what_happens_beneath_it(self):
        events = (event(profile="blip", over="10h", to=0.1), event(profile="sudden", at="12h", to=0.8))
        assert values(*events, hours=(5, 11, 12, 19, 25)) == [1.0, 0.1, 0.8, 0.8, 0.8]

    def test_a_ramp_starts_from_what_it_finds(self):
        events = (event(profile="sudden", to=0.8), event(profile="incremental", at="20h", over="4h", to=0.4))
        assert values(*events, hours=(15, 20, 21, 22, 24, 30)) == pytest.approx([0.8, 0.8, 0.7, 0.6, 0.4, 0.4])

    def test_ramps_may_overlap(self):
        events = (
            event(profile="incremental", over="4h", to=0.0),
            event(profile="incremental", at="12h", over="4h", to=1.0),
        )
        # At 13 h the first is at 0.25, and the second has gone a quarter of the way from there to 1.
        assert values(*events, hours=(11, 12, 13, 14, 16)) == pytest.approx([0.75, 0.5, 0.4375, 0.5, 1.0])

    def test_gradual_on_gradual_by_their_own_uniforms(self):
        events = (event(profile="gradual", over="4h", to=0.8), event(profile="gradual", at="20h", over="4h", to=0.4))
        assert values(*events, hours=(12, 22, 30), u10=0.4, u20=0.6) == [0.8, 0.8, 0.4]
        assert values(*events, hours=(12, 22, 30), u10=0.6, u20=0.4) == [1.0, 0.4, 0.4]

    def test_another_quantity_does_not_care(self):
        events = (event(profile="sudden"), event(what="camera.haze", profile="sudden", at="12h", to=0.3))
        assert values(*events, hours=(11, 13)) == [0.5, 0.5]
        assert values(*events, what="camera.haze", hours=(11, 13)) == [0.0, 0.3]
        assert values(*events, what="camera.blur", hours=(11, 13)) == [0.0, 0.0]


class TestInAWorld:
    """What drifts, drifts at each phone's due time."""

    def test_a_flaw_starts_to_count(self):
        kinds = (Kind(name="scratch", share="50%"), Kind(name="crack", share="50%", counts=False))
        factory = Factory(kinds=kinds, defect_rate=0.3)
        start = READ.validate_python({"what": "standard.tolerance.crack", "profile": "sudden", "at": "10h", "to": 1.0})
        phones = World(factory, (start,), Streams(5, 0)).take(3600)
        before = phones.due_us < start.at
        assert phones.defective[before].tolist() == (phones.severity[before, 0] > 1.0).tolist()
        assert phones.defective[~before].tolist() == (phones.severity[~before] > 1.0).any(axis=1).tolist()
        assert (phones.severity[before, 1] > 1.0).sum() > 100

    def test_a_tolerance_halved_doubles_the_ratio(self):
        drift = READ.validate_python({"what": "standard.tolerance", "profile": "sudden", "at": "10h", "to": 0.5})
        with_, without = (World(Factory(), events, Streams(5, 0)).take(3600) for events in ((drift,), ()))
        after = with_.due_us >= drift.at
        assert with_.ratio[after].tolist() == (2.0 * without.ratio[after]).tolist()
        assert with_.ratio[~after].tolist() == without.ratio[~after].tolist()

    def test_tolerances_multiply(self):
        events = [
            READ.validate_python({"what": what, "profile": "sudden", "at": 0, "to": 0.5})
            for what in ("standard.tolerance", "standard.tolerance.scratch")
        ]
        kinds = (Kind(name="scratch", share="100%"),)
        with_, without = (World(Factory(kinds=kinds), drift, Streams(5, 0)).take(2000) for drift in (tuple(events), ()))
        assert with_.ratio.tolist() == (4.0 * without.ratio).tolist()

    def test_people_know_of_a_standard_after_its_briefing(self):
        drift = READ.validate_python({"what": "standard.tolerance", "profile": "sudden", "at": "5h", "to": 0.5})
        world = World(Factory(), (drift,), Streams(5, 0))
        phones = world.take(3600)
        known = world.ratio_as_known(phones, 10 * HOUR)
        old = World(Factory(), (), Streams(5, 0)).take(3600).ratio
        briefed = phones.due_us >= 15 * HOUR
        assert known[~briefed].tolist() == old[~briefed].tolist()
        assert known[briefed].tolist() == phones.ratio[briefed].tolist()
        assert world.ratio_as_known(phones, 0).tolist() == phones.ratio.tolist()

    def test_a_finish_takes_the_share_asked_and_leaves_the_others_in_proportion(self):
        shares = {"a": 0.5, "b": 0.3, "c": 0.2}
        factory = Factory(finishes=tuple(Finish(name=name, share=share) for name, share in shares.items()))
        for name in shares:
            drift = READ.validate_python({"what": f"process.finish.{name}", "profile": "sudden", "at": 0, "to": 0.8})
            found = np.bincount(World(factory, (drift,), Streams(5, 0)).take(40_000).finish, minlength=3) / 40_000
            rest = 1.0 - shares[name]
            expected = [0.8 if other == name else 0.2 * share / rest for other, share in shares.items()]
            assert found == pytest.approx(expected, abs=4.0 * 0.5 / math.sqrt(40_000))

    def test_a_rising_finish_takes_phones_and_gives_none_back(self):
        factory = Factory(
            finishes=(Finish(name="a", share=0.5), Finish(name="b", share=0.3), Finish(name="c", share=0.2))
        )

        def finishes(to: float) -> np.ndarray:
            drift = READ.validate_python({"what": "process.finish.b", "profile": "sudden", "at": 0, "to": to})
            return World(factory, (drift,), Streams(5, 0)).take(3000).finish == 1

        few, more = finishes(0.4), finishes(0.7)
        assert (few <= more).all()
        assert few.sum() < more.sum()


class TestCauses:
    """An event is named by its cause."""

    CAUSES = {  # noqa: RUF012
        "camera.contrast": "data", "camera.brightness": "data", "camera.haze": "data", "camera.blur": "data",
        "process.finish.gloss": "data", "process.defect_rate": "prior", "process.rate.scratch": "prior",
        "process.rate.crack": "data + concept", "process.severity": "data + prior", "process.severity.dent": "data + prior",
        "standard.tolerance": "concept", "standard.tolerance.scratch": "concept", "standard.tolerance.crack": "concept",
    }  # fmt: skip

    def test_by_quantity(self):
        kinds = (Kind(name="scratch", share="60%"), Kind(name="dent", share="40%"), Kind(name="crack", share="0%"))
        quantities = quantities_of(Factory(kinds=kinds))
        assert {name: quantities[name].drift for name in self.CAUSES} == self.CAUSES

    def test_everything_that_could_ever_drift_still_can(self):
        names = {"camera.contrast", "camera.brightness", "camera.haze", "camera.blur", "process.defect_rate",
                 "process.severity", "standard.tolerance", "process.finish.gloss"}  # fmt: skip
        for what in ("process.rate", "process.severity", "standard.tolerance"):
            names |= {f"{what}.{kind.name}" for kind in PHONE_KINDS}
        assert set(quantities_of(Factory())) >= names

    def test_told_in_words(self):
        drift = (
            event(profile="sudden", name="lamp fails"),
            event(what="standard.tolerance", profile="gradual", at="5h", over="2h"),
        )
        found = of_the_world(Factory(), drift, {})
        assert [(each.time_us, each.kind, sentence(each)) for each in found] == [
            (5 * HOUR, "drift", "standard.tolerance to 0.5 over 2h (concept drift, gradual)"),
            (10 * HOUR, "drift", "lamp fails: camera.contrast to 0.5 (data drift, sudden)"),
        ]


def test_an_event_changes_nothing_where_it_finds_its_own_value_in_all_cases() -> None:
    fails, same = event(profile="sudden"), event(profile="sudden", at="20h")
    dust = event(what="camera.haze", profile="incremental", over="2h", to=0, cleaning=True)
    blip = event(profile="blip", over="1h")
    mended = event(profile="sudden", at="20h", to=1)

    def idle(*events: Drift) -> list[bool]:
        course = Course(quantities_of(Factory()), events)
        return [course.changes_nothing(each) for each in events]

    assert idle(fails, same) == [False, True]
    assert idle(dust) == [True]
    assert idle(fails, mended) == [False, False]
    assert idle(mended) == [True]
    assert idle(blip, same) == [False, False]


def test_a_kind_s_own_rate_puts_an_end_to_what_others_make_of_it() -> None:
    quantities = quantities_of(Factory())
    kind = next(what for what in quantities if what.startswith("process.rate."))
    own = event(what=kind, profile="sudden", to=quantities[kind].start)
    assert not Course(quantities, (own,)).changes_nothing(own)
