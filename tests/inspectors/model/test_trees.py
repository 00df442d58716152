"""Small trees in columns say what scikit-learn's own evaluation says, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from sim.inspectors.model.kinds.boosted_trees import BoostedTrees
from sim.inspectors.model.threads import one_thread
from sim.inspectors.model.trees import MOST_LEAVES, Trees

RANDOM = np.random.default_rng(8)
FEATURES = np.round(RANDOM.normal(size=(3000, 4)), 1).astype(np.float32)
LABELS = (FEATURES[:, 0] * FEATURES[:, 1] + RANDOM.normal(size=3000) > 1.0).astype(np.int8)


@pytest.fixture(autouse=True)
def on_one_thread() -> Iterator[None]:
    """Threads that wait for each other take seconds where others compute, too."""
    with one_thread():
        yield


def fitted(**settings: Any) -> Any:
    return HistGradientBoostingClassifier(early_stopping=False, **{"max_iter": 10, **settings}).fit(FEATURES, LABELS)


@pytest.mark.parametrize("leaves", [2, 3, MOST_LEAVES])
def test_chances_are_those_of_scikit_learn_bit_for_bit(leaves: int) -> None:
    classifier = fitted(max_leaf_nodes=leaves)
    trees = Trees.of(classifier)
    assert trees is not None
    asked = np.concatenate([np.tile(FEATURES, (6, 1)), [[np.inf, -np.inf, 0.0, -0.0]]])
    np.testing.assert_array_equal(trees.chances(asked), classifier.predict_proba(asked), strict=True)


def test_a_value_on_a_threshold_goes_left() -> None:
    classifier = fitted(max_leaf_nodes=4)
    trees = Trees.of(classifier)
    assert trees is not None
    asked = np.zeros((30, 4))
    for row, (feature, threshold, _) in enumerate([node for tree in trees.trees for node in tree.nodes]):
        asked[row, feature] = threshold
    np.testing.assert_array_equal(trees.chances(asked), classifier.predict_proba(asked), strict=True)


def test_a_tree_without_a_split_is_its_value() -> None:
    classifier = fitted(min_samples_leaf=2000)
    trees = Trees.of(classifier)
    assert trees is not None
    np.testing.assert_array_equal(trees.chances(FEATURES), classifier.predict_proba(FEATURES))


def test_what_is_not_known_here_is_left_to_scikit_learn() -> None:
    missing = FEATURES[:100].copy()
    missing[3, 1] = np.nan
    small = fitted(max_leaf_nodes=4)
    trees = Trees.of(small)
    assert trees is not None
    assert trees.chances(missing) is None
    assert Trees.of(fitted(max_leaf_nodes=MOST_LEAVES + 1)) is None
    assert Trees.of(fitted(max_leaf_nodes=4, categorical_features=[0])) is None
    assert Trees.of(object()) is None
    model = BoostedTrees(kind="boosted_trees")
    np.testing.assert_array_equal(model.asked(small, missing), small.predict_proba(missing))
