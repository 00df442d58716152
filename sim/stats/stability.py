"""Does a queue grow without end? A line that takes in more than it lets out is no basis for a comparison of waits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Flags, Floats

#: What a queue at the very edge of its capacity shows on average: a reflected Brownian motion that begins at 0 grows by
#: (1 - sqrt(1/2)) sqrt(2 / pi) standard deviations of a whole run in its second half, sqrt(1/2) of which is one here.
AT_THE_EDGE = (2.0**0.5 - 1.0) * (2.0 / np.pi) ** 0.5
#: Standard errors beyond that. At the edge the growth has a standard deviation of 0.8: below 0.1 % are false alarms.
BEYOND = 2.6


def growth(numbers: ArrayLike, calm: Flags | None = None) -> Floats:
    """Return by how many of its own standard errors a number in the system grows, for each replication.

    Parameters
    ----------
    numbers : array_like, shape (replications, moments)
        How many are in the system, at moments in equal distances over the second half of a run.
    calm : ndarray of bool, shape (moments,), optional
        Since the moment before, nothing was out of order. What piles up while a server is down is no growth of the
        line's own, and is worked off where there is capacity to spare. Default: it never was.

    Returns
    -------
    ndarray, shape (replications,)
        The mean of the growths from moment to moment (in less out) over its standard error. What comes and goes while
        nothing piles up takes itself back, so it is near 0 on a line with some capacity to spare, and grows as the
        square root of the run's length on one without.

    Examples
    --------
    >>> growth([[3, 3, 3], [1, 2, 4]]).round(3).tolist()
    [0.0, 3.0]
    >>> down = np.array([True, True, False, True, True])
    >>> growth([[3, 3, 40, 30, 21]], down).round(1).tolist()
    [-2.0]
    """
    steps = np.diff(np.atleast_2d(np.asarray(numbers, dtype=np.float64)), axis=1)
    if calm is not None:
        steps = steps[:, calm[1:]]
    count = steps.shape[1]
    if count < 2:
        return np.zeros(len(steps))
    error = steps.std(axis=1, ddof=1) / count**0.5
    # Even steps have no spread: how much a whole number's rounding may hide stands in for it.
    found: Floats = steps.mean(axis=1) / np.maximum(error, 0.5 / count)
    return found


def keeps_up(numbers: ArrayLike, calm: Flags | None = None) -> bool:
    """Return whether what comes also leaves, judged by the second half of a run and over all replications.

    A short run that began empty is still filling up, and so is a long one close to its capacity: both look like growth,
    and the more replications there are the surer. So the growth is not held against none, but against that of a line
    exactly at its capacity (`AT_THE_EDGE`), which no stable line exceeds on average, however short the run.

    Parameters
    ----------
    numbers, calm
        As for `growth`.

    Examples
    --------
    >>> keeps_up([[3, 5, 2, 4, 3]]), keeps_up([[30, 41, 49, 60, 70]])
    (True, False)
    """
    found = growth(numbers, calm)
    return bool(found.mean() <= AT_THE_EDGE + BEYOND / len(found) ** 0.5)
