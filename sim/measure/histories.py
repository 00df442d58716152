"""The units of inference: replications, or groups of them that share trained versions. The only place that groups.

With `train_replications: k` there are k sets of model versions, each trained from a history of its own, and replication
r runs world r with the versions of history r mod k. Say that a version moves a metric with variance s_v² and a world
with s_w². Over R replications the metric's mean then has the variance s_v²/k + s_w²/R, and R replications are no R
independent observations of it: those with the same versions have these in common. But the k means over the replications
of one history each are independent, and spread by just k times that variance. So they are the units: ratios are pooled
by history, other metrics averaged by history, and all that is known of independent replications (t intervals, paired
differences, comparisons with the best, the jackknife of ratios) holds of k of them, with k - 1 degrees of freedom.

Running every version in every world would cost k times as much and leave s_v²/k as it is. With k = 1 nothing is
grouped: the intervals hold for the one version that there is, and say nothing of another one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtri

from sim.columns import Column, Floats
from sim.stats.intervals import divide

#: Fewer versions than these say too little of how much versions differ.
FEWEST = 5


def history_of(replication: int, histories: int) -> int:
    """Return from which history the versions were trained that a replication meets.

    >>> [history_of(replication, 5) for replication in (0, 4, 5, 11)]
    [0, 4, 0, 1]
    """
    return replication % histories


def summed(counts: ArrayLike, histories: int) -> Column:
    """Return counts by unit: summed over the replications of each history.

    Parameters
    ----------
    counts : array_like, shape (replications, ...)
        What is counted, for instance escaped phones.
    histories : int
        Sets of versions; 1: the replications are the units.

    Returns
    -------
    ndarray, shape (histories, ...), or (replications, ...) of one history

    Examples
    --------
    >>> summed([1, 2, 3, 10, 20, 30], histories=3).tolist(), summed([1, 2, 3], histories=1).tolist()
    ([11, 22, 33], [1, 2, 3])
    """
    values: Column = np.asarray(counts)
    return values if histories == 1 else _by_history(values, histories).sum(axis=0)


def averaged(samples: ArrayLike, histories: int) -> Floats:
    """Return samples by unit: averaged over the replications of each history in which they are defined.

    >>> averaged([1.0, 2.0, 4.0, float("nan"), 4.0, 6.0], histories=2).tolist()
    [3.0, 4.0]
    """
    values = np.asarray(samples, dtype=np.float64)
    if histories == 1:
        return values
    grouped = _by_history(values, histories)
    kept = np.isfinite(grouped)
    means: Floats = divide(np.where(kept, grouped, 0.0).sum(axis=0), kept.sum(axis=0))
    return means


def _by_history(values: Column, histories: int) -> Column:
    """Return (worlds of each history, histories, ...)."""
    if len(values) % histories:
        raise ValueError(f"{len(values)} replications are no multiple of {histories} histories")
    return values.reshape(-1, histories, *values.shape[1:])


@dataclass(frozen=True, slots=True)
class Share:
    """What share of the variance between replications the version seems to have, with its 95 % interval."""

    share: float
    low: float
    high: float

    @property
    def measured(self) -> bool:
        """Whether it is surely more than nothing."""
        return self.low > 0.0


def share_of_version(values: ArrayLike, histories: int) -> Share | None:
    """Return what share of a metric's variance between replications seems to come from the version.

    The components of variance of a one-way layout: s_v² = (between - within) / worlds, at least 0, over s_v² + s_w²;
    the interval is the exact one for normal components (Searle, Casella and McCulloch 1992, section 3.6).

    Parameters
    ----------
    values : array_like, shape (replications,)
        One value per replication; of a ratio the jackknife's.
    histories : int
        Sets of versions.

    Returns
    -------
    Share or None
        None where it can't be told: one history, one world each, an undefined value, or no variance.

    Examples
    --------
    >>> found = share_of_version([1.0, 2.0, 3.0, 4.0, 5.0, 1.1, 2.1, 2.9, 4.1, 4.9], histories=5)
    >>> round(found.share, 3), found.measured
    (0.998, True)
    >>> share_of_version([1.0, 2.0, 3.0, 4.0, 5.0], histories=5) is None
    True
    """
    samples = np.asarray(values, dtype=np.float64)
    worlds = len(samples) // histories
    if histories < 2 or worlds < 2 or not np.isfinite(samples).all():
        return None
    grouped = _by_history(samples, histories)
    means = grouped.mean(axis=0)
    between = worlds * float(means.var(ddof=1))
    freedom = histories * (worlds - 1)
    within = float(((grouped - means) ** 2).sum()) / freedom
    if within <= 0.0:
        return None
    ratio = between / within
    high, low = (ratio / float(fdtri(histories - 1, freedom, tail)) for tail in (0.025, 0.975))
    return Share(*(max(0.0, (each - 1.0) / (each - 1.0 + worlds)) for each in (ratio, low, high)))
