"""A run, and one ten times as long, say the same: the small version of `tests/proofs/run_lengths.py`."""

from __future__ import annotations

import pytest
from run_lengths import pairs


@pytest.mark.slow
@pytest.mark.parametrize("load", [0.5, 0.95])
def test_below_capacity_what_is_distinguishable_on_both_is_so_in_the_same_direction(load: float) -> None:
    found = list(pairs(load, hours=6, replications=8, workers=1))
    assert [pair for pair in found if not pair.agrees] == []
    assert any(pair.short and pair.long for pair in found if pair.metric == "escape_rate")
    assert all(pair.short and pair.long for pair in found if pair.metric == "latency_p95_s")


@pytest.mark.slow
@pytest.mark.parametrize("load", [1.5, 3.0])
def test_above_capacity_nobody_is_compared_by_latency_on_either(load: float) -> None:
    found = list(pairs(load, hours=6, replications=5, workers=1))
    assert {(pair.short, pair.long) for pair in found if pair.metric == "latency_p95_s"} == {(None, None)}
    assert [pair for pair in found if not pair.agrees] == []
