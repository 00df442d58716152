"""Models that are asked by message: requests, answers, timeouts and partitions. Every log by hand."""

from __future__ import annotations

import pytest
from small_line import Line, Route, Server, band, by_humans, by_model, decided, looks, model


def answers(log):
    """Return (phone, sent, answered) of every look of a remote model."""
    table = log.answers
    return list(zip(table.phone.tolist(), table.sent_us.tolist(), table.answered_us.tolist(), strict=True))


class TestNetwork:
    """The way there and back is the phone's, not the server's."""

    def test_a_verdict_comes_after_the_way_there_the_look_and_the_way_back(self, engine):
        log = Line(due=[0], models={"v1": Server(service=10, up=7, down=4)}).run(engine, by_model())
        assert looks(log) == [(0, "primary", "v1", 0, 7, 7, 17, "pass")]
        assert answers(log) == [(0, 0, 21)]
        assert decided(log) == [(0, "model", "pass", 21)]

    def test_it_does_not_keep_the_server(self, engine):
        log = Line(due=[0, 10], models={"v1": Server(service=10, up=70, down=40)}).run(engine, by_model())
        assert [row[5:7] for row in looks(log)] == [(70, 80), (80, 90)]
        assert [row[3] for row in decided(log)] == [120, 130]

    def test_who_is_sent_first_may_come_second(self, engine):
        log = Line(due=[0, 1], models={"v1": Server(service=10, up=[9, 2])}).run(engine, by_model())
        assert [row[4:7] for row in looks(log)] == [(9, 13, 23), (3, 3, 13)]

    def test_an_answer_that_takes_no_time_is_there_at_once(self, engine):
        log = Line(due=[5], models={"v1": Server(service=10, up=0, down=0)}).run(engine, by_model())
        assert decided(log) == [(5, "model", "pass", 15)]

    def test_an_unsure_answer_brings_a_human(self, engine):
        line = Line(due=[0], human=3, models={"v1": Server(service=10, score=0.5, up=7, down=4)})
        assert decided(line.run(engine, Route(band()))) == [(0, "review", "pass", 24)]

    def test_phones_wait_beside_the_line_for_busy_people(self, engine):
        line = Line(due=[0, 1, 2], human=20, buffer=0, models={"v1": Server(score=0.5, up=1, servers=3)})
        log = line.run(engine, Route(band()))
        assert [row[3] for row in decided(log)] == [23, 43, 63]
        assert log.stopped.tolist() == []

    @pytest.mark.parametrize(("rule", "verdict"), [("ship", "pass"), ("reject", "reject")])
    def test_a_full_server_follows_its_rule_when_the_request_is_there(self, engine, rule, verdict):
        server = Server(service=50, buffer=0, when_full=rule, up=7)
        log = Line(due=[0, 1], models={"v1": server}).run(engine, by_model())
        assert decided(log)[1] == (1, "overflow", verdict, 8)

    def test_a_mirror_is_never_waited_for_and_told_when_its_answer_is_back(self, engine):
        line = Line(due=[0], human=3, models={"v1": Server(service=10, up=7, down=4)})
        run = line.start(engine)
        run.set_route(by_humans(mirrors=((model(), 100.0),)))
        run.advance(20)
        assert len(run.mirrored_since(0).phone) == 0
        run.advance(21)
        assert run.mirrored_since(0).end_us.tolist() == [21]
        assert decided(run.log()) == [(0, "human", "pass", 3)]


class TestTimeout:
    """After the timeout the fallback decides; what comes later is written down and decides nothing."""

    def test_a_late_answer_is_logged_and_ignored(self, engine):
        line = Line(due=[0], human=2, models={"v1": Server(service=10, score=0.9, up=7, down=4, timeout=15)})
        log = line.run(engine, by_model())
        assert looks(log) == [
            (0, "primary", "v1", 0, 7, 7, 17, "late"),
            (0, "fallback", "humans", 0, 15, 15, 17, "pass"),
        ]
        assert answers(log) == [(0, 0, 21)]
        assert decided(log) == [(0, "fallback", "pass", 17)]

    def test_an_answer_beats_its_own_timeout(self, engine):
        line = Line(due=[0], models={"v1": Server(service=10, up=7, down=4, timeout=21)})
        assert decided(line.run(engine, by_model())) == [(0, "model", "pass", 21)]

    def test_the_server_works_on_what_nobody_waits_for(self, engine):
        line = Line(due=[0, 1], human=1, models={"v1": Server(service=10, up=0, down=0, timeout=5)})
        log = line.run(engine, by_model())
        assert [row[5:7] for row in looks(log) if row[2] == "v1"] == [(0, 10), (10, 20)]
        assert [row[3] for row in decided(log)] == [6, 7]

    def test_failing_open(self, engine):
        line = Line(due=[0], bad=[0], models={"v1": Server(service=10, score=0.9, up=7, timeout=15)})
        assert decided(line.run(engine, by_model(fallback="nobody"))) == [(0, "fail_open", "pass", 15)]

    def test_a_mirror_that_is_late_is_missing(self, engine):
        line = Line(due=[0], models={"v1": Server(service=10, up=7, timeout=15)})
        log = line.run(engine, by_humans(mirrors=((model(), 100.0),)))
        assert looks(log)[1] == (0, "mirror", "v1", 0, 7, 7, 17, "missing")
        assert answers(log) == [(0, 0, 18)]

    def test_a_phone_is_settled_when_its_late_answer_is_back_and_not_before(self, engine):
        line = Line(due=[0], models={"v1": Server(service=10, up=7, down=4, timeout=15)})
        run = line.start(engine)
        run.set_route(by_model())
        run.advance(20)
        assert len(run.settle().phones.phone) == 0
        run.advance(21)
        assert answers(run.settle()) == [(0, 0, 21)]


class TestPartition:
    """Nothing gets through, nobody notices before the timeout, and the server goes on with what it has."""

    def test_a_request_is_lost_and_noticed_at_the_timeout(self, engine):
        server = Server(service=10, up=7, timeout=30, partitions=((5, 20),))
        log = Line(due=[0, 20], models={"v1": server}).run(engine, by_model())
        assert looks(log)[:2] == [
            (0, "primary", "v1", -1, 0, -1, 7, "late"),
            (0, "fallback", "humans", 0, 30, 30, 31, "pass"),
        ]
        assert decided(log)[1] == (20, "model", "pass", 38)

    def test_an_answer_is_lost_though_the_work_is_done(self, engine):
        server = Server(service=10, score=0.9, up=7, down=9, timeout=40, partitions=((18, 20),))
        log = Line(due=[0], models={"v1": server}).run(engine, by_model())
        assert looks(log)[0] == (0, "primary", "v1", 0, 7, 7, 17, "late")
        assert answers(log) == [(0, 0, -1)]
        assert decided(log) == [(0, "fallback", "pass", 41)]

    @pytest.mark.parametrize(
        ("partition", "when"),
        [((0, 5), 101), ((1, 7), 9), ((5, 9), 101), ((9, 20), 101), ((10, 20), 9), ((7, 8), 101), ((8, 9), 101)],
    )
    def test_a_message_gets_through_if_no_partition_meets_its_way(self, engine, partition, when):
        # Sent at 0 and there at 0, looked at until 7, and on the way back until 9.
        server = Server(service=7, up=0, down=2, timeout=100, partitions=(partition,))
        (row,) = decided(Line(due=[0], models={"v1": server}).run(engine, by_model()))
        assert row[3] == when

    def test_a_crash_behind_it_is_not_heard_of(self, engine):
        server = Server(service=10, up=0, timeout=40, outages=((5, 30),), partitions=((4, 35),))
        log = Line(due=[0, 6], models={"v1": server}).run(engine, by_model())
        assert [(row[1], row[3]) for row in decided(log)] == [("fallback", 41), ("fallback", 47)]

    def test_a_crash_that_is_heard_of_sends_phones_to_the_fallback_at_once(self, engine):
        server = Server(service=10, up=3, timeout=40, outages=((5, 30),))
        log = Line(due=[0, 3, 6], models={"v1": server}).run(engine, by_model())
        assert [row[7] for row in looks(log) if row[2] == "v1"] == ["lost", "lost"]
        assert [row[3] for row in decided(log)] == [6, 7, 8]
