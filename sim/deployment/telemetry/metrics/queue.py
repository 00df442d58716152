"""How many phones wait for an inspector."""

from __future__ import annotations

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean
from sim.deployment.telemetry.tables import Scope, Tables


@observed("queue", unit="phones", kind="value", better="low")
def queue(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Phones that wait for an inspector, mean over the moments at which somebody looked; all arms share them.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(queue={"length": [0, 3]}).read("queue", "v1", 0))
    1.5 (2 phones)
    """
    return mean(tables.queue["length"][tables.queue.first_after(tables.remembered(scope.since_us)) :])
