"""Mirrors: a model that looks without deciding is never waited for. Every log by hand."""

from __future__ import annotations

from small_line import Line, Server, band, by_humans, by_model, decided, looks, model


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
