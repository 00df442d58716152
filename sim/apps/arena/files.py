"""The leaderboard as data: JSON and CSV. Hidden worlds' seeds are in neither."""

from __future__ import annotations

import csv
import math
from io import StringIO
from typing import Any

from sim.apps.arena.board import Board, Row
from sim.experiment.gather import library_versions
from sim.stats.intervals import Interval


def as_data(standings: Board) -> dict[str, Any]:
    """Return everything that a leaderboard says as plain data."""
    arena = standings.arena
    return {
        "arena": arena.name,
        "title": arena.spec.title,
        "score": arena.spec.score,
        "unit": standings.metric.unit,
        "limits": {name: str(limit) for name, limit in arena.spec.limits.items()},
        "reference": arena.reference,
        "worlds": arena.spec.worlds,
        "histories": arena.spec.histories,
        "hidden": standings.hidden,
        "seeds": None if standings.seeds is None else dict(standings.seeds),
        "rows": [_row(row) for row in standings.rows],
        "failed": [{"name": failed.name, "says": failed.says} for failed in standings.failed],
        "versions": library_versions(),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "rival": row.rival,
        "place": row.place,
        "tied": row.tied,
        "score": _interval(row.score),
        "against_reference": _interval(row.against),
        "limits": {
            limit.metric: {"scenario": limit.scenario, "kept": limit.kept, **_interval(limit.value)}
            for limit in row.limits
        },
        "scenarios": {name: _interval(value) for name, value in row.scenarios.items()},
        "remarks": list(row.remarks),
    }


def _interval(interval: Interval) -> dict[str, float | None]:
    return {"mean": _number(interval.mean), "low": _number(interval.low), "high": _number(interval.high)}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def as_csv(standings: Board) -> str:
    """Return a line for each row of a leaderboard, and for each entry that can't take part."""
    page = StringIO()
    ends = ("mean", "low", "high")
    limits = list(standings.arena.spec.limits)
    scenarios = list(standings.arena.rounds)
    heads = ["place", "tied", "name", "rival"]
    heads += [f"{column}_{end}" for column in ("score", "against_reference") for end in ends]
    heads += [f"{metric}_worst" for metric in limits] + [f"score in {name}" for name in scenarios] + ["remarks"]
    writer = csv.DictWriter(page, heads, lineterminator="\n")
    writer.writeheader()
    for row in map(_row, standings.rows):
        line = {key: row[key] for key in ("place", "tied", "name", "rival")}
        line |= {f"{column}_{end}": row[column][end] for column in ("score", "against_reference") for end in ends}
        line |= {f"{metric}_worst": row["limits"][metric]["mean"] for metric in limits}
        line |= {f"score in {name}": row["scenarios"][name]["mean"] for name in scenarios}
        writer.writerow({**line, "remarks": "; ".join(row["remarks"])})
    for failed in standings.failed:
        writer.writerow({"name": failed.name, "rival": False, "tied": False, "remarks": failed.says})
    return page.getvalue()
