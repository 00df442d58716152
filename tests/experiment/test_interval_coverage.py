"""Printed intervals of shares hold the truth as often as they say: `tests/proofs/interval_coverage.py` in small."""

from __future__ import annotations

import pytest
from interval_coverage import table


@pytest.mark.slow
def test_on_half_an_hour_of_a_line_shares_cover_at_least_as_often_as_promised() -> None:
    """Six defective phones a replication: the mean of the replications' own rates covered 0.875."""
    shares = [row for row in table("30min", sets=40, workers=1) if " - " not in row.strategy]
    assert {row.events for row in shares if row.metric == "escape_rate"} == {"under 30"}
    assert min(row.share for row in shares) >= 0.85
    assert sum(row.covered for row in shares) / sum(row.intervals for row in shares) >= 0.93
