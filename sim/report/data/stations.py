"""What was done at work stations, as a table: one row per strategy, replication and station, urgent phones apart."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import Any

from sim.experiment.result import Result
from sim.measure.stations import BLOCKED, STAYED, VISITS, WAITED, WORKED, StationCounts
from sim.report.data.cells import plain

COLUMNS = (
    "strategy", "replication", "station", "at", "phones", "visits", "per_hour", "wait_mean_s", "work_mean_s",
    "stay_mean_s", "blocked_mean_s", "utilisation",
)  # fmt: skip


def stations_csv(result: Result) -> str | None:
    """Return the table; None where there are no work stations.

    `phones` are `all`, and where some come first, `urgent` and `other` ones. A stay is from coming until the work is
    done: waiting, work and interruptions. `blocked` is how long a phone that was done kept its server, since the next
    station had no room. `utilisation` is of all phones: work / (servers x time).
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    some = [(strategy, strategy.stations) for strategy in result.strategies if strategy.stations is not None]
    for strategy, counts in some:
        for row in _rows(counts):
            table.writerow([plain(strategy.name), *row])
    return text.getvalue() if some else None


def _rows(counts: StationCounts) -> Iterator[list[Any]]:
    for replication in range(len(counts.sums)):
        for number, (name, at) in enumerate(zip(counts.names, counts.at, strict=True)):
            some_are_urgent = counts.sums[:, number, 1].any()
            for phones, urgent in (("all", None), *((("urgent", True), ("other", False)) if some_are_urgent else ())):
                mine = counts.sums[replication, number]
                visits = int(mine[:, VISITS].sum() if urgent is None else mine[int(urgent), VISITS])
                times = [counts.mean_s(of, name, urgent)[replication] for of in (WAITED, WORKED, STAYED, BLOCKED)]
                everybody = [counts.per_hour(name)[replication], counts.utilisation(name)[replication]]
                rate, used = map(_cell, everybody) if urgent is None else ("", "")
                yield [replication, name, at, phones, visits, rate, *map(_cell, times), used]


def _cell(value: float) -> Any:
    return "" if math.isnan(value) else round(float(value), 9)
