"""What the estimates that strategies go by are relative to: audits, or the labels that a model learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.deployment.strategy import Strategy
from sim.deployment.telemetry.calibrated import FEWEST
from sim.deployment.telemetry.labels import Audits
from sim.deployment.telemetry.metric import metrics_named
from sim.inspectors.model import Model


def remarks_on_estimates(
    strategies: Iterable[Strategy], models: Mapping[str, Model], audits: Audits
) -> tuple[str, ...]:
    """Return a remark on every metric that believes scores, of the metrics that (resolved) strategies name.

    Examples
    --------
    >>> import driftline
    >>> check = {"metric": "estimated_recall", "at_least": 0.7}
    >>> scenario = driftline.build(
    ...     audits={"of_rejects": 0.0}, strategies=[{"pattern": "canary", "analysis": {"checks": [check]}}]
    ... )
    >>> scenario.remarks()
    ("estimated_recall of v1: by inspectors' labels; not calibrated on audits: rejects are not audited",)
    """
    plan = {"passes": audits.of_passes, "rejects": audits.of_rejects}
    unseen = " and ".join(what for what, share in plan.items() if share == 0.0)
    remarks = []
    for strategy in strategies:
        believed = [metric.name for metric in metrics_named(strategy) if metric.scores]
        for version in (name for name in strategy.deciders if name in models):
            by = f"by {models[version].learnt_from}"
            how = f"; not calibrated on audits: {unseen} are not audited"
            if not unseen:
                how = f" until {FEWEST} audited defects are known, then calibrated on audits"
            remarks += [f"{name} of {version}: {by}{how}" for name in believed]
    return tuple(dict.fromkeys(remarks))
