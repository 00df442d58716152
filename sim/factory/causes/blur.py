"""Blur: images lose their sharpness. A lens is smeared, or out of focus."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.camera import Optics
from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.spec import Factory

WHAT = "camera.blur"


@CAUSES.register(WHAT, 4)
class Blur(Cause):
    """The blur of images, 0 for a lens in focus.

    Examples
    --------
    >>> Blur().quantities(Factory())["camera.blur"].neutral
    0.0
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return the blur."""
        return {WHAT: Quantity(factory.camera.blur, "data", high=5.0, neutral=0.0, on_lens=True)}

    def on_camera(self, optics: Optics, values: Values) -> None:
        """Make flaws look smaller."""
        optics.blur = optics.blur + values(WHAT)
