"""What experts' second looks say of an arm's verdicts."""

from __future__ import annotations

from sim.columns import Flags
from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean, weighted_share
from sim.deployment.telemetry.tables import Scope, Tables


def _labelled(tables: Tables, arm: str, scope: Scope) -> tuple[Flags, Flags]:
    """Return whether each audited phone was defective, and whether it had been rejected."""
    defective, rejected = tables.by_arm(tables.audits, arm, scope, "defective", "rejected")
    return defective, rejected


@observed("audited_escape_share", unit="share", better="low", audits=("passes",))
def audited_escape_share(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Audited passes that were defective / audited passes.

    An estimate of DPPM / 1e6.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(audits={"rejected": [False, False, True], "defective": [True, False, True]})
    >>> print(known.read("audited_escape_share", "v1", 0))
    0.5 (2 phones)
    """
    defective, rejected = _labelled(tables, arm, scope)
    return mean(defective[~rejected])


@observed("audited_false_reject_share", unit="share", better="low", audits=("rejects",))
def audited_false_reject_share(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Audited rejects that were good / audited rejects.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(audits={"rejected": [True, True, False], "defective": [True, False, False]})
    >>> print(known.read("audited_false_reject_share", "v1", 0))
    0.5 (2 phones)
    """
    defective, rejected = _labelled(tables, arm, scope)
    return mean(~defective[rejected])


@observed("audit_precision", unit="share", better="high", audits=("rejects",))
def audit_precision(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Audited rejects that were defective / audited rejects.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(audits={"rejected": [True, True, True, True], "defective": [True, True, True, False]})
    >>> print(known.read("audit_precision", "v1", 0))
    0.75 (4 phones)
    """
    defective, rejected = _labelled(tables, arm, scope)
    return mean(defective[rejected])


@observed("audit_recall", unit="share", better="high", audits=("passes", "rejects"))
def audit_recall(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Defective phones rejected / defective phones, of the audited ones, each standing for 1/q phones.

    Passes and rejects may be audited in unequal shares q: see `sim.deployment.telemetry.reading.weighted_share`.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> chance = [0.2, 0.2, 0.1]
    >>> known = by_hand(audits={"rejected": [True, True, False], "defective": [True] * 3, "probability": chance})
    >>> print(known.read("audit_recall", "v1", 0))
    0.5 (3 phones)
    """
    defective, rejected, q = tables.by_arm(tables.audits, arm, scope, "defective", "rejected", "probability")
    return weighted_share(rejected[defective], q[defective])
