"""The camera's view of a phone: the features that a model gets. The truth is not among them.

Per flaw kind one channel, ``brightness * contrast * gain(finish) * visible(s) + haze + texture(finish) + noise``
with ``visible(s) = log1p(s / (1 + blur))``; beside them the measured brightness, the sharpness and the finish.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Floats
from sim.units import Factor, Share


class Camera(BaseModel):
    """The camera and its light at the start. `noise` is calibrated to FACTS 8 (a good model: 97 % hits, 3 % false)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contrast: Factor = Field(1.0, validate_default=True)
    brightness: Factor = Field(1.0, validate_default=True)
    haze: Factor = Field(0.0, validate_default=True)
    blur: Factor = Field(0.0, validate_default=True)
    noise: Factor = Field(0.14, validate_default=True, description="standard deviation of a channel's noise")


class Finish(BaseModel):
    """A finish: how strongly flaws show on it (`gain`) and how much structure of its own it has (`texture`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    share: Share = Field("100%", validate_default=True)
    gain: Factor = Field(1.0, validate_default=True)
    texture: Factor = Field(0.0, validate_default=True)


#: Standard deviation of the measured brightness and sharpness of one image (assumption, grade A).
GAUGE_NOISE = 0.02
#: Haze scatters light into the lens: it makes images brighter as well as flatter (assumption, grade A).
HAZE_GLOW = 0.5


def feature_names(kinds: tuple[str, ...], finishes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of the feature matrix, in order."""
    return (*kinds, "brightness", "sharpness", *(f"is_{name}" for name in finishes))


def view(
    severity: NDArray[np.float32],
    finish: NDArray[np.int8],
    finishes: tuple[Finish, ...],
    contrast: Floats,
    brightness: Floats,
    haze: Floats,
    blur: Floats,
    noise: NDArray[np.float32],
    gauge: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the features, shape (n, kinds + 2 + finishes), float32.

    `severity` and `noise` have shape (n, kinds), `gauge` (n, 2); the rest are per phone or scalar arrays.
    """
    count, kinds = severity.shape
    gain = np.array([v.gain for v in finishes])[finish]
    texture = np.array([v.texture for v in finishes])[finish]
    strength = (brightness * contrast * gain).astype(np.float32)
    lift = (haze + texture).astype(np.float32)
    softness = np.asarray(1.0 / (1.0 + blur), dtype=np.float32)
    features = np.empty((count, kinds + 2 + len(finishes)), dtype=np.float32)
    for k in range(kinds):
        features[:, k] = strength * np.log1p(severity[:, k] * softness) + lift + noise[:, k]
    features[:, kinds] = brightness + HAZE_GLOW * haze + GAUGE_NOISE * gauge[:, 0]
    features[:, kinds + 1] = softness + GAUGE_NOISE * gauge[:, 1]
    for v in range(len(finishes)):
        features[:, kinds + 2 + v] = finish == v
    return features
