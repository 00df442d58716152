"""What a detector's alarms were worth, told with the truth: when drift was there, and when it was not.

In CapyMOA's words (`EvaluateDriftDetector`): mdt, far, ar, episode_recall. With one difference: alarms behind the last
episode are false alarms too, which CapyMOA leaves out. A figure says little by itself, since whoever alarms all the
time finds every drift at once: `score_all` puts it between the detector that never alarms and the one that always does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Floats
from sim.deployment.monitoring.detectors.bounds import Always, Never

Episode = tuple[float, float]


@dataclass(frozen=True, slots=True)
class DetectionScore:
    """One detector on one stream; times in the unit that was handed over."""

    mdt: float | None  #: mean detection time: from an episode's start to the first alarm in it; None if none was found
    far: float  #: false alarms per period
    ar: float  #: alarms per period, right or false
    episode_recall: float | None  #: the share of episodes that were found; None without episodes
    mtfa: float | None  #: calm time per false alarm: an estimate of ARL0; None without a false alarm
    alarms: int
    false_alarms: int
    episodes: int


def score(
    alarms: ArrayLike, episodes: Sequence[Episode], length: float, period: float, max_delay: float = 0.0
) -> DetectionScore:
    """Score the alarms of one detector.

    Parameters
    ----------
    alarms : array_like of float, shape (alarms,)
        When it alarmed, from 0 to `length`; in any order.
    episodes : sequence of (start, end)
        When drift was there; they may overlap. A drift that stays ends with the stream, or when someone reacts.
    length : float
        Of the stream, above 0.
    period : float
        For the rates: a month, say, in the unit of the times.
    max_delay : float
        An alarm is right until so long after an episode's end.

    Returns
    -------
    DetectionScore

    Raises
    ------
    ValueError
        For alarms or episodes outside of the stream, or an episode that ends before it starts.

    Examples
    --------
    >>> found = score([500, 1200, 1250, 2900], [(1000, 1000), (2000, 2000)], 3000, period=1000, max_delay=300)
    >>> found.mdt, round(found.far, 3), round(found.ar, 3), found.episode_recall, found.mtfa
    (200.0, 0.667, 1.333, 0.5, 1200.0)
    """
    times = np.asarray(alarms, dtype=np.float64)
    _check(times, episodes, length, period, max_delay)
    false = np.ones(len(times), dtype=bool)
    delays = []
    for start, end in episodes:
        inside = (times >= start) & (times <= end + max_delay)
        false &= ~inside
        if inside.any():
            delays.append(float(times[inside].min()) - start)
    count = int(false.sum())
    return DetectionScore(
        mdt=sum(delays) / len(delays) if delays else None,
        far=count / length * period,
        ar=len(times) / length * period,
        episode_recall=len(delays) / len(episodes) if episodes else None,
        mtfa=_calm(episodes, length, max_delay) / count if count else None,
        alarms=len(times),
        false_alarms=count,
        episodes=len(episodes),
    )


def score_all(
    alarms: Mapping[str, ArrayLike],
    looks: ArrayLike,
    episodes: Sequence[Episode],
    length: float,
    period: float,
    max_delay: float = 0.0,
) -> dict[str, DetectionScore]:
    """Score several detectors on one stream, and beside them the one that never alarms and the one that always does.

    Parameters
    ----------
    alarms : mapping of str to array_like of float
        Each detector's alarms.
    looks : array_like of float, shape (looks,)
        When the detectors were shown something: "always" alarms at each look.
    episodes, length, period, max_delay
        See `score`.

    Returns
    -------
    dict of str to DetectionScore
        In the order of `alarms`; then `never`, then `always`.

    Examples
    --------
    >>> scores = score_all({"mine": [120]}, range(0, 200, 10), [(100, 199)], 200, period=100)
    >>> {name: (each.mdt, each.far, each.episode_recall) for name, each in scores.items()}
    {'mine': (20.0, 0.0, 1.0), 'never': (None, 0.0, 0.0), 'always': (0.0, 5.0, 1.0)}
    """
    names = [bound().kind for bound in (Never, Always)]
    if taken := [name for name in names if name in alarms]:
        raise ValueError(f"{taken[0]} is scored beside the others anyway: leave it out")
    bounds: dict[str, ArrayLike] = dict(zip(names, ([], looks), strict=True))
    return {name: score(times, episodes, length, period, max_delay) for name, times in {**alarms, **bounds}.items()}


def _calm(episodes: Sequence[Episode], length: float, max_delay: float) -> float:
    """Return how long no alarm would have been right."""
    calm, free_from = 0.0, 0.0
    for start, end in sorted(episodes):
        calm += max(0.0, start - free_from)
        free_from = max(free_from, end + max_delay)
    return calm + max(0.0, length - free_from)


def _check(times: Floats, episodes: Sequence[Episode], length: float, period: float, max_delay: float) -> None:
    if times.ndim != 1:
        raise ValueError(f"expected alarms of the shape (alarms,), found {times.shape}")
    if not length > 0.0 or not period > 0.0 or not max_delay >= 0.0:
        raise ValueError("length and period must be above 0, and the delay not negative")
    if not bool(((times >= 0.0) & (times <= length)).all()):
        raise ValueError(f"alarms must lie between 0 and the stream's end at {length:g}")
    for start, end in episodes:
        if not 0.0 <= start <= end <= length:
            raise ValueError(f"an episode must lie between 0 and {length:g} and start before it ends: {start}, {end}")
