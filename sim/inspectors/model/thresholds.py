"""Thresholds: where a version's scores begin to mean reject, and between which scores it asks a human.

Phones with equal scores get equal verdicts: the verdict is a function of the score, for engines, logs, queues and
people who are told of it alike. So a share that lies within a group of equal scores can't be kept, and is refused with
the shares that can: a constant model would reject nobody where five of a hundred were asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.columns import Column, Flags, Floats
from sim.inspectors.model.spec import Model, ModelError, Offline, TrainingError

#: Scores are rounded to this, so that the last bits of a BLAS never decide a verdict.
SCORE_GRID = 2.0**20
#: A cut-off that no probability reaches.
NEVER = 2.0
#: A share of phones is kept if it is met up to so much of itself (assumption), or if no two phones are tied at it.
NEARLY = 0.1


@dataclass(frozen=True, slots=True)
class Ranked:
    """Labelled phones in the order of their scores: all that thresholds are set on.

    Examples
    --------
    >>> phones = Ranked.of(np.array([0.5, 0.125, 0.25, 0.75]), np.array([0, 0, 1, 1]))
    >>> phones.exceeded_by(0.34), phones.rejecting(1.0) < 0.25
    (0.5, True)
    """

    scores: Floats  #: rising, on the grid
    labels: Flags  #: True: labelled a defect
    weights: Floats  #: how many phones each stands for
    name: str = ""  #: whose scores they are

    @classmethod
    def of(cls, scores: Floats, labels: Column, weights: Floats | None = None, name: str = "") -> Ranked:
        """Put phones in order; without weights each stands for itself."""
        weights = np.ones(len(scores)) if weights is None else weights
        order = np.lexsort((weights, scores))
        return cls(scores[order], labels[order] != 0, weights[order], name)

    def threshold(self, spec: Model) -> float:
        """Return the score above which the version rejects.

        Raises
        ------
        TrainingError
            If `reject_share` lies within a group of equal scores.
        """
        if spec.recall is not None:
            return self.rejecting(spec.recall)
        assert spec.reject_share is not None
        cut_off = self._nearest(spec.reject_share)
        less = self.share_above(cut_off)
        if self._missed(spec.reject_share, less, cut_off):
            tied = self._tied(cut_off)
            raise TrainingError(
                f"{self._whose}reject_share: {_percent(spec.reject_share)} can't be kept: {_percent(tied)} of the "
                f"phones have the same score {cut_off:.4g}, so {_percent(less)} or {_percent(less + tied)} are "
                "rejected, and nothing between. Write one of these, or recall in place of reject_share"
            )
        return cut_off

    def cut_offs(self, spec: Model, review: float | None) -> tuple[float, float]:
        """Return (low, high): reject above high, pass up to low, and between them ask a human.

        The band takes `review` of the phones, half of it on either side of the threshold's rank.

        Raises
        ------
        ModelError
            If one of the shares lies within a group of equal scores.
        """
        threshold = self.threshold(spec)
        if review is None:
            return threshold, threshold
        rejected = self.share_above(threshold) if spec.reject_share is None else spec.reject_share
        above = max(rejected - review / 2.0, 0.0)
        below = min(above + review, 1.0)
        low, high = min(self._nearest(below), threshold), max(self._nearest(above), threshold)
        inside = self.share_above(low) - self.share_above(high)
        if self._missed(below - above, inside, low, high):
            raise ModelError(
                f"{self._whose}a review band of {_percent(below - above)} of the phones can't be kept: it would hold "
                f"{_percent(inside)}, since {_percent(max(self._tied(low), self._tied(high)))} have the same score at "
                "its edge. Choose another review share, or a model whose scores tell phones apart"
            )
        return low, high

    def _nearest(self, share: float) -> float:
        """Return the cut-off that at most `share` exceed, or that below its group of equal scores if only that fits."""
        cut_off = self.exceeded_by(share)
        if not self._missed(share, self.share_above(cut_off), cut_off):
            return cut_off
        lower = self.scores[self.scores < cut_off]
        other = float(lower[-1]) if len(lower) else -1.0
        return other if abs(share - self.share_above(other)) <= NEARLY * share else cut_off

    def _missed(self, asked: float, kept: float, *cut_offs: float) -> bool:
        """Return whether a share of phones is missed, and equal scores at one of the cut-offs are why."""
        tied = any(np.count_nonzero(self.scores == cut_off) > 1 for cut_off in cut_offs)
        return tied and abs(asked - kept) > NEARLY * asked

    def _tied(self, score: float) -> float:
        return float(self.weights[self.scores == score].sum() / self.weights.sum())

    @property
    def _whose(self) -> str:
        return f"model {self.name}: " if self.name else ""

    def exceeded_by(self, share: float) -> float:
        """Return the cut-off that at most `share` of the (other) phones exceed.

        With equal weights this is numpy's quantile at 1 - share with ``method="higher"``.
        """
        if share <= 0.0:
            return NEVER
        if share >= 1.0:
            return -1.0
        upto = np.cumsum(self.weights)
        below = np.append(0.0, upto[:-1])
        high_enough = below >= (1.0 - share) * (upto[-1] - self.weights)
        high_enough[-1] = True
        return float(self.scores[np.argmax(high_enough)])

    def rejecting(self, recall: float) -> float:
        """Return the highest cut-off that at least `recall` of the labelled defects exceed."""
        if recall <= 0.0:
            return NEVER
        scores, weights = self.scores[self.labels][::-1], np.cumsum(self.weights[self.labels][::-1])
        # The slack is for 0.07 * 100 being a little more than 7.
        last = int(np.argmax(weights >= recall * weights[-1] * (1.0 - 1e-12)))
        return float(scores[last] - 1.0 / SCORE_GRID)

    def share_above(self, cut_off: float) -> float:
        """Return the share of the phones whose scores exceed a cut-off."""
        return float(self.weights[self.scores > cut_off].sum() / self.weights.sum())

    def offline(self, spec: Model) -> Offline:
        """Return what the version would have done with these phones."""
        rejected = self.scores > self.threshold(spec)
        shares = [np.average(rejected[rows], weights=self.weights[rows]) for rows in (self.labels, ~self.labels)]
        return Offline(float(shares[0]), float(shares[1]))


def _percent(share: float) -> str:
    """Return a share that may be written down again: rounded up, for at most so many phones are rejected.

    >>> _percent(0.05), _percent(0.21231), _percent(1.0), _percent(0.0)
    ('5%', '21.3%', '100%', '0%')
    """
    return f"{min(math.ceil(share * 1000.0 - 1e-6) / 10.0, 100.0):g}%"


def on_grid(scores: Floats) -> Floats:
    """Round scores to the grid.

    >>> on_grid(np.array([0.3])).item() * SCORE_GRID
    314573.0
    """
    rounded: Floats = np.floor(scores * SCORE_GRID + 0.5) / SCORE_GRID
    return rounded
