"""Sequential canary: one share of the phones, judged by whose escapes the audits find, as often as one likes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.deployment.analysis.judges.escapes import Escapes
from sim.deployment.analysis.spec import AnalysisTemplate, Metric
from sim.deployment.declaration import Appearance, where_named
from sim.deployment.plans.execution import execute
from sim.deployment.plans.steps import Plan, Step
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.units import Percent, Rhythm, format_duration


@pattern("sequential_canary", people=where_named, appearance=Appearance("blue", (7, 2, 1.5, 2), "H"), place=9)
def sequential_canary(
    rollout: Rollout,
    *,
    share: Percent = 25.0,
    interval: Rhythm = "1h",  # type: ignore[assignment]
    alpha: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.05,
    non_inferiority: Annotated[float, Field(gt=0.1)] = 1.5,
) -> Playbook:
    """Roll back when the candidate's share of the audited escapes proves it worse, promote when it proves it no worse.

    The candidate gets `share` percent of the phones. The evidence is anytime-valid: whatever the judge's
    `interval`, a candidate as good as the stable decider is rolled back with probability `alpha` at most, and one
    that leaks `non_inferiority` times as much is promoted with probability `alpha` at most. Undecided means hold:
    no alarm is no proof. It needs audits of passed phones.
    """
    judge = Escapes(alpha=alpha, non_inferiority=non_inferiority)
    proof = AnalysisTemplate(metrics=(Metric(judge=judge, interval=format_duration(interval)),))
    yield from execute(rollout, Plan((Step(set_weight=share), Step(analysis=proof))))
