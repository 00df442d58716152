"""Margins: from which difference on a metric matters to anybody, whatever can be measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.units import SECOND, in_words, parse_duration, parse_factor, parse_money


@dataclass(frozen=True, slots=True)
class Margin:
    """A difference that matters: an amount in the metric's unit, or a part of the best strategy's value."""

    amount: float
    relative: bool
    text: str  #: as people write it

    def of(self, best: float) -> float:
        """Return it in the metric's unit.

        >>> parse_margin("1%", "$").of(400.0), parse_margin("0.5pt", "share").of(0.2)
        (4.0, 0.005)
        """
        return self.amount * abs(best) if self.relative else self.amount


#: Nobody said what matters: every measurable difference does.
ANY = Margin(0.0, False, "0")


def parse_margin(value: object, unit: str) -> Margin:
    """Return a margin of a metric with this unit: "1%" of the best, or "0.5pt" of a share, "0.5s", "$2", a number.

    >>> parse_margin("500ms", "s")
    Margin(amount=0.5, relative=False, text='500ms')
    """
    example, read = _ABSOLUTE.get(unit, ("5", parse_factor))
    try:
        if isinstance(value, str) and value.rstrip().endswith("%"):
            return Margin(parse_factor(value), True, value.strip())
        return Margin(read(value), False, str(value).strip())
    except ValueError:
        meant = f"'{example}' (percentage points)" if unit == "share" else f"'{example}'"
        raise ValueError(f"expected a margin such as {meant} or '1%' (of the best), found {in_words(value)}") from None


def _points(value: object) -> float:
    if not (isinstance(value, str) and value.rstrip().endswith("pt")):
        raise ValueError(value)
    return parse_factor(value.rstrip().removesuffix("pt").rstrip()) / 100.0


def _seconds(value: object) -> float:
    return parse_duration(value) / SECOND


_ABSOLUTE: Mapping[str, tuple[str, Callable[[object], float]]] = {
    "share": ("0.5pt", _points),
    "s": ("0.5s", _seconds),
    "$": ("$2", parse_money),
}
