"""People come on duty and go off it. Every log by hand."""

from __future__ import annotations

from small_line import Duty, Line, Server, band, by_humans, by_model, decided, duty, looks, moments, times

from sim.line.route import Route


class TestPhoneInHand:
    """Who has a phone in hand finishes it; a break that starts late still ends on time."""

    def test_three_phones_and_a_break(self, engine):
        # On paper: 0 from 0 to 10. The break from 15 to 30 begins at 20, with phone 1 done; phone 2 waits until 30.
        line = Line(due=[0, 10, 12], human=10, duty=duty(0, (0, 15), (30, 100)))
        assert times(line.run(engine, by_humans())) == [(0, 0, 0, 10), (1, 10, 10, 20), (2, 12, 30, 40)]

    def test_a_phone_in_hand_for_longer_than_the_break_leaves_none(self, engine):
        line = Line(due=[0, 10, 12], human=[10, 30, 5], duty=duty(0, (0, 15), (30, 100)))
        assert times(line.run(engine, by_humans())) == [(0, 0, 0, 10), (1, 10, 10, 40), (2, 12, 40, 45)]

    def test_a_shift_that_ends_as_the_phone_comes_is_over(self, engine):
        line = Line(due=[20], human=5, duty=duty(0, (0, 20), (50, 60)))
        assert times(line.run(engine, by_humans())) == [(0, 20, 50, 55)]
        line = Line(due=[19], human=5, duty=duty(0, (0, 20), (50, 60)))
        assert times(line.run(engine, by_humans())) == [(0, 19, 19, 24)]

    def test_who_ends_a_phone_as_the_break_begins_takes_no_other(self, engine):
        line = Line(due=[0, 1], human=10, duty=duty(0, (0, 10), (20, 30)))
        assert times(line.run(engine, by_humans())) == [(0, 0, 0, 10), (1, 1, 20, 30)]

    def test_who_ends_a_phone_as_the_break_ends_goes_on_with_the_next(self, engine):
        line = Line(due=[0, 1], human=20, duty=duty(0, (0, 10), (20, 30)))
        assert times(line.run(engine, by_humans())) == [(0, 0, 0, 20), (1, 1, 20, 40)]


class TestNobodyThere:
    """Where nobody is on duty phones queue up; buffers and their rules hold as ever."""

    def test_whoever_comes_first_begins_with_the_queue(self, engine):
        line = Line(due=[0, 1, 2], human=10, inspectors=2, duty=duty(1, (5, 100)) + duty(0, (7, 100)))
        assert [row[3:7] for row in looks(line.run(engine, by_humans()))] == [
            (1, 0, 5, 15),
            (0, 1, 7, 17),
            (1, 2, 15, 25),
        ]

    def test_of_those_who_come_together_the_lower_number_begins(self, engine):
        line = Line(due=[0, 1], human=10, inspectors=2, duty=duty(1, (5, 100)) + duty(0, (5, 100)))
        assert [row[3] for row in looks(line.run(engine, by_humans()))] == [0, 1]

    def test_a_full_buffer_ships_or_rejects_unseen(self, engine):
        line = Line(due=[0, 1, 2], human=10, buffer=1, when_full="ship", duty=duty(0, (50, 100)))
        assert decided(line.run(engine, by_humans())) == [
            (0, "human", "pass", 60), (1, "overflow", "pass", 1), (2, "overflow", "pass", 2),
        ]  # fmt: skip
        log = line.but(when_full="reject", buffer=0).run(engine, by_humans())
        assert [row[1:3] for row in decided(log)] == [("overflow", "reject")] * 3

    def test_the_line_stands_until_somebody_comes(self, engine):
        line = Line(due=[0, 1, 2], human=10, buffer=1, duty=duty(0, (50, 100)))
        log = line.run(engine, by_humans())
        assert log.stopped.tolist() == [[1, 50], [50, 60]]
        assert times(log) == [(0, 0, 50, 60), (1, 1, 60, 70), (2, 50, 70, 80)]

    def test_a_server_that_holds_an_unsure_phone_is_let_go(self, engine):
        line = Line(due=[0, 1, 2], human=10, buffer=0, models={"v1": Server(2, 0.5)}, duty=duty(0, (50, 100)))
        log = line.run(engine, Route(band()))
        assert [row[1:] for row in decided(log)] == [
            ("review", "pass", 60),
            ("review", "pass", 70),
            ("review", "pass", 80),
        ]
        assert [row[5:7] for row in looks(log) if row[1] == "primary"] == [(0, 2), (50, 52), (60, 62)]

    def test_at_the_end_of_the_run_they_are_on_the_line(self, engine):
        line = Line(due=[0, 900], human=10, duty=duty(0, (10, 800)))
        assert [row[1] for row in decided(line.run(engine, by_humans()))] == ["human", "on_line"]

    def test_nobody_ever(self, engine):
        line = Line(due=[0], duty=())
        assert [row[1] for row in decided(line.run(engine, by_humans()))] == ["on_line"]


class TestAtOneInstant:
    """The calendar comes before everything else of its instant."""

    def test_a_shift_that_begins_as_a_phone_comes_takes_it(self, engine):
        assert times(Line(due=[5], human=1, duty=duty(0, (5, 9))).run(engine, by_humans())) == [(0, 5, 5, 6)]

    def test_the_place_of_a_phone_taken_at_the_change_is_free_for_the_one_that_comes(self, engine):
        line = Line(due=[0, 5], human=10, buffer=1, when_full="ship", duty=duty(0, (5, 100)))
        assert [row[1] for row in decided(line.run(engine, by_humans()))] == ["human", "human"]

    def test_a_handover_leaves_no_gap(self, engine):
        line = Line(due=[0, 1, 2], human=10, inspectors=2, duty=duty(0, (0, 12)) + duty(1, (12, 50)))
        assert [row[3:7] for row in looks(line.run(engine, by_humans()))] == [
            (0, 0, 0, 10),
            (0, 1, 10, 20),
            (1, 2, 12, 22),
        ]

    def test_a_crash_and_a_shift(self, engine):
        line = Line(due=[0], human=4, models={"v1": Server(10, outages=((5, 30),))}, duty=duty(0, (5, 100)))
        assert decided(line.run(engine, by_model())) == [(0, "fallback", "pass", 9)]

    def test_who_leaves_as_a_server_crashes_takes_none_of_its_phones(self, engine):
        line = Line(due=[0], human=4, models={"v1": Server(10, outages=((5, 30),))}, duty=duty(0, (0, 5), (8, 100)))
        assert decided(line.run(engine, by_model())) == [(0, "fallback", "pass", 12)]

    def test_who_comes_is_idle_since_then(self, engine):
        # Person 1 has waited since 0, person 0 since 3: the longest idle works first.
        line = Line(due=[5, 5], human=10, inspectors=2, duty=duty(1, (0, 100)) + duty(0, (3, 100)))
        assert [row[3] for row in looks(line.run(engine, by_humans()))] == [1, 0]

    def test_who_leaves_from_the_middle_of_those_who_wait(self, engine):
        line = Line(
            due=[9] * 3, human=9, inspectors=4, duty=sum((duty(k, (0, 5 if k in (1, 3) else 50)) for k in range(4)), ())
        )
        assert [row[3:6] for row in looks(line.run(engine, by_humans()))] == [(0, 9, 9), (2, 9, 9), (0, 9, 18)]


def test_the_log_tells_who_is_on_duty(engine):
    line = Line(due=[0], inspectors=2, duty=duty(1, (0, 40), (50, 2000)) + duty(0, (30, 90)))
    assert line.run(engine, by_humans()).duty.tolist() == [[1, 0, 40], [0, 30, 90], [1, 50, 1000]]
    assert Line(due=[0]).run(engine, by_humans()).duty.shape == (0, 3)


class TestSinceWhen:
    """Each knows since when the shift runs and since when somebody is rested; without a calendar both are 0."""

    def test_a_shift_and_its_break(self, engine):
        line = Line(due=[12], human=1, duty=duty(0, (10, 15), (30, 100))).start(engine)
        line.set_route(by_humans())
        seen = []
        for moment in (9, 10, 29, 30):
            line.advance(moment)
            seen += moments(line)
        assert seen == [(0, 0), (10, 10), (10, 10), (10, 30)]

    def test_a_phone_in_hand_all_the_time_was_no_break(self, engine):
        line = Line(due=[12], human=50, duty=duty(0, (10, 15), (30, 100))).start(engine)
        line.set_route(by_humans())
        line.advance(30)
        assert moments(line) == [(10, 10)]

    def test_a_shift_that_began_before_the_run(self, engine):
        line = Line(due=[12], duty=(Duty(0, 0, 50, shift_us=-70, rested_us=-20),)).start(engine)
        line.set_route(by_humans())
        line.advance(5)
        assert moments(line) == [(-70, -20)]

    def test_a_shift_that_follows_at_once(self, engine):
        line = Line(due=[12], human=50, duty=(Duty(0, 0, 20, 0, 0), Duty(0, 20, 40, 20, 20))).start(engine)
        line.set_route(by_humans())
        line.advance(20)
        assert moments(line) == [(20, 20)]

    def test_without_a_calendar(self, engine):
        line = Line(due=[12], inspectors=2).start(engine)
        line.set_route(by_humans())
        line.advance(1000)
        assert moments(line) == [(0, 0), (0, 0)]
