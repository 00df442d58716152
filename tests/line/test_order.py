"""What comes first at one instant, and who is next: time and order, on lines small enough to compute by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_line import Line, Route, Server, band, by_humans, by_model, decided, looks, model, times


class TestReleaseFirst:
    """A completion comes before an arrival of the same instant."""

    def test_a_server_that_frees_takes_the_phone_that_arrives(self, engine):
        log = Line(due=[0, 10], human=10, buffer=0).run(engine, by_humans())
        assert times(log) == [(0, 0, 0, 10), (1, 10, 10, 20)]
        assert log.stopped.tolist() == []

    def test_a_microsecond_earlier_the_line_stops_for_it(self, engine):
        log = Line(due=[0, 9], human=10, buffer=0).run(engine, by_humans())
        assert times(log) == [(0, 0, 0, 10), (1, 9, 10, 20)]
        assert log.stopped.tolist() == [[9, 10]]

    def test_a_place_in_the_queue_frees_first_too(self, engine):
        log = Line(due=[0, 1, 10], human=10, buffer=1).run(engine, by_humans())
        assert times(log) == [(0, 0, 0, 10), (1, 1, 10, 20), (2, 10, 20, 30)]
        assert log.stopped.tolist() == []

    def test_no_overflow_at_the_instant_of_release(self, engine):
        log = Line(due=[0, 10], human=10, buffer=0, when_full="ship", bad=[1]).run(engine, by_humans())
        assert decided(log)[1] == (10, "human", "reject", 20)


class TestStationsInOrder:
    """Models complete before humans, models in the plant's order, phones in theirs."""

    def test_models_before_humans(self, engine):
        # At 10 the model asks for a review and the inspector ends: the model comes first and meets a busy inspector.
        line = Line(
            due=[0, 8],
            human=10,
            buffer=0,
            when_full="ship",
            u_arm=[0.9, 0.0],
            models={"v1": Server(service=2, score=0.5)},
        )
        log = line.run(engine, by_humans(candidates=((band(), 50.0),)))
        assert decided(log) == [(0, "human", "pass", 10), (8, "overflow", "pass", 10)]

    def test_a_blocked_server_is_let_go_in_the_same_instant(self, engine):
        line = Line(due=[0, 8], human=10, buffer=0, u_arm=[0.9, 0.0], models={"v1": Server(service=2, score=0.5)})
        log = line.run(engine, by_humans(candidates=((band(), 50.0),)))
        assert looks(log) == [
            (0, "primary", "humans", 0, 0, 0, 10, "pass"),
            (1, "primary", "v1", 0, 8, 8, 10, "review"),
            (1, "review", "humans", 0, 10, 10, 20, "pass"),
        ]

    def test_an_idle_inspector_goes_to_the_first_station(self, engine):
        # Phone 0 is with v2 and phone 1 with v1; both are unsure at 10, and v1 comes first in the plant.
        models = {"v1": Server(service=5, score=0.5), "v2": Server(service=10, score=0.5)}
        line = Line(due=[0, 5], human=7, u_arm=[0.9, 0.0], models=models)
        log = line.run(engine, Route(band("v2"), ((band("v1"), 50.0),)))
        assert looks(log)[1] == (0, "review", "humans", 0, 10, 17, 24, "pass")
        assert looks(log)[3] == (1, "review", "humans", 0, 10, 10, 17, "pass")

    def test_a_waiting_line_goes_by_phone_whoever_asked_first_in_an_instant(self, engine):
        # As above, but the inspector is busy until 12: both wait, asked for at the same instant, so phone 1 goes first.
        models = {"v1": Server(service=5, score=0.5), "v2": Server(service=9, score=0.5)}
        line = Line(due=[0, 1, 5], human=[12, 7, 7], u_arm=[0.7, 0.9, 0.0], models=models)
        log = line.run(engine, Route(band("v2"), ((band("v1"), 50.0), (by_humans().stable, 30.0))))
        assert looks(log) == [
            (0, "primary", "humans", 0, 0, 0, 12, "pass"),
            (1, "primary", "v2", 0, 1, 1, 10, "review"),
            (1, "review", "humans", 0, 10, 12, 19, "pass"),
            (2, "primary", "v1", 0, 5, 5, 10, "review"),
            (2, "review", "humans", 0, 10, 19, 26, "pass"),
        ]

    def test_inspectors_who_end_together_end_in_the_order_of_phones(self, engine):
        # Inspector 0 has had phone 1 since 1, inspector 1 phone 0 since 5; both end at 10. Phone 0's is free first.
        line = Line(
            due=[0, 1, 6],
            human=[5, 9, 3],
            inspectors=2,
            u_arm=[0.0, 0.9, 0.9],
            models={"v1": Server(service=5, score=0.5)},
        )
        run = line.start(engine)
        run.set_route(by_humans(candidates=((band(), 50.0),)))
        run.advance(20)
        assert run.decided_since(0).phone.tolist() == [0, 1, 2]
        assert [row[:6] for row in looks(run.log()) if row[2] == "humans"] == [
            (0, "review", "humans", 1, 5, 5), (1, "primary", "humans", 0, 1, 1), (2, "primary", "humans", 1, 6, 10),
        ]  # fmt: skip

    def test_replicas_of_one_model_end_in_the_order_of_phones(self, engine):
        # Phone 1 started later and got replica 1; phone 0 and 1 both end at 10. One inspector, no place to wait.
        line = Line(
            due=[0, 4, 4], human=6, buffer=0, when_full="reject", u_arm=0.1,
            models={"v1": Server(service=[10, 6, 6], score=0.5, servers=3)},
        )  # fmt: skip
        log = line.run(engine, Route(band()))
        assert [row[1:] for row in decided(log)] == [
            ("review", "pass", 16), ("overflow", "reject", 10), ("overflow", "reject", 10),
        ]  # fmt: skip


class TestCalendarFirst:
    """Outages begin and end before anything else of their instant."""

    def test_a_look_that_would_end_as_the_server_crashes_is_lost(self, engine):
        line = Line(due=[0], human=3, models={"v1": Server(service=10, outages=((10, 20),))})
        assert looks(line.run(engine, by_model())) == [
            (0, "primary", "v1", 0, 0, 0, 10, "lost"),
            (0, "fallback", "humans", 0, 10, 10, 13, "pass"),
        ]

    def test_a_look_that_ends_a_microsecond_earlier_counts(self, engine):
        line = Line(due=[0], human=3, models={"v1": Server(service=9, outages=((10, 20),))})
        assert looks(line.run(engine, by_model())) == [(0, "primary", "v1", 0, 0, 0, 9, "pass")]

    def test_down_at_the_instant_of_the_crash_and_up_at_the_instant_of_repair(self, engine):
        line = Line(due=[9, 10, 19, 20], human=1, models={"v1": Server(service=1, outages=((10, 20),))})
        assert [row[1] for row in decided(line.run(engine, by_model()))] == [
            "fallback",
            "fallback",
            "fallback",
            "model",
        ]

    def test_an_outage_from_the_start(self, engine):
        line = Line(due=[0, 5], human=1, models={"v1": Server(service=1, outages=((0, 5),))})
        assert [row[1] for row in decided(line.run(engine, by_model()))] == ["fallback", "model"]


class TestStrategiesLast:
    def test_a_new_route_holds_for_phones_after_the_instant(self, engine):
        line = Line(due=[9, 10, 10, 11], models={"v1": Server()})
        log = line.run(engine, by_humans(), (10, by_model()))
        assert [row[1] for row in decided(log)] == ["human", "human", "human", "model"]

    def test_a_route_set_before_time_begins_holds_for_the_phone_at_zero(self, engine):
        line = Line(due=[0], models={"v1": Server()}).start(engine)
        line.set_route(by_humans())
        line.set_route(by_model())
        line.advance(5)
        assert [row[1] for row in decided(line.log())] == ["model"]

    def test_advance_includes_its_moment_and_nothing_later(self, engine):
        line = Line(due=[0, 5, 6], human=5, inspectors=3).start(engine)
        line.set_route(by_humans())
        line.advance(4)
        assert line.decided_since(0).phone.tolist() == []
        line.advance(5)
        assert line.decided_since(0).phone.tolist() == [0]
        assert line.log().phones.release_us.tolist() == [0, 5, -1]
        line.advance(11)
        assert line.decided_since(1).phone.tolist() == [1, 2]
        assert line.decided_since(1).verdict_us.tolist() == [10, 11]


class TestWhoIsNext:
    def test_first_come_first_served_and_of_one_tray_the_lower_phone(self, engine):
        log = Line(due=[5, 5, 5, 6], human=3).run(engine, by_humans())
        assert times(log) == [(0, 5, 5, 8), (1, 5, 8, 11), (2, 5, 11, 14), (3, 6, 14, 17)]

    def test_a_review_waits_behind_a_phone_that_came_before_it_was_asked_for(self, engine):
        # Phone 0's review is asked for at 6, after phone 2 came at 5: first in means first asked.
        line = Line(due=[0, 1, 5], human=10, u_arm=[0.0, 0.9, 0.9], models={"v1": Server(service=6, score=0.5)})
        log = line.run(engine, by_humans(candidates=((band(), 50.0),)))
        assert looks(log) == [
            (0, "primary", "v1", 0, 0, 0, 6, "review"),
            (0, "review", "humans", 0, 6, 21, 31, "pass"),
            (1, "primary", "humans", 0, 1, 1, 11, "pass"),
            (2, "primary", "humans", 0, 5, 11, 21, "pass"),
        ]

    def test_the_longest_idle_inspector_works(self, engine):
        # They free in the order 1 (at 4), 0 (at 10), 2 (at 12), and work again in that order.
        log = Line(due=[0, 1, 2, 20, 21, 22], human=[10, 3, 10, 5, 5, 5], inspectors=3).run(engine, by_humans())
        assert [row[3] for row in looks(log)] == [0, 1, 2, 1, 0, 2]

    def test_of_equally_idle_inspectors_the_lowest_number(self, engine):
        # 2 and 0 both free at 10, and phone 2 with inspector 2 was the last to come; 1 is busy.
        log = Line(due=[0, 0, 1, 20, 21], human=[10, 90, 9, 5, 5], inspectors=3).run(engine, by_humans())
        assert [row[3] for row in looks(log)] == [0, 1, 2, 0, 2]

    def test_an_inspector_with_a_queue_is_never_idle(self, engine):
        log = Line(due=[0, 0, 0, 0], human=[5, 3, 4, 1], inspectors=2).run(engine, by_humans())
        assert [(row[0], row[3], row[5], row[6]) for row in looks(log)] == [
            (0, 0, 0, 5),
            (1, 1, 0, 3),
            (2, 1, 3, 7),
            (3, 0, 5, 6),
        ]

    def test_after_a_repair_all_replicas_are_equally_idle(self, engine):
        # Replica 1 has been idle since 1, replica 0 since 4: but for the repair, 1 would be next.
        server = Server(service=[4, 1, 2, 2], servers=2, outages=((5, 10),))
        log = Line(due=[0, 0, 20, 21], models={"v1": server}).run(engine, by_model())
        assert [row[3] for row in looks(log)] == [0, 1, 0, 1]


def test_times_are_whole_numbers(engine):
    line = Line(due=[0, 3], buffer=0, human=10, models={"v1": Server()})
    log = line.run(engine, by_humans(mirrors=((model(), 100.0),)))
    for table, names in (
        (log.phones, ("release_us", "verdict_us")),
        (log.looks, ("phone", "enter_us", "start_us", "end_us")),
    ):
        for name in names:
            assert getattr(table, name).dtype == np.int64, name
    assert log.stopped.dtype == np.int64
    line = line.start(engine)
    line.set_route(by_humans(mirrors=((model(), 100.0),)))
    line.advance(100)
    assert line.decided_since(0).verdict_us.dtype == np.int64
    assert line.mirrored_since(0).end_us.dtype == np.int64


@pytest.mark.parametrize("day", [1, 40_000])
def test_times_stay_exact_far_from_zero(engine, day):
    start = day * 86_400_000_000 + 1
    log = Line(due=[start, start + 9], human=10, buffer=0, horizon=start + 100).run(engine, by_humans())
    assert times(log) == [(0, start, start, start + 10), (1, start + 9, start + 10, start + 20)]
