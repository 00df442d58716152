"""What all detectors share: a specification starts a watch, and a watch is fed numbers until it alarms.

    watch = spec.start()
    watch.update(values)      # index of the value that made it alarm, None if none did
    watch.phase, watch.statistic, watch.limit

A watch that has alarmed reads nothing more until it is `reset`, and is then as if just started: what it had learned of
the stream is forgotten. However the stream is cut into batches, the alarm comes at the same value with the same
statistic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from numbers import Real
from operator import index
from typing import Annotated, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict

from sim.columns import Counts, Floats
from sim.document.choice import Choice
from sim.libraries import is_there
from sim.plugins import Family, at_work

#: A warning stands where a detector with a tenth of the asked ARL0 would alarm.
WARNING_SHARE = 0.1
#: Beyond this a value is taken for infinite: its square would be.
LARGEST = 1e100
#: Values at a time, so that many alarms do not mean to check all the rest as often.
_BATCH = 2048


class Polarity(StrEnum):
    """Which change a detector looks for. Errors, escapes and returns are bad when they rise, accuracy when it falls."""

    RISE = "rise"
    FALL = "fall"
    EITHER = "either"


class Phase(StrEnum):
    """What a watch says after the last value it read."""

    CALM = "calm"
    WARNING = "warning"
    ALARM = "alarm"


class Reader(Protocol):
    """The arithmetic of one detector between its start and its first alarm."""

    #: The first values, so many, are handed over once and together, as what is normal; then the others.
    learn: int
    statistic: float | None
    limit: float | None
    warns: bool

    def learned(self, first: Floats) -> None: ...

    def read(self, values: Floats) -> int | None:
        """Read values up to the one that alarms; return its index."""


class DetectorSpec(BaseModel, ABC):
    """What a scenario file may say about a detector."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: What the detector counts its ARL0 in.
    unit: ClassVar[Literal["values", "windows"]] = "values"
    #: What a stream may hold.
    takes: ClassVar[Literal["numbers", "shares", "events"]] = "numbers"
    #: A library that its arithmetic imports, which may be missing.
    library: ClassVar[str | None] = None

    kind: str  #: by which a scenario file names it: each detector has one word

    @property
    def columns(self) -> int:
        """How many inputs are watched together: a batch then has the shape (values, inputs)."""
        return 1

    @abstractmethod
    def reader(self) -> Reader:
        """Return the arithmetic in its first state."""

    def start(self) -> Watch:
        """Return a watch that has seen nothing yet."""
        if self.library is not None:
            is_there(self.library, needed_by=f"the detector {self.kind}")
        return Watch(self)


DETECTORS: Family[type[DetectorSpec]] = Family(
    "detector", "sim.deployment.monitoring.detectors", "driftline.detectors", of=DetectorSpec
)
"""Every detector by name: each registers itself, in this folder, in a package or in a notebook."""
Detector = Annotated[DetectorSpec, Choice(DETECTORS, "kind")]
"""A detector as a scenario file names it."""


class Watch:
    """One detector on one stream."""

    def __init__(self, spec: DetectorSpec) -> None:
        self.spec = spec
        self.reset()

    def reset(self) -> None:
        """Forget everything: the watch is as if just started."""
        self.__dict__.pop("_reader", None)
        self._to_learn: int | None = None
        self._first: list[Floats] = []
        self._alarmed = False

    def update(self, values: ArrayLike) -> int | None:
        """Read the next values of the stream, in their order, up to the one that alarms.

        Parameters
        ----------
        values : array_like, shape (values,) or (values, inputs)
            Finite numbers; events are 0 or 1. Leave out what is missing.

        Returns
        -------
        int or None
            The index in `values` of the one that made it alarm. None without an alarm, and always after one: then
            the watch waits for `reset`, and the values behind the alarm are yet to be read.

        Raises
        ------
        ValueError
            For another shape, for values that are not finite, or not what the detector takes.
        """
        stream = _checked(values, self.spec)
        if self._alarmed or len(stream) == 0:
            return None
        with at_work(f"the detector {self.spec.kind}", self.spec):
            return self._updated(stream)

    @cached_property
    def _reader(self) -> Reader:
        # Made for its first value: a plan that is only read aloud needs no limit, which some compute for seconds.
        with at_work(f"the detector {self.spec.kind}", self.spec):
            return self.spec.reader()

    def _updated(self, stream: Floats) -> int | None:
        if self._to_learn is None:
            self._to_learn = self._reader.learn
        taken = min(self._to_learn, len(stream))
        if taken > 0:
            self._first.append(stream[:taken].copy())
            self._to_learn -= taken
            if self._to_learn > 0:
                return None
            self._reader.learned(np.concatenate(self._first))
            self._first = []
        alarm = self._reader.read(stream[taken:]) if len(stream) > taken else None
        if alarm is not None and not 0 <= index(alarm) < len(stream) - taken:
            raise ValueError(f"its reader says that value {alarm} alarmed, of {len(stream) - taken}")
        for number in (self._reader.statistic, self._reader.limit):
            if number is not None and not (isinstance(number, Real) and isinstance(float(number), float)):
                raise TypeError(f"its reader's statistic and limit are numbers or None, not {number!r}")
        self._alarmed = alarm is not None
        return None if alarm is None else taken + alarm

    @property
    def statistic(self) -> float | None:
        """What the detector compares with its limit, larger is worse; None before it has anything to compare."""
        return self._reader.statistic

    @property
    def limit(self) -> float | None:
        """The statistic at which it alarms; None while it is learning, or where the detector has no such number."""
        return self._reader.limit

    @property
    def phase(self) -> Phase:
        """Calm, warning or alarm; an alarm stays until `reset`."""
        return Phase.ALARM if self._alarmed else Phase.WARNING if self._reader.warns else Phase.CALM


def alarms(spec: DetectorSpec, values: ArrayLike) -> Counts:
    """Return the indices of all alarms in a stream, the watch being reset after each.

    Examples
    --------
    >>> from sim.deployment.monitoring.detectors.bernoulli import BernoulliCusum
    >>> alarms(BernoulliCusum(p0=0.01, p1=0.03), [0, 1, 1, 1, 1, 0, 1, 1, 1, 1]).tolist()
    [4, 9]
    """
    stream, places, watch = np.asarray(values), [], spec.start()
    for begin in range(0, len(stream), _BATCH):
        end = min(begin + _BATCH, len(stream))
        while (index := watch.update(stream[begin:end])) is not None:
            begin += index + 1
            places.append(begin - 1)
            watch.reset()
    return np.array(places, dtype=np.int64)


class Windows:
    """Cuts a stream into windows of equal size, wherever its batches end."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest: Floats | None = None

    def cut(self, values: Floats) -> Iterator[tuple[int, Floats]]:
        """Yield each window that is complete, with the index in `values` of its last value."""
        kept = 0 if self._rest is None else len(self._rest)
        stream = values if self._rest is None else np.concatenate([self._rest, values])
        whole = len(stream) - len(stream) % self._size
        self._rest = stream[whole:].copy()
        for end in range(self._size, whole + 1, self._size):
            yield end - kept - 1, stream[end - self._size : end]


def _checked(values: ArrayLike, spec: DetectorSpec) -> Floats:
    stream = np.asarray(values, dtype=np.float64)
    columns = spec.columns
    if stream.size == 0:
        return stream[:0]
    if columns == 1 and stream.ndim == 2 and stream.shape[1] == 1:
        stream = stream[:, 0]
    if stream.shape[1:] != (() if columns == 1 else (columns,)):
        expected = "(values,)" if columns == 1 else f"(values, {columns})"
        raise ValueError(f"expected values of the shape {expected}, found {stream.shape}")
    if not bool((np.abs(stream) <= LARGEST).all()):
        raise ValueError("a detector reads finite numbers: leave out the values that are missing")
    if spec.takes == "events" and not bool(((stream == 0.0) | (stream == 1.0)).all()):
        raise ValueError("this detector reads events: 1 for each phone where it happened, 0 where it did not")
    if spec.takes == "shares" and not bool(((stream >= 0.0) & (stream <= 1.0)).all()):
        raise ValueError("this detector reads values between 0 and 1")
    return stream
