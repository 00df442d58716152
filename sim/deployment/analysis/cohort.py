"""Cohorts: labels of phones that are of one age, so that late ones do not make a young arm look better than it is."""

from __future__ import annotations

import copy

import numpy as np

from sim.deployment.analysis.measurement import MetricQuery
from sim.deployment.telemetry.store import Telemetry


def cohort(telemetry: Telemetry, query: MetricQuery) -> Telemetry:
    """Return the same telemetry with the audits of one finish, each known only when its phone is old enough.

    So labels come in as cohorts: one that was quick waits for those of the same age.
    """
    if query.maturity_us is None and query.finish is None:
        return telemetry
    maturity_us = query.maturity_us or 0
    rows = telemetry.audits.since(telemetry.remembered(query.since_us - maturity_us))
    counted_us = np.maximum(rows["at_us"], rows["decided_us"] + maturity_us)
    mine = (counted_us > query.since_us) & (counted_us <= telemetry.now_us)
    if query.finish is not None:
        mine &= rows["finish"] == telemetry.finishes.index(query.finish)
    order = np.flatnonzero(mine)[np.argsort(counted_us[mine], kind="stable")]
    ripe = copy.copy(telemetry)
    types = {name: column.dtype.type for name, column in rows.items() if name != "at_us"}
    ripe.audits = type(telemetry.audits)(**types)
    ripe.audits.append(**{name: column[order] for name, column in rows.items()} | {"at_us": counted_us[order]})
    return ripe
