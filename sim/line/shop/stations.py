"""A shop: work stations in a row, and the columns that any engine needs to move phones through them.

Phones enter at the first station and go on to the next one, unless a share of them is sent elsewhere. Whoever leaves
the last station, or is sent out, is through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import accumulate
from typing import Literal

import numpy as np

from sim.columns import Column, Floats, Times

Discipline = Literal["fifo", "lifo", "priority"]
WhenNoRoom = Literal["block", "pass_by"]
"""What a full station does: it keeps phones where they are, or they go on without its work."""


@dataclass(frozen=True, slots=True)
class WorkStation:
    """A row of a shop: servers with one queue.

    `ways` are (number of a station, share of the phones that are through here); the rest goes on to the next station.
    The number after the last station's is the way out.
    """

    name: str
    servers: int
    buffer: int | None = None  #: phones that can wait; None = no limit
    when_full: WhenNoRoom = "block"
    discipline: Discipline = "fifo"
    urgent: float = 0.0  #: share of urgent phones, which come first where the discipline is priority
    preemptive: bool = False  #: an urgent phone takes the place of another one in work, which goes on later
    visits: int = 1  #: so often a phone is worked on here, then it passes by
    ways: tuple[tuple[int, float], ...] = ()

    @property
    def bounds(self) -> tuple[float, ...]:
        """The shares added up: a uniform below the first bound goes the first way, and so on."""
        return tuple(accumulate(share for _, share in self.ways))


@dataclass(frozen=True)
class Shop:
    """Work stations in the order in which their events are handled at one instant."""

    stations: tuple[WorkStation, ...]

    @cached_property
    def first_draw(self) -> tuple[int, ...]:
        """Where each station's draws begin, one row a visit, and where all of them end."""
        return tuple(accumulate((station.visits for station in self.stations), initial=0))

    @property
    def has_loops(self) -> bool:
        """Whether phones are ever sent back: only then can stations wait for one another in a circle."""
        return any(to <= number for number, row in enumerate(self.stations) for to, _ in row.ways)


@dataclass(frozen=True, slots=True)
class Draws:
    """What phones bring along for a shop: (N,), and a row for each visit of each station (V, N)."""

    u_urgent: Floats
    service_us: Times
    u_way: Floats

    def rows(self, which: Column) -> Draws:
        """Return some phones' draws."""
        return Draws(*(getattr(self, field.name)[..., which] for field in fields(self)))

    def joined(self, other: Draws) -> Draws:
        """Return these phones' draws and others'."""
        both = (np.concatenate([getattr(self, f.name), getattr(other, f.name)], axis=-1) for f in fields(self))
        return Draws(*both)


@dataclass(frozen=True, slots=True)
class Gone:
    """Phones that are through a shop, by time and then by number."""

    phone: Times
    at_us: Times
    entered_us: Times  #: when the first station had room for it


def next_station(u: float, bounds: Sequence[float], targets: Sequence[int], on: int) -> int:
    """Return where a phone is sent.

    >>> next_station(0.1, (0.2,), (0,), 3), next_station(0.2, (0.2,), (0,), 3)
    (0, 3)
    """
    for i in range(len(bounds)):
        if u < bounds[i]:
            return targets[i]
    return on


class Deadlock(Exception):
    """Stations wait for one another's places in a circle: none of them will ever move a phone again.

    >>> print(Deadlock(90, ("test", "repair")))
    test waits for a place at repair, and repair for one at test
    """

    def __init__(self, at_us: int, loop: tuple[str, ...]) -> None:
        super().__init__(at_us, loop)
        self.at_us = at_us
        self.loop = loop

    def __str__(self) -> str:
        first, *others = self.loop
        if not others:
            return f"{first} waits for a place at {first} itself"
        legs = [f"{one} for one at {other}" for one, other in zip(others, [*others[1:], first], strict=True)]
        return f"{first} waits for a place at {others[0]}, and " + ", ".join(legs)


def loop_of(waits: Sequence[Sequence[int] | None]) -> tuple[int, ...]:
    """Return stations that wait for one another for ever, in a circle; none: somebody will move.

    Parameters
    ----------
    waits : sequence
        Of each station: for which ones its servers wait; None if one of them waits for none.

    Examples
    --------
    >>> loop_of([[1, 1], [2], [1]]), loop_of([[1], None, [0]])
    ((1, 2), ())
    """
    moves = {number for number, targets in enumerate(waits) if targets is None}
    while more := {n for n, targets in enumerate(waits) if n not in moves and moves.intersection(targets or ())}:
        moves |= more
    stuck = [number for number in range(len(waits)) if number not in moves]
    if not stuck:
        return ()
    walk = [stuck[0]]
    while True:
        targets = waits[walk[-1]]
        assert targets
        if targets[0] in walk:
            return tuple(walk[walk.index(targets[0]) :])
        walk.append(targets[0])
