"""Haze: a veil over the image. Lenses gather dust."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.camera import Optics
from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.spec import Factory

WHAT = "camera.haze"
#: Haze scatters light into the lens: it makes images brighter as well as flatter (assumption, grade A).
GLOW = 0.5


@CAUSES.register(WHAT, 3)
class Haze(Cause):
    """A veil over images, 0 for a clean lens.

    Examples
    --------
    >>> Haze().quantities(Factory())["camera.haze"].on_lens
    True
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return the haze."""
        return {WHAT: Quantity(factory.camera.haze, "data", high=2.0, neutral=0.0, on_lens=True)}

    def on_camera(self, optics: Optics, values: Values) -> None:
        """Lift every channel, and brighten the image."""
        haze = values(WHAT)
        optics.lift = optics.lift + haze
        optics.brightness = optics.brightness + GLOW * haze
