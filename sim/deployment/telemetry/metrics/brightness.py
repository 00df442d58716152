"""How bright the pictures are."""

from __future__ import annotations

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean
from sim.deployment.telemetry.tables import Scope, Tables


@observed("brightness", unit="", kind="value")
def brightness(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Brightness of a phone's picture, mean over decided phones.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"brightness": [1.0, 0.5]}).read("brightness", "v1", 0))
    0.75 (2 phones)
    """
    return mean(*tables.by_arm(tables.decisions, arm, scope, "brightness"))
