"""Servers that take several phones at once, and clients who wait for one verdict before the next phone: logs by hand."""

from __future__ import annotations

from small_line import Line, Route, Server, band, by_model, decided, looks, model, times


def batches(log):
    """Return (phone, start, end, how many at once) of every look."""
    table = log.looks
    return list(zip(*(getattr(table, name).tolist() for name in ("phone", "start_us", "end_us", "batch")), strict=True))


class TestBatches:
    """A free server starts when enough phones wait, or the first of them has waited long enough."""

    def test_without_a_wait_it_takes_what_is_there(self, engine):
        line = Line(due=[0, 1, 2, 3, 4], models={"v1": Server(service=1, batch=3, setup=9)})
        assert batches(line.run(engine, by_model())) == [
            (0, 0, 10, 1), (1, 10, 22, 3), (2, 10, 22, 3), (3, 10, 22, 3), (4, 22, 32, 1),
        ]  # fmt: skip

    def test_a_full_batch_starts_at_once_and_a_part_of_one_when_its_first_has_waited(self, engine):
        line = Line(due=[0, 5, 20, 30], models={"v1": Server(service=1, batch=2, wait=8, setup=3)})
        assert batches(line.run(engine, by_model())) == [(0, 5, 10, 2), (1, 5, 10, 2), (2, 28, 32, 1), (3, 38, 42, 1)]

    def test_at_the_end_of_the_wait_who_comes_at_that_instant_comes_too_late(self, engine):
        line = Line(due=[0, 8], models={"v1": Server(service=1, batch=2, wait=8)})
        assert batches(line.run(engine, by_model())) == [(0, 8, 9, 1), (1, 16, 17, 1)]

    def test_two_servers_take_turns(self, engine):
        line = Line(due=[0, 0, 0, 0, 1], models={"v1": Server(service=5, servers=2, batch=2, wait=100)})
        log = line.run(engine, by_model())
        assert batches(log) == [(0, 0, 10, 2), (1, 0, 10, 2), (2, 0, 10, 2), (3, 0, 10, 2), (4, 101, 106, 1)]
        assert log.looks.server.tolist() == [0, 0, 1, 1, 0]

    def test_where_there_is_no_place_to_wait_an_idle_server_still_collects(self, engine):
        line = Line(due=[0, 1, 2, 3], models={"v1": Server(service=5, batch=2, wait=50, buffer=0)})
        log = line.run(engine, by_model())
        assert batches(log) == [(0, 1, 11, 2), (1, 1, 11, 2), (2, 11, 21, 2), (3, 11, 21, 2)]
        assert log.stopped.tolist() == [[2, 11]]

    def test_whoever_is_unsure_keeps_the_server_until_the_last_of_its_phones_has_a_place(self, engine):
        scores = [0.5, 0.5, 0.9, 0.9]
        line = Line(due=[0, 0, 0, 1], human=10, buffer=0, models={"v1": Server(service=1, batch=3, score=scores)})
        assert looks(line.run(engine, Route(band()))) == [
            (0, "primary", "v1", 0, 0, 0, 1, "review"),
            (0, "review", "humans", 0, 1, 1, 11, "pass"),
            (1, "primary", "v1", 0, 0, 1, 3, "review"),
            (1, "review", "humans", 0, 3, 11, 21, "pass"),
            (2, "primary", "v1", 0, 0, 1, 3, "reject"),
            (3, "primary", "v1", 0, 1, 11, 12, "reject"),
        ]

    def test_a_crash_loses_the_whole_batch_and_those_who_wait_for_one(self, engine):
        server = Server(service=5, batch=2, wait=50, outages=((4, 30),))
        log = Line(due=[0, 1, 3, 40], human=10, inspectors=3, models={"v1": server}).run(engine, by_model())
        assert [row for row in looks(log) if row[2] == "v1"] == [
            (0, "primary", "v1", 0, 0, 1, 4, "lost"),
            (1, "primary", "v1", 0, 1, 1, 4, "lost"),
            (2, "primary", "v1", -1, 3, -1, 4, "lost"),
            (3, "primary", "v1", 0, 40, 90, 95, "pass"),
        ]
        assert [row[1] for row in decided(log)] == ["fallback", "fallback", "fallback", "model"]

    def test_mirrored_phones_fill_a_batch_too(self, engine):
        line = Line(due=[0, 1], models={"v1": Server(), "v2": Server(service=5, batch=2, wait=50)})
        log = line.run(engine, by_model(mirrors=((model("v2"), 100.0),)))
        assert [row[1:] for row in batches(log) if row[3] == 2] == [(1, 11, 2), (1, 11, 2)]


class TestClients:
    """Each brings a phone, waits for its verdict, thinks, and brings the next one."""

    def test_no_more_phones_are_on_the_line_than_there_are_clients(self, engine):
        line = Line(due=[0] * 5, clients=2, think=3, models={"v1": Server(service=10)})
        assert times(line.run(engine, by_model())) == [
            (0, 0, 0, 10), (1, 0, 10, 20), (2, 13, 20, 30), (3, 23, 30, 40), (4, 33, 40, 50),
        ]  # fmt: skip

    def test_who_comes_back_while_the_line_stands_waits_with_the_next_phone(self, engine):
        line = Line(due=[0] * 4, clients=3, think=[1, 0, 0, 0], models={"v1": Server(service=10, buffer=0)})
        log = line.run(engine, by_model())
        assert log.phones.release_us.tolist() == [0, 0, 10, 20]
        assert log.stopped.tolist() == [[0, 10], [10, 20], [20, 30]]

    def test_all_at_one_instant(self, engine):
        line = Line(due=[0] * 6, clients=2, models={"v1": Server(service=10, servers=2)})
        assert line.run(engine, by_model()).phones.release_us.tolist() == [0, 0, 10, 10, 20, 20]
