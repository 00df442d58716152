"""Faults on the way from the line to those who judge: a slow logger, and labels with a clock that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar, Generic, Literal, Protocol, Self, TypeVar

import numpy as np
from pydantic import Field

from sim.columns import Column, Times
from sim.document import Refusal
from sim.factory.faults import Periods, Trouble, inside, keyed
from sim.factory.streams import Streams
from sim.units import Duration


class LoggerSlow(Trouble):
    """What the line writes down is known late: strategies, their judges and their alarms see less."""

    said: ClassVar[str] = "the logger is slow"

    kind: Literal["logger.slow"] = "logger.slow"
    delay: Duration = Field("30min", validate_default=True, description="from an event until it is known")


class LabelsClock(Trouble):
    """Audits carry a time stamp of the decision that is wrong: they are joined to the wrong window."""

    said: ClassVar[str] = "the labels' clock is wrong"

    kind: Literal["labels.clock"] = "labels.clock"
    ahead: Duration | None = Field(None, description="by how much the stamps are too late")
    behind: Duration | None = Field(None, description="in place of it: by how much they are too early")

    @property
    def skew_us(self) -> int:
        """What is added to a time stamp."""
        return (self.ahead or 0) - (self.behind or 0)

    def refusals(self, horizon_us: int) -> Iterator[Refusal]:
        """Yield what cannot be of it, a clock that is wrong both ways or none among it."""
        yield from super().refusals(horizon_us)
        if (self.ahead is None) == (self.behind is None):
            yield (), "a clock is ahead or behind: give one of the two"


Added = tuple[Periods, int]
"""In these periods so much is added to a moment, in us."""


class Disturbance:
    """What is wrong in one replication on the way from the line to a strategy's telemetry.

    Parameters
    ----------
    slow : sequence of (Periods, int)
        When the logger is slow, and by how much; of several at once the slowest counts.
    clocks : sequence of (Periods, int)
        When labels' clocks are wrong, and by how much; of several at once all count.
    """

    def __init__(self, slow: Sequence[Added] = (), clocks: Sequence[Added] = ()) -> None:
        self._slow = tuple(slow)
        self._clocks = tuple(clocks)

    @classmethod
    def of(cls, faults: Iterable[Trouble], streams: Streams, horizon_us: int) -> Disturbance:
        """Return that of one replication."""
        slow, clocks = [], []
        for key, fault in keyed(faults):
            if isinstance(fault, LoggerSlow):
                slow.append((fault.periods(key, streams, horizon_us), fault.delay))
            elif isinstance(fault, LabelsClock):
                clocks.append((fault.periods(key, streams, horizon_us), fault.skew_us))
        return cls(slow, clocks)

    @property
    def delays(self) -> bool:
        """Whether the logger is ever slow."""
        return bool(self._slow)

    def known_us(self, at_us: Times) -> Times:
        """Return when what happened at these moments is known.

        >>> Disturbance(slow=[(((10, 20),), 5)]).known_us(np.array([9, 10, 19, 20])).tolist()
        [9, 15, 24, 20]
        """
        late = np.zeros(len(at_us), dtype=np.int64)
        for periods, delay_us in self._slow:
            late = np.where(inside(at_us, periods), np.maximum(late, delay_us), late)
        return at_us + late

    def stamped_us(self, decided_us: Times, labelled_us: Times) -> Times:
        """Return the time stamps of decisions on labels that were given at these moments.

        >>> stamped = Disturbance(clocks=[(((10, 20),), -7)]).stamped_us
        >>> stamped(np.array([3, 4]), labelled_us=np.array([9, 10])).tolist()
        [3, -3]
        """
        for periods, skew_us in self._clocks:
            decided_us = np.where(inside(labelled_us, periods), decided_us + skew_us, decided_us)
        return decided_us


class Rows(Protocol):
    """A table of events that a logger can hold back."""

    def rows(self, which: Column) -> Self: ...


Table = TypeVar("Table", bound=Rows)


class Backlog(Generic[Table]):
    """Events of one kind that are not known yet; `joined` makes one table of two."""

    def __init__(self, joined: Callable[[Table, Table], Table]) -> None:
        self._joined = joined
        self._held: Table | None = None
        self._known_us: Times = np.empty(0, dtype=np.int64)

    def passed(self, new: Table, known_us: Times, now_us: int) -> tuple[Table, Times]:
        """Take in new events, and give out what is known by now with the moments, in the order of becoming known."""
        if self._held is not None:
            new, known_us = self._joined(self._held, new), np.concatenate([self._known_us, known_us])
        order = np.argsort(known_us, kind="stable")
        known = order[: np.searchsorted(known_us[order], now_us, side="right")]
        still = np.ones(len(order), dtype=bool)
        still[known] = False
        self._held, self._known_us = (new.rows(still), known_us[still]) if still.any() else (None, known_us[:0])
        return new.rows(known), known_us[known]
