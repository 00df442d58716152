"""How many phones are rejected: by who decides, and by a version that only looks."""

from __future__ import annotations

from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean
from sim.deployment.telemetry.tables import Scope, Tables


@observed("reject_rate", unit="share")
def reject_rate(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Phones rejected / phones decided.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"rejected": [True, False, False, False]}).read("reject_rate", "v1", 0))
    0.25 (4 phones)
    """
    return tables.share_by_arm(tables.decisions, arm, scope, "rejected")


@observed("mirror_reject_rate", unit="share", mirrored=True, compared_with="reject_rate")
def mirror_reject_rate(tables: Tables, version: str, scope: Scope) -> Reading:
    """Phones that the version would have rejected / phones that it looked at without deciding.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(mirrors={"rejected": [True, False]}).read("mirror_reject_rate", "v1", 0))
    0.5 (2 phones)
    """
    return mean(*tables.by_version(tables.mirrors, version, scope, "rejected"))
