"""Contrast: how strongly flaws stand out in the image. Lamps age, a camera is swapped."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.camera import Optics
from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.spec import Factory

WHAT = "camera.contrast"


@CAUSES.register(WHAT, 1)
class Contrast(Cause):
    """The contrast of images, 1 for this line's camera.

    Examples
    --------
    >>> Contrast().quantities(Factory())["camera.contrast"].start
    1.0
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return the contrast."""
        return {WHAT: Quantity(factory.camera.contrast, "data", high=2.0, neutral=1.0, on_lens=True)}

    def on_camera(self, optics: Optics, values: Values) -> None:
        """Let flaws show by this factor."""
        optics.strength = optics.strength * values(WHAT)
