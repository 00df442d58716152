"""How bright each picture is."""

from __future__ import annotations

from sim.columns import Column
from sim.deployment.telemetry.stream import stream
from sim.deployment.telemetry.tables import Scope, Tables


@stream("brightness", holds="numbers")
def brightness(tables: Tables, arm: str | None, scope: Scope) -> Column:
    """Brightness of each decided phone's picture; it may be above 1.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> by_hand(decisions={"brightness": [1.0, 0.5]}).stream("brightness", "v1", 0)
    array([1. , 0.5])
    """
    return tables.by_arm(tables.decisions, arm, scope, "brightness")[0]
