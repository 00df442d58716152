"""Merging a timeline's bins until a rate in them means something."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from sim.columns import Counts, Floats
from sim.experiment.replication import turns_of
from sim.experiment.result import Result
from sim.line.route import Route

ENOUGH = 250  #: events pooled over replications: a share near 25 % is then known to about ±5 points

GREAT = 0.5  #: a change of the route that a merged bin should not straddle: half of the phones go elsewhere


def merged_starts(events: Counts, cuts: Iterable[int], enough: int = ENOUGH, wishes: Iterable[int] = ()) -> Counts:
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
    wishes : iterable of int
        Fine bins at which a merged bin starts anew if the one before has half of that: where a single strategy turns.

    Examples
    --------
    >>> merged_starts(np.array([100, 100, 100, 100, 100, 100]), cuts=[3], enough=200).tolist()
    [0, 2, 3, 5]
    >>> merged_starts(np.array([100, 100, 100, 100, 100, 100]), cuts=[], enough=200, wishes=[1, 5]).tolist()
    [0, 1, 3, 5]
    """
    wanted, wished = set(cuts), set(wishes)
    starts, held = [0], 0
    for i, count in enumerate(events):
        if i and (held >= enough or i in wanted or (i in wished and held >= enough // 2)):
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
    return merged_starts(least, cuts, max(20, min(ENOUGH, total // 8), total // 30), _great_changes(result))


def _great_changes(result: Result) -> list[int]:
    """Return the fine bins at which a strategy gives half of the phones or more to others, in the replication shown."""
    edges = result.strategies[0].timeline.edges_us
    return [
        int(np.argmin(np.abs(edges - after.time_us)))
        for strategy in result.strategies
        for before, after in pairwise(strategy.routes)
        if _given_away(before.route, after.route) >= GREAT
    ]


def _given_away(before: Route, after: Route) -> float:
    """Return which share of the phones another arm decides from now on.

    >>> from sim.line.route import Arm
    >>> v1, v2 = Arm("v1", "model", "v1"), Arm("v2", "model", "v2")
    >>> _given_away(Route(v1, ((v2, 10.0),)), Route(v2))
    0.9
    """
    shares = [
        {arm.name: share for arm, share in zip(route.arms, route.shares, strict=True)} for route in (before, after)
    ]
    return sum(max(0.0, share - shares[1].get(name, 0.0)) for name, share in shares[0].items())


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
