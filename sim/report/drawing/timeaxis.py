"""The axis of simulated time: hours as numbers underneath, days or hours as people read them."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

HOUR_US = 3_600_000_000
_STEPS_H = (0.25, 0.5, 1, 2, 3, 6, 12)


def time_axis(axes: Axes, horizon_us: int, width: float, label: bool = True) -> None:
    """Set limits, ticks and label of a time axis in hours that is `width` inches wide."""
    hours = horizon_us / HOUR_US
    axes.set_xlim(0.0, hours)
    most = max(2, int(width / 0.75))
    if hours > 36:
        days = math.ceil(hours / 24)
        step = next(s for s in (1, 2, 5, 7, 10, 14, 30, 60, 90, 365, 10**6) if days / s <= most)
        ticks = [24.0 * day for day in range(0, days, step)]
        axes.set_xticks(ticks, [f"day {day + 1}" for day in range(0, days, step)])
        axes.set_xlabel("simulated time (ticks: start of the day)" if label else "")
    else:
        step_h = next((s for s in _STEPS_H if hours / s <= most), 12)
        ticks = [step_h * i for i in range(int(hours / step_h) + 1)]
        axes.set_xticks(ticks, [f"{tick:g} h" for tick in ticks])
        axes.set_xlabel("simulated time from the start" if label else "")
