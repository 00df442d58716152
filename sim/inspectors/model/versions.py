"""What a model version is to the rest of the house, wherever it comes from."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from sim.columns import Features, Floats
from sim.factory.phones import Phones
from sim.inspectors.model.spec import Model
from sim.inspectors.model.thresholds import Offline


class ModelVersion(Protocol):
    """A version, frozen: all that scores phones and knows its own threshold."""

    @property
    def name(self) -> str: ...
    @property
    def spec(self) -> Model: ...
    @property
    def offline(self) -> Offline: ...
    @property
    def threshold(self) -> float:
        """A score above it is a reject."""
        ...

    def cut_offs(self, review: float | None) -> tuple[float, float]:
        """Return (low, high): reject above high, pass up to low, and between them ask a human."""
        ...

    def score_phones(self, phones: Phones, chance: np.random.Generator) -> Floats:
        """Return the next phones' scores, shape (n,), on a grid of 2**-20; `chance` is this version's own stream."""
        ...


@runtime_checkable
class SeesImages(Protocol):
    """A version whose scores come from images alone: other images, of a lens that was cleaned say, other scores."""

    def score(self, features: Features) -> Floats:
        """Return the scores of images, shape (n,), on a grid of 2**-20."""
        ...
