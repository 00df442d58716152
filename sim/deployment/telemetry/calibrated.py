"""Scores of an arm put right by its audits: what they are worth as chances of a defect, and what that rests on.

The scores are those of a model that learnt to say what its labels said. Where passes *and* rejects are audited, an
arm's first audits say what a score is worth (see `sim.stats.calibration`). Each stands for 1/q phones, q being the
stored probability of its audit. The line is fitted anew with every audit that has become known, until there are
enough: from then on it is kept, as a reference, and outlives what monitoring remembers. What moves pictures moves the
estimates, what moves the meaning of the same picture does not: for that there are the audits themselves.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from sim.columns import Flags, Floats, Indices, Rows, Scores, Times
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

    @property
    def yardstick(self) -> str:
        """By whose labels scores are chances: an arm that is calibrated is not to be held against one that is not."""
        return "own labels" if self.line is None else "audits"

    def of(self, scores: Floats) -> Floats:
        """Return the chances of a defect that scores stand for; without a calibration the scores themselves."""
        return scores if self.line is None else self.line.of(scores)


class FirstAudits:
    """The first audits of every arm, until they are enough for a reference, and what they say of its scores.

    Defects are counted as if passes and rejects had all been audited with the smaller of the two probabilities: where
    rejects are audited twenty times as often, twenty of them tell as much of the whole as one pass.
    """

    def __init__(self) -> None:
        self._audits = Rows({
            "at_us": np.int64, "arm": np.int16, "score": np.float32, "defective": np.bool_, "weight": np.float64,
        }, room=64)  # fmt: skip
        self._defects: defaultdict[int, float] = defaultdict(float)
        self._kept: dict[int, Calibrated] = {}

    def add(
        self,
        plan: tuple[float, float],
        at_us: Times,
        arm: Indices,
        score: Scores,
        defective: Flags,
        probability: Floats,
    ) -> None:
        """Add audits that have become known, of arms that have not enough."""
        if min(plan) == 0.0:
            return
        enough = [code for code, defects in self._defects.items() if defects > ENOUGH]
        wanted = ~np.isnan(score) & ~np.isin(arm, enough) & (probability > 0.0)
        if not wanted.any():
            return
        arm, defective, weight = arm[wanted], defective[wanted].astype(bool), min(plan) / probability[wanted]
        self._audits.append(at_us=at_us[wanted], arm=arm, score=score[wanted], defective=defective, weight=weight)
        for code in np.unique(arm).tolist():
            self._defects[code] += float(weight[defective & (arm == code)].sum())

    def calibrated(self, plan: tuple[float, float], arm: int) -> Calibrated:
        """Return what the audits of an arm, known by now, say of its scores."""
        unseen = [what for what, share in zip(("passes", "rejects"), plan, strict=True) if share == 0.0]
        if unseen:
            return _without(f"{' and '.join(unseen)} are not audited")
        if arm in self._kept:
            return self._kept[arm]
        mine = self._audits["arm"] == arm
        at_us, score, defective, weight = (self._audits[c][mine] for c in ("at_us", "score", "defective", "weight"))
        counted = np.cumsum(weight * defective)
        enough = bool(len(counted) and counted[-1] > ENOUGH)
        if enough:
            first = at_us <= at_us[np.argmax(counted >= ENOUGH)]
            score, defective, weight = score[first], defective[first], weight[first]
        defects, good = float(weight[defective].sum()), float(weight[~defective].sum())
        if min(defects, good) < FEWEST * (1.0 - 1e-12):
            short, of = (defects, "defects") if defects <= good else (good, "good phones")
            return _without(f"{int(short + 1e-9)} of {FEWEST} audited {of}")
        line = calibrate(score, defective, weight)
        found = Calibrated(line, f"calibrated on {int(np.count_nonzero(defective))} audited defects")
        if enough:
            self._kept[arm] = found
        return found


def _without(why: str) -> Calibrated:
    return Calibrated(None, f"by the model's own labels; not calibrated: {why}")
