"""A team's dashboard: what was measured at each look, the limits it was held against, and what was concluded.

The log book has a line where something is decided; here is every look, also of those that decided nothing. Nobody acts
on it, so it changes no run: it is for whoever wants to see afterwards what the team saw.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.columns import Counts, Floats

#: Looks of one series that are kept: of more, every second, every fourth and so on, and the latest.
MOST_LOOKS = 1_000
#: Series of one dashboard that are kept, the first ones: a playbook may call each of its looks something else.
MOST_SERIES = 48

Means = Literal["at most", "at least", "fails at", "passes at"]
"""What a limit asks of a value; or, of evidence, what is proven where the value reaches it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that a value is held against."""

    means: Means
    value: float


@dataclass(frozen=True, slots=True)
class Gauge:
    """One value on a dashboard, at one look."""

    value: float | None  #: None: there was nothing to read
    unit: str  #: a metric's, "$", or what evidence is told in: "E", "z", "score"
    limits: tuple[Limit, ...] = ()
    of: str = ""  #: which one, where several values are shown together: an arm, a side of the evidence, a finish
    stable: float | None = None  #: the stable arm's, where it is compared with that
    interval: tuple[float, float] | None = None
    samples: int | None = None  #: on how many phones or events it rests


@dataclass(frozen=True, slots=True)
class Series:
    """One value over all looks, oldest first; NaN where there was nothing to read."""

    title: str  #: what was measured
    metric: str  #: the metric that it is, "" if it is none
    of: str
    unit: str
    times_us: Counts
    runs: Counts  #: which analysis a look belongs to, told by its beginning: those of two are not of one evidence
    values: Floats
    stable: Floats
    low: Floats
    high: Floats
    samples: Counts  #: -1: it rests on no count
    verdicts: tuple[str, ...]  #: "": there was none
    limits: Mapping[Means, Floats]


@dataclass(frozen=True, slots=True)
class _Look:
    time_us: int
    run: int
    gauge: Gauge
    verdict: str


class _Looks:
    """The looks of one series, evenly thinned where they are too many."""

    def __init__(self) -> None:
        self._kept: list[_Look] = []
        self._every, self._count = 1, 0
        self._latest: _Look | None = None

    def add(self, look: _Look) -> None:
        if self._count % self._every == 0:
            if len(self._kept) == MOST_LOOKS:
                del self._kept[1::2]
                self._every *= 2
            if self._count % self._every == 0:
                self._kept.append(look)
        self._count += 1
        self._latest = look

    def all(self) -> list[_Look]:
        latest = self._latest
        return self._kept if latest is None or self._kept[-1] is latest else [*self._kept, latest]


class Dashboard:
    """What a rollout has shown of itself so far.

    Examples
    --------
    >>> board = Dashboard()
    >>> for hour, share in enumerate((0.01, 0.05)):
    ...     board.show(hour * 3_600_000_000, "escapes", Gauge(share, "share", (Limit("at most", 0.03),)))
    >>> (escapes,) = board.series()
    >>> escapes.values.tolist(), escapes.limits["at most"].tolist()
    ([0.01, 0.05], [0.03, 0.03])
    """

    def __init__(self) -> None:
        self._looks: dict[tuple[str, str, str, str], _Looks] = {}

    def show(self, time_us: int, title: str, *gauges: Gauge, verdict: str = "", metric: str = "", run: int = 0) -> None:
        """Show values at one look, under the title of what is measured."""
        for gauge in gauges:
            key = title, metric, gauge.of, gauge.unit
            looks = self._looks.get(key)
            if looks is None:
                if len(self._looks) == MOST_SERIES:
                    continue
                looks = self._looks[key] = _Looks()
            looks.add(_Look(time_us, run, gauge, verdict))

    def series(self) -> tuple[Series, ...]:
        """Return all that was shown, in the order in which it first was."""
        return tuple(_series(*key, looks.all()) for key, looks in self._looks.items())


def _series(title: str, metric: str, of: str, unit: str, looks: list[_Look]) -> Series:
    gauges = [look.gauge for look in looks]
    means: dict[Means, None] = {limit.means: None for gauge in gauges for limit in gauge.limits}
    intervals = [gauge.interval or (None, None) for gauge in gauges]
    return Series(
        title,
        metric,
        of,
        unit,
        np.array([look.time_us for look in looks], dtype=np.int64),
        np.array([look.run for look in looks], dtype=np.int64),
        _floats([gauge.value for gauge in gauges]),
        _floats([gauge.stable for gauge in gauges]),
        _floats([low for low, _ in intervals]),
        _floats([high for _, high in intervals]),
        np.array([-1 if gauge.samples is None else gauge.samples for gauge in gauges], dtype=np.int64),
        tuple(look.verdict for look in looks),
        {
            each: _floats([next((x.value for x in gauge.limits if x.means == each), None) for gauge in gauges])
            for each in means
        },
    )


def _floats(values: list[float | None]) -> Floats:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
