"""Faults: when something is out of order, at times that the file says and by chance, the same for every strategy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Flags, Times
from sim.document import Refusal, under
from sim.factory.streams import Streams
from sim.units import Duration, PositiveDuration, Share, format_duration

#: From when until when something is out of order, in us, in order and apart.
Periods = tuple[tuple[int, int], ...]

#: More breakdowns than these in a run are a slip of the pen, and would fill the memory.
MOST = 10_000


class Fault(BaseModel):
    """Something is out of order from `at` on, and is back after `lasts`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Duration
    lasts: PositiveDuration

    @property
    def period(self) -> tuple[int, int]:
        """From when until when, in us."""
        return self.at, self.at + self.lasts


class Breakdowns(BaseModel):
    """Faults by chance: times to failure and to repair are exponential, each with its mean.

    The time to failure is counted from the repair (operating time, as IEC 60050-192 has it), so that in the long run
    the share `mtbf / (mtbf + mttr)` of the time is free of faults: the steady-state availability.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mtbf: PositiveDuration = Field(description="mean operating time between failures, from a repair to the next one")
    mttr: PositiveDuration = Field(description="mean time to repair")

    @property
    def availability(self) -> float:
        """The share of the time that is free of faults in the long run.

        >>> Breakdowns(mtbf="57min", mttr="3min").availability
        0.95
        """
        return self.mtbf / (self.mtbf + self.mttr)

    def drawn(self, stream: np.random.Generator, horizon_us: int) -> Periods:
        """Return the faults that begin before the horizon; a longer run begins with the same ones.

        Parameters
        ----------
        stream : numpy.random.Generator
            The faults' own.
        horizon_us : int
            When the run ends.

        Examples
        --------
        >>> from sim.factory.streams import Streams
        >>> faults = Breakdowns(mtbf="2h", mttr="10min")
        >>> day, days = (faults.drawn(Streams(1, 0).open("x"), hours * 3600 * 10**6) for hours in (24, 72))
        >>> len(day), len(days), days[: len(day)] == day
        (11, 38, True)
        """
        periods: list[tuple[int, int]] = []
        now = 0
        while True:
            to_failure, to_repair = stream.standard_exponential(2).tolist()
            begin = now + _lasting(to_failure * self.mtbf)
            if begin >= horizon_us:
                return tuple(periods)
            now = begin + _lasting(to_repair * self.mttr)
            periods.append((begin, now))

    def refusals(self, horizon_us: int) -> Iterator[Refusal]:
        """Yield what cannot be of them in a run up to the horizon."""
        if (expected := horizon_us / (self.mtbf + self.mttr)) > MOST:
            yield (
                ("mtbf",),
                f"{expected:,.0f} breakdowns within the horizon of {format_duration(horizon_us)}: at most {MOST:,}",
            )


def _lasting(time_us: float) -> int:
    """Return whole microseconds, at least one."""
    return max(int(time_us + 0.5), 1)


def inside(at_us: Times, periods: Periods) -> Flags:
    """Return whether each moment is in one of the periods, which are in order and apart; their ends are outside.

    >>> inside(np.array([4, 5, 7, 8, 12]), ((5, 8), (10, 12))).tolist()
    [False, True, True, False, False]
    """
    if not periods:
        return np.zeros(len(at_us), dtype=bool)
    begin, end = np.array(periods, dtype=np.int64).T
    latest = np.searchsorted(begin, at_us, side="right") - 1
    found: Flags = (latest >= 0) & (at_us < end[latest])
    return found


def joined(periods: Iterable[tuple[int, int]]) -> Periods:
    """Return periods in order and apart: what overlaps or touches is one.

    >>> joined([(5, 8), (1, 2), (7, 9), (9, 10)])
    ((1, 2), (5, 10))
    """
    apart: list[tuple[int, int]] = []
    for begin, end in sorted(periods):
        if apart and begin <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], end)
        else:
            apart.append((begin, end))
    return tuple(apart)


class Trouble(BaseModel):
    """What every fault of a scenario says of itself: what is out of order, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    said: ClassVar[str] = "something is out of order"

    kind: str
    at: Duration | None = Field(None, description="when it begins, with `lasts`")
    lasts: PositiveDuration | None = Field(None, description="for how long")
    breakdowns: Breakdowns | None = Field(None, description="in place of both: by chance, others in each replication")

    def fixed(self) -> Periods:
        """Return when it is out of order in every replication."""
        return () if self.at is None or self.lasts is None else ((self.at, self.at + self.lasts),)

    def by_chance(self, key: str, streams: Streams, horizon_us: int) -> Periods:
        """Return when it is out of order in one replication alone."""
        return () if self.breakdowns is None else self.breakdowns.drawn(streams.open(key), horizon_us)

    def periods(self, key: str, streams: Streams, horizon_us: int) -> Periods:
        """Return when it is out of order in one replication."""
        return self.fixed() or self.by_chance(key, streams, horizon_us)

    def refusals(self, horizon_us: int) -> Iterator[Refusal]:
        """Yield what cannot be of it in a run up to the horizon.

        >>> [place for place, _ in Trouble(kind="camera.stuck", at="1h").refusals(10**12)]
        [()]
        """
        if (self.at is None) != (self.lasts is None) or (self.at is None) == (self.breakdowns is None):
            yield (), "a fault has at and lasts, or breakdowns: give one of the two"
        elif self.at is not None and self.at >= horizon_us:
            yield ("at",), f"the fault begins after the horizon of {format_duration(horizon_us)}"
        elif self.breakdowns is not None:
            yield from under(("breakdowns",), self.breakdowns.refusals(horizon_us))


class CameraStuck(Trouble):
    """The camera is stuck: every phone has the picture of the last one before."""

    said: ClassVar[str] = "the camera is stuck on a frame"

    kind: Literal["camera.stuck"] = "camera.stuck"


class CameraNulls(Trouble):
    """Features of the camera are missing. What a model does with the rest its `missing` says."""

    said: ClassVar[str] = "the camera's features are missing"

    kind: Literal["camera.nulls"] = "camera.nulls"
    share: Share = Field(1.0, validate_default=True, description="share of the features that are missing")


Given = TypeVar("Given", bound=Trouble)


def keyed(faults: Iterable[Given]) -> list[tuple[str, Given]]:
    """Return each fault with the name of its stream: another kind of fault changes no other's.

    >>> [key for key, _ in keyed([CameraStuck(), CameraNulls(), CameraStuck()])]
    ['fault.camera.stuck', 'fault.camera.nulls', 'fault.camera.stuck.2']
    """
    told: Counter[str] = Counter()
    found = []
    for fault in faults:
        told[fault.kind] += 1
        more = f".{told[fault.kind]}" if told[fault.kind] > 1 else ""
        found.append((f"fault.{fault.kind}{more}", fault))
    return found
