from typing import Literal

from pydantic import BaseModel

from sim.deployment.analysis.judge import Assessment, Judge
from sim.deployment.analysis.measurement import Phase
from sim.deployment.events import Reason


class Gap(Judge):
    """Fails a candidate whose value lies so far above the stable arm's.

    >>> Gap(by=0.5).by
    0.5
    """

    kind: Literal["acme_gap"] = "acme_gap"
    by: float = 0.2

    def __str__(self):
        return f"at most {self.by:g} above stable's"

    def begin(self, context):
        return AtWork(self, context)


class AtWork:
    def __init__(self, judge, context):
        self.by, self.context = judge.by, context

    def take(self, sample, look):
        if (waiting := self.context.too_few(sample)) is not None:
            return waiting
        gap = sample.result - sample.baseline
        reason = Reason(
            "gap", "{metric} is {value:.3g} above stable's", self.context.title, gap, self.by, sample.samples
        )
        return Assessment(Phase.FAILED if gap > self.by else Phase.SUCCESSFUL, reason)


class NoJudge(BaseModel):
    kind: Literal["acme_no_judge"] = "acme_no_judge"
