"""The metrics by name: unit, direction and definition, each said once (tables, JSON, figures read them here).

"Leakage" is used in the field for the escape rate and for DPPM alike, so the denominator is always said. "Decided"
phones have a verdict before the horizon and were due after the warm-up; phones still on the line enter no rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    unit: str  #: "share", "ppm", "s", "1/h", "$", "phones"
    label: str  #: short column title
    better: Literal["low", "high", "neither"]
    definition: str  #: one line, with its denominator


_ALL = (
    Metric("phones", "phones", "phones decided", "high", "phones with a verdict before the horizon"),
    Metric("escape_rate", "share", "leakage", "low", "defective phones shipped / defective phones decided"),
    Metric("outgoing_dppm", "ppm", "outgoing DPPM", "low", "1e6 x defective phones shipped / phones shipped"),
    Metric("overkill_rate", "share", "overkill", "low", "good phones rejected / good phones decided"),
    Metric("reject_precision", "share", "reject precision", "high", "defective rejects / rejects"),
    Metric("first_pass_yield", "share", "first-pass yield", "high", "phones shipped / phones decided"),
    Metric("latency_mean_s", "s", "latency mean", "low", "verdict - due, mean over decided phones"),
    Metric("latency_p50_s", "s", "latency p50", "low", "median of verdict - due over decided phones"),
    Metric("latency_p95_s", "s", "latency p95", "low", "95 % quantile of verdict - due over decided phones"),
    Metric("latency_p99_s", "s", "latency p99", "low", "99 % quantile of verdict - due over decided phones"),
    Metric("wait_mean_s", "s", "wait mean", "low", "latency less the looks' own time, mean over decided phones"),
    Metric("throughput_per_hour", "1/h", "throughput", "high", "phones decided / hours measured"),
    Metric(
        "inspector_utilisation",
        "share",
        "inspectors busy",
        "neither",
        "inspectors' busy time / rostered time",
    ),
    Metric(
        "server_utilisation",
        "share",
        "servers busy",
        "neither",
        "model servers' busy time / deployed time of their replicas",
    ),
    Metric(
        "busy_minutes_per_1000",
        "min",
        "labour busy",
        "low",
        "inspectors' busy minutes per 1,000 phones decided",
    ),
    Metric(
        "rostered_minutes_per_1000",
        "min",
        "labour rostered",
        "low",
        "inspectors' rostered minutes per 1,000 phones decided",
    ),
    Metric(
        "cost_per_1000",
        "$",
        "cost",
        "low",
        "labour (rostered), servers, rework, false rejects, escapes and audits per 1,000 phones decided",
    ),
    Metric(
        "review_load",
        "share",
        "reviewed",
        "neither",
        "phones decided by a human after a model was unsure / phones",
    ),
    Metric("fallback_share", "share", "fallback", "neither", "phones decided by the fallback / phones decided"),
    Metric("line_stopped_share", "share", "line stopped", "low", "time the line stood blocked / time measured"),
    Metric(
        "lost_phones",
        "phones",
        "not started",
        "low",
        "phones due before the horizon that the line never took",
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric by name, in the order in which tables show them."""
