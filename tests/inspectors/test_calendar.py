"""Shifts on paper: who is on duty when, what that comes to in minutes and money."""

from __future__ import annotations

from typing import Any

import pytest

import sim
from sim.experiment.replication import StrategySimulation, run_all
from sim.experiment.run import trained
from sim.inspectors.human.calendar import Duty, Shift, parse_days, parse_time_of_day, roster
from sim.inspectors.human.detection import Inspectors
from sim.line.engines import ENGINES
from sim.measure.tally import Tally
from sim.units import DAY, HOUR, MINUTE


def shift(start: str = "06:00", lasts: str = "8h", **more: Any) -> Shift:
    return Shift.model_validate({"start": start, "lasts": lasts, **more})


def hours(shifts: list[Shift], horizon: int = DAY, staff: int = 1, holidays: tuple[str, ...] = ()) -> list[Any]:
    """Return (person, from, until) of every stretch, in hours."""
    found = roster(shifts, holidays, staff, horizon)
    return [(each.person, each.from_us / HOUR, each.until_us / HOUR) for each in found]


class TestRoster:
    """A shift is cut by its breaks; each has people of its own."""

    def test_breaks_together_and_staggered(self):
        lunch = {"breaks": [{"after": "4h", "lasts": "30min"}]}
        together = [(0, 6.0, 10.0), (0, 10.5, 14.0), (1, 6.0, 10.0), (1, 10.5, 14.0)]
        assert hours([shift(**lunch)], staff=2) == together
        in_turn = [*together[:2], (1, 6.0, 10.5), (1, 11.0, 14.0)]
        assert hours([shift(**lunch, stagger="30min")], staff=2) == in_turn

    def test_crews_differ_and_are_numbered_on(self):
        crews = [shift(count=2), shift("14:00", count=1)]
        assert hours(crews, staff=7) == [(0, 6.0, 14.0), (1, 6.0, 14.0), (2, 14.0, 22.0)]

    def test_nobody_where_a_strategy_rosters_nobody(self):
        assert hours([shift(count=2)], staff=0) == []

    def test_a_night_begins_the_evening_before_the_run(self):
        assert hours([shift("22:00")]) == [(0, 0.0, 6.0), (0, 22.0, 30.0)]
        (before, _) = roster([shift("22:00")], (), 1, DAY)
        assert (before.shift_us, before.rested_us) == (-2 * HOUR, -2 * HOUR)

    def test_a_run_that_begins_in_a_break_or_after_one(self):
        night = shift("22:00", breaks=[{"after": "1h", "lasts": "2h"}])
        assert roster([night], (), 1, 6 * HOUR) == (Duty(0, HOUR, 6 * HOUR, -2 * HOUR, HOUR),)
        night = shift("22:00", breaks=[{"after": "1h", "lasts": "30min"}])
        assert roster([night], (), 1, 6 * HOUR) == (Duty(0, 0, 6 * HOUR, -2 * HOUR, -HOUR // 2),)

    def test_a_run_shorter_than_a_day_or_than_the_time_until_the_shift(self):
        assert hours([shift()], horizon=7 * HOUR) == [(0, 6.0, 14.0)]
        assert hours([shift()], horizon=6 * HOUR) == []

    def test_round_the_clock_is_a_new_shift_every_day(self):
        around = roster([shift("00:00", "1d")], (), 1, 2 * DAY)
        assert [(each.from_us, each.until_us, each.shift_us) for each in around] == [(0, DAY, 0), (DAY, 2 * DAY, DAY)]

    def test_days_holidays_and_overtime(self):
        week = [shift(days=["mon-fri"], overtime=[{"lasts": "2h", "days": ["fri"]}])]
        found = hours(week, 7 * DAY, holidays=("3",))
        assert [(begin // 24 + 1, until - begin) for _, begin, until in found] == [(1, 8), (2, 8), (4, 8), (5, 10)]

    def test_a_holiday_lets_the_night_before_it_finish(self):
        assert hours([shift("22:00")], 2 * DAY, holidays=("sun", "2")) == [(0, 22.0, 30.0)]

    @pytest.mark.parametrize("wrong", ["24:00", "6:5", "-1h", 7, None, True, "25h"])
    def test_no_time_of_day(self, wrong):
        with pytest.raises(ValueError, match="expected a time of the day"):
            parse_time_of_day(wrong)

    @pytest.mark.parametrize("wrong", ["mo", "mon-7", "0", 0, True, None, "", "1-", "9999999"])
    def test_no_days(self, wrong):
        with pytest.raises(ValueError, match="expected a weekday"):
            parse_days(wrong)

    def test_days_that_end_before_they_begin(self):
        with pytest.raises(ValueError, match="write '8-12'"):
            parse_days("12-8")


def test_no_look_depends_on_a_calendar():
    plain, rostered = Inspectors(), Inspectors(shifts=(shift(),), holidays=("sun",))
    assert plain.as_drawn() == rostered.as_drawn()
    assert plain.as_labellers() == rostered.as_labellers()


def simulated(engine: str, **settings: Any) -> StrategySimulation:
    """Run one strategy: a phone each ten minutes from 0:10 on, and looks of six."""
    usual = {
        "horizon": "1d",
        "replications": 1,
        "factory": {"arrivals": {"kind": "takt", "every": "10min", "jitter": "0%"}},
        "strategies": [{"pattern": "manual"}],
    }
    scenario = sim.build(**{**usual, **settings})
    (simulation,), _ = run_all(scenario, scenario.strategies, trained(scenario), 0, engine)
    return simulation


def people(*shifts: dict[str, Any], count: int = 1, look: str = "6min", **more: Any) -> dict[str, Any]:
    return {"count": count, "service": {"law": "fixed", "mean": look}, "shifts": list(shifts), **more}


@pytest.mark.parametrize("engine", list(ENGINES))
class TestPay:
    """Paid is the time on duty, and what the phone in hand takes beyond it."""

    def test_a_shift_by_hand(self, engine):
        # On duty from 0:00 to 0:21 and from 0:31 to 1:00. The phone of 0:20 takes five minutes of the break, that of 0:30
        # waits until 0:31, and that of 1:00 comes as the shift ends.
        day = {"start": "00:00", "lasts": "1h", "breaks": [{"after": "21min", "lasts": "10min"}]}
        run = simulated(engine, inspectors=people(day))
        tally = Tally.of(run.outcomes, run.setting())
        assert run.outcomes.verdict_us[:6].tolist() == [
            16 * MINUTE,
            26 * MINUTE,
            37 * MINUTE,
            46 * MINUTE,
            56 * MINUTE,
            -1,
        ]
        assert (tally.decided, tally.inspectors_busy_us) == (5, 30 * MINUTE)
        assert tally.inspectors_rostered_us == (50 + 5) * MINUTE

    def test_a_phone_longer_than_the_shift(self, engine):
        day = {"start": "00:00", "lasts": "11min"}
        run = simulated(engine, inspectors=people(day, look="45min"))
        tally = Tally.of(run.outcomes, run.setting())
        assert (tally.decided, tally.inspectors_busy_us) == (1, 45 * MINUTE)
        assert tally.inspectors_rostered_us == (11 + 44) * MINUTE

    def test_after_a_warm_up(self, engine):
        day = {"start": "06:00", "lasts": "8h"}
        run = simulated(engine, inspectors=people(day, count=2), warm_up="7h")
        assert run.setting().rostered_us(DAY) == 2 * 7 * HOUR

    def test_crews_of_different_size(self, engine):
        early, late = {"start": "06:00", "lasts": "8h", "count": 2}, {"start": "14:00", "lasts": "8h", "count": 1}
        assert simulated(engine, inspectors=people(early, late)).setting().rostered_us(DAY) == 24 * HOUR

    def test_a_strategy_has_shifts_of_its_own_or_none(self, engine):
        day = {"start": "06:00", "lasts": "8h"}
        own = {"pattern": "manual", "inspectors": {"shifts": [{"start": "06:00", "lasts": "2h"}]}}
        assert simulated(engine, inspectors=people(day), strategies=[own]).setting().rostered_us(DAY) == 2 * HOUR
        always = {"pattern": "manual", "inspectors": {"shifts": []}}
        assert simulated(engine, inspectors=people(day), strategies=[always]).setting().rostered_us(DAY) == DAY
