"""A server that crashes loses its phones to the fallback, wherever they stand. Every log by hand."""

from __future__ import annotations

from small_line import Line, Route, Server, band, by_model, decided, looks, model, times


class TestCrash:
    """A crash loses the work in hand and in the queue; those phones go to the fallback at that instant, in order."""

    def test_humans_decide_what_was_lost_in_order(self, engine):
        line = Line(due=[0, 1, 2, 20, 35], human=4, models={"v1": Server(service=10, outages=((5, 30),))})
        log = line.run(engine, by_model())
        assert looks(log) == [
            (0, "primary", "v1", 0, 0, 0, 5, "lost"),
            (0, "fallback", "humans", 0, 5, 5, 9, "pass"),
            (1, "primary", "v1", -1, 1, -1, 5, "lost"),
            (1, "fallback", "humans", 0, 5, 9, 13, "pass"),
            (2, "primary", "v1", -1, 2, -1, 5, "lost"),
            (2, "fallback", "humans", 0, 5, 13, 17, "pass"),
            (3, "fallback", "humans", 0, 20, 20, 24, "pass"),
            (4, "primary", "v1", 0, 35, 35, 45, "pass"),
        ]
        assert [row[1] for row in decided(log)] == ["fallback"] * 4 + ["model"]

    def test_fail_open_ships_what_was_lost(self, engine):
        line = Line(due=[0, 1, 20, 35], bad=[0, 1, 2], models={"v1": Server(service=10, score=0.9, outages=((5, 30),))})
        log = line.run(engine, by_model(fallback="nobody"))
        assert decided(log) == [
            (0, "fail_open", "pass", 5), (1, "fail_open", "pass", 5), (20, "fail_open", "pass", 20), (35, "model", "reject", 45),
        ]  # fmt: skip

    def test_fail_closed_rejects_what_was_lost(self, engine):
        line = Line(due=[0, 1, 20, 35], bad=[0], models={"v1": Server(service=10, score=0.1, outages=((5, 30),))})
        log = line.run(engine, by_model(fallback="reject"))
        assert decided(log) == [
            (0, "fail_closed", "reject", 5), (1, "fail_closed", "reject", 5), (20, "fail_closed", "reject", 20),
            (35, "model", "pass", 45),
        ]  # fmt: skip
        assert [row[1] for row in looks(log)] == ["primary", "primary", "primary"]

    def test_what_a_model_refuses_goes_to_the_fallback_when_it_has_looked(self, engine):
        line = Line(due=[0, 1, 2], human=4, bad=[1], models={"v1": Server(service=10, score=[0.1, float("nan"), 0.9])})
        log = line.run(engine, by_model())
        assert looks(log) == [
            (0, "primary", "v1", 0, 0, 0, 10, "pass"),
            (1, "primary", "v1", 0, 1, 10, 20, "refused"),
            (1, "fallback", "humans", 0, 20, 20, 24, "reject"),
            (2, "primary", "v1", 0, 2, 20, 30, "reject"),
        ]
        assert [row[1] for row in decided(log)] == ["model", "fallback", "model"]
        for fallback, how, verdict in (("nobody", "fail_open", "pass"), ("reject", "fail_closed", "reject")):
            log = line.run(engine, by_model(fallback=fallback))
            assert decided(log)[1] == (1, how, verdict, 20)
            assert [row[7] for row in looks(log)] == ["pass", "refused", "reject"]

    def test_a_server_keeps_what_it_refuses_until_an_inspector_has_room(self, engine):
        server = Server(service=2, score=[float("nan"), float("nan"), float("nan"), 0.1])
        line = Line(due=[0, 1, 2, 3], human=20, buffer=0, models={"v1": server})
        assert times(line.run(engine, by_model())) == [
            (0, 0, 0, 2), (0, 2, 2, 22), (1, 1, 2, 4), (1, 4, 22, 42), (2, 2, 22, 24), (2, 24, 42, 62), (3, 3, 42, 44),
        ]  # fmt: skip

    def test_a_mirror_that_refuses_is_missing(self, engine):
        models = {"v1": Server(service=2), "v2": Server(service=3, score=float("nan"))}
        log = Line(due=[0], models=models).run(engine, by_model("v1", mirrors=((model("v2"), 100.0),)))
        assert looks(log)[1] == (0, "mirror", "v2", 0, 0, 0, 3, "missing")

    def test_the_fallback_of_an_unsure_arm_is_the_same(self, engine):
        line = Line(due=[0], human=4, models={"v1": Server(service=10, score=0.5, outages=((5, 30),))})
        assert decided(line.run(engine, Route(band()))) == [(0, "fallback", "pass", 9)]

    def test_a_lost_look_never_comes_back(self, engine):
        # The lost look of phone 0 would have ended at 10, when the repaired server has phone 1 in hand.
        line = Line(due=[0, 7], human=30, models={"v1": Server(service=[10, 9], outages=((5, 6),))})
        log = line.run(engine, by_model())
        assert decided(log) == [(0, "fallback", "pass", 35), (7, "model", "pass", 16)]

    def test_again_and_again(self, engine):
        server = Server(service=10, outages=((5, 6), (8, 9), (13, 14)))
        log = Line(due=[0, 7, 12, 20], human=1, models={"v1": server}).run(engine, by_model())
        assert decided(log) == [
            (0, "fallback", "pass", 6),
            (7, "fallback", "pass", 9),
            (12, "fallback", "pass", 14),
            (20, "model", "pass", 30),
        ]

    def test_another_versions_server_goes_on(self, engine):
        models = {"v1": Server(service=10, outages=((5, 30),)), "v2": Server(service=10)}
        line = Line(due=[0, 1], human=1, u_arm=[0.0, 0.9], models=models)
        log = line.run(engine, by_model("v2", candidates=((model("v1"), 50.0),)))
        assert decided(log) == [(0, "fallback", "pass", 6), (1, "model", "pass", 11)]

    def test_while_the_conveyor_waits_outside(self, engine):
        line = Line(due=[0, 3, 4], human=4, models={"v1": Server(service=10, buffer=0, outages=((6, 30),))})
        log = line.run(engine, by_model())
        assert looks(log) == [
            (0, "primary", "v1", 0, 0, 0, 6, "lost"),
            (0, "fallback", "humans", 0, 6, 6, 10, "pass"),
            (1, "primary", "v1", -1, 3, -1, 6, "lost"),
            (1, "fallback", "humans", 0, 6, 10, 14, "pass"),
            (2, "fallback", "humans", 0, 6, 14, 18, "pass"),
        ]
        assert log.stopped.tolist() == [[3, 6]]

    def test_while_the_conveyor_waits_outside_and_the_inspectors_are_full_too(self, engine):
        line = Line(due=[0, 3, 4], human=4, buffer=0, models={"v1": Server(service=10, buffer=0, outages=((6, 30),))})
        log = line.run(engine, by_model())
        assert times(log) == [(0, 0, 0, 6), (0, 6, 6, 10), (1, 3, -1, 6), (1, 6, 10, 14), (2, 10, 14, 18)]
        assert log.phones.release_us.tolist() == [0, 3, 10]
        assert log.stopped.tolist() == [[3, 10], [10, 14]]

    def test_while_the_conveyor_waits_outside_failing_open(self, engine):
        line = Line(due=[0, 3, 4], models={"v1": Server(service=10, buffer=0, outages=((6, 30),))})
        log = line.run(engine, by_model(fallback="nobody"))
        assert decided(log) == [(0, "fail_open", "pass", 6), (3, "fail_open", "pass", 6), (6, "fail_open", "pass", 6)]
        assert log.stopped.tolist() == [[3, 6]]

    def test_a_phone_that_once_waited_outside_and_is_lost_in_hand(self, engine):
        # Phone 1 had stopped the line until 10; at the crash it is in hand, and phone 2 stands at the head.
        line = Line(
            due=[0, 3, 4, 5], human=4, buffer=0, models={"v1": Server(service=10, buffer=0, outages=((12, 90),))}
        )
        log = line.run(engine, by_model())
        assert looks(log) == [
            (0, "primary", "v1", 0, 0, 0, 10, "pass"),
            (1, "primary", "v1", 0, 3, 10, 12, "lost"),
            (1, "fallback", "humans", 0, 12, 12, 16, "pass"),
            (2, "primary", "v1", -1, 10, -1, 12, "lost"),
            (2, "fallback", "humans", 0, 12, 16, 20, "pass"),
            (3, "fallback", "humans", 0, 16, 20, 24, "pass"),
        ]
        assert log.stopped.tolist() == [[3, 10], [10, 16], [16, 20]]

    def test_a_phone_that_once_waited_outside_and_is_lost_in_the_queue(self, engine):
        # Phone 2 had stopped the line until 10 and then queued; nothing stands at the head when the server crashes.
        line = Line(due=[0, 3, 4, 50], human=4, models={"v1": Server(service=10, buffer=1, outages=((12, 90),))})
        log = line.run(engine, by_model())
        assert decided(log) == [
            (0, "model", "pass", 10), (3, "fallback", "pass", 16), (4, "fallback", "pass", 20), (50, "fallback", "pass", 54),
        ]  # fmt: skip
        assert log.stopped.tolist() == [[4, 10]]

    def test_lost_phones_wait_before_the_inspectors_without_stopping_the_line(self, engine):
        # They have left the conveyor: beyond the inspectors' buffer they wait where they are, and later phones behind.
        line = Line(due=[0, 1, 2, 30], human=4, buffer=0, models={"v1": Server(service=10, outages=((5, 90),))})
        log = line.run(engine, by_model())
        assert [row[5] for row in looks(log) if row[1] == "fallback"] == [5, 9, 13, 30]
        assert log.stopped.tolist() == []
        log = line.but(due=[0, 1, 2, 7]).run(engine, by_model())
        assert [row[5] for row in looks(log) if row[1] == "fallback"] == [5, 9, 13, 17]
        assert log.stopped.tolist() == [[7, 17]]

    def test_a_server_that_holds_a_phone_survives_the_crash_with_it(self, engine):
        # Phone 1's look had ended: the server only holds it, until 22, and is repaired at 10 with the phone in hand.
        line = Line(
            due=[0, 1, 5, 12], human=20, buffer=0, models={"v1": Server(service=2, score=0.5, outages=((6, 10),))}
        )
        log = line.run(engine, Route(band()))
        assert looks(log) == [
            (0, "primary", "v1", 0, 0, 0, 2, "review"),
            (0, "review", "humans", 0, 2, 2, 22, "pass"),
            (1, "primary", "v1", 0, 1, 2, 4, "review"),
            (1, "review", "humans", 0, 4, 22, 42, "pass"),
            (2, "primary", "v1", -1, 5, -1, 6, "lost"),
            (2, "fallback", "humans", 0, 6, 42, 62, "pass"),
            (3, "primary", "v1", 0, 12, 22, 24, "review"),
            (3, "review", "humans", 0, 24, 62, 82, "pass"),
        ]

    def test_a_server_let_go_while_it_is_down_works_again_after_the_repair(self, engine):
        line = Line(
            due=[0, 1, 21, 22], human=5, buffer=0, models={"v1": Server(service=2, score=0.5, outages=((6, 20),))}
        )
        log = line.run(engine, Route(band()))
        assert [row[4:7] for row in looks(log) if row[1] == "primary"] == [
            (0, 0, 2),
            (1, 2, 4),
            (21, 21, 23),
            (22, 23, 25),
        ]
        assert [row[4:7] for row in looks(log) if row[1] == "review"] == [
            (2, 2, 7),
            (4, 7, 12),
            (23, 23, 28),
            (25, 28, 33),
        ]

    def test_the_free_replica_works_while_the_other_is_held(self, engine):
        # Two replicas: 1 holds phone 1 across the outage, 0 takes phone 2 after the repair.
        line = Line(
            due=[0, 1, 12], human=[40, 5, 5], buffer=0,
            models={"v1": Server(service=2, score=[0.5, 0.5, 0.1], servers=2, outages=((6, 10),))},
        )  # fmt: skip
        log = line.run(engine, Route(band()))
        assert looks(log)[2] == (1, "primary", "v1", 1, 1, 1, 3, "review")
        assert looks(log)[4] == (2, "primary", "v1", 0, 12, 12, 14, "pass")
