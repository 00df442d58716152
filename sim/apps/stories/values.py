"""A knob's values as texts: what stands in a file, in a page's address and beside a slider is one and the same."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sim.document.reading import read_value
from sim.units import in_words

#: More positions nobody can tell apart on a slider, and each of them may have to be computed for a static page.
MOST_VALUES = 64

_AMOUNT = re.compile(r"(?P<before>\$?)(?P<number>-?(?:\d{1,12}(?:\.\d{1,6})?|\.\d{1,6}))\s*(?P<unit>[A-Za-zµ%]{0,8})")


def text_of(value: object) -> str:
    """Return a value of a scenario as the text that reads as this value again.

    Examples
    --------
    >>> text_of("20%"), text_of(2), text_of([5, "25%"]), text_of(True), text_of("7"), text_of(None)
    ('20%', '2', '[5, "25%"]', 'true', '"7"', 'null')
    """
    if isinstance(value, str) and value == value.strip() and read_plain(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def read_plain(text: str) -> Any:
    """Return the value that a text is in a file; what is no YAML by itself is the text.

    >>> read_plain("20%"), read_plain("2"), read_plain("[5, 25]"), read_plain("a: b: c")
    ('20%', 2, [5, 25], 'a: b: c')
    """
    from sim.document import ScenarioError

    try:
        return read_value(text, "value")
    except ScenarioError:
        return text


def grid(first: object, last: object, step: object) -> list[str]:
    """Return the texts from one value to another in equal steps, all in one unit.

    Raises
    ------
    ValueError
        If they are no amounts, differ in their units, or the steps are too many or do not end at the last one.

    Examples
    --------
    >>> grid("10%", "40%", "10%"), grid(1, 3, 1), grid("0.5h", "2h", "0.5h")
    (['10%', '20%', '30%', '40%'], ['1', '2', '3'], ['0.5h', '1h', '1.5h', '2h'])
    >>> grid("1h", "90min", "10min")
    Traceback (most recent call last):
    ValueError: from, to and step are in one unit, found '1h', '90min' and '10min'
    """
    low, high, by = (amount(value) for value in (first, last, step))
    if not low[::2] == high[::2] == by[::2]:
        raise ValueError(f"from, to and step are in one unit, found '{first}', '{last}' and '{step}'")
    if by[1] <= 0 or high[1] <= low[1]:
        raise ValueError(f"expected steps upward, found from {first} to {last} by {step}")
    count, rest = divmod(high[1] - low[1], by[1])
    if count + 1 > MOST_VALUES:
        raise ValueError(f"that are {count + 1:,} values, and at most {MOST_VALUES} are possible: take a larger step")
    if rest:
        end = _said(low, low[1] + count * by[1])
        raise ValueError(f"steps of {step} from {first} do not end at {last}, but at {end}")
    return [_said(low, low[1] + number * by[1]) for number in range(int(count) + 1)]


def amount(value: object) -> tuple[str, Decimal, str]:
    """Return what stands before a number, the number, and its unit.

    >>> amount("$1.50"), amount("20 %"), amount(3)
    (('$', Decimal('1.50'), ''), ('', Decimal('20'), '%'), ('', Decimal('3'), ''))
    """
    found = None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        found = _AMOUNT.fullmatch(str(value).strip())
    if found is None:
        raise ValueError(f"expected a number with its unit, such as 10% or 2h, found {in_words(value)}")
    return found["before"], Decimal(found["number"]), found["unit"]


def _said(like: tuple[str, Decimal, str], number: Decimal) -> str:
    return f"{like[0]}{number.normalize() if number else Decimal():f}{like[2]}"


def nearest(text: str, values: Sequence[str]) -> str | None:
    """Return the value of a grid that was probably meant: the nearest amount, else the most similar text.

    Examples
    --------
    >>> nearest("22%", ["10%", "20%", "30%"]), nearest("lgistic", ["logistic", "boosted_trees"]), nearest("x", ["1h"])
    ('20%', 'logistic', None)
    """
    from sim.document import suggest

    try:
        wanted = amount(text)
        near = [(abs(known[1] - wanted[1]), value) for value in values if (known := amount(value))[::2] == wanted[::2]]
    except ValueError:
        return suggest(text, values)
    return min(near, key=lambda pair: pair[0])[1] if near else suggest(text, values)
