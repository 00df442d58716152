"""Pictures of which something is missing: a version scores them with zeros, or refuses them. Its file says which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.columns import Features, Floats
from sim.factory.phones import Phones
from sim.inspectors.model.spec import ModelVersion, SeesImages


def filled(features: Features) -> Features:
    """Return features with 0 in the place of what is missing: what a program reads that knows no missing values."""
    return np.nan_to_num(features) if some_missing(features) else features


def score_phones(version: ModelVersion, phones: Phones, chance: np.random.Generator) -> Floats:
    """Return a version's scores of the next phones, NaN of those that it refuses."""
    if not some_missing(phones.features):
        return version.score_phones(phones, chance)
    whole = replace(phones, features=filled(phones.features))
    return _refused(version, version.score_phones(whole, chance), phones.features)


def score_images(version: SeesImages, features: Features) -> Floats:
    """Return a version's scores of images, NaN of those that it refuses."""
    return _refused(version, version.score(filled(features)), features)


def some_missing(features: Features) -> bool:
    """Return whether anything is, in a single pass.

    >>> some_missing(np.zeros((2, 3))), some_missing(np.array([[0.0, np.nan]]))
    (False, True)
    """
    return bool(np.isnan(features.sum()))


def _refused(version: ModelVersion | SeesImages, scores: Floats, features: Features) -> Floats:
    # Others' versions that only see images need not say what they are made by.
    if not some_missing(features) or getattr(getattr(version, "spec", None), "missing", "zero") != "refuse":
        return scores
    return np.where(np.isnan(features).any(axis=1), np.nan, scores)
