"""The camera's view of a phone: the features that a model gets. The truth is not among them.

Per flaw kind one channel, ``strength * gain(finish) * visible(s) + lift + texture(finish) + noise`` with
``visible(s) = log1p(s / (1 + blur))``; beside them the measured brightness, the sharpness and the finish. What makes
strength, lift, blur and brightness up is said by the causes of drift (`sim.factory.causes`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Codes, Features, Floats, Severities
from sim.factory.finishes import Finish
from sim.units import Factor


class Camera(BaseModel):
    """The camera and its light at the start. `noise` is calibrated to FACTS 8 (a good model: 97 % hits, 3 % false)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contrast: Factor = Field(1.0, validate_default=True)
    brightness: Factor = Field(1.0, validate_default=True)
    haze: Factor = Field(0.0, validate_default=True)
    blur: Factor = Field(0.0, validate_default=True)
    noise: Factor = Field(0.14, validate_default=True, description="standard deviation of a channel's noise")


#: Standard deviation of the measured brightness and sharpness of one image (assumption, grade A).
GAUGE_NOISE = 0.02


def _zero() -> Floats:
    return np.asarray(0.0)


def _one() -> Floats:
    return np.asarray(1.0)


@dataclass(slots=True)
class Optics:
    """How the camera turns flaws into features: one value per phone, or one for all. Causes of drift act on it."""

    strength: Floats = field(default_factory=_one)  #: the factor by which flaws show
    lift: Floats = field(default_factory=_zero)  #: what is added to every channel
    blur: Floats = field(default_factory=_zero)  #: flaws look smaller by 1 + blur, and so does the sharpness
    brightness: Floats = field(default_factory=_one)  #: the measured brightness, but for its noise


def feature_names(kinds: tuple[str, ...], finishes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of the feature matrix, in order."""
    return (*kinds, "brightness", "sharpness", *(f"is_{name}" for name in finishes))


def view(
    optics: Optics,
    severity: Severities,
    finish: Codes,
    finishes: tuple[Finish, ...],
    noise: Features,
    gauge: Features,
) -> Features:
    """Return the features, shape (n, kinds + 2 + finishes), float32.

    `severity` and `noise` have shape (n, kinds), `gauge` (n, 2): the noise of brightness and sharpness.
    """
    count, kinds = severity.shape
    gain = np.array([v.gain for v in finishes])[finish]
    texture = np.array([v.texture for v in finishes])[finish]
    strength = (optics.strength * gain).astype(np.float32)
    lift = (optics.lift + texture).astype(np.float32)
    softness = np.asarray(1.0 / (1.0 + optics.blur), dtype=np.float32)
    features = np.empty((count, kinds + 2 + len(finishes)), dtype=np.float32)
    for k in range(kinds):
        features[:, k] = strength * np.log1p(severity[:, k] * softness) + lift + noise[:, k]
    features[:, kinds] = optics.brightness + GAUGE_NOISE * gauge[:, 0]
    features[:, kinds + 1] = softness + GAUGE_NOISE * gauge[:, 1]
    for v in range(len(finishes)):
        features[:, kinds + 2 + v] = finish == v
    return features
