"""What a model's own confidence says about it; its blind spots: `sim.stats.cbpe`.

A model's scores are chances of what its labels said. Where those were inspectors' verdicts, that is far from the
truth: half of what inspectors reject is good, and in the mass of good phones a small score is a false alarm of theirs.
So the scores are put right by the arm's own audits, once there are enough (`sim.deployment.telemetry.calibrated`), and
every reading says in its `basis` whether they were.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import NO_DATA, Reading
from sim.deployment.telemetry.tables import Scope, Tables
from sim.stats.cbpe import Estimate, estimate


def _estimated(tables: Tables, arm: str, scope: Scope, wanted: Callable[[Estimate], float | None]) -> Reading:
    score, rejected = tables.by_arm(tables.decisions, arm, scope, "score", "rejected")
    scored = ~np.isnan(score)
    if not scored.any():
        return NO_DATA
    known = tables.calibrated(arm)
    found = estimate(known.of(score[scored]), rejected[scored])
    return Reading(wanted(found), found.phones, basis=known.basis, yardstick=known.yardstick)


@observed("estimated_recall", unit="share", kind="value", better="high", scores=True)
def estimated_recall(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Defective phones rejected / defective phones, by the model's scores, calibrated on audits if it can be.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"score": [0.75, 0.25], "rejected": [True, False]})
    >>> print(known.read("estimated_recall", "v1", 0))
    0.75 (2 phones; by the model's own labels; not calibrated: 0 of 20 audited defects)
    """
    return _estimated(tables, arm, scope, lambda found: found.recall)


@observed("estimated_escape_share", unit="share", kind="value", better="low", scores=True)
def estimated_escape_share(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Defective phones passed / phones passed, by the model's scores, calibrated on audits if it can be.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"score": [0.75, 0.25], "rejected": [True, False]})
    >>> known.read("estimated_escape_share", "v1", 0).value
    0.25
    """
    return _estimated(tables, arm, scope, lambda found: found.escape_share)


@observed("estimated_overkill", unit="share", kind="value", better="low", scores=True)
def estimated_overkill(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Good phones rejected / good phones, by the model's scores, calibrated on audits if it can be.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(decisions={"score": [0.75, 0.25], "rejected": [True, False]})
    >>> known.read("estimated_overkill", "v1", 0).value
    0.25
    """
    return _estimated(tables, arm, scope, lambda found: found.overkill_rate)
