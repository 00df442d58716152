"""Small boosted trees in columns: the same additions in the same order as scikit-learn, several times as fast.

After Lucchese et al. (2015), "QuickScorer". A tree's leaves are numbered from left to right, one bit each. A phone that
goes right at a node rules out the leaves on its left; where it ends is the first leaf that no node rules out. So a node
is one comparison of a whole column, and no phone waits for the answer of the node above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.columns import Features, Floats

#: Leaves of the largest tree that is evaluated here: one byte has a bit for each.
MOST_LEAVES = 8
#: Phones at a time: their columns stay in the processor's cache.
_AT_ONCE = 16384


@dataclass(frozen=True, slots=True)
class _Tree:
    nodes: tuple[tuple[int, float, int], ...]  #: (feature, threshold, leaves that are ruled out above it)
    leaf: Floats  #: the value of the first leaf that is left, by what is ruled out


@dataclass(frozen=True, slots=True)
class Trees:
    """The trees of a fitted `HistGradientBoostingClassifier` of two classes.

    Examples
    --------
    >>> from sim.inspectors.model import one_thread
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> features = np.random.default_rng(0).normal(size=(500, 3))
    >>> with one_thread():
    ...     fitted = HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=8).fit(features, features[:, 0] > 0.5)
    ...     np.array_equal(Trees.of(fitted).chances(features), fitted.predict_proba(features))
    True
    """

    trees: tuple[_Tree, ...]
    baseline: float
    loss: Any  #: scikit-learn's own: it makes chances of sums

    @classmethod
    def of(cls, classifier: Any) -> Trees | None:
        """Return a classifier's trees; None: they are larger than a byte, or not laid out as known here."""
        try:
            rounds, baseline, loss = classifier._predictors, classifier._baseline_prediction, classifier._loss
            if baseline.size != 1 or baseline.dtype != np.float64 or any(len(each) != 1 for each in rounds):
                return None
            made = [_tree(each[0].nodes) for each in rounds]
        except (AttributeError, ValueError):  # another scikit-learn's
            return None
        trees = tuple(each for each in made if each is not None)
        return cls(trees, float(baseline.item()), loss) if len(trees) == len(made) else None

    def chances(self, features: Features) -> NDArray[np.float64] | None:
        """Return what `predict_proba` does, bit for bit, shape (n, 2); None where a feature is missing (nan)."""
        if np.isnan(features).any():
            return None
        sums = np.full((len(features), 1), self.baseline, order="F")
        for start in range(0, len(features), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            self._add(np.ascontiguousarray(features[part].T, dtype=np.float64), sums[part, 0])
        answer: NDArray[np.float64] = self.loss.predict_proba(sums)
        return answer

    def _add(self, columns: Features, sums: Floats) -> None:
        """Add each tree's answer to the sums, in the order in which they were fitted."""
        count = len(sums)
        right, out = np.empty(count, np.bool_), np.empty(count, np.uint8)
        ruled_out, value = np.empty(count, np.uint8), np.empty(count)
        for tree in self.trees:
            ruled_out.fill(0)
            for feature, threshold, left in tree.nodes:
                np.greater(columns[feature], threshold, out=right)
                np.multiply(right.view(np.uint8), np.uint8(left), out=out)
                np.bitwise_or(ruled_out, out, out=ruled_out)
            np.take(tree.leaf, ruled_out, out=value, mode="clip")  # a byte is never outside
            np.add(sums, value, out=sums)


def _tree(nodes: Any) -> _Tree | None:
    """Return one tree as comparisons, None if it has too many leaves or asks for categories."""
    is_leaf, left, right = (nodes[name].tolist() for name in ("is_leaf", "left", "right"))
    if sum(is_leaf) > MOST_LEAVES or nodes["is_categorical"].any():
        return None
    feature, threshold, value = (nodes[name].tolist() for name in ("feature_idx", "num_threshold", "value"))
    leaves: list[int] = []
    comparisons: list[tuple[int, float, int]] = []

    def walk(place: int) -> int:
        """Number the leaves below a node, from left to right, and return their bits."""
        if is_leaf[place]:
            leaves.append(place)
            return 1 << (len(leaves) - 1)
        below_left = walk(left[place])
        comparisons.append((feature[place], threshold[place], below_left))
        return below_left | walk(right[place])

    walk(0)
    first = _FIRST_LEFT[len(leaves)]
    return _Tree(tuple(comparisons), np.array([value[place] for place in leaves])[first])


#: By a tree's number of leaves and by what is ruled out: the first leaf that is left (one always is).
_FIRST_LEFT = [
    np.array([next((bit for bit in range(count) if not out >> bit & 1), 0) for out in range(1 << MOST_LEAVES)])
    for count in range(MOST_LEAVES + 1)
]
