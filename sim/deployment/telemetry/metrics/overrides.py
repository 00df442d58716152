"""Inspectors who know a model's opinion, and decide against it."""

from __future__ import annotations

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean
from sim.deployment.telemetry.tables import Scope, Tables


@observed("override_rate", unit="share")
def override_rate(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Phones decided against the model's opinion / phones of which the inspector knew it.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"rejected": [True, False, True], "opinion": [1, 1, -1]})
    >>> print(known.read("override_rate", "v1", 0))
    0.5 (2 phones)
    """
    opinion, rejected = tables.by_arm(tables.decisions, arm, scope, "opinion", "rejected")
    heard = opinion >= 0
    return mean((opinion == 1)[heard] != rejected[heard])
