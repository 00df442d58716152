"""The defect rate: how many phones have any defect. A process gets out of hand, or better."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.flaws import ByKind
from sim.factory.spec import Factory

WHAT = "process.defect_rate"


@CAUSES.register(WHAT, 5)
class DefectRate(Cause):
    """The share of phones with at least one defect, over all kinds.

    Examples
    --------
    >>> DefectRate().quantities(Factory())["process.defect_rate"].high
    0.95
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return the rate. It is never neutral: every kind's hazard starts from it."""
        return {WHAT: Quantity(factory.defect_rate, "prior", high=0.95)}

    def on_hazards(self, hazards: ByKind, values: Values) -> None:
        """Give every kind its part of the hazard."""
        factory = values.factory
        overall = factory.lots.hazard(values(WHAT))
        for kind in factory.kinds:
            hazards[kind.name] = overall * factory.kind_share(kind)
