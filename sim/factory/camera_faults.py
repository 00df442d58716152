"""A camera that is out of order: stuck on a frame, or with nulls in the place of features. The truth does not move."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np

from sim.columns import Features, Times
from sim.factory.faults import CameraNulls, CameraStuck, Periods, Trouble, inside, joined, keyed
from sim.factory.phones import Phones, Pictured
from sim.factory.streams import Streams

#: Features, and whose they are.
_Picture = tuple[Features, Pictured]

_begin, _end = itemgetter(0), itemgetter(1)
#: In the place of a row: the picture that was taken last before these phones.
_CARRIED = -1


@dataclass(frozen=True, slots=True)
class Nulls:
    """Missing features: when, which share of them, and the stream that says which."""

    periods: Periods
    share: float
    stream: np.random.Generator


class FaultyCamera:
    """Puts faults into pictures, block after block; the cuts change nothing.

    While it is stuck every phone has the picture of the last one before: what a fault that begins before the first
    phone is stuck on is the first one's. While features are missing each channel, the brightness and the sharpness are,
    each with a chance of its own; the finish is known from the order.

    Parameters
    ----------
    stuck : Periods
        When it is stuck, in order and apart.
    nulls : sequence of Nulls
        When features are missing.

    Examples
    --------
    >>> from sim.factory.spec import Factory
    >>> from sim.factory.streams import Streams
    >>> from sim.factory.world import World
    >>> camera = FaultyCamera(stuck=((60_000_000, 120_000_000),), nulls=())
    >>> features = World(Factory(), (), Streams(1, 0), camera=camera).take(8).features  # a phone every 20 s
    >>> [bool((features[row] == features[row - 1]).all()) for row in range(1, 8)]
    [False, True, True, True, False, False, False]
    """

    def __init__(self, stuck: Periods, nulls: Sequence[Nulls]) -> None:
        self._stuck = stuck
        self._nulls = tuple(nulls)
        self._latest: _Picture | None = None  # one row each: the picture that was taken last

    @classmethod
    def of(cls, faults: Iterable[Trouble], streams: Streams, horizon_us: int) -> FaultyCamera | None:
        """Return the camera of one replication, None if nothing is ever wrong with it."""
        known = keyed(faults)
        stuck = [fault.periods(key, streams, horizon_us) for key, fault in known if isinstance(fault, CameraStuck)]
        nulls = [
            Nulls(fault.periods(key, streams, horizon_us), fault.share, streams.open(f"{key}.which"))
            for key, fault in known
            if isinstance(fault, CameraNulls)
        ]
        return cls(joined(period for periods in stuck for period in periods), nulls) if stuck or nulls else None

    def seen(self, phones: Phones) -> Phones:
        """Return the next phones with the pictures that the camera has of them."""
        if self._stuck and len(phones):
            phones = self._frozen(phones)
        if self._nulls:
            features = phones.features.copy()
            for nulls in self._nulls:
                self._take_away(features, nulls, phones)
            phones = replace(phones, features=features)
        return phones

    def _frozen(self, phones: Phones) -> Phones:
        source = self._sources(phones.due_us)
        own = Pictured(phones.due_us, phones.finish, phones.severity, phones.mix)
        features, pictured = _rows(phones.features, own, source, self._latest)
        self._latest = _rows(features, pictured, np.array([len(phones) - 1]), None)
        if (source == np.arange(len(phones))).all():
            return phones
        return replace(phones, features=features, stuck=pictured)

    def _sources(self, due_us: Times) -> Times:
        """Return whose picture each phone gets, as a row of these phones."""
        source = np.arange(len(due_us))
        met = bisect_right(self._stuck, due_us[0], key=_end), bisect_right(self._stuck, due_us[-1], key=_begin)
        for begin, end in self._stuck[slice(*met)]:
            first, last = np.searchsorted(due_us, (begin, end)).tolist()
            if first == last:
                continue
            if first > 0:
                source[first:last] = source[first - 1]
            else:
                source[first:last] = 0 if self._latest is None else _CARRIED
        return source

    def _take_away(self, features: Features, nulls: Nulls, phones: Phones) -> None:
        count, channels = len(phones), phones.severity.shape[1] + 2
        away = inside(phones.due_us, nulls.periods)
        drawn = nulls.stream.random((count, channels), dtype=np.float32)
        features[:, :channels][away[:, None] & (drawn < nulls.share)] = np.nan


def _rows(features: Features, own: Pictured, source: Times, carried: _Picture | None) -> _Picture:
    """Return rows of pictures, and of whom they are of; `_CARRIED` is the one that was carried over."""
    past, earlier = carried or (features[:1], own)

    def taken(column: Any, before: Any) -> Any:
        return np.concatenate([before[:1], column])[source + 1]

    return taken(features, past), Pictured(
        taken(own.due_us, earlier.due_us),
        taken(own.finish, earlier.finish),
        taken(own.severity, earlier.severity),
        {key: taken(uniforms, earlier.mix[key]) for key, uniforms in own.mix.items()},
    )
