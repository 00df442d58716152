"""What happens to phones on a line: blocking, overflow, review, mirrors, crashes, routes. Every log by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_line import HUMANS, NOBODY, Line, Route, Server, band, by_humans, by_model, decided, looks, model, times

from sim.line.route import ABOVE_ALL, BELOW_ALL, Advice, Arm
from sim.line.stations import Columns


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


class TestDeciders:
    def test_nobody_ships_at_once(self, engine):
        log = Line(due=[0, 3], bad=[0, 1]).run(engine, Route(NOBODY))
        assert decided(log) == [(0, "nobody", "pass", 0), (3, "nobody", "pass", 3)]
        assert looks(log) == []

    def test_a_human_rejects_above_the_criterion_and_not_at_it(self, engine):
        # Evidence is view * d' / 2 + z; here d' = 2 and the criterion is 0.25.
        line = Line(due=[0, 1, 2])
        columns = line.columns()
        columns.human.view[:] = [0.5, 0.5, -1.0]
        columns.human.z[:] = [-0.25, -0.125, 1.5]
        log = _with(line, columns, engine, by_humans())
        assert log.phones.verdict.tolist() == [0, 1, 1]
        assert log.looks.evidence.tolist() == [0.25, 0.375, 0.5]

    def test_a_model_rejects_above_its_threshold_and_not_at_it(self, engine):
        line = Line(due=[0, 1, 2], models={"v1": Server(score=[0.5, 0.5 + 2**-20, 0.25])})
        log = line.run(engine, by_model())
        assert decided(log) == [(0, "model", "pass", 1), (1, "model", "reject", 2), (2, "model", "pass", 3)]
        assert log.looks.evidence.tolist() == [0.5, 0.5 + 2**-20, 0.25]

    def test_the_review_band_goes_to_humans_whose_verdict_is_final(self, engine):
        scores = [0.25, 0.3, 0.3 + 2**-20, 0.5, 0.7, 0.7 + 2**-20]
        line = Line(due=range(0, 60, 10), bad=[0, 3, 5], models={"v1": Server(score=scores)})
        assert decided(line.run(engine, Route(band()))) == [
            (0, "model", "pass", 1), (10, "model", "pass", 11), (20, "review", "pass", 22),
            (30, "review", "reject", 32), (40, "review", "pass", 42), (50, "model", "reject", 51),
        ]  # fmt: skip

    def test_times_of_a_look_belong_to_the_phone(self, engine):
        line = Line(due=[0, 100, 200], human=[7, 8, 9], models={"v1": Server(service=[4, 5, 6], score=0.5)})
        assert [end - start for _, _, start, end in times(line.run(engine, Route(band())))] == [4, 7, 5, 8, 6, 9]


def _with(line: Line, columns: Columns, engine: str, route: Route):
    from sim.line.engines import ENGINES

    run = ENGINES[engine](line.plant(), columns, line.horizon)
    run.set_route(route)
    run.advance(line.horizon)
    return run.log()


def advised(follow_pass: float, follow_reject: float) -> Route:
    """Inspectors decide, and know the opinion of v1, which rejects above 0.5."""
    return Route(Arm("humans + v1", "model", "v1", BELOW_ALL, ABOVE_ALL, Advice(0.5, follow_pass, follow_reject)))


SORTED = Route(Arm("humans by v1", "model", "v1", BELOW_ALL, ABOVE_ALL, triage=True))


class TestAssisted:
    """The human decides every phone; where the model contradicts, its opinion prevails below the phone's own draw."""

    # The inspector rejects 0 and 1, the model 0 and 2; every phone's draw for deference is 0.5.
    LINE = Line(due=[0, 10, 20, 30], bad=[0, 1], models={"v1": Server(score=[0.9, 0.1, 0.9, 0.1])})

    @pytest.mark.parametrize(
        ("follow_pass", "follow_reject", "verdicts"),
        [
            (0.0, 0.0, ["reject", "reject", "pass", "pass"]),
            (0.51, 0.0, ["reject", "pass", "pass", "pass"]),
            (0.0, 0.51, ["reject", "reject", "reject", "pass"]),
            (1.0, 1.0, ["reject", "pass", "reject", "pass"]),
            (0.5, 0.5, ["reject", "reject", "pass", "pass"]),  # not below the draw
        ],
    )
    def test_whose_opinion_prevails(self, engine, follow_pass, follow_reject, verdicts):
        log = self.LINE.run(engine, advised(follow_pass, follow_reject))
        assert decided(log) == [(10 * i, "assisted", verdict, 10 * i + 2) for i, verdict in enumerate(verdicts)]

    def test_the_model_looks_first_and_the_human_writes_down_the_verdict(self, engine):
        log = self.LINE.but(due=[0], bad=[0], models={"v1": Server(service=3)}).run(engine, advised(1.0, 0.0))
        assert looks(log) == [
            (0, "primary", "v1", 0, 0, 0, 3, "review"),
            (0, "review", "humans", 0, 3, 3, 4, "pass"),
        ]

    def test_at_the_threshold_the_model_says_pass(self, engine):
        line = Line(due=[0, 10], bad=[0, 1], models={"v1": Server(score=[0.5, 0.5 + 2**-20])})
        assert [row[2] for row in decided(line.run(engine, advised(1.0, 1.0)))] == ["pass", "reject"]

    def test_while_the_model_is_down_people_decide_alone_whatever_the_fallback(self, engine):
        line = self.LINE.but(models={"v1": Server(score=0.1, outages=((5, 25),))})
        for fallback in ("humans", "nobody"):
            route = Route(advised(1.0, 1.0).stable, fallback=fallback)
            assert decided(line.run(engine, route)) == [
                (0, "assisted", "pass", 2), (10, "fallback", "reject", 11), (20, "fallback", "pass", 21),
                (30, "assisted", "pass", 32),
            ]  # fmt: skip

    def test_a_share_of_the_phones(self, engine):
        line = self.LINE.but(u_arm=[0.9, 0.1, 0.1, 0.9])
        log = line.run(engine, by_humans(candidates=((advised(1.0, 1.0).stable, 50.0),)))
        assert [row[1:3] for row in decided(log)] == [
            ("human", "reject"), ("assisted", "pass"), ("assisted", "reject"), ("human", "pass"),
        ]  # fmt: skip
        assert log.phones.pi.tolist() == [0.5] * 4


class TestTriage:
    """The queue before the inspectors is sorted by score; a full one loses its least suspicious phone."""

    def test_the_most_suspicious_first(self, engine):
        line = Line(due=[0, 1, 2, 3], human=10, models={"v1": Server(servers=4, score=[0.2, 0.1, 0.9, 0.5])})
        log = line.run(engine, SORTED)
        assert [row[4:7] for row in looks(log) if row[2] == "humans"] == [
            (1, 1, 11), (2, 31, 41), (3, 11, 21), (4, 21, 31),
        ]  # fmt: skip
        assert [row[1] for row in decided(log)] == ["review"] * 4

    def test_equals_in_the_order_in_which_they_came(self, engine):
        line = Line(due=[0, 1, 2, 3], human=10, models={"v1": Server(servers=4, score=0.4)})
        assert [row[3] for row in decided(line.run(engine, SORTED))] == [11, 21, 31, 41]

    @pytest.mark.parametrize(("rule", "verdict"), [("ship", "pass"), ("reject", "reject")])
    def test_the_least_suspicious_leaves_a_full_queue_unseen(self, engine, rule, verdict):
        # Phone 1 waits, 2 is more suspicious and takes its place at 3; 3 is less so and leaves at once, at 4.
        line = Line(
            due=[0, 1, 2, 3], human=10, buffer=1, when_full=rule,
            models={"v1": Server(servers=4, score=[0.2, 0.1, 0.9, 0.5])},
        )  # fmt: skip
        log = line.run(engine, SORTED)
        assert decided(log) == [
            (0, "review", "pass", 11), (1, "overflow", verdict, 3), (2, "review", "pass", 21),
            (3, "overflow", verdict, 4),
        ]  # fmt: skip
        assert (1, "review", "humans", -1, 2, -1, 3, "missing") in looks(log)

    def test_an_equal_does_not_push_another_out(self, engine):
        line = Line(due=[0, 1, 2], human=10, buffer=1, when_full="ship", models={"v1": Server(servers=3, score=0.4)})
        assert [row[1] for row in decided(line.run(engine, SORTED))] == ["review", "review", "overflow"]

    def test_what_no_model_has_scored_comes_first(self, engine):
        # v1 crashes at 3: phone 2 falls back to people unscored, and passes the suspicious phone 1 in the queue.
        line = Line(due=[0, 1, 3], human=10, models={"v1": Server(servers=3, score=0.99, outages=((3, 99),))})
        log = line.run(engine, SORTED)
        assert decided(log) == [(0, "review", "pass", 11), (1, "review", "pass", 31), (3, "fallback", "pass", 21)]

    def test_where_the_line_blocks_those_outside_are_let_in_by_score_too(self, engine):
        line = Line(due=[0, 1, 2, 3], human=10, buffer=0, models={"v1": Server(servers=4, score=[0.2, 0.1, 0.9, 0.5])})
        log = line.run(engine, SORTED)
        assert [row[3] for row in decided(log)] == [11, 41, 21, 31]


class TestMirrors:
    """A mirror looks and decides nothing."""

    def test_never_waited_for(self, engine):
        line = Line(due=[0, 6], human=5, models={"v1": Server(service=20, score=0.9)})
        log = line.run(engine, by_humans(mirrors=((model(), 100.0),)))
        assert decided(log) == [(0, "human", "pass", 5), (6, "human", "pass", 11)]
        assert looks(log) == [
            (0, "primary", "humans", 0, 0, 0, 5, "pass"),
            (0, "mirror", "v1", 0, 0, 0, 20, "reject"),
            (1, "primary", "humans", 0, 6, 6, 11, "pass"),
            (1, "mirror", "v1", 0, 6, 20, 40, "reject"),
        ]

    def test_told_when_it_ends(self, engine):
        line = Line(due=[0, 6], human=5, models={"v1": Server(service=[20, 30], servers=2, score=[0.9, 0.1])}).start(
            engine
        )
        line.set_route(by_humans(mirrors=((model(), 100.0),)))
        line.advance(19)
        assert len(line.mirrored_since(0).phone) == 0
        line.advance(36)
        told = line.mirrored_since(0)
        assert (told.phone.tolist(), told.end_us.tolist(), told.verdict.tolist()) == ([0, 1], [20, 36], [1, 0])
        assert line.mirrored_since(1).phone.tolist() == [1]

    def test_a_share_of_the_phones_by_their_own_uniform(self, engine):
        line = Line(due=[0, 10, 20, 30], u_mirror=[0.2, 0.25, 0.9, 0.0], u_arm=0.0, models={"v1": Server()})
        log = line.run(engine, by_humans(mirrors=((model(), 25.0),)))
        assert [row[0] for row in looks(log) if row[1] == "mirror"] == [0, 3]

    def test_missing_where_the_buffer_is_full(self, engine):
        for rule in ("block", "ship", "reject"):
            line = Line(due=[0, 6, 7], human=1, models={"v1": Server(service=20, buffer=1, when_full=rule)})
            log = line.run(engine, by_humans(mirrors=((model(), 100.0),)))
            assert [row for row in looks(log) if row[1] == "mirror"] == [
                (0, "mirror", "v1", 0, 0, 0, 20, "pass"),
                (1, "mirror", "v1", 0, 6, 20, 40, "pass"),
                (2, "mirror", "v1", -1, 7, -1, 7, "missing"),
            ]
            assert [row[1] for row in decided(log)] == ["human"] * 3
            assert log.stopped.tolist() == []

    def test_missing_while_the_server_is_down_and_what_the_crash_lost(self, engine):
        line = Line(due=[0, 6, 7, 12, 20], human=1, models={"v1": Server(service=8, outages=((11, 15),))})
        log = line.run(engine, by_humans(mirrors=((model(), 100.0),)))
        assert [row for row in looks(log) if row[1] == "mirror"] == [
            (0, "mirror", "v1", 0, 0, 0, 8, "pass"),
            (1, "mirror", "v1", 0, 6, 8, 11, "missing"),
            (2, "mirror", "v1", -1, 7, -1, 11, "missing"),
            (3, "mirror", "v1", -1, 12, -1, 12, "missing"),
            (4, "mirror", "v1", 0, 20, 20, 28, "pass"),
        ]
        assert [row[1] for row in decided(log)] == ["human"] * 5, "a lost mirror has no fallback"

    def test_only_ended_looks_are_told(self, engine):
        line = Line(due=[0, 6, 7], human=1, models={"v1": Server(service=20, buffer=0, outages=((30, 31),))}).start(
            engine
        )
        line.set_route(by_humans(mirrors=((model(), 100.0),)))
        line.advance(100)
        assert line.mirrored_since(0).phone.tolist() == [0]

    def test_a_version_does_not_mirror_its_own_decision(self, engine):
        line = Line(due=[0, 10], u_arm=[0.0, 0.9], models={"v1": Server(), "v2": Server()})
        log = line.run(engine, by_model("v2", candidates=((band("v1"), 50.0),), mirrors=((model("v1"), 100.0),)))
        assert [(row[0], row[1], row[2]) for row in looks(log)] == [
            (0, "primary", "v1"), (1, "primary", "v2"), (1, "mirror", "v1"),
        ]  # fmt: skip

    def test_a_mirror_takes_its_place_in_the_models_own_queue(self, engine):
        # The mirrored look at phone 0 keeps v1 busy when phone 1 comes to v1 for a decision.
        line = Line(due=[0, 1], human=3, u_arm=[0.9, 0.0], models={"v1": Server(service=10)})
        log = line.run(engine, by_humans(candidates=((model(), 50.0),), mirrors=((model(), 100.0),)))
        assert looks(log) == [
            (0, "primary", "humans", 0, 0, 0, 3, "pass"),
            (0, "mirror", "v1", 0, 0, 0, 10, "pass"),
            (1, "primary", "v1", 0, 1, 10, 20, "pass"),
        ]

    def test_a_phone_is_mirrored_when_it_leaves_the_conveyors_head(self, engine):
        line = Line(due=[0, 3], human=10, buffer=0, models={"v1": Server(service=2)})
        log = line.run(engine, by_humans(mirrors=((model(), 100.0),)))
        assert [row[4:7] for row in looks(log) if row[1] == "mirror"] == [(0, 0, 2), (10, 10, 12)]

    def test_a_standing_phones_mirror_follows_the_route_of_its_arrival(self, engine):
        line = Line(due=[0, 3, 20], human=10, buffer=0, models={"v1": Server()})
        log = line.run(engine, by_humans(), (5, by_humans(mirrors=((model(), 100.0),))))
        assert [row[0] for row in looks(log) if row[1] == "mirror"] == [2]

    def test_two_mirrors(self, engine):
        line = Line(due=[0], human=3, models={"v1": Server(service=5, score=0.9), "v2": Server(service=4)})
        log = line.run(engine, by_humans(mirrors=((model("v2"), 100.0), (model("v1"), 100.0))))
        assert [(row[2], row[6], row[7]) for row in looks(log)] == [
            ("humans", 3, "pass"), ("v2", 4, "pass"), ("v1", 5, "reject"),
        ]  # fmt: skip


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


class TestRoutes:
    """The route decides at arrival, and once."""

    def test_a_change_holds_for_later_arrivals_only(self, engine):
        line = Line(due=[0, 1, 2, 8], human=3, models={"v1": Server()})
        log = line.run(engine, by_humans(), (5, by_model()))
        assert decided(log) == [
            (0, "human", "pass", 3),
            (1, "human", "pass", 6),
            (2, "human", "pass", 9),
            (8, "model", "pass", 9),
        ]
        assert log.arms == ("humans", "v1")
        assert log.phones.arm.tolist() == [0, 0, 0, 1]

    def test_a_phone_at_the_head_keeps_the_arm_of_its_arrival(self, engine):
        line = Line(due=[0, 3, 4], human=10, buffer=0, models={"v1": Server()})
        log = line.run(engine, by_humans(), (5, by_model()))
        assert decided(log) == [(0, "human", "pass", 10), (3, "human", "pass", 20), (10, "model", "pass", 11)]
        assert log.phones.release_us.tolist() == [0, 3, 10]

    def test_weights_nest(self, engine):
        u = (np.arange(200) + 0.5) / 200
        line = Line(due=range(200), u_arm=u[::-1], models={"v1": Server(servers=9)}, inspectors=9)
        before = None
        for weight, phones in ((0.5, 1), (5.0, 10), (25.0, 50), (100.0, 200)):
            log = line.run(engine, by_humans(candidates=((model(), weight),)))
            mine = set(np.flatnonzero(log.phones.arm == log.arms.index("v1")).tolist())
            assert mine == set(range(200 - phones, 200))
            assert before is None or before < mine
            before = mine

    def test_pi_is_stored_with_every_phone(self, engine):
        line = Line(due=[0, 10, 20, 30], u_arm=[0.0, 0.049, 0.05, 0.9], models={"v1": Server(), "v2": Server()})
        log = line.run(
            engine,
            by_humans(candidates=((model(), 5.0),)),
            (20, by_humans(candidates=((model(), 25.0), (model("v2"), 70.0)))),
        )
        assert log.phones.pi.tolist() == [0.05, 0.05, 0.95, 0.7]
        assert [log.arms[arm] for arm in log.phones.arm] == ["v1", "v1", "humans", "v2"]

    def test_pi_is_missing_where_the_line_never_got(self, engine):
        log = Line(due=[0, 3, 5], human=50, buffer=0, horizon=40).run(engine, by_humans())
        assert np.array_equal(log.phones.pi, [1.0, 1.0, np.nan], equal_nan=True)
        assert log.phones.arm.tolist() == [0, 0, -1]

    def test_candidates_fill_the_unit_interval_in_declared_order(self, engine):
        line = Line(due=range(0, 100, 10), u_arm=np.arange(10) / 10 + 0.05, models={"v1": Server(), "v2": Server()})
        log = line.run(engine, by_humans(candidates=((model("v2"), 30.0), (model("v1"), 20.0))))
        assert [log.arms[arm] for arm in log.phones.arm] == ["v2"] * 3 + ["v1"] * 2 + ["humans"] * 5

    def test_a_route_is_refused_that_sends_more_phones_than_there_are(self):
        with pytest.raises(ValueError, match="more than 100"):
            by_humans(candidates=((model("v1"), 60.0), (model("v2"), 41.0)))
        for wrong in (-1.0, 100.5):
            with pytest.raises(ValueError, match="from 0 to 100"):
                by_humans(candidates=((model("v1"), wrong),))
            with pytest.raises(ValueError, match="from 0 to 100"):
                by_humans(mirrors=((model("v1"), wrong),))

    def test_what_is_deployed(self):
        route = Route(HUMANS, ((model("v1"), 5.0),), ((model("v2"), 100.0),), "humans", ("v3",))
        assert route.deployed == {"v1", "v2", "v3"}


class TestHorizon:
    def test_undecided_phones_are_on_the_line_and_unreleased_ones_not_started(self, engine):
        log = Line(due=[0, 10, 11], human=10, horizon=20).run(engine, by_humans())
        assert decided(log) == [(0, "human", "pass", 10), (10, "human", "pass", 20), (11, "on_line", "none", -1)]
        log = Line(due=[0, 10, 11], human=10, horizon=10).run(engine, by_humans())
        assert decided(log)[1:] == [(10, "on_line", "none", -1), (-1, "not_started", "none", -1)]

    def test_a_mirror_under_way_has_no_verdict(self, engine):
        line = Line(due=[0], human=1, models={"v1": Server(service=90)}, horizon=50)
        log = line.run(engine, by_humans(mirrors=((model(), 100.0),)))
        assert looks(log)[1] == (0, "mirror", "v1", 0, 0, 0, -1, "none")

    def test_a_line_without_phones(self, engine):
        log = Line(due=[], models={"v1": Server(outages=((5, 10),))}).run(engine, by_model())
        assert (decided(log), looks(log), log.stopped.tolist()) == ([], [], [])
