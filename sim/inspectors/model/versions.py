"""What a model version is to the rest of the house, wherever it comes from."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

import numpy as np
from pydantic import BeforeValidator, Field

from sim.columns import Floats
from sim.factory.phones import Factory, Phones
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.model.sampled import Scores, sampled
from sim.inspectors.model.thresholds import Offline
from sim.inspectors.model.training import Estimator, Model, train

AnyModel = Model | Estimator | Scores


def _logistic_by_default(given: Any) -> Any:
    return {"kind": "logistic", **given} if isinstance(given, dict) and "kind" not in given else given


ModelSpec = Annotated[AnyModel, Field(discriminator="kind"), BeforeValidator(_logistic_by_default)]
"""A version as a scenario file describes it."""


class ModelVersion(Protocol):
    """A version, frozen: all that scores phones and knows its own threshold."""

    @property
    def name(self) -> str: ...
    @property
    def spec(self) -> AnyModel: ...
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


def obtain(name: str, spec: AnyModel, factory: Factory, inspectors: Inspectors, seed: int) -> ModelVersion:
    """Return a version ready to be deployed: trained, or with its scores read.

    Parameters are those of `train`.

    Raises
    ------
    ModelError
        If it can't be trained, its package fails, or its file can't be read.
    """
    if isinstance(spec, Scores):
        return sampled(name, spec, factory.defect_rate)
    return train(name, spec, factory, inspectors, seed)
