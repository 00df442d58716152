"""Printed intervals of shares hold the truth as often as they say: `tests/proofs/interval_coverage.py` in small."""

from __future__ import annotations

import numpy as np
import pytest
from interval_coverage import Covered, counted, line, made_of, prepared, table, table_of_versions, young_models


@pytest.fixture(scope="module")
def rows() -> list[Covered]:
    """Half an hour of the line, forty times ten replications: six defective phones in each."""
    return table("30min", sets=40)


@pytest.mark.slow
def test_on_half_an_hour_of_a_line_shares_cover_at_least_as_often_as_promised(rows: list[Covered]) -> None:
    """The mean of the replications' own rates covered 0.875."""
    shares = [row for row in rows if row.strategy.endswith(("manual", "automation")) and " " not in row.strategy]
    assert {row.events for row in shares if row.metric == "escape_rate"} == {"under 30"}
    assert min(row.share for row in shares) >= 0.85
    assert sum(row.covered for row in shares) / sum(row.intervals for row in shares) >= 0.93


@pytest.mark.slow
def test_on_half_an_hour_of_a_line_differences_cover_and_nobody_equal_is_blamed(rows: list[Covered]) -> None:
    """The spread alone covered 0.84 of the differences of leakage, where hardly a phone is judged differently."""
    pairs = [row for row in rows if " - " in row.strategy or "nobody" in row.strategy]
    assert {row.events for row in pairs} == {"under 30"}
    assert min(row.share for row in pairs) >= 0.85
    assert sum(row.covered for row in pairs) / sum(row.intervals for row in pairs) >= 0.95


@pytest.mark.slow
def test_pieces_and_workers_change_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interval_coverage.PIECE", 30)
    for scenario in (line("30min", 4), young_models("30min", 5)):
        job = prepared(made_of, scenario)
        plain = [job.replication(number) for number in range(scenario.replications)]
        assert np.array_equal(counted(scenario, workers=2), plain)


@pytest.mark.slow
def test_intervals_over_trained_versions_cover_the_mean_of_all_versions_and_one_versions_do_not() -> None:
    rows = table_of_versions("2h", histories=60, versions=(5,))
    of_model = [r for r in rows if r.strategy == "full_automation" and r.metric in ("escape_rate", "overkill_rate")]
    covered = {versions: np.mean([row.share for row in of_model if row.versions == versions]) for versions in (1, 5)}
    assert covered[5] >= 0.88
    assert covered[1] <= 0.75
