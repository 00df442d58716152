"""How long phones take, from when they are due until their verdict."""

from __future__ import annotations

from sim.columns import Floats
from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean, quantile
from sim.deployment.telemetry.tables import Scope, Tables
from sim.units import SECOND


def latency_s(tables: Tables, arm: str, scope: Scope) -> Floats:
    """Return how long each decided phone took, in seconds."""
    (latency_us,) = tables.by_arm(tables.decisions, arm, scope, "latency_us")
    seconds: Floats = latency_us / SECOND
    return seconds


@observed("latency_mean_s", unit="s", kind="value", better="low")
def latency_mean_s(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Mean of verdict - due over decided phones.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"latency_us": [2_000_000, 5_000_000]}).read("latency_mean_s", "v1", 0))
    3.5 (2 phones)
    """
    return mean(latency_s(tables, arm, scope))


@observed("latency_p95_s", unit="s", kind="value", better="low")
def latency_p95_s(tables: Tables, arm: str, scope: Scope) -> Reading:
    """95 % quantile of verdict - due over decided phones.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"latency_us": [0, 1_000_000]}).read("latency_p95_s", "v1", 0))
    0.95 (2 phones)
    """
    return quantile(latency_s(tables, arm, scope), 0.95)
