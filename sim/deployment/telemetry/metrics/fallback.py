"""Phones that somebody else had to decide, or nobody, while a model was down."""

from __future__ import annotations

import numpy as np

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean
from sim.deployment.telemetry.tables import Scope, Tables
from sim.line.rules import BY_FALLBACK


@observed("fallback_share", unit="share")
def fallback_share(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Phones decided by the fallback / phones decided.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> from sim.line.rules import DecidedBy
    >>> how = [DecidedBy.MODEL, DecidedBy.FALLBACK, DecidedBy.FAIL_OPEN, DecidedBy.MODEL]
    >>> print(by_hand(decisions={"decided_by": how}).read("fallback_share", "v1", 0))
    0.5 (4 phones)
    """
    (how,) = tables.by_arm(tables.decisions, arm, scope, "decided_by")
    return mean(np.isin(how, BY_FALLBACK))
