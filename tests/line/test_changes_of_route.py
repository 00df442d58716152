"""Routes on a running line: a change holds for later arrivals, and shares nest. Every log by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_line import HUMANS, Line, Route, Server, by_humans, by_model, decided, model


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
