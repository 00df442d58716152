"""Merging a timeline's bins until a rate in them means something."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.columns import Counts, Floats
from sim.experiment.replication import turns_of
from sim.experiment.result import Result

ENOUGH = 250  #: events pooled over replications: a share near 25 % is then known to about ±5 points


def merged_starts(events: Counts, cuts: Iterable[int], enough: int = ENOUGH) -> Counts:
    """Return the first fine bin of each merged bin.

    Parameters
    ----------
    events : array, shape (bins,)
        How many phones carry the rate (defective ones, say) in each fine bin, over all replications.
    cuts : iterable of int
        Fine bins at which a merged bin starts anew, so that a sudden change is not smeared over a bin that
        straddles it. If too little is left of a cut, that is joined with the bin before it.
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
        if i and (held >= enough or i in wanted):
            if held < enough // 3 and starts[-1] not in wanted and len(starts) > 1:
                starts.pop()
            starts.append(i)
            held = 0
        held += int(count)
    if len(starts) > 1 and held < enough // 3 and starts[-1] not in wanted:
        starts.pop()
    return np.array(starts, dtype=np.int64)


def common_starts(result: Result) -> Counts:
    """Return merged bins that serve every strategy: they see the same phones, so the same bins."""
    least = np.min([s.timeline.defective.sum(axis=0) for s in result.strategies], axis=0)
    # A timeline has an edge wherever the line turns, and so have merged bins: no step comes before its cause.
    cuts = np.searchsorted(result.strategies[0].timeline.edges_us, turns_of(result.scenario)).tolist()
    total = int(least.sum())
    # A short run has few defectives in all: eight wide bins then show more than none. Of a long one, thirty
    # bins show what there is to see, with less jitter.
    return merged_starts(least, cuts, max(20, min(ENOUGH, total // 8), total // 30))


def merge(counts: Counts, starts: Counts) -> Counts:
    """Sum (replications, bins) counts over merged bins.

    >>> merge(np.array([[1, 2, 3, 4]]), np.array([0, 3])).tolist()
    [[6, 4]]
    """
    merged: Counts = np.add.reduceat(counts, starts, axis=1)
    return merged


def borders(result: Result, starts: Counts) -> Floats:
    """Return the edges of the merged bins in hours, one more than there are bins."""
    edges = result.strategies[0].timeline.edges_us
    found: Floats = np.append(edges[starts], edges[-1]) / 3.6e9
    return found
