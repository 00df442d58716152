"""Numbers as people write them, by unit: '23.4 %', '4.2 min', '$412', and how far they may be off."""

from __future__ import annotations

import math

from sim.deployment.strategy import PATTERNS
from sim.stats.intervals import Interval
from sim.stats.ratios import ShareInterval

NONE = "–"  #: what is shown where a metric is undefined
SAME = "same"  #: what is shown where two strategies agree in every replication
NEARLY_SAME = "≈ same"  #: where they differ by less than the digits shown, and surely so
MOST_DIGITS = 4  #: of a difference that is told beside its bound
MOST_OF_A_BOUND = 9  #: digits of a bound of a share, which may not be rounded to none or to all
UNEVEN = 0.1  #: ends of an interval that differ by so much of its half-width are both told
_SCALES = ((1.0, 1e3, "ms"), (120.0, 1.0, "s"), (7200.0, 1 / 60, "min"), (math.inf, 1 / 3600, "h"))


def plain_name(name: str) -> str:
    """Return a strategy's name as a sentence says it.

    >>> plain_name("full_automation")
    'full automation'
    """
    return name.replace("_", " ")


def called(name: str, most: int = 30) -> str:
    """Return a strategy's name in a sentence: a pattern's as it is, one that somebody gave in quotes.

    >>> called("full_automation"), called("none")
    ('full automation', '“none”')
    """
    return brief(name, most) if name in PATTERNS else f"“{brief(name, most)}”"


def brief(name: str, most: int = 30) -> str:
    """Return a strategy's name in at most so many letters; the middle goes, since variants differ at the end.

    >>> brief("a canary with very small steps, variant 2", 20)
    'a canary …variant 2'
    """
    plain = plain_name(name)
    if len(plain) <= most:
        return plain
    head = most // 2 - 1
    return f"{plain[:head].rstrip()} …{plain[len(plain) - (most - head - 2) :].lstrip()}"


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
    return 1.0, "", {"1/h": " /h", "min": " min"}.get(unit, "")


def show(value: float, unit: str) -> str:
    """Return a value with its unit (parts per million and counts are bare), in as many digits as one reads.

    >>> show(0.2341, "share"), show(21.34, "s"), show(252.0, "s"), show(412.3, "$"), show(4812.0, "ppm")
    ('23.4 %', '21.3 s', '4.2 min', '$412', '4,812')
    """
    return _shown(value, math.nan, unit)[0] if math.isfinite(value) else NONE


def _shown(mean: float, half: float, unit: str) -> tuple[str, int, float, str]:
    """Return a value in words, and its decimals, its factor and its suffix; `half` is in the value's own unit."""
    factor, prefix, suffix = scaled(mean, unit)
    digits = _digits(mean * factor, half * factor, unit)
    text = f"{prefix}{mean * factor:,.{digits}f}{suffix}"
    return f"−${text[2:]}" if text.startswith("$-") else text, digits, factor, suffix


def more_than(value: float, unit: str) -> str:
    """Return a value that is only known to be exceeded.

    >>> more_than(12_000.0, "s")
    '> 3.3 h'
    """
    return f"> {show(value, unit)}" if math.isfinite(value) else NONE


def show_interval(interval: Interval, unit: str) -> str:
    """Return a mean with half the width of its interval, or with its ends where they are not equally far away.

    Of a share in which nothing was counted, or nothing else, it is the counts and the bound.

    >>> show_interval(Interval(0.2341, 0.2261, 0.2421, 10), "share")
    '23.4 % ±0.8'
    >>> show_interval(Interval(0.02, 0.005, 0.061, 10), "share")
    '2.0 % (0.5–6.1)'
    >>> show_interval(ShareInterval(0.0, 0.0, 0.026, 10, 0, 0, 114), "share")
    '0 of 114: ≤ 2.6 %'
    >>> show_interval(ShareInterval(0.0, 0.0, 0.00002, 10, 0, 0, 129_584), "share")
    '0 of 129,584: ≤ 0.002 %'
    >>> show_interval(ShareInterval(1.0, 0.99998, 1.0, 10, 0, 129_584, 129_584), "share")
    '129,584 of 129,584: ≥ 99.998 %'
    """
    if not math.isfinite(interval.mean):
        return NONE
    text, digits, factor, suffix = _shown(interval.mean, interval.half_width, unit)
    mean, half = interval.mean * factor, interval.half_width * factor
    if not math.isfinite(half):
        return text
    low, high = interval.low * factor, interval.high * factor
    if isinstance(interval, ShareInterval) and interval.events in (0, interval.among):
        sign, bound = ("≤", high) if interval.events == 0 else ("≥", low)
        # A bound that is rounded to none or to all of them would say nothing.
        while abs(bound - mean) < 0.5 * 10.0**-digits and digits < MOST_OF_A_BOUND:
            digits += 1
        return f"{interval.events:,} of {interval.among:,}: {sign} {bound:,.{digits}f}{suffix}"
    if abs((high - mean) - (mean - low)) > UNEVEN * half:
        return f"{text} ({low:,.{digits}f}–{high:,.{digits}f})"
    return f"{text} ±{half:,.{digits}f}"


def show_difference(interval: Interval, unit: str) -> str:
    """Return a signed difference; shares differ by points, so that nobody reads '2 %' as relative.

    >>> show_difference(Interval(-0.021, -0.025, -0.017, 10), "share")
    '−2.1 pt ±0.4'
    >>> show_difference(Interval(0.021, -0.003, 0.084, 10), "share")
    '+2.1 pt (−0.3 to +8.4)'
    >>> show_difference(Interval(0.014, 0.013, 0.015, 10), "1/h")
    '≈ same'
    """
    if not math.isfinite(interval.mean):
        return NONE
    factor, prefix, suffix = scaled(interval.mean, unit)
    mean, half = interval.mean * factor, interval.half_width * factor
    # A difference of shares has its values' digits, however small it is.
    digits = _digits(max(1.0, abs(mean)) if unit == "share" else mean, half, unit)
    if mean == 0.0 and half == 0.0:
        return SAME
    size, width = f"{abs(mean):,.{digits}f}", f"{half:,.{digits}f}"
    vanishes = not size.strip("0.,")
    if vanishes and not width.strip("0.,"):
        return NEARLY_SAME
    sign = "" if vanishes else "−" if mean < 0 else "+"
    text = f"{sign}{prefix}{size}{' pt' if unit == 'share' else suffix}"
    if not math.isfinite(half):
        return text
    low, high = interval.low * factor, interval.high * factor
    if abs((high - mean) - (mean - low)) > UNEVEN * half:
        return f"{text} ({_signed(low, digits)} to {_signed(high, digits)})"
    return f"{text} ±{width}"


def _signed(value: float, digits: int, prefix: str = "") -> str:
    size = f"{abs(value):,.{digits}f}"
    return f"{'' if not size.strip('0.,') else '−' if value < 0 else '+'}{prefix}{size}"


def show_bounded_difference(gap: float, bound: float, unit: str, rival: str = "") -> str:
    """Return a difference and the one-sided bound of it in words, in digits enough to see what they say.

    >>> show_bounded_difference(0.021, 0.017, "share"), show_bounded_difference(-2.0, -1.5, "1/h")
    ('2.1 pt more, at least 1.7', '2.0 /h less, at least 1.5')
    >>> show_bounded_difference(0.021, -0.004, "share"), show_bounded_difference(0.021, -0.00002, "share")
    ('2.1 pt more, perhaps 0.4 less', '2.1 pt more, perhaps equal')
    >>> show_bounded_difference(-4.6, -5.06, "$", "triage"), show_bounded_difference(0.0, -0.3, "s", "triage")
    ('$4.60 less than triage, up to $5.06', 'same as triage, perhaps 300 ms less')
    >>> show_bounded_difference(0.00004, 0.00001, "share"), show_bounded_difference(0.0, 0.0, "share")
    ('0.004 pt more, at least 0.001', 'same')
    """
    factor, prefix, suffix = scaled(gap or bound, unit)
    ending = " pt" if unit == "share" else suffix
    mean = factor * (gap or bound)
    digits = max(_digits(max(1.0, abs(mean)) if unit == "share" else mean, math.nan, unit), 0)
    decided = gap * bound > 0.0
    least = min(abs(mean), abs(factor * bound) if decided else math.inf)
    while 0.0 < least < 0.5 * 10.0**-digits and digits < MOST_DIGITS:
        digits += 1
    size, end = (f"{abs(factor * value):,.{digits}f}" for value in (gap, bound))
    if gap == 0.0:
        said = f"{SAME} as {rival}" if rival else SAME
        return f"{said}, perhaps {prefix}{end}{ending} {_towards(bound)}" if bound else said
    said = f"{prefix}{size}{ending} {_towards(gap)}{' than ' if rival else ''}{rival}"
    if decided:
        return f"{said}, {'at least' if abs(bound) <= abs(gap) else 'up to'} {prefix}{end}"
    return f"{said}, perhaps {f'{prefix}{end} {_towards(bound)}' if end.strip('0.,') else 'equal'}"


def _towards(difference: float) -> str:
    return "more" if difference > 0.0 else "less"


def show_size(size: float, unit: str) -> str:
    """Return the size of a difference that is at least so large: rounded down, in digits enough not to vanish.

    >>> show_size(0.0089, "share"), show_size(15.87, "s"), show_size(11.79, "$"), show_size(0.00012, "share")
    ('0.8 pt', '15.8 s', '$11.79', '0.01 pt')
    """
    factor, prefix, suffix = scaled(size, unit)
    digits = _digits(max(1.0, factor * size) if unit == "share" else factor * size, math.nan, unit)
    while factor * size < 10.0**-digits and digits < MOST_DIGITS:
        digits += 1
    shown = math.floor(factor * size * 10**digits + 1e-9) / 10**digits
    return f"{prefix}{shown:,.{digits}f}{' pt' if unit == 'share' else suffix}"


def _digits(mean: float, half: float, unit: str) -> int:
    """Decimals, by unit so that a column reads evenly; one more where a half-width would print as 0."""
    size = abs(mean)
    if unit in ("phones", "ppm") or (unit == "$" and size >= 100.0):
        return 0
    digits = {"share": 1 if size >= 1.0 or size == 0.0 else 2, "$": 2, "1/h": 1, "min": 1}.get(unit, 1)
    if unit == "s" and size >= 100.0:
        digits = 0
    vanishes = unit != "1/h" and 0.0 < half < 0.5 * 10.0**-digits
    return min(2, digits + 1) if vanishes else digits
