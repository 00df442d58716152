"""What people's own looks were worth, as a table: of all, by inspector, since the break, by hour, by prevalence."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from sim.columns import Counts
from sim.experiment.result import Result
from sim.measure.people import PREVALENCE, REST_STEP_US, PeopleCounts
from sim.report.data.cells import plain
from sim.report.people import Rated, each, of_all, of_bin
from sim.stats.intervals import Interval
from sim.units import MINUTE

COLUMNS = (
    "strategy", "by", "from", "until", "replication", "looks", "defective", "hits", "hit_rate", "hit_low", "hit_high",
    "false_alarms", "false_alarm_rate", "false_alarm_low", "false_alarm_high", "kappa", "kappa_low", "kappa_high",
    "grade",
)  # fmt: skip
REST_MINUTES = REST_STEP_US // MINUTE
MOST_INSPECTORS = 10_000


def people_csv(result: Result) -> str | None:
    """Return the table; None where nobody looked.

    Rows are of `all` looks, of looks by `minutes since the break`, by `hours on shift` and by the `share defective`
    among the phones looked at in the same hour (each pooled over replications; `from` and `until` say which), and of
    each `inspector` (`from`: its number from 1 on) of each replication, if they are at most 10,000. Rates have 95 %
    intervals, of one inspector exact ones.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    seen = [(s, s.people) for s in result.strategies if s.people is not None]
    for strategy, counts in seen:
        for by, begin, end, replication, rated in _rows(counts, strategy.trained):
            table.writerow([plain(strategy.name), by, begin, end, replication, *_cells(rated)])
    return text.getvalue() if seen else None


def _rows(counts: PeopleCounts, trained: int) -> Iterator[tuple[str, Any, Any, Any, Rated]]:
    yield "all", "", "", "", of_all(counts, trained)
    rest: list[Any] = [(REST_MINUTES * row, REST_MINUTES * (row + 1)) for row in range(counts.by_rest.shape[1])]
    rest[-1] = rest[-1][0], ""
    hours = [(hour, hour + 1) for hour in range(counts.by_hour.shape[1])]
    shares = list(pairwise(PREVALENCE))
    tables: tuple[tuple[str, Counts, list[Any]], ...] = (
        ("minutes since the break", counts.by_rest, rest),
        ("hours on shift", counts.by_hour, hours),
        ("share defective", counts.by_prevalence, shares),
    )
    for by, table, borders in tables:
        for row in np.flatnonzero(table.any(axis=(0, 2))).tolist():
            yield by, *borders[row], "", of_bin(table[:, row], trained)
    if np.count_nonzero(counts.by_person.any(axis=2)) > MOST_INSPECTORS:
        return
    for replication, number, rated in each(counts):
        yield "inspector", number + 1, number + 1, replication, rated


def _cells(rated: Rated) -> list[Any]:
    found, false = rated.hits, rated.false_alarms
    return [
        rated.looks, found.among, found.events, *_ends(found), false.events, *_ends(false), *_ends(rated.kappa),
        rated.grade,
    ]  # fmt: skip


def _ends(interval: Interval) -> list[Any]:
    return ["" if math.isnan(value) else round(value, 9) for value in (interval.mean, interval.low, interval.high)]
