"""Phones that have to wait: a full buffer stops the line, or the phone passes on unseen. Every log by hand."""

from __future__ import annotations

from small_line import Line, Route, Server, band, by_humans, by_model, decided, looks, times


class TestBlocking:
    """A full buffer stops the line; what stands still keeps its due time."""

    def test_no_place_to_wait(self, engine):
        log = Line(due=[0, 3, 5], human=10, buffer=0).run(engine, by_humans())
        assert times(log) == [(0, 0, 0, 10), (1, 3, 10, 20), (2, 10, 20, 30)]
        assert log.phones.release_us.tolist() == [0, 3, 10]
        assert log.stopped.tolist() == [[3, 10], [10, 20]]

    def test_latency_counts_from_due_not_from_release(self, engine):
        line = Line(due=[0, 3, 5], human=10, buffer=0)
        log = line.run(engine, by_humans())
        assert (log.phones.verdict_us - line.columns().due_us).tolist() == [10, 17, 25]

    def test_one_place_to_wait(self, engine):
        log = Line(due=[0, 3, 5, 6], human=10, buffer=1).run(engine, by_humans())
        assert times(log) == [(0, 0, 0, 10), (1, 3, 10, 20), (2, 5, 20, 30), (3, 10, 30, 40)]
        assert log.phones.release_us.tolist() == [0, 3, 5, 10]
        assert log.stopped.tolist() == [[5, 10], [10, 20]]

    def test_the_line_catches_up(self, engine):
        log = Line(due=[0, 1, 2, 50], human=[10, 1, 1, 1], buffer=0).run(engine, by_humans())
        assert log.phones.release_us.tolist() == [0, 1, 10, 50]
        assert log.stopped.tolist() == [[1, 10], [10, 11]]

    def test_a_full_model_buffer_stops_the_line_too(self, engine):
        log = Line(due=[0, 3], models={"v1": Server(service=10, buffer=0)}).run(engine, by_model())
        assert times(log) == [(0, 0, 0, 10), (1, 3, 10, 20)]
        assert log.stopped.tolist() == [[3, 10]]

    def test_a_model_server_holds_its_phone_until_a_human_can_take_it(self, engine):
        line = Line(due=[0, 1, 2], human=10, buffer=0, models={"v1": Server(service=2, score=0.5)})
        log = line.run(engine, Route(band()))
        assert looks(log) == [
            (0, "primary", "v1", 0, 0, 0, 2, "review"),
            (0, "review", "humans", 0, 2, 2, 12, "pass"),
            (1, "primary", "v1", 0, 1, 2, 4, "review"),
            (1, "review", "humans", 0, 4, 12, 22, "pass"),
            (2, "primary", "v1", 0, 2, 12, 14, "review"),
            (2, "review", "humans", 0, 14, 22, 32, "pass"),
        ]
        assert log.stopped.tolist() == []

    def test_a_chain_lets_go_from_the_inspector_to_the_conveyor(self, engine):
        # Phone 0 with the inspector, 1 held by the model server, 2 at the conveyor's head, 3 behind it: at 12 all move.
        line = Line(due=[0, 2, 3, 4], human=10, buffer=0, models={"v1": Server(service=2, score=0.5, buffer=0)})
        log = line.run(engine, Route(band()))
        assert log.phones.release_us.tolist() == [0, 2, 3, 12]
        assert log.stopped.tolist() == [[3, 12], [12, 22]]
        assert [row[4:7] for row in looks(log) if row[1] == "primary"] == [
            (0, 0, 2),
            (2, 2, 4),
            (3, 12, 14),
            (12, 22, 24),
        ]
        assert [row[4:7] for row in looks(log) if row[1] == "review"] == [
            (2, 2, 12),
            (4, 12, 22),
            (14, 22, 32),
            (24, 32, 42),
        ]

    def test_waiting_outside_is_first_come_first_served_whoever_waits(self, engine):
        # Outside the inspector: the model's server with phone 1 since 4, the conveyor with phone 2 since 5.
        line = Line(
            due=[0, 2, 5], human=10, buffer=0, u_arm=[0.9, 0.1, 0.9], models={"v1": Server(service=2, score=0.5)}
        )
        log = line.run(engine, by_humans(candidates=((band(), 50.0),)))
        assert [row[4:7] for row in looks(log) if row[2] == "humans"] == [(0, 0, 10), (4, 10, 20), (5, 20, 30)]
        assert log.stopped.tolist() == [[5, 20]]

    def test_blocked_at_the_horizon(self, engine):
        log = Line(due=[0, 3, 5], human=50, buffer=0, horizon=40).run(engine, by_humans())
        assert decided(log) == [(0, "on_line", "none", -1), (3, "on_line", "none", -1), (-1, "not_started", "none", -1)]
        assert log.stopped.tolist() == [[3, 40]]
        assert times(log) == [(0, 0, 0, -1), (1, 3, -1, -1)]


class TestOverflow:
    def test_a_full_buffer_ships_or_rejects_unseen(self, engine):
        for rule, verdict in (("ship", "pass"), ("reject", "reject")):
            log = Line(due=[0, 3, 4, 15], human=10, buffer=1, when_full=rule, bad=[0]).run(engine, by_humans())
            assert decided(log) == [
                (0, "human", "reject", 10), (3, "human", "pass", 20), (4, "overflow", verdict, 4), (15, "human", "pass", 30),
            ]  # fmt: skip
            assert [row[0] for row in looks(log)] == [0, 1, 3], "nobody looks at an overflown phone"
            assert log.stopped.tolist() == []

    def test_a_model_too(self, engine):
        server = Server(service=10, buffer=0, when_full="reject")
        log = Line(due=[0, 3], models={"v1": server}).run(engine, by_model())
        assert decided(log) == [(0, "model", "pass", 10), (3, "overflow", "reject", 3)]

    def test_a_phone_to_review_overflows_after_the_models_look(self, engine):
        line = Line(due=[0, 3], human=10, buffer=0, when_full="ship", models={"v1": Server(service=1, score=0.5)})
        log = line.run(engine, Route(band()))
        assert decided(log) == [(0, "review", "pass", 11), (3, "overflow", "pass", 4)]
        assert [row[1] for row in looks(log)] == ["primary", "review", "primary"]

    def test_a_lost_phone_overflows_at_the_crash(self, engine):
        line = Line(
            due=[0, 1], human=20, buffer=0, when_full="reject",
            models={"v1": Server(service=10, servers=2, outages=((5, 9),))},
        )  # fmt: skip
        log = line.run(engine, by_model())
        assert decided(log) == [(0, "fallback", "pass", 25), (1, "overflow", "reject", 5)]
