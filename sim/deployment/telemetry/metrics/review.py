"""What a model with a review band keeps, and what it hands over to an inspector."""

from __future__ import annotations

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean
from sim.deployment.telemetry.tables import Scope, Tables
from sim.line.rules import DecidedBy


@observed("review_share", unit="share")
def review_share(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Phones decided by an inspector since the model was unsure / phones decided.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"decided_by": [DecidedBy.MODEL, DecidedBy.REVIEW]}).read("review_share", "v1", 0))
    0.5 (2 phones)
    """
    (how,) = tables.by_arm(tables.decisions, arm, scope, "decided_by")
    return mean(how == DecidedBy.REVIEW)


@observed("reviewed_reject_rate", unit="share")
def reviewed_reject_rate(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Unclear phones rejected by the inspector / unclear phones.

    These are other phones than the clear ones, so the two rates say nothing about who judges better (selection bias).

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"decided_by": [DecidedBy.MODEL, DecidedBy.REVIEW], "rejected": [False, True]})
    >>> print(known.read("reviewed_reject_rate", "v1", 0))
    1 (1 phones)
    """
    return _rejected_of(DecidedBy.REVIEW, tables, arm, scope)


@observed("unreviewed_reject_rate", unit="share")
def unreviewed_reject_rate(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Clear phones rejected by the model / clear phones.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"decided_by": [DecidedBy.MODEL, DecidedBy.REVIEW], "rejected": [False, True]})
    >>> print(known.read("unreviewed_reject_rate", "v1", 0))
    0 (1 phones)
    """
    return _rejected_of(DecidedBy.MODEL, tables, arm, scope)


def _rejected_of(how: DecidedBy, tables: Tables, arm: str, scope: Scope) -> Reading:
    decided_by, rejected = tables.by_arm(tables.decisions, arm, scope, "decided_by", "rejected")
    return mean(rejected[decided_by == how])
