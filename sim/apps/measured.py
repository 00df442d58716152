"""A rollout's own measurements as strips of a dashboard: the points, the limits, what was concluded, and a sentence.

Nothing in them is known to the world only: it is what the strategy itself went by, at the moments at which it looked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from sim.apps import words
from sim.apps.axes import Axis, evidence_axis, money_axis, number_axis, seconds_axis, share_axis
from sim.apps.limits import unit_of
from sim.apps.words import capital, hour
from sim.deployment.dashboard import Means, Series
from sim.deployment.telemetry.metric import METRICS
from sim.experiment.result import StrategyResult
from sim.report.text.values import show
from sim.units import SECOND

MOST_STRIPS = 4  #: of a strategy, the ones that were looked at last: there is no room for more
MOST_POINTS = 200  #: of a line
_VERDICTS = {
    "Failed": "failed", "Successful": "passed", "Running": "neither passed nor failed", "Inconclusive": "inconclusive",
    "Error": "no data",
}  # fmt: skip
_AXES: dict[str, Callable[[Iterable[float]], Axis]] = {
    "share": share_axis, "s": seconds_axis, "$": money_axis, "E": evidence_axis,
}  # fmt: skip
#: What the looks of a line have come to: what a mark says of each.
MARKS = {"": "open", "Running": "open", "Successful": "passed", "Failed": "failed"}


def strips_of(strategy: StrategyResult) -> list[dict[str, Any]]:
    """Return what a strategy's playbook, judges and alarms looked at in the replication that is shown.

    Examples
    --------
    >>> import sim
    >>> checks = [{"metric": "reject_rate", "at_most": 0.6, "min_samples": 60}]
    >>> canary = {"pattern": "canary", "steps": [50], "hold": "1h", "analysis": {"checks": checks}}
    >>> result = sim.run(sim.build(horizon="2h", replications=1, strategies=[canary]), workers=1)
    >>> (strip,) = strips_of(result.strategies[0])
    >>> strip["say"], strip["limits"][0]["say"]
    ('The candidate’s reject rate', 'at most 60.0 %')
    """
    together: dict[tuple[str, str, str], list[Series]] = {}
    for series in strategy.histories[strategy.shown].measured:
        together.setdefault((series.title, series.metric, series.unit), []).append(series)
    last = sorted(together, key=lambda key: -max(int(each.times_us[-1]) for each in together[key]))[:MOST_STRIPS]
    horizon_us = int(strategy.timeline.edges_us[-1])
    return [_strip(together[key], horizon_us) for key in together if key in last]


def _strip(lines: Sequence[Series], horizon_us: int) -> dict[str, Any]:
    first = lines[0]
    limits = [limit for number, line in enumerate(lines) for limit in _limits(number, line)]
    named = {(limit["say"], limit.get("value")): limit for limit in limits if limit["value"] is not None}
    moving = [limit for limit in limits if limit["value"] is None]
    reach = np.concatenate(
        [each for line in lines for each in (line.values, *line.limits.values(), line.low, line.high)]
    )
    axis = _AXES.get(_unit(first), number_axis)
    return {
        "say": capital(_title(first)),
        "up": axis(reach.tolist()),
        "lines": [_line(line) for line in lines],
        "limits": [*named.values(), *moving],
        "tell": _sentence(lines, horizon_us),
    }


def _kept(line: Series) -> np.ndarray[Any, Any]:
    """Return which looks are drawn: all, or evenly many and the last."""
    count = len(line.values)
    every = math.ceil(count / MOST_POINTS)
    return np.unique([*range(0, count, every), count - 1])


def _line(line: Series) -> dict[str, Any]:
    kept = _kept(line)
    runs = line.runs[kept]
    ends = {} if np.isnan(line.low).all() else {"low": line.low[kept], "high": line.high[kept]}
    return {
        "say": words.decider(line.of) if line.of else "",
        **ends,
        "at_s": line.times_us[kept] / SECOND,
        "value": line.values[kept],
        "value_say": [_said(float(value), line) for value in line.values[kept]],
        "come_to": [MARKS.get(line.verdicts[each], "open") for each in kept],
        # Where another analysis begins, and nothing is to be joined.
        "begins": [0, *(np.flatnonzero(runs[1:] != runs[:-1]) + 1).tolist()],
    }


def _limits(number: int, line: Series) -> list[dict[str, Any]]:
    limits = []
    for means, values in line.limits.items():
        known = values[~np.isnan(values)]
        if len(known) == 0:
            continue
        fixed = bool((known == known[0]).all())
        limits.append(
            {
                "say": _limit_said(means, known[-1], line),
                "value": float(known[-1]) if fixed else None,
                "values": None if fixed else values[_kept(line)],
                "line": number,
            }
        )
    return limits


def _limit_said(means: Means, value: float, line: Series) -> str:
    if line.unit == "E":
        return f"proof at {value:g}"
    return f"{'alarm at' if _is_alarm(line) and means == 'fails at' else means} {_number(value, _unit(line))}"


def _is_alarm(line: Series) -> bool:
    return line.unit == "" and not line.metric


def _unit(line: Series) -> str:
    return unit_of(line.metric) if line.metric and line.unit == METRICS[line.metric].unit else line.unit


def _title(line: Series, evidence: str = "") -> str:
    """Return what is measured, in words; evidence with the number of what it rests on.

    >>> at = np.array([0])
    >>> line = Series("latency_p95_s", "latency_p95_s", "", "s", at, at, at, at, at, at, at, ("",), {})
    >>> _title(line)
    'the candidate’s latency p95'
    """
    words = line.title.replace("_", " ").replace("mirror audit ", "audited ")
    if line.metric and line.title == line.metric:
        words = words.removesuffix(f" {line.unit}") if line.unit == "s" else words
        if line.unit in ("z", "score"):
            return f"{words}, candidate against stable{' (z)' if line.unit == 'z' else ''}"
        return f"the candidate’s {words}"
    return f"evidence from {evidence}{words}" if line.unit == "E" else words


def _number(value: float, unit: str) -> str:
    if math.isnan(value):
        return "no data"
    if unit in ("E", "score", ""):
        return f"{value:.3g}"
    return f"{value:.2f}".replace("-", "−") if unit == "z" else show(value, unit)


def _said(value: float, line: Series) -> str:
    number = _number(value, _unit(line))
    return f"{line.unit} {number}" if line.unit in ("E", "z") and not math.isnan(value) else number


def _sentence(lines: Sequence[Series], horizon_us: int) -> str:
    """Return the look that decided, or the last one, in words."""
    line = lines[0]
    look = _telling(line)
    moment = int(line.times_us[look])
    at = [(each, int(np.searchsorted(each.times_us, moment))) for each in lines if moment in each.times_us]
    title = _title(line, f"{line.samples[look]:,} ")
    said = f"At {hour(moment, horizon_us)}: {title}, {', '.join(_value_told(each, place) for each, place in at)}"
    concluded = _concluded(line, line.verdicts[look])
    return f"{said}: {concluded}." if concluded else f"{said}."


def _telling(line: Series) -> int:
    """Return the last look that failed, if an analysis ended with it; else the last of all."""
    last = len(line.values) - 1
    ends = [*np.flatnonzero(line.runs[1:] != line.runs[:-1]), last]
    return next((int(look) for look in reversed(ends) if line.verdicts[look] == "Failed"), last)


def _value_told(line: Series, look: int) -> str:
    value = float(line.values[look])
    told = " ".join(
        part for part in (words.decider(line.of) if line.of else "", _said(value, line), _held(line, look)) if part
    )
    if not (math.isnan(line.low[look]) or math.isnan(value)):
        told += f" ({100 * line.low[look]:.0f} to {100 * line.high[look]:.0f})"
    counted = int(line.samples[look])
    return told if counted < 0 or line.unit in ("E", "score") else f"{told} on {counted:,} phones"


def _held(line: Series, look: int) -> str:
    """Return what a value is held against at a look."""
    found = [(means, float(values[look])) for means, values in line.limits.items() if not math.isnan(values[look])]
    if line.unit == "E":
        return " ".join(f"of {value:g}" for _, value in found)
    asked = [_limit_said(means, value, line) for means, value in found]
    if not asked:
        return ""
    return f"against {' and '.join(asked)}" if found[0][0] in ("at most", "at least") else f"({', '.join(asked)})"


def _concluded(line: Series, verdict: str) -> str:
    if _is_alarm(line):
        return "it rings" if verdict == "Failed" else ""
    if verdict or not line.metric:
        return _VERDICTS.get(verdict, verdict.lower())
    return "too few to judge"
