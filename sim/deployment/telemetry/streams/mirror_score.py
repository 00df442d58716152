"""What a version said of each phone without deciding it."""

from __future__ import annotations

from sim.columns import Column
from sim.deployment.telemetry.metrics.scores import mirrored_scores
from sim.deployment.telemetry.stream import stream
from sim.deployment.telemetry.tables import Scope, Tables


@stream("mirror_score", holds="shares", mirrored=True)
def mirror_score(tables: Tables, version: str | None, scope: Scope) -> Column:
    """Score of each phone at which the version looked without deciding.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> by_hand(mirrors={"score": [0.5, 0.25]}).stream("mirror_score", "v1", 0)
    array([0.5 , 0.25])
    """
    return mirrored_scores(tables, version, scope)
