from typing import Literal

import numpy as np

from sim.factory.drift import Drift
from sim.units import PositiveDuration


class Fading(Drift):
    """There at once, and fading: after each half-life half of it is left.

    >>> import numpy as np
    >>> Fading(what="camera.haze", profile="acme_fading", at="0s", to=1, half_life="1h").weight(
    ...     np.array([0, 3_600_000_000]), np.empty(0)).tolist()
    [1.0, 0.5]
    """

    profile: Literal["acme_fading"]
    half_life: PositiveDuration

    @property
    def lasts_us(self):
        return self.half_life

    def weight(self, t, mix):
        return np.where(t >= self.at, 0.5 ** (np.maximum(t - self.at, 0) / self.half_life), 0.0)
