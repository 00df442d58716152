"""Image logs: what the camera and every model version had to say of each phone, for those who ask afterwards.

Nothing in them is the truth: an image's brightness, its features, and scores of versions that could have looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.columns import Column, Floats, Scores, Times
from sim.factory.phones import Phones


class Tail:
    """A growing table about the phones from a certain number on; older ones can be forgotten.

    Examples
    --------
    >>> tail = Tail(first=10)
    >>> tail.append(np.array([0.5, 0.25]))
    >>> tail.of(np.array([11, 10])).tolist()
    [0.25, 0.5]
    """

    def __init__(self, first: int, width: int | None = None, room: int = 4096) -> None:
        self.first = first
        self._size = 0
        self._rows = np.zeros((room,) if width is None else (room, width), dtype=np.float32)

    @property
    def end(self) -> int:
        """The number of the first phone that is not in it yet."""
        return self.first + self._size

    def append(self, rows: Column) -> None:
        """Add the next phones."""
        size = self._size + len(rows)
        if len(self._rows) < size:
            larger = np.zeros((max(size, 2 * len(self._rows)), *self._rows.shape[1:]), dtype=np.float32)
            larger[: self._size] = self._rows[: self._size]
            self._rows = larger
        self._rows[self._size : size] = rows
        self._size = size

    def of(self, phone: Times) -> Scores:
        """Return the rows of phones, none of them forgotten or still to come."""
        rows: Scores = self._rows[phone - self.first]
        return rows

    def forget_before(self, phone: int) -> None:
        """Let go of earlier phones, once they are half of the table: so it costs next to nothing."""
        old = min(phone, self.end) - self.first
        if 2 * old > self._size:
            self._rows = self._rows[old:].copy()
            self.first, self._size = self.first + old, self._size - old


class ImageLog:
    """The images of one replication's phones, and what the versions that there are from the start say of them.

    Parameters
    ----------
    versions : iterable of str
        The versions' names. Scores take four bytes a phone and version: they lie on a grid that float32 holds.
    features : int
        How many features an image has; 0: they are not kept, nobody is going to learn from them.
    room : int
        How many phones are expected.
    """

    def __init__(self, versions: Mapping[str, Any], features: int, room: int) -> None:
        self._brightness = Tail(0, room=room)
        self._scores = {name: Tail(0, room=room) for name in versions}
        self._features = Tail(0, features) if features else None
        self._drawn = Tail(0)

    @property
    def first_kept(self) -> int:
        """The first phone whose features are still there."""
        return 0 if self._features is None else max(self._features.first, self._drawn.first)

    def add(self, phones: Phones, scores: Mapping[str, Floats], drawn: Floats | None = None) -> None:
        """Keep the next phones' images and scores; `drawn` are uniforms that say which images are logged."""
        self._brightness.append(phones.brightness)
        for name, tail in self._scores.items():
            tail.append(scores[name])
        if self._features is not None:
            self._features.append(phones.features)
            self._drawn.append(np.zeros(len(phones)) if drawn is None else drawn)

    def logging_draw(self, phone: Times) -> Scores:
        """Return the uniforms that say which phones' images are logged."""
        return self._drawn.of(phone)

    def brightness(self, phone: Times) -> Scores:
        """Return the measured brightness of phones' images."""
        return self._brightness.of(phone)

    def score(self, version: str, phone: Times) -> Scores:
        """Return a version's scores of phones."""
        return self._scores[version].of(phone)

    def features(self, phone: Times) -> Scores:
        """Return images, shape (n, features)."""
        assert self._features is not None, "nobody was going to learn from them"
        return self._features.of(phone)

    def forget_before(self, phone: int) -> None:
        """Let go of the features of earlier phones: nobody learns from them any more."""
        if self._features is not None:
            self._features.forget_before(phone)
            self._drawn.forget_before(phone)


class OwnImages:
    """One strategy's view of an image log: versions that it trained itself, and images of a lens that it cleaned.

    What it has of its own from some phone on prevails over the shared log.
    """

    def __init__(self, shared: ImageLog) -> None:
        self._shared = shared
        self._own: dict[str, Tail] = {}

    def begin(self, what: str, first: int, rows: Column) -> None:
        """From phone `first` on go by own rows: a version's scores, or what `BRIGHTNESS` and `FEATURES` name.

        Raises
        ------
        ValueError
            If that would leave a gap behind what it has.
        """
        earlier = self._own.get(what)
        tail = Tail(first, None if rows.ndim == 1 else rows.shape[1])
        if earlier is not None and earlier.first < first:
            if earlier.end < first:
                raise ValueError(f"{what}: phones {earlier.end} to {first - 1} would be missing")
            tail = Tail(earlier.first, None if rows.ndim == 1 else rows.shape[1])
            tail.append(earlier.of(np.arange(earlier.first, first)))
        tail.append(rows)
        self._own[what] = tail

    def add(self, what: str, rows: Column) -> None:
        """Keep the next phones' rows of something that has begun."""
        self._own[what].append(rows)

    def brightness(self, phone: Times) -> Scores:
        """Return the measured brightness of phones' images."""
        return self._of(BRIGHTNESS, phone, self._shared.brightness)

    def features(self, phone: Times) -> Scores:
        """Return images, shape (n, features)."""
        return self._of(FEATURES, phone, self._shared.features)

    def score(self, version: str, phone: Times) -> Scores:
        """Return a version's scores of phones."""
        return self._of(version, phone, lambda some: self._shared.score(version, some))

    def _of(self, what: str, phone: Times, shared: Any) -> Scores:
        own = self._own.get(what)
        if own is None:
            rows: Scores = shared(phone)
            return rows
        mine = phone >= own.first
        if mine.all():
            return own.of(phone)
        before = shared(phone[~mine])
        rows = np.empty((len(phone), *before.shape[1:]), dtype=np.float32)
        rows[mine], rows[~mine] = own.of(phone[mine]), before
        return rows


#: No version is called that: names have no blanks.
BRIGHTNESS, FEATURES = "the brightness", "the features"
