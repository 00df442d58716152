"""Severity: flaws are larger or smaller than they were, all of them or those of one kind."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.flaws import ByKind
from sim.factory.spec import Factory

WHAT = "process.severity"


@CAUSES.register(WHAT, 7)
class Severity(Cause):
    """The size of flaws, 1 as at the start.

    Examples
    --------
    >>> len(Severity().quantities(Factory()))
    9
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return that of all flaws and that of each kind."""
        usual = Quantity(1.0, "data + prior", high=10.0, neutral=1.0)
        return dict.fromkeys((WHAT, *(f"{WHAT}.{name}" for name in factory.kind_names())), usual)

    def on_severities(self, growth: ByKind, values: Values) -> None:
        """Let flaws of every kind grow, and those of one kind by themselves."""
        values.scale(growth, WHAT)
