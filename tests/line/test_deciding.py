"""Who decides a phone: people, models, people with a model's advice, a queue sorted by it. Every log by hand."""

from __future__ import annotations

import pytest
from small_line import NOBODY, Line, Route, Server, band, by_humans, by_model, decided, looks, model, times

from sim.line.route import ABOVE_ALL, BELOW_ALL, Advice, Arm
from sim.line.stations import Columns


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
        for fallback in ("humans", "nobody", "reject"):
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
