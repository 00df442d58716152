"""Argo Rollouts' canary: steps, gates, inline and background analysis, with the controller's semantics."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.deployment.declaration import where_named
from sim.deployment.plans.execution import execute
from sim.deployment.plans.steps import Approver, Background, Freeze, Plan, Step
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.units import MOST, Duration, PositiveDuration


@pattern("argo_canary", people=where_named, place=10)
def argo_canary(
    rollout: Rollout,
    *,
    steps: tuple[Step, ...],
    analysis: Background | None = None,
    approver: Approver | None = Approver(),  # noqa: B008  # frozen
    freeze: Freeze | None = None,
    retry_after: Duration | None = None,
    retries: int = 0,
    revert_after: PositiveDuration | None = None,
    rollback_window: Annotated[int, Field(ge=0, le=MOST)] = 0,
) -> Playbook:
    """Steps in order; Failed or Error aborts at once, Inconclusive waits for a human; after the last step, 100 %.

    Before the first `set_weight` of `steps` the candidate has no phone; only pauses, gates and analyses take time.
    An `analysis` beside the steps that has counted to its end watches no more: the rest of the ramp is unmonitored.
    At a gate the `approver` is waited for; in a `freeze` nothing rises. An aborted rollout is tried again
    `retry_after` that, `retries` times. `revert_after`: so long after the promotion somebody applies the old
    version again. In the `rollback_window` (revisions, as Argo's) that skips all steps and analyses; outside it is
    a rollout like any other.
    """
    yield from execute(
        rollout,
        Plan(
            steps, analysis, approver, freeze, retry_after, retries,
            revert_after=revert_after, rollback_window=rollback_window,
        ),
    )  # fmt: skip
