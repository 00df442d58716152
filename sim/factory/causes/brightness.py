"""Brightness: how much light falls on the phone. Lamps age and fail."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.camera import Optics
from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.spec import Factory

WHAT = "camera.brightness"


@CAUSES.register(WHAT, 2)
class Brightness(Cause):
    """The brightness of images, 1 for new lamps.

    Examples
    --------
    >>> Brightness().quantities(Factory())["camera.brightness"].drift
    'data'
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return the brightness."""
        return {WHAT: Quantity(factory.camera.brightness, "data", high=2.0, neutral=1.0, on_lens=True)}

    def on_camera(self, optics: Optics, values: Values) -> None:
        """Let flaws show by this factor, and measure it."""
        brightness = values(WHAT)
        optics.strength = optics.strength * brightness
        optics.brightness = optics.brightness * brightness
