"""`judge: pairs`: who was right on the audited phones that both saw? The default for a candidate that only mirrors."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.deployment.analysis.cohort import audited_cohort
from sim.deployment.analysis.judge import JUDGES, Alpha, Assessment, Judge, JudgeAtWork, JudgeContext
from sim.deployment.analysis.judges.proof import Proof, Weighed
from sim.deployment.analysis.measurement import MetricQuery, Sample
from sim.deployment.telemetry.store import Telemetry
from sim.stats.pairs import PairedEvidence


@JUDGES.register("pairs", place=2)
class Pairs(Judge):
    """Who was right on the audited phones that both saw? The default for a candidate that only mirrors.

    It promises: a candidate that is right on as many of the phones where exactly one is right, defective ones and all
    together, is ever failed with probability `alpha` at most (all guard metrics together), however often one looks; one
    that is no better is ever successful with probability `alpha` at most. Where defects are rare, being right on good
    phones drowns the defects: so it is failed for those alone, and never successful while it is behind on them. It
    needs a mirror, and audits of passes and of rejects. Pairs count in the order in which the phones were due, up to
    the first that has no verdict yet, no look of the candidate, or no label: which of them come quickly may tell who
    was right.

    Examples
    --------
    >>> judge = Pairs().begin(JudgeContext("discordant pairs"))
    >>> candidate, stable, defective = [True] * 7, [False] * 7, [True, False, True, False, True, False, True]
    >>> judge.take(Sample(None, evidence=(candidate, stable, defective)), look=1).phase.value
    'Successful'
    """

    kind: Literal["pairs"] = "pairs"
    alpha: Alpha = Field("5%", validate_default=True)
    promotes: bool = Field(True, description="successful when proven better; false: only guards")

    names_itself: ClassVar[str] = "discordant pairs"
    cumulative: ClassVar[bool] = True
    by_cohort: ClassVar[bool] = True
    spends_alpha: ClassVar[bool] = True
    waits_for_proof: ClassVar[bool] = True

    def __str__(self) -> str:
        ends = "successful when proven better" if self.promotes else "never successful"
        return f"who was right, failed when proven worse, {ends}, alpha {self.alpha:.0%}"

    def read(self, telemetry: Telemetry, query: MetricQuery) -> Sample:
        version = query.candidate.version
        cohort = audited_cohort(telemetry, query, seen_by=version)
        evidence = telemetry.pairs(version, cohort, finish=query.finish)
        return Sample(None, samples=len(evidence[0]), evidence=evidence, behind_us=cohort.behind_us)

    def begin(self, context: JudgeContext) -> JudgeAtWork:
        return _AtWork(self, context)


class _AtWork:
    def __init__(self, judge: Pairs, context: JudgeContext) -> None:
        basis = ", it was right on {favour} of {samples} phones where one was wrong"
        self._proof = Proof(context, basis + " ({caught} of {defects} defective ones)", good="better candidate")
        self._evidence = PairedEvidence(judge.alpha, comparisons=context.comparisons)
        self._promotes = judge.promotes

    def take(self, sample: Sample, look: int) -> Assessment:
        evidence = self._evidence
        if sample.evidence is not None:
            evidence.update(*sample.evidence)
        worse = Weighed(evidence.highest_worse, evidence.worse_at, evidence.once_worse)
        better = Weighed(evidence.highest_better, evidence.better_at, evidence.once_better)
        return self._proof.assess(
            worse,
            better if self._promotes else None,
            evidence.discordant,
            favour=evidence.favour,
            caught=evidence.caught,
            defects=evidence.defects,
        )
