"""`judge: escapes`: whose escapes do the audits find? The default for a canary."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from sim.deployment.analysis.cohort import audited_cohort
from sim.deployment.analysis.judge import JUDGES, Alpha, Assessment, Judge, JudgeAtWork, JudgeContext
from sim.deployment.analysis.judges.proof import Proof, Weighed
from sim.deployment.analysis.measurement import MetricQuery, Sample
from sim.deployment.telemetry.store import Telemetry
from sim.stats.escapes import promotion_evidence, rollback_evidence


@JUDGES.register("escapes", place=1)
class Escapes(Judge):
    """Whose escapes do the audits find? The default for a canary: exact, whatever drifts and however often one looks.

    It promises: a candidate that leaks no more than stable is ever failed with probability `alpha` at most (all guard
    metrics of the run together), and one that leaks `non_inferiority` times as much is ever successful with
    probability `alpha` at most. Each analysis run spends `alpha`: a ramp with several judged gates spends it at each,
    one gate or one background analysis once. It needs phones sent at random with the stored probability, and audits of
    passes whose chance does not depend on the arm. The arms may be unequally quick: labels count in the order in which
    the phones were due, up to the first that has no verdict yet or whose label is still to come. Phones that nobody
    could have sent otherwise (weight 0 or 100), and those that were due before this candidate went out, are no
    evidence.

    Examples
    --------
    >>> judge = Escapes().begin(JudgeContext("audited escapes"))
    >>> six_of_six = np.ones(6, dtype=bool), np.full(6, 0.1)  # all the candidate's, which got a phone in ten
    >>> judge.take(Sample(None, evidence=six_of_six), look=1).phase.value
    'Failed'
    """

    kind: Literal["escapes"] = "escapes"
    alpha: Alpha = Field("5%", validate_default=True)
    non_inferiority: Annotated[float, Field(gt=0.1)] | None = Field(
        1.5, description="successful when proven to leak less than so many times as much; null: only guards"
    )

    names_itself: ClassVar[str] = "audited escapes"
    cumulative: ClassVar[bool] = True
    by_cohort: ClassVar[bool] = True
    spends_alpha: ClassVar[bool] = True
    waits_for_proof: ClassVar[bool] = True

    def __str__(self) -> str:
        ends = "never successful" if self.non_inferiority is None else f"successful under {self.non_inferiority:g} x"
        return f"whose they are, failed when proven worse, {ends}, alpha {self.alpha:.0%}"

    def read(self, telemetry: Telemetry, query: MetricQuery) -> Sample:
        arms = query.candidate.name, query.stable.name
        cohort = audited_cohort(telemetry, query)
        evidence = telemetry.escapes(arms[0], cohort, against=arms[1], finish=query.finish)
        return Sample(None, samples=len(evidence[0]), evidence=evidence, behind_us=cohort.behind_us)

    def begin(self, context: JudgeContext) -> JudgeAtWork:
        return _AtWork(self, context)


class _AtWork:
    def __init__(self, judge: Escapes, context: JudgeContext) -> None:
        self._proof = Proof(context, " on {samples} audited escapes", good="candidate no worse")
        self._worse = rollback_evidence(judge.alpha, context.comparisons)
        margin = judge.non_inferiority
        self._no_worse = None if margin is None else promotion_evidence(margin, judge.alpha)
        self._events = 0

    def take(self, sample: Sample, look: int) -> Assessment:
        if sample.evidence is not None:
            by_candidate, pi = sample.evidence
            for side in (self._worse, self._no_worse):
                if side is not None:
                    side.update(by_candidate, pi)
            # Phones of before the rollout could not have been the candidate's: no evidence, and not counted.
            self._events += int(np.count_nonzero((pi > 0.0) & (pi < 1.0)))
        worse, no_worse = (
            None if side is None else Weighed(side.maximum, side.threshold, side.verdict == side.action)
            for side in (self._worse, self._no_worse)
        )
        assert worse is not None
        return self._proof.assess(worse, no_worse, self._events)
