"""What the model that looked first said of each phone."""

from __future__ import annotations

from sim.columns import Column
from sim.deployment.telemetry.metrics.scores import scores
from sim.deployment.telemetry.stream import stream
from sim.deployment.telemetry.tables import Scope, Tables


@stream("score", holds="shares")
def score(tables: Tables, arm: str | None, scope: Scope) -> Column:
    """Score of each decided phone at which a model looked.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> by_hand(decisions={"score": [0.5, float("nan"), 0.25]}).stream("score", "v1", 0)
    array([0.5 , 0.25])
    """
    return scores(tables, arm, scope)
