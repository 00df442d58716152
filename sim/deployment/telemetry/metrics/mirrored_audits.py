"""What experts' second looks say of a version that looked at the same phones without deciding."""

from __future__ import annotations

from sim.columns import Flags, Floats
from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, weighted_share
from sim.deployment.telemetry.tables import Scope, Tables


def _labelled(tables: Tables, version: str, scope: Scope) -> tuple[Flags, Flags, Floats]:
    """Return, of the audited phones that the version saw too: rejected by it, defective, chance of the audit."""
    phone, defective, q = tables.by_arm(tables.audits, None, scope, "phone", "defective", "probability")
    rejected, looked = tables.mirrored_verdicts(version, phone)
    return rejected[looked], defective[looked], q[looked]


@observed(
    "mirror_audit_precision",
    unit="share",
    better="high",
    mirrored=True,
    compared_with="audit_precision",
    audits=("passes", "rejects"),
)
def mirror_audit_precision(tables: Tables, version: str, scope: Scope) -> Reading:
    """Defective phones that the version would have rejected / those it would have, of the audited ones, each for 1/q.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(
    ...     audits={"defective": [True, False, False], "probability": [0.2, 0.1, 0.1]},
    ...     mirrors={"rejected": [True, True, False]},
    ... )
    >>> print(known.read("mirror_audit_precision", "v1", 0))
    0.3333 (2 phones)
    """
    rejected, defective, q = _labelled(tables, version, scope)
    return weighted_share(defective[rejected], q[rejected])


@observed(
    "mirror_audit_recall",
    unit="share",
    better="high",
    mirrored=True,
    compared_with="audit_recall",
    audits=("passes", "rejects"),
)
def mirror_audit_recall(tables: Tables, version: str, scope: Scope) -> Reading:
    """Defective phones that the version would have rejected / defective phones, of the audited ones, each for 1/q.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(
    ...     audits={"defective": [True, True, False], "probability": [0.2, 0.1, 0.1]},
    ...     mirrors={"rejected": [True, False, False]},
    ... )
    >>> print(known.read("mirror_audit_recall", "v1", 0))
    0.3333 (2 phones)
    """
    rejected, defective, q = _labelled(tables, version, scope)
    return weighted_share(rejected[defective], q[defective])
