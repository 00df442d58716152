"""What a model's own confidence says about it, without a label; its blind spots: `sim.stats.cbpe`."""

from __future__ import annotations

import numpy as np

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading
from sim.deployment.telemetry.tables import Scope, Tables
from sim.stats.cbpe import Estimate, estimate


def _estimated(tables: Tables, arm: str, scope: Scope) -> Estimate:
    score, rejected = tables.by_arm(tables.decisions, arm, scope, "score", "rejected")
    scored = ~np.isnan(score)
    return estimate(score[scored], rejected[scored])


@observed("estimated_recall", unit="share", kind="value", better="high")
def estimated_recall(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Defective phones rejected / defective phones, as the model's own scores have it.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"score": [0.75, 0.25], "rejected": [True, False]})
    >>> print(known.read("estimated_recall", "v1", 0))
    0.75 (2 phones)
    """
    by_scores = _estimated(tables, arm, scope)
    return Reading(by_scores.recall, by_scores.phones)


@observed("estimated_escape_share", unit="share", kind="value", better="low")
def estimated_escape_share(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Defective phones passed / phones passed, as the model's own scores have it.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"score": [0.75, 0.25], "rejected": [True, False]})
    >>> print(known.read("estimated_escape_share", "v1", 0))
    0.25 (2 phones)
    """
    by_scores = _estimated(tables, arm, scope)
    return Reading(by_scores.escape_share, by_scores.phones)


@observed("estimated_overkill", unit="share", kind="value", better="low")
def estimated_overkill(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Good phones rejected / good phones, as the model's own scores have it.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"score": [0.75, 0.25], "rejected": [True, False]})
    >>> print(known.read("estimated_overkill", "v1", 0))
    0.25 (2 phones)
    """
    by_scores = _estimated(tables, arm, scope)
    return Reading(by_scores.overkill_rate, by_scores.phones)
