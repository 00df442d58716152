"""What a report says of inspectors: their table in detail, their file, and what their figure concludes."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_results import make

from sim.experiment.result import Result
from sim.measure.people import FALSE_ALARM, HIT, MISS, PASSED_GOOD, PeopleCounts
from sim.report.data.people import people_csv
from sim.report.figures.people import curves_of, title
from sim.report.folder import plain_report, write
from sim.report.people import graded, of_all


def with_counts(result: Result, counts: PeopleCounts | None) -> Result:
    return replace(result, strategies=tuple(replace(each, people=counts) for each in result.strategies))


def rows_of(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(people_csv(result) or "")))


def test_the_file_adds_up_whatever_it_is_split_by() -> None:
    result = make(("manual", "canary"), people=True)
    rows = rows_of(result)
    for strategy in result.strategies:
        assert strategy.people is not None
        own = [row for row in rows if row["strategy"] == strategy.name]
        (every,) = (row for row in own if row["by"] == "all")
        assert int(every["looks"]) == strategy.people.by_person.sum()
        assert int(every["hits"]) == strategy.people.by_person[..., HIT].sum()
        inspectors = [row for row in own if row["by"] == "inspector"]
        assert sum(int(row["looks"]) for row in inspectors) == int(every["looks"])
        assert all(float(row["hit_low"]) <= float(row["hit_rate"]) <= float(row["hit_high"]) for row in inspectors)
        since = [row for row in own if row["by"] == "minutes since the break"]
        assert [row["from"] for row in since] == [str(10 * step) for step in range(12)]


def test_a_folder_holds_it_where_somebody_looked(tmp_path: Path) -> None:
    result = make(("manual",), replications=1, people=True)
    write(result, tmp_path / "seen")
    write(with_counts(result, None), tmp_path / "unseen")
    assert (tmp_path / "seen" / "people.csv").read_text(encoding="utf-8") == people_csv(result)
    assert (tmp_path / "seen" / "figures" / "people.png").exists()
    assert not (tmp_path / "unseen" / "people.csv").exists()


def test_only_detail_has_the_table_and_only_of_people_who_come_and_go() -> None:
    result = make(("manual", "canary"), people=True)
    assert "Inspectors, graded" not in plain_report(result)
    assert "what inspectors' own looks were worth" in plain_report(result)
    told = plain_report(result, detail=True)
    assert "Inspectors, graded by the usual limits" in told
    counts = result.strategies[0].people
    assert counts is not None
    assert sum(graded(counts).values()) == 60, "six in each of ten replications"
    assert f"{graded(counts)['unacceptable']} unacceptable" in " ".join(told.split())
    assert "right verdicts (effectiveness) from 90 and 80 % on" in told
    always_there = with_counts(result, replace(counts, by_rest=np.zeros_like(counts.by_rest)))
    assert "Inspectors, graded" not in plain_report(always_there, detail=True)


def counts_of(*cells: dict[int, int]) -> PeopleCounts:
    """Return what each of some inspectors did in one replication."""
    table = np.zeros((1, len(cells), 4), dtype=np.int64)
    for row, cell in enumerate(cells):
        for place, count in cell.items():
            table[0, row, place] = count
    return PeopleCounts(table, table, table, table)


def test_the_worst_of_three_rates_makes_the_grade() -> None:
    good = {PASSED_GOOD: 98, FALSE_ALARM: 2, MISS: 2, HIT: 98}
    counts = counts_of(good, {**good, MISS: 5, HIT: 95}, {**good, FALSE_ALARM: 20, PASSED_GOOD: 80}, {})
    assert graded(counts) == {"acceptable": 1, "marginal": 1, "unacceptable": 1}
    assert graded(counts_of({PASSED_GOOD: 50})) == {"unknown": 1}, "who saw no defect"
    rated = of_all(counts_of(good), 1)
    assert (rated.hits.mean, rated.false_alarms.mean, rated.right.mean) == (0.98, 0.02, 0.98)
    assert rated.kappa.mean == pytest.approx(0.96)


def test_the_figure_says_in_its_title_whether_people_wane() -> None:
    result = make(("manual", "shadow"), people=True)
    said = title(curves_of(result))
    assert said.startswith("Inspectors find ")
    assert said.endswith(" % in the second hour")
    counts = result.strategies[0].people
    assert counts is not None
    level = np.repeat(counts.by_rest[:, :1], counts.by_rest.shape[1], axis=1)
    assert title(curves_of(with_counts(result, replace(counts, by_rest=level)))).endswith("not measurably apart")
