"""The candidate's value of a metric beside the stable arm's, over the same window."""

from __future__ import annotations

from sim.deployment.analysis.cohort import cohort_of_metric
from sim.deployment.analysis.measurement import MetricQuery, Sample
from sim.deployment.telemetry.metric import METRICS
from sim.deployment.telemetry.reading import Reading
from sim.deployment.telemetry.store import Telemetry


def compared(telemetry: Telemetry, query: MetricQuery) -> Sample:
    """Return a metric of the candidate, and beside it the stable arm's, of all that became known since a moment.

    Where the candidate only mirrors, its looks are compared with the stable arm's verdicts. If one of the arms is
    slower, other phones of it are known than of the quick one: that is what tools compare, and it promises nothing.
    """
    return Sample.of(_own(telemetry, query), _stable(telemetry, query))


def compared_by_cohort(telemetry: Telemetry, query: MetricQuery) -> Sample:
    """Return the same on the phones that every arm has settled, in the order in which they were due."""
    cohort = cohort_of_metric(telemetry, query)
    own, stable = (
        telemetry.read(metric, who, query.since_us, finish=query.finish, cohort=cohort)
        for metric, who in ((query.metric, _candidate(query)), (_of_stable(query.metric), query.stable.name))
    )
    return Sample.of(own, stable, cohort.behind_us)


def compared_with_latest(telemetry: Telemetry, query: MetricQuery) -> Sample:
    """Return the same, and where the stable arm has too few phones in the window its latest before."""
    own, stable = _own(telemetry, query), _stable(telemetry, query)
    if stable.samples < query.needed and query.finish is None:
        stable = telemetry.latest(_of_stable(query.metric), query.stable.name, query.since_us, 10 * query.needed)
    return Sample.of(own, stable)


def without_comparison(metric: str) -> str | None:
    """Return why a metric can't be compared with the stable arm's, None if it can."""
    if METRICS[metric].compared_with is None:
        return f"{metric} has no value of the stable arm to be compared with"
    return None


def _candidate(query: MetricQuery) -> str:
    return query.candidate.version if METRICS[query.metric].mirrored else query.candidate.name


def _own(telemetry: Telemetry, query: MetricQuery) -> Reading:
    who = _candidate(query)
    return telemetry.read(query.metric, who, query.since_us, maturity_us=query.maturity_us, finish=query.finish)


def _stable(telemetry: Telemetry, query: MetricQuery) -> Reading:
    metric = _of_stable(query.metric)
    return telemetry.read(metric, query.stable.name, query.since_us, maturity_us=query.maturity_us, finish=query.finish)


def _of_stable(metric: str) -> str:
    return METRICS[metric].compared_with or metric
