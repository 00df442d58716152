"""The standard: how severe a flaw may be, of any kind or of one kind. A customer asks for more, or less."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.flaws import ByKind
from sim.factory.spec import Factory

WHAT = "standard.tolerance"
#: A standard that tolerates nothing at all would make every phone defective.
LEAST = 1e-6


@CAUSES.register(WHAT, 8)
class Tolerance(Cause):
    """The tolerated severity, 1 as at the start; infinite for a kind that does not count yet.

    Examples
    --------
    >>> Tolerance().quantities(Factory())["standard.tolerance.dent"].drift
    'concept'
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return that of all flaws and that of each kind."""
        starts = {WHAT: 1.0} | {f"{WHAT}.{kind.name}": 1.0 if kind.counts else float("inf") for kind in factory.kinds}
        return {what: Quantity(start, "concept", low=LEAST, neutral=1.0) for what, start in starts.items()}

    def on_tolerances(self, tolerances: ByKind, values: Values) -> None:
        """Tolerate more or less of every kind, and of one kind by itself."""
        values.scale(tolerances, WHAT)
