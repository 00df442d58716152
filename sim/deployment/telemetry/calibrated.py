"""Scores of an arm put right by its audits: what they are worth as chances of a defect, and what that rests on.

The scores are those of a model that learnt to say what its labels said. Where passes *and* rejects are audited, an
arm's first audits say what a score is worth (see `sim.stats.calibration`). Each stands for 1/q phones, q being the
stored probability of its audit. The line is fitted anew with every audit that has become known, until there are
enough: from then on it is kept, as a reference. What moves pictures moves the estimates, what moves the meaning of
the same picture does not: for that there are the audits themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.columns import Floats
from sim.deployment.telemetry.tables import Scope, Tables
from sim.stats.calibration import Calibration, calibrate

#: No line through fewer audited defects, or good phones: ten for each of its two numbers (assumption).
FEWEST = 20
#: Enough audited defects: the line is kept (assumption).
ENOUGH = 100


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration, None if there is none, and in words what estimates by it are relative to."""

    line: Calibration | None
    basis: str

    def of(self, scores: Floats) -> Floats:
        """Return the chances of a defect that scores stand for; without a calibration the scores themselves."""
        return scores if self.line is None else self.line.of(scores)


def calibrated(tables: Tables, arm: str) -> Calibrated:
    """Return what the audits of an arm, known by now, say of its scores.

    Defects are counted as if passes and rejects had all been audited with the smaller of the two probabilities: where
    rejects are audited twenty times as often, twenty of them tell as much of the whole as one pass.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> calibrated(by_hand(audit_plan=(0.1, 0.0)), "v1").basis
    "by the model's own labels; not calibrated: rejects are not audited"
    >>> defective = np.arange(100) % 50 < np.repeat([2, 40], 50)
    >>> audits = {"score": np.repeat([0.25, 0.75], 50), "defective": defective, "probability": np.full(100, 0.1)}
    >>> found = calibrated(by_hand(audits=audits), "v1")
    >>> found.basis, found.of(np.array([0.25, 0.75])).round(2).tolist()
    ('calibrated on 42 audited defects', [0.05, 0.79])
    """
    unseen = [what for what, share in zip(("passes", "rejects"), tables.audit_plan, strict=True) if share == 0.0]
    if unseen:
        return _without(f"{' and '.join(unseen)} are not audited")
    at_us, score, defective, q = tables.by_arm(
        tables.audits, arm, Scope(-1), "at_us", "score", "defective", "probability"
    )
    scored = ~np.isnan(score)
    at_us, score, defective, q = at_us[scored], score[scored], defective[scored], q[scored]
    weight = min(tables.audit_plan) / q
    counted = np.cumsum(weight * defective)
    if len(counted) and counted[-1] > ENOUGH:
        first = at_us <= at_us[np.argmax(counted >= ENOUGH)]
        score, defective, weight = score[first], defective[first], weight[first]
    defects, good = float(weight[defective].sum()), float(weight[~defective].sum())
    if min(defects, good) < FEWEST * (1.0 - 1e-12):
        short, of = (defects, "defects") if defects <= good else (good, "good phones")
        return _without(f"{int(short + 1e-9)} of {FEWEST} audited {of}")
    line = calibrate(score, defective, weight)
    return Calibrated(line, f"calibrated on {int(np.count_nonzero(defective))} audited defects")


def _without(why: str) -> Calibrated:
    return Calibrated(None, f"by the model's own labels; not calibrated: {why}")
