"""The rate of one kind of flaw: a tool wears, a supplier changes, a new kind appears."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.flaws import ByKind, Kind
from sim.factory.spec import Factory


@CAUSES.register("process.rate", 6)
class Rate(Cause):
    """The share of phones with a defect of one kind.

    Examples
    --------
    >>> round(Rate().quantities(Factory())["process.rate.crack"].start, 4)
    0.001
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return every kind's rate, at the start its part of the defect rate; a kind that never came is news to all."""
        lots, overall = factory.lots, factory.lots.hazard(factory.defect_rate)

        def of(kind: Kind) -> Quantity:
            rate = float(1.0 - lots.survival(overall * factory.kind_share(kind)))
            return Quantity(rate, "prior" if kind.share else "data + concept", high=0.95, neutral=rate, inherits=True)

        return {_of(kind): of(kind) for kind in factory.kinds}

    def on_hazards(self, hazards: ByKind, values: Values) -> None:
        """Put a kind's own rate, where it has one, in place of its part of the defect rate, from which it drifts."""
        lots = values.factory.lots
        for kind in values.factory.kinds:
            what = _of(kind)
            if values.in_play(what):
                inherited = 1.0 - lots.survival(hazards[kind.name]) if values.moves(what) else None
                hazards[kind.name] = lots.hazard(values(what, start=inherited))


def _of(kind: Kind) -> str:
    return f"process.rate.{kind.name}"
