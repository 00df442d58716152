"""Merging a timeline's bins until a rate in them means something."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.columns import Counts, Floats
from sim.experiment.result import Result
from sim.measure.events import Drifted

ENOUGH = 250  #: events pooled over replications: a share near 25 % is then known to about ±5 points


def merged_starts(events: Counts, cuts: Iterable[int], enough: int = ENOUGH) -> Counts:
    """Return the first fine bin of each merged bin.

    Parameters
    ----------
    events : array, shape (bins,)
        How many phones carry the rate (defective ones, say) in each fine bin, over all replications.
    cuts : iterable of int
        Fine bins at which a merged bin starts anew, so that a sudden change is not smeared over a bin that
        straddles it. A cut that would leave too little on its left is ignored.
    enough : int
        Events asked of a merged bin.

    Examples
    --------
    >>> merged_starts(np.array([100, 100, 100, 100, 100, 100]), cuts=[3], enough=200).tolist()
    [0, 2, 3, 5]
    """
    wanted = set(cuts)
    starts, held = [0], 0
    for i, count in enumerate(events):
        if i and (held >= enough or (i in wanted and held >= enough // 3)):
            starts.append(i)
            held = 0
        held += int(count)
    if len(starts) > 1 and held < enough // 3:
        starts.pop()
    return np.array(starts, dtype=np.int64)


def common_starts(result: Result) -> Counts:
    """Return merged bins that serve every strategy: they see the same phones, so the same bins."""
    least = np.min([s.timeline.defective.sum(axis=0) for s in result.strategies], axis=0)
    edges = result.strategies[0].timeline.edges_us
    drift = [event.time_us for event in result.world_events if isinstance(event, Drifted) and event.time_us > 0]
    cuts = np.unique(np.searchsorted(edges, drift, side="right") - 1)
    total = int(least.sum())
    # A short run has few defectives in all: eight wide bins then show more than none. Of a long one, thirty
    # bins show what there is to see, with less jitter.
    return merged_starts(least, cuts.tolist(), max(20, min(ENOUGH, total // 8), total // 30))


def merge(counts: Counts, starts: Counts) -> Counts:
    """Sum (replications, bins) counts over merged bins.

    >>> merge(np.array([[1, 2, 3, 4]]), np.array([0, 3])).tolist()
    [[6, 4]]
    """
    merged: Counts = np.add.reduceat(counts, starts, axis=1)
    return merged


def middles(edges_us: Counts, starts: Counts) -> Floats:
    """Return the middle of each merged bin in hours."""
    left = edges_us[starts]
    right = np.append(edges_us[starts[1:]], edges_us[-1])
    middle: Floats = (left + right) / 2 / 3.6e9
    return middle
