"""How many phones there were."""

from __future__ import annotations

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading
from sim.deployment.telemetry.tables import Scope, Tables


@observed("volume", unit="phones", kind="count")
def volume(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Phones decided.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"rejected": [True, False, False]}).read("volume", "v1", 0))
    3 (3 phones)
    """
    (rejected,) = tables.by_arm(tables.decisions, arm, scope, "rejected")
    return Reading(float(len(rejected)), len(rejected))
