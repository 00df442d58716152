from sim.factory.cause import Cause, Quantity


class Glare(Cause):
    """A bright veil: a lamp shines into the lens.

    >>> from sim.factory.spec import Factory
    >>> Glare().quantities(Factory())["acme.glare"].start
    0.0
    """

    def quantities(self, factory):
        return {"acme.glare": Quantity(0.0, "data", neutral=0.0)}

    def on_camera(self, optics, values):
        glare = values("acme.glare")
        optics.brightness = optics.brightness + glare
        optics.lift = optics.lift + 0.3 * glare


class NoCause:
    pass
