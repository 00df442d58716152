"""Bins of a timeline end where the line turns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.measure.timeline import edges_with
from sim.units import MINUTE


@given(st.integers(2, 10**9), st.integers(1, 80), st.lists(st.integers(-5, 2 * 10**9), max_size=12))
def test_every_turn_within_the_horizon_is_an_edge_and_bins_are_no_fewer(
    horizon: int, bins: int, turns: list[int]
) -> None:
    edges = edges_with(turns, horizon, min(bins, horizon))
    assert {turn for turn in turns if 0 < turn < horizon} <= {*edges.tolist()}
    assert (edges[0], edges[-1]) == (0, horizon)
    assert (np.diff(edges) > 0).all()
    assert len(edges) >= min(bins, horizon) + 1


def test_a_sudden_change_is_a_step_at_its_own_moment() -> None:
    """An outage from 61 to 97 minutes is on no edge of equal bins; who decides changes exactly there."""
    outage = {"at": "61min", "lasts": "36min"}
    result = sim.run(
        sim.build(
            horizon="3h",
            replications=1,
            factory={"arrivals": {"kind": "takt", "every": "5s"}},
            models={"v1": {"training": {"phones": 2000}, "serving": {"outages": [outage]}}},
            deployment={"stable": "v1", "candidate": "v1", "fallback": "nobody"},
            strategies=[{"pattern": "stay"}],
        ),
        workers=1,
    )
    timeline = result.strategies[0].timeline
    down = (timeline.edges_us[:-1] >= 61 * MINUTE) & (timeline.edges_us[1:] <= 97 * MINUTE)
    by_model = sum(counts[0] for who, counts in timeline.decided_by.items() if who.role == "model")
    phones = sum(counts[0] for counts in timeline.decided_by.values())
    assert (by_model[~down & (phones > 0)] > 0).all()
    assert (by_model[down][1:-1] == 0).all()
    assert by_model[down].sum() <= 2, "but for a phone that was served when the server went down"
