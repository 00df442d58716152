"""Axes of charts that a browser draws: where they end, and ticks as people say them.

Ends are round numbers, so that most moves of a slider leave an axis where it is and only the line moves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from sim.units import HOUR, SECOND

_TOPS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_SECONDS = (
    (0.001, "1 ms"), (0.002, "2 ms"), (0.005, "5 ms"), (0.01, "10 ms"), (0.02, "20 ms"), (0.05, "50 ms"),
    (0.1, "0.1 s"), (0.2, "0.2 s"), (0.5, "0.5 s"), (1.0, "1 s"), (2.0, "2 s"), (5.0, "5 s"), (10.0, "10 s"),
    (20.0, "20 s"), (30.0, "30 s"), (60.0, "1 min"), (120.0, "2 min"), (300.0, "5 min"), (600.0, "10 min"),
    (1200.0, "20 min"), (1800.0, "30 min"), (3600.0, "1 h"), (7200.0, "2 h"), (18_000.0, "5 h"), (36_000.0, "10 h"),
    (86_400.0, "1 day"), (172_800.0, "2 days"), (432_000.0, "5 days"), (864_000.0, "10 days"),
)  # fmt: skip
_SPAN = 4.0  #: a log axis reaches over so many times its low end, so that noise does not fill it
_STEPS_H = (0.25, 0.5, 1, 2, 3, 4, 6, 12)
_STEPS_DAYS = (1, 2, 5, 7, 10, 14, 30, 60, 90, 365, 10**6)
MOST = 9  #: ticks of time
MOST_SECONDS = 6  #: ticks of a log axis of times

Axis = dict[str, Any]


def time_axis(horizon_us: int) -> Axis:
    """Return the axis of simulated time.

    >>> [tick["say"] for tick in time_axis(16 * HOUR)["ticks"]]
    ['0 h', '2 h', '4 h', '6 h', '8 h', '10 h', '12 h', '14 h', '16 h']
    >>> [tick["say"] for tick in time_axis(72 * HOUR)["ticks"]]
    ['day 1', 'day 2', 'day 3']
    """
    hours = horizon_us / HOUR
    if hours > 36:
        days = math.ceil(hours / 24)
        step = next(step for step in _STEPS_DAYS if days / step <= MOST)
        ticks = [(24.0 * day, f"day {day + 1}") for day in range(0, days, step)]
    else:
        wide = next((step for step in _STEPS_H if hours / step < MOST), 12)
        ticks = [(wide * i, f"{wide * i:g} h") for i in range(int(hours / wide) + 1)]
    return {"low": 0.0, "high": horizon_us / SECOND, "ticks": [_tick(3600.0 * at, say) for at, say in ticks]}


def share_axis(values: Iterable[float]) -> Axis:
    """Return the axis of a share, from 0.

    >>> share_axis([0.12, 0.37])["high"], [tick["say"] for tick in share_axis([0.37])["ticks"]]
    (0.4, ['0 %', '10 %', '20 %', '30 %', '40 %'])
    """
    reach = max((value for value in values if math.isfinite(value)), default=0.0)
    top = next((each for each in _TOPS if reach <= each), 1.0)
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if top / step < 5.5)
    ticks = [step * i for i in range(round(top / step) + 1)]
    return {"low": 0.0, "high": top, "ticks": [_tick(tick, f"{100 * tick:.0f} %") for tick in ticks]}


def seconds_axis(values: Iterable[float]) -> Axis:
    """Return a log axis of times: round ends near the values, and at most six ticks.

    >>> axis = seconds_axis([0.2, 31.0])
    >>> axis["low"], axis["high"], [tick["say"] for tick in axis["ticks"]]
    (0.2, 60.0, ['0.2 s', '1 s', '2 s', '10 s', '20 s', '1 min'])
    >>> axis = seconds_axis([24.0, 55.0])
    >>> [tick["say"] for tick in axis["ticks"]]
    ['20 s', '30 s', '1 min', '2 min']
    """
    known = [value for value in values if math.isfinite(value) and value > 0]
    low, high = (min(known), max(known)) if known else (1.0, 60.0)
    moments = [at for at, _ in _SECONDS]
    first = max((n for n, at in enumerate(moments) if at <= low), default=0)
    last = next((n for n, at in enumerate(moments) if at >= max(high, _SPAN * moments[first])), len(moments) - 1)
    while moments[last] < _SPAN * moments[first]:  # the values lie beyond the longest of these times
        first -= 1
    steps = min(last - first, MOST_SECONDS - 1)
    shown = [first + round(step * (last - first) / steps) for step in range(steps + 1)]
    ticks = [_tick(*_SECONDS[n]) for n in shown]
    return {"low": moments[first], "high": max(moments[last], high), "log": True, "ticks": ticks}


def count_axis(values: Iterable[float]) -> Axis:
    """Return the axis of a number of things, from 0.

    >>> [tick["say"] for tick in count_axis([3, 1_730])["ticks"]]
    ['0', '1,000', '2,000']
    """
    reach = max((value for value in values if math.isfinite(value)), default=0.0)
    scale = 10.0 ** math.floor(math.log10(max(reach, 1.0)))
    step = next(step for step in (scale, 2 * scale, 5 * scale) if reach / step <= 2 or step == 5 * scale)
    ticks = [step * i for i in range(max(math.ceil(reach / step), 1) + 1)]
    return {"low": 0.0, "high": ticks[-1], "ticks": [_tick(tick, f"{tick:,.0f}") for tick in ticks]}


def money_axis(values: Iterable[float]) -> Axis:
    """Return an axis of money: it need not begin at 0, for that may be far away.

    >>> axis = money_axis([61.0, 212.0])
    >>> axis["low"], axis["high"], [tick["say"] for tick in axis["ticks"]]
    (50.0, 250.0, ['$50', '$100', '$150', '$200', '$250'])
    """
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = max(high - low, 0.1 * abs(high), 1e-6)
    low, high = low - 0.05 * span if low < 0.0 else max(low - 0.05 * span, 0.0), high + 0.12 * span
    scale = 10.0 ** math.floor(math.log10(high - low))
    step = next(step for step in (0.2 * scale, 0.5 * scale, scale, 2 * scale, 5 * scale) if (high - low) / step <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = [step * i for i in range(first, last + 1)]
    cents = 0 if step >= 1 else 2
    return {"low": ticks[0], "high": ticks[-1], "ticks": [_tick(tick, f"${tick:,.{cents}f}") for tick in ticks]}


def evidence_axis(values: Iterable[float]) -> Axis:
    """Return a log axis of evidence, whole decades around 1, which says nothing for either side.

    >>> axis = evidence_axis([1.0, 2.2, 20.0])
    >>> axis["low"], [tick["say"] for tick in axis["ticks"]]
    (1.0, ['1', '10', '100'])
    """
    known = [math.log10(value) for value in values if math.isfinite(value) and value > 0.0]
    first = max(math.floor(min(known, default=0.0)), -3)
    last = max(math.ceil(max(known, default=0.0) - 1e-9), first + 1)
    ticks = [_tick(10.0**power, f"{10.0**power:,g}") for power in range(min(first, 0), last + 1)]
    return {"low": ticks[0]["at"], "high": ticks[-1]["at"], "log": True, "ticks": ticks}


def number_axis(values: Iterable[float]) -> Axis:
    """Return the axis of any other number, with 0 on it.

    >>> [tick["say"] for tick in number_axis([-0.4, 1.9])["ticks"]], number_axis([12.7])["high"]
    (['-1', '0', '1', '2'], 15.0)
    """
    known = [0.0, *(value for value in values if math.isfinite(value))]
    low, high = min(known), max(known)
    scale = 10.0 ** math.floor(math.log10(high - low)) if high > low else 1.0
    step = next(step for step in (0.2 * scale, 0.5 * scale, scale, 2 * scale, 5 * scale) if (high - low) / step <= 4)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    ticks = [_tick(step * i, f"{step * i:.3g}") for i in range(first, last + 1)]
    return {"low": ticks[0]["at"], "high": ticks[-1]["at"], "ticks": ticks}


def _tick(at: float, say: str) -> dict[str, Any]:
    return {"at": round(at, 9), "say": say}
