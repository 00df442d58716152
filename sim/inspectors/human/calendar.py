"""The calendar of the people: shifts, breaks, overtime, days off; and from these who is on duty when.

Day 1 is a Monday and begins at 0. Each shift has people of its own, numbered on from those of the shift before: who
comes for the early shift on Monday comes for it on Tuesday, too. What happens when somebody comes or goes is the
engines': a phone in hand is finished, and a break that starts late for it still ends on time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from sim.document import Refusal
from sim.units import DAY, HOUR, MINUTE, Duration, PositiveDuration, format_duration, in_words, parse_duration

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: More comings and goings in one run than this would take longer to list than the phones to move.
MOST_STRETCHES = 1_000_000

_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_WEEKDAY = f"(?:{'|'.join(WEEKDAYS)})"
_DAYS = re.compile(rf"({_WEEKDAY})(?:-({_WEEKDAY}))?|([1-9][0-9]{{0,5}})(?:-([1-9][0-9]{{0,5}}))?")


def parse_time_of_day(value: object) -> int:
    """Return a time of the day in microseconds since midnight.

    Parameters
    ----------
    value : str or 0
        As on a clock, or a duration since midnight.

    Raises
    ------
    ValueError
        With what was found and what is allowed.

    Examples
    --------
    >>> parse_time_of_day("22:30") == parse_time_of_day("22h 30min") == 22 * HOUR + 30 * MINUTE
    True
    """
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        us = int(found[1]) * HOUR + int(found[2]) * MINUTE if found else parse_duration(value)
    except ValueError:
        us = DAY
    if us >= DAY:
        raise ValueError(f"expected a time of the day from '00:00' to '23:59', found {in_words(value)}")
    return us


def format_time_of_day(us: int) -> str:
    """Return what `parse_time_of_day` reads.

    >>> format_time_of_day(6 * HOUR + 5 * MINUTE), format_time_of_day(7)
    ('06:05', '7us')
    """
    hours, rest = divmod(us, HOUR)
    return format_duration(us) if rest % MINUTE else f"{hours:02d}:{rest // MINUTE:02d}"


def parse_days(value: object) -> str:
    """Return which days are meant: weekdays or numbers of days of the run, one or from one to another.

    Raises
    ------
    ValueError
        With what was found and what is allowed.

    Examples
    --------
    >>> parse_days("mon-fri"), parse_days(12), parse_days("8 - 12")
    ('mon-fri', '12', '8-12')
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    text = re.sub(r"\s*-\s*", "-", str(value).strip().lower()) if whole or isinstance(value, str) else ""
    found = _DAYS.fullmatch(text)
    if found is None:
        raise ValueError(
            f"expected a weekday ('mon', 'mon-fri') or a day of the run (1 is its first; '8-12'),"
            f" found {in_words(value)}"
        )
    if found[4] and int(found[4]) < int(found[3]):
        raise ValueError(f"the days '{text}' end before they begin: write '{found[4]}-{found[3]}'")
    return text


TimeOfDay = Annotated[
    int,
    BeforeValidator(parse_time_of_day),
    PlainSerializer(format_time_of_day, return_type=str, when_used="json"),
    WithJsonSchema({"description": "a time of the day, as on a clock or since midnight",
                    "anyOf": [{"type": "string"}, {"const": 0}], "examples": ["06:00", "22:30"]}),
]  # fmt: skip
Days = Annotated[
    str,
    BeforeValidator(parse_days),
    WithJsonSchema({"description": "weekdays, or days of the run from 1 on: one, or from one to another",
                    "anyOf": [{"type": "string"}, {"type": "integer", "minimum": 1}],
                    "examples": ["mon-fri", "sat", 12, "8-12"]}),
]  # fmt: skip


def falls_on(day: int, days: Sequence[str]) -> bool:
    """Whether a day of the run is among some; day 1 is a Monday, and day 0 the Sunday before the run.

    >>> [day for day in range(1, 15) if falls_on(day, ["sat-mon", "4", "9-10"])]
    [1, 4, 6, 7, 8, 9, 10, 13, 14]
    """
    for each in days:
        first, _, last = each.partition("-")
        last = last or first
        if first in WEEKDAYS:
            begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
            if ((day - 1) - begin) % 7 <= (end - begin) % 7:
                return True
        elif int(first) <= day <= int(last):
            return True
    return False


def days_until(horizon_us: int) -> range:
    """Return the days on which a shift may begin that a run sees anything of: from the day before it on.

    >>> list(days_until(2 * DAY)), list(days_until(2 * DAY + 1))
    ([0, 1, 2], [0, 1, 2, 3])
    """
    return range(-(-horizon_us // DAY) + 1)


class Break(BaseModel):
    """A pause in a shift. It is no rostered time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: PositiveDuration = Field(description="since the shift's start; staggered ones begin later")
    lasts: PositiveDuration


class Overtime(BaseModel):
    """How much longer a shift is on some days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lasts: PositiveDuration
    days: tuple[Days, ...] = Field(("mon-sun",), min_length=1, description="days on which the shift begins")


class Shift(BaseModel):
    """People who come and go together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: TimeOfDay = Field(description="time of the day")
    lasts: PositiveDuration = Field(description="breaks included; with overtime a day at most")
    count: int | None = Field(None, ge=0, le=10_000, description="people on it; default: the strategy's staff")
    days: tuple[Days, ...] = Field(("mon-sun",), min_length=1, description="days on which it begins")
    breaks: tuple[Break, ...] = Field((), max_length=50, description="in order")
    stagger: Duration = Field(
        "0s", validate_default=True, description="by how much later each next person's breaks begin; 0: all together"
    )
    overtime: tuple[Overtime, ...] = Field((), max_length=50, description="it comes at the shift's end")

    def crew(self, staff: int) -> int:
        """Return how many people are on it; nobody at all where a strategy rosters nobody.

        >>> shift = Shift(start="06:00", lasts="8h", count=3)
        >>> shift.crew(2), shift.crew(0)
        (3, 0)
        """
        return 0 if staff == 0 else staff if self.count is None else self.count

    def length_us(self, day: int) -> int:
        """Return how long it is when it begins on a day of the run."""
        return self.lasts + sum(each.lasts for each in self.overtime if falls_on(day, each.days))

    def refusals(self, staff: int, horizon_us: int) -> Iterator[Refusal]:
        """Yield what cannot be of the shift, though each value by itself could."""
        longest = max((self.length_us(day) for day in days_until(horizon_us)), default=self.lasts)
        if longest > DAY:
            place = "lasts" if self.lasts > DAY else "overtime"
            yield (place,), f"the shift lasts {format_duration(longest)}, into its own next day: at most 1d in all"
        for number, (one, other) in enumerate(pairwise(self.breaks), 1):
            if one.after + one.lasts > other.after:
                ends = format_duration(one.after + one.lasts)
                yield (
                    ("breaks", number, "after"),
                    f"the break before it ends {ends} after the shift's start: begin later",
                )
        late = self.stagger * max(self.crew(staff) - 1, 0)
        for number, each in enumerate(self.breaks):
            over_us = each.after + late + each.lasts
            if over_us > self.lasts:
                whose = " of the last person" if late else ""
                remedy = ", or stagger by less" if late else ""
                yield (
                    ("breaks", number),
                    f"the break{whose} ends {format_duration(over_us)} after the shift's start, and the shift after"
                    f" {format_duration(self.lasts)}: begin earlier{remedy}",
                )
                return


@dataclass(frozen=True, slots=True)
class Duty:
    """A stretch of time in which one person takes phones: a shift, or a part of it between two breaks.

    Times are microseconds of the run. `shift_us` and `rested_us` may lie before its start: people were at work then.
    """

    person: int  #: number of the inspector, from 0
    from_us: int
    until_us: int
    shift_us: int  #: when the shift began
    rested_us: int  #: when the shift began or the last break ended, whatever came last


def roster(shifts: Sequence[Shift], holidays: Sequence[str], staff: int, horizon_us: int) -> tuple[Duty, ...]:
    """Return who is on duty when, in a run that begins at midnight of day 1: each person's stretches in order.

    A shift that began the evening before takes part in what is left of it.

    Examples
    --------
    >>> night = Shift(start="22:00", lasts="8h", breaks=[{"after": "4h", "lasts": "30min"}])
    >>> [(each.from_us / HOUR, each.until_us / HOUR) for each in roster([night], ["2"], 1, 3 * DAY)]
    [(0.0, 2.0), (2.5, 6.0), (22.0, 26.0), (26.5, 30.0), (70.0, 74.0)]
    """
    stretches: list[Duty] = []
    first = 0
    for shift in shifts:
        crew = shift.crew(staff)
        days = [day for day in days_until(horizon_us) if falls_on(day, shift.days) and not falls_on(day, holidays)]
        for person in range(crew):
            for day in days:
                begin = (day - 1) * DAY + shift.start
                stretches += _stretches(shift, first + person, person, begin, shift.length_us(day), horizon_us)
        first += crew
    return tuple(stretches)


def _stretches(shift: Shift, person: int, place: int, begin_us: int, length_us: int, horizon_us: int) -> Iterator[Duty]:
    """Yield one shift of one person, who is number `place` of its crew, in its parts between breaks."""
    end_us, since_us = begin_us + length_us, begin_us
    for each in (*shift.breaks, None):
        until_us = end_us if each is None else begin_us + each.after + place * shift.stagger
        from_us = max(since_us, 0)
        if from_us < min(until_us, horizon_us):
            yield Duty(person, from_us, until_us, begin_us, since_us)
        if each is not None:
            since_us = until_us + each.lasts


def refusals(
    shifts: Sequence[Shift], holidays: Sequence[str], staff: int, horizon_us: int, needed: bool = True
) -> Iterator[Refusal]:
    """Yield what cannot be of a calendar; where people are `needed`, somebody has to be on duty at some time.

    >>> weekend = Shift(start="06:00", lasts="8h", days=["sat-sun"])
    >>> list(refusals([weekend], [], staff=2, horizon_us=3 * DAY))
    [(('shifts',), 'nobody is ever on duty before the horizon of 3d: give a shift people, or another start or days')]
    """
    if not shifts:
        if holidays:
            yield ("holidays",), "there are no shifts to leave out: give shifts, too"
        return
    wrong: list[Any] = [
        (("shifts", number, *place), message)
        for number, shift in enumerate(shifts)
        for place, message in shift.refusals(staff, horizon_us)
    ]
    yield from wrong
    parts = sum(shift.crew(staff) * (len(shift.breaks) + 1) for shift in shifts) * (horizon_us // DAY + 2)
    if parts > MOST_STRETCHES:
        yield ("shifts",), f"people would come and go {parts:,} times: at most {MOST_STRETCHES:,} are possible"
    elif needed and not wrong and not roster(shifts, holidays, staff, horizon_us):
        ends = format_duration(horizon_us)
        message = f"nobody is ever on duty before the horizon of {ends}: give a shift people, or another start or days"
        yield ("shifts",), message
