"""Units: '2h', '150ms', '5%', '$1.50' <-> numbers. Simulated time is int64 microseconds.

Every quantity that a scenario file may hold has a parser here, a pydantic type built on it, and a way back:
what `model_dump(mode="json")` writes parses to the identical value. Texts are scaled with `Decimal`, so
'1.1%' is 0.011 and not 0.011000000000000001.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

US = 1
MS = 1_000 * US
SECOND = 1_000 * MS
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

#: More phones, failures or measurements than this nobody counts.
MOST = 1_000_000_000
#: What is done again and again is done no more often.
SHORTEST_RHYTHM = SECOND
#: Longer than any scenario, and short enough that sums of several durations stay inside int64.
LONGEST = 36_525 * DAY

_UNITS = {"us": US, "ms": MS, "s": SECOND, "min": MINUTE, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_AMOUNT = r"[0-9]{1,18}(?:\.[0-9]{1,18})?"
_UNIT = r"(?:us|ms|min|s|m|h|d|w)"
_SPAN = rf"{_AMOUNT}\s*{_UNIT}(?:\s*{_AMOUNT}\s*{_UNIT})*"
_DURATION = re.compile(_SPAN)
_PART = re.compile(rf"({_AMOUNT})\s*({_UNIT})")
# Three digits of exponent cover every float; more would only be a way to keep Decimal busy.
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,3})?")


def in_words(value: object) -> str:
    """Say what a value read from a file is, in the words of someone who writes YAML.

    Examples
    --------
    >>> in_words(["a"]), in_words("abc"), in_words(None), in_words(True)
    ('a list', "the text 'abc'", 'nothing', 'true')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{_short(value)}'" if value else "an empty text"
    if isinstance(value, int):
        # A number of thousands of digits cannot even be written out.
        return f"the number {value}" if abs(value) < 10**20 else "a very large number"
    if isinstance(value, float):
        if math.isfinite(value):
            return f"the number {float(value)!r}"
        return "infinity" if value > 0 else "minus infinity" if value < 0 else "nan (not a number)"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bytes):
        return "binary data"
    return f"the {type(value).__name__} {_short(str(value))}"


def parse_duration(value: object) -> int:
    """Return a duration in microseconds, rounded half up.

    Parameters
    ----------
    value : str or 0
        Numbers with units: us, ms, s, min (or m), h, d, w. Only 0 needs no unit.

    Returns
    -------
    int
        Microseconds.

    Raises
    ------
    ValueError
        With what was found and what is allowed.

    Examples
    --------
    >>> parse_duration("150ms"), parse_duration("1.5h"), parse_duration("1d 6h")
    (150000, 5400000000, 108000000000)
    """
    expected = "expected a duration such as '150ms', '45min' or '2h'"
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18:
        if value == 0:
            return 0
        if value < 0:
            raise ValueError(f"{expected}, found {in_words(value)}: a duration cannot be negative")
        raise ValueError(_unit_missing(_plain(value)))
    if not isinstance(value, str):
        raise ValueError(f"{expected}, found {in_words(value)}")
    text = value.strip()
    if _NUMBER.fullmatch(text):
        if Decimal(text) == 0:
            return 0
        if not text.startswith("-"):
            raise ValueError(_unit_missing(_short(text)))
    if text.startswith("-") and _DURATION.fullmatch(text[1:].strip()):
        raise ValueError(f"{expected}, found '{_short(text)}': a duration cannot be negative")
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{expected}, found {in_words(value)}{_unit_hint(text)}")
    total = sum((Decimal(amount) * _UNITS[unit] for amount, unit in _PART.findall(text)), Decimal(0))
    microseconds = int(total.to_integral_value(rounding=ROUND_HALF_UP))
    if microseconds > LONGEST:
        raise ValueError(f"'{_short(text)}' is too long: at most {LONGEST // DAY}d (100 years)")
    return microseconds


def parse_positive_duration(value: object) -> int:
    """Return a duration of at least one microsecond; see `parse_duration`.

    Examples
    --------
    >>> parse_positive_duration("20us")
    20
    """
    microseconds = parse_duration(value)
    if microseconds < 1:
        expected = "expected a duration longer than 0, such as '150ms' or '2h'"
        raise ValueError(f"{expected}, found {in_words(value)}")
    return microseconds


def parse_rhythm(value: object) -> int:
    """Return how often somebody does something again: a duration of at least a second; see `parse_duration`.

    Nobody on a line looks, measures or trains more often, and a run that did would not end.

    Examples
    --------
    >>> parse_rhythm("10min") == 10 * MINUTE
    True
    >>> parse_rhythm("1us")
    Traceback (most recent call last):
    ValueError: expected a duration of at least 1s, such as '10min', found the text '1us': nobody does that more often
    """
    microseconds = parse_positive_duration(value)
    if microseconds < SHORTEST_RHYTHM:
        expected = f"expected a duration of at least {format_duration(SHORTEST_RHYTHM)}, such as '10min'"
        raise ValueError(f"{expected}, found {in_words(value)}: nobody does that more often")
    return microseconds


def parse_share(value: object) -> float:
    """Return a share between 0 and 1, written '5%' or 0.05.

    Examples
    --------
    >>> parse_share("5%"), parse_share(0.05), parse_share("1.1%")
    (0.05, 0.05, 0.011)
    """
    expected = "expected a share from 0% to 100%, such as '5%' or 0.05"
    share = _number(value, expected, percent=-2)
    if not 0.0 <= share <= 1.0:
        bare = not (isinstance(value, str) and value.rstrip().endswith("%"))
        hint = f" (did you mean '{_plain(share)}%'?)" if bare and 1.0 < share <= 100.0 else ""
        raise ValueError(f"{expected}, found {in_words(value)}{hint}")
    return share


def parse_percent(value: object) -> float:
    """Return a percentage between 0 and 100: a bare number is percent, as in Argo's `setWeight`.

    Examples
    --------
    >>> parse_percent(5), parse_percent(0.5), parse_percent("5%")
    (5.0, 0.5, 5.0)
    """
    expected = "expected percent from 0 to 100, such as 5 or '5%'"
    percent = _number(value, expected, percent=0)
    if not 0.0 <= percent <= 100.0:
        raise ValueError(f"{expected}, found {in_words(value)}")
    return percent


def parse_factor(value: object) -> float:
    """Return a finite number that is not negative, written 0.8 or '80%'.

    Examples
    --------
    >>> parse_factor("80%"), parse_factor(2)
    (0.8, 2.0)
    """
    expected = "expected a number that is not negative, such as 0.8 or '80%'"
    factor = _number(value, expected, percent=-2)
    if factor < 0.0:
        raise ValueError(f"{expected}, found {in_words(value)}")
    return factor


def parse_money(value: object) -> float:
    """Return an amount of money that is not negative, written '$1.50' or 1.5.

    Examples
    --------
    >>> parse_money("$1.50"), parse_money(12)
    (1.5, 12.0)
    """
    expected = "expected an amount of money such as '$1.50' or 1.5"
    text = value.strip().removeprefix("$").lstrip() if isinstance(value, str) else value
    try:
        amount = _number(text, expected)
    except ValueError:
        raise ValueError(f"{expected}, found {in_words(value)}") from None
    if amount < 0.0:
        raise ValueError(f"{expected}, found {in_words(value)}: it cannot be negative")
    return amount


def format_duration(us: int) -> str:
    """Return a short exact text that `parse_duration` reads back to the same microseconds.

    Examples
    --------
    >>> [format_duration(us) for us in (2 * HOUR, 30 * HOUR, 150 * MS, 4_500 * MS, 20)]
    ['2h', '1d 6h', '150ms', '4.5s', '20us']
    """
    if us == 0:
        return "0s"
    sign, rest = ("-", -int(us)) if us < 0 else ("", int(us))
    parts = []
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount}{unit}")
    for unit, size in (("s", SECOND), ("ms", MS), ("us", US)):
        if rest >= size:
            parts.append(f"{_plain(Decimal(rest) / size)}{unit}")
            break
    return sign + " ".join(parts)


def format_share(share: float) -> str:
    """Return the exact share in percent.

    Examples
    --------
    >>> format_share(0.05), format_share(0.011)
    ('5%', '1.1%')
    """
    return f"{_plain(Decimal(repr(float(share))).scaleb(2))}%"


def format_money(amount: float) -> str:
    """Return the exact amount, with cents.

    Examples
    --------
    >>> format_money(1.5), format_money(0.0125)
    ('$1.50', '$0.0125')
    """
    cents = f"{amount:.2f}"
    return f"${cents if float(cents) == amount else _plain(amount)}"


def format_moment(us: int, *, seconds: bool = False) -> str:
    """Return a moment as day and time of day; day 1 starts at 0.

    Examples
    --------
    >>> format_moment(2 * DAY + 6 * HOUR + 10 * MINUTE)
    'day 3 06:10'
    >>> format_moment(61 * SECOND, seconds=True)
    'day 1 00:01:01'
    """
    day, rest = divmod(int(us), DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    tail = f":{rest // SECOND:02d}" if seconds else ""
    return f"day {day + 1} {hours:02d}:{minutes:02d}{tail}"


def _number(value: object, expected: str, percent: int | None = None) -> float:
    """Return a finite float; a '%' scales it by this power of ten, and is refused when that is None."""
    number = math.nan
    if isinstance(value, str):
        text = value.strip()
        scale = 0
        if percent is not None and text.endswith("%"):
            text, scale = text[:-1].rstrip(), percent
        if _NUMBER.fullmatch(text):
            number = float(Decimal(text).scaleb(scale))
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{expected}, found {in_words(value)}")
    return number + 0.0  # -0.0 becomes 0.0


def _plain(number: float | Decimal) -> str:
    """Write a number exactly, without an exponent and without needless zeros."""
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _short(text: str) -> str:
    line = "".join(letter if letter.isprintable() else " " for letter in text[:80])
    return line if len(line) <= 40 else f"{line[:37]}..."


def _unit_missing(number: str) -> str:
    return f"the unit is missing: write '{number}min', '{number}s' or '{number}h'"


def _unit_hint(text: str) -> str:
    """Name the units when a number came first, so that only the unit can be wrong."""
    return "; the units are us, ms, s, min, h, d and w" if re.match(_AMOUNT, text) else ""


def _json_share(share: float) -> str | float:
    text = format_share(share)
    return text if len(text) <= 24 else share


def _json_money(amount: float) -> str | float:
    text = format_money(amount)
    return text if len(text) <= 24 else amount


def _schema(description: str, text: str, numbers: dict[str, Any], examples: list[Any]) -> WithJsonSchema:
    """Say in JSON Schema what the parser accepts: a text by pattern, a number by range."""
    texts = {"type": "string", "pattern": f"^\\s*{text}\\s*$"}
    return WithJsonSchema({"description": description, "anyOf": [texts, numbers], "examples": examples})


def _span_schema(what: str, examples: list[str]) -> WithJsonSchema:
    """The same of a duration that needs a unit."""
    description = f"{what}: numbers with the units us, ms, s, min, h, d, w"
    pattern = f"^\\s*{_SPAN}\\s*$"
    return WithJsonSchema({"description": description, "type": "string", "pattern": pattern, "examples": examples})


_DIGITS = r"\+?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"

Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    _schema("a duration: numbers with the units us, ms, s, min, h, d, w", f"(?:{_SPAN}|0)", {"const": 0},
            ["150ms", "45min", "1d 6h"]),
]  # fmt: skip
"""Microseconds, at least 0."""

PositiveDuration = Annotated[
    int,
    BeforeValidator(parse_positive_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    _span_schema("a duration longer than 0", ["150ms", "45min", "1d 6h"]),
]
"""Microseconds, at least 1."""

Rhythm = Annotated[
    int,
    BeforeValidator(parse_rhythm),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    _span_schema("a duration of at least 1s", ["10min", "1h", "1d"]),
]
"""Microseconds, at least a second: how often something is done again."""

Share = Annotated[
    float,
    BeforeValidator(parse_share),
    PlainSerializer(_json_share, return_type=str | float, when_used="json"),
    _schema("a share from 0% to 100%", f"{_DIGITS}\\s*%?", {"type": "number", "minimum": 0, "maximum": 1},
            ["5%", 0.05]),
]  # fmt: skip
"""A fraction between 0 and 1."""

Percent = Annotated[
    float,
    BeforeValidator(parse_percent),
    PlainSerializer(float, return_type=float, when_used="json"),
    _schema("percent from 0 to 100", f"{_DIGITS}\\s*%?", {"type": "number", "minimum": 0, "maximum": 100},
            [5, "5%"]),
]  # fmt: skip
"""A number between 0 and 100; a bare number is percent."""

Factor = Annotated[
    float,
    BeforeValidator(parse_factor),
    PlainSerializer(float, return_type=float, when_used="json"),
    _schema("a number that is not negative", f"{_DIGITS}\\s*%?", {"type": "number", "minimum": 0},
            [0.8, "80%"]),
]  # fmt: skip
"""A finite number, at least 0."""

Money = Annotated[
    float,
    BeforeValidator(parse_money),
    PlainSerializer(_json_money, return_type=str | float, when_used="json"),
    _schema("an amount of money", f"\\$?\\s*{_DIGITS}", {"type": "number", "minimum": 0}, ["$1.50", 1.5]),
]  # fmt: skip
"""A finite amount, at least 0."""
