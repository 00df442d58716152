"""Thresholds: where a version's scores begin to mean reject, and between which scores it asks a human."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.columns import Column, Flags, Floats
from sim.inspectors.model.spec import Model, Offline

#: Scores are rounded to this, so that the last bits of a BLAS never decide a verdict.
SCORE_GRID = 2.0**20
#: A cut-off that no probability reaches.
NEVER = 2.0


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

    @classmethod
    def of(cls, scores: Floats, labels: Column, weights: Floats | None = None) -> Ranked:
        """Put phones in order; without weights each stands for itself."""
        weights = np.ones(len(scores)) if weights is None else weights
        order = np.lexsort((weights, scores))
        return cls(scores[order], labels[order] != 0, weights[order])

    def threshold(self, spec: Model) -> float:
        """Return the score above which the version rejects."""
        if spec.recall is not None:
            return self.rejecting(spec.recall)
        assert spec.reject_share is not None
        return self.exceeded_by(spec.reject_share)

    def cut_offs(self, spec: Model, review: float | None) -> tuple[float, float]:
        """Return (low, high): reject above high, pass up to low, and between them ask a human.

        The band takes `review` of the phones, half of it on either side of the threshold's rank.
        """
        threshold = self.threshold(spec)
        if review is None:
            return threshold, threshold
        rejected = self.share_above(threshold) if spec.reject_share is None else spec.reject_share
        above = max(rejected - review / 2.0, 0.0)
        low, high = self.exceeded_by(min(above + review, 1.0)), self.exceeded_by(above)
        return min(low, threshold), max(high, threshold)

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


def on_grid(scores: Floats) -> Floats:
    """Round scores to the grid.

    >>> on_grid(np.array([0.3])).item() * SCORE_GRID
    314573.0
    """
    rounded: Floats = np.floor(scores * SCORE_GRID + 0.5) / SCORE_GRID
    return rounded
