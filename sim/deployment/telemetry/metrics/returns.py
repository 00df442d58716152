"""Phones that customers send back: weeks late, and half of them without a fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import NO_DATA, Reading
from sim.deployment.telemetry.tables import Scope, Tables


@observed("returns_with_fault", unit="share", returns=True)
def returns_with_fault(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Returned phones with a real fault / returned phones.

    Nearly always without data in a run of days.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(returns={"faulty": [True, False]}).read("returns_with_fault", "v1", 0))
    0.5 (2 phones)
    """
    return tables.share_by_arm(tables.returns, arm, scope, "faulty")


@observed("return_rate", unit="share", better="low", returns=True)
def return_rate(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Faulty returns so far / phones shipped.

    Say a `label_maturity`, or a young cohort looks far better than it is.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"rejected": [False] * 4}, returns={"faulty": [True], "decided_us": [2]})
    >>> print(known.read("return_rate", "v1", 0))
    0.25 (4 phones)
    """
    (rejected,) = tables.by_arm(tables.decisions, arm, scope, "rejected")
    until_us = tables.now_us if scope.decided_by_us is None else scope.decided_by_us
    (faulty,) = tables.by_arm(tables.returns, arm, replace(scope, decided_by_us=until_us), "faulty")
    shipped = int(np.count_nonzero(~rejected))
    return Reading(int(faulty.sum()) / shipped, shipped) if shipped else NO_DATA
