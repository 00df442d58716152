"""Boosted trees: they see what several channels show together, and forget less than they should."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from weakref import WeakKeyDictionary

from sim.columns import Features
from sim.inspectors.model.spec import KINDS
from sim.inspectors.model.training import TrainableModel
from sim.inspectors.model.trees import Trees

#: The trees of fitted classifiers, which nobody fits again: each block of phones asks for them.
_TREES: WeakKeyDictionary[Any, Trees | None] = WeakKeyDictionary()


@KINDS.register("boosted_trees", 2)
class BoostedTrees(TrainableModel):
    """Boosted trees, trained likewise.

    Examples
    --------
    >>> BoostedTrees(kind="boosted_trees").classifier().max_iter
    30
    """

    keeps: ClassVar[bool] = True

    kind: Literal["boosted_trees"]

    def classifier(self) -> Any:
        """Return thirty small trees, none of them stopped early by chance."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            max_iter=30, learning_rate=0.2, max_leaf_nodes=8, min_samples_leaf=60, l2_regularization=5.0,
            early_stopping=False, random_state=0,
        )  # fmt: skip

    def asked(self, classifier: Any, features: Features) -> Any:
        """Return the classifier's chances, from its trees in columns where they are small."""
        if classifier not in _TREES:
            _TREES[classifier] = Trees.of(classifier)
        trees = _TREES[classifier]
        chances = None if trees is None else trees.chances(features)
        return super().asked(classifier, features) if chances is None else chances
