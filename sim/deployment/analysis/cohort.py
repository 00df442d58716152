"""Which phones a judge by cohorts is shown: see `sim.deployment.telemetry.cohorts`."""

from __future__ import annotations

from sim.deployment.analysis.measurement import MetricQuery
from sim.deployment.telemetry.cohorts import Cohort
from sim.deployment.telemetry.metric import METRICS
from sim.deployment.telemetry.store import Telemetry


def audited_cohort(telemetry: Telemetry, query: MetricQuery, seen_by: str | None = None) -> Cohort:
    """Return the phones whose audits are compared: those that the frontier has passed since the last look."""
    age_us = max(telemetry.audit_delay_us, query.maturity_us or 0)
    return telemetry.cohort(query.since_us, query.due_after_us, label_age_us=age_us, seen_by=seen_by)


def cohort_of_metric(telemetry: Telemetry, query: MetricQuery) -> Cohort:
    """Return the same for a metric, which may read no labels: then verdicts are waited for and no more."""
    metric = METRICS[query.metric]
    delay_us = telemetry.audit_delay_us if metric.audits else 0
    return telemetry.cohort(
        query.since_us,
        query.due_after_us,
        label_age_us=max(delay_us, query.maturity_us or 0),
        seen_by=query.candidate.version if metric.mirrored else None,
    )
