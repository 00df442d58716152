"""Numbers as people write them, by unit: '23.4 %', '4.2 min', '$412', and how far they may be off."""

from __future__ import annotations

import math

from sim.measure.statistics import Interval

NONE = "–"  #: what is shown where a metric is undefined
_SCALES = ((1.0, 1e3, "ms"), (120.0, 1.0, "s"), (7200.0, 1 / 60, "min"), (math.inf, 1 / 3600, "h"))


def plain_name(name: str) -> str:
    """Return a strategy's name as a sentence says it.

    >>> plain_name("full_automation")
    'full automation'
    """
    return name.replace("_", " ")


def scaled(value: float, unit: str) -> tuple[float, str, str]:
    """Return (factor, prefix, suffix) with which a value of this size is written.

    >>> scaled(252.0, "s")[1:]
    ('', ' min')
    """
    if unit == "share":
        return 100.0, "", " %"
    if unit == "s":
        for limit, factor, name in _SCALES:
            if not abs(value) >= limit:
                return factor, "", f" {name}"
    if unit == "$":
        return 1.0, "$", ""
    return 1.0, "", {"ppm": " ppm", "1/h": " /h", "min": " min"}.get(unit, "")


def show(value: float, unit: str) -> str:
    """Return a value with its unit, three significant digits or whole numbers.

    >>> show(0.2341, "share"), show(21.34, "s"), show(252.0, "s"), show(412.3, "$"), show(4812.0, "ppm")
    ('23.4 %', '21.3 s', '4.2 min', '$412', '4,812 ppm')
    """
    return show_interval(Interval(value, math.nan, math.nan, 1), unit)


def show_interval(interval: Interval, unit: str) -> str:
    """Return a mean with half the width of its interval, as many digits as the interval allows.

    >>> show_interval(Interval(0.2341, 0.2261, 0.2421, 10), "share")
    '23.4 % ±0.8'
    """
    if not math.isfinite(interval.mean):
        return NONE
    factor, prefix, suffix = scaled(interval.mean, unit)
    mean, half = interval.mean * factor, interval.half_width * factor
    digits = _digits(mean, half, unit)
    text = f"{prefix}{mean:,.{digits}f}{suffix}"
    if text.startswith("$-"):
        text = f"−${text[2:]}"
    return f"{text} ±{half:,.{digits}f}" if math.isfinite(half) else text


def show_difference(interval: Interval, unit: str) -> str:
    """Return a signed difference; shares differ by points, so that nobody reads '2 %' as relative.

    >>> show_difference(Interval(-0.021, -0.025, -0.017, 10), "share")
    '−2.1 pt ±0.4'
    """
    if not math.isfinite(interval.mean):
        return NONE
    factor, prefix, suffix = scaled(interval.mean, unit)
    mean, half = interval.mean * factor, interval.half_width * factor
    digits = _digits(mean, half, unit)
    size = f"{abs(mean):,.{digits}f}"
    sign = "" if not size.strip("0.,") else "−" if mean < 0 else "+"
    text = f"{sign}{prefix}{size}{' pt' if unit == 'share' else suffix}"
    return f"{text} ±{half:,.{digits}f}" if math.isfinite(half) else text


def _digits(mean: float, half: float, unit: str) -> int:
    """Decimals: enough to show the half-width's first digit (two if that is a 1), at most two."""
    if math.isfinite(half) and half > 0.0:
        place = math.floor(math.log10(half))
        leading_one = half / 10.0**place < 2.0
        return min(2, max(0, -place + (1 if leading_one else 0)))
    if mean == 0.0 or unit == "phones" or abs(mean) >= 100.0:
        return 0
    return 1 if unit == "share" or abs(mean) >= 1.0 else 2
