"""A telemetry with rows made by hand: to try a metric, a stream or a judge without a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.deployment.telemetry.store import Telemetry
from sim.units import HOUR


def by_hand(
    *,
    arms: tuple[str, ...] = ("v1", "humans"),
    versions: tuple[str, ...] = ("v1", "humans"),
    finishes: tuple[str, ...] = ("gloss", "matte"),
    audit_plan: tuple[float, float] = (0.1, 0.2),
    now_us: int = 100 * HOUR,
    **tables: Mapping[str, Any],
) -> Telemetry:
    """Return a telemetry with these rows. Rows become known one microsecond after another; what is left out is zero.

    Every phone was due at 0, and decided at 0 or when `audits` say so.

    Parameters
    ----------
    arms, versions, finishes : tuple of str
        What the codes in the columns stand for: arm 0 is v1.
    audit_plan : (float, float)
        The shares of passes and of rejects that are audited.
    now_us : int
        Up to when it is known.
    **tables : mapping of str to array_like
        Columns of `decisions`, `mirrors`, `comparisons`, `audits`, `returns` or `queue`, of one length each.

    Examples
    --------
    >>> known = by_hand(decisions={"rejected": [True, False, False, False], "arm": [0, 0, 0, 1]})
    >>> print(known.read("reject_rate", "v1", 0))
    0.3333 (3 phones)
    """
    telemetry = Telemetry()
    telemetry.arms, telemetry.versions, telemetry.finishes = arms, versions, finishes
    telemetry.audit_plan, telemetry.now_us = audit_plan, now_us
    for name, columns in tables.items():
        table = getattr(telemetry, name)
        count = max(map(len, columns.values()))
        rows: dict[str, Any] = {column: np.zeros(count) for column in table.columns}
        rows |= {"at_us": np.arange(1, count + 1), "phone": np.arange(count), **columns}
        table.append(**{column: np.broadcast_to(np.asarray(values), count) for column, values in rows.items()})
    _arrive(telemetry)
    return telemetry


def _arrive(telemetry: Telemetry) -> None:
    """Let every phone of the tables come and be decided, and every label come in time."""
    with_phones = [getattr(telemetry, name) for name in ("decisions", "mirrors", "comparisons", "audits", "returns")]
    count = max((int(table["phone"].max()) + 1 for table in with_phones if len(table)), default=0)
    decided_us = np.zeros(count, dtype=np.int64)
    audits = telemetry.audits
    decided_us[audits["phone"]] = audits["decided_us"]
    telemetry.audit_delay_us = int((audits["at_us"] - audits["decided_us"]).max(initial=0))
    telemetry.arrivals.come(np.zeros(count, dtype=np.int64))
    telemetry.arrivals.decide(np.arange(count), decided_us)
