"""The calendar of the people: who is on duty from when until when, as stretches of simulated time."""

from __future__ import annotations

from dataclasses import dataclass


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
