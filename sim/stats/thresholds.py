"""How the tools in use decide: a fixed limit on a rate, and the counting of failures in Argo Rollouts and Flagger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Counts, Flags


@dataclass(frozen=True, slots=True)
class RateThreshold:
    """A fixed limit on a rate with a minimum of samples, as one writes it for Argo Rollouts or Flagger.

    Argo itself knows no minimum: one writes it into the condition. Below it the check is undecided, not passed.

    Examples
    --------
    >>> limit = RateThreshold(at_most=0.01, min_samples=100)
    >>> limit.judge(0, 50), limit.judge(1, 100), limit.judge(2, 100)
    ('undecided', 'passed', 'failed')
    """

    at_most: float
    min_samples: int = 100

    def failed(self, events: ArrayLike, samples: ArrayLike) -> Flags:
        """Return whether the rate is above the limit on enough samples; events and samples broadcast."""
        n = np.asarray(samples, dtype=np.float64)
        # A division rounds to the number that the limit was read as; limit times n may not: 0.29 * 100 < 29.
        rate = np.asarray(events, dtype=np.float64) / np.maximum(n, 1.0)
        failed: Flags = (n >= max(1, self.min_samples)) & (rate > self.at_most)
        return failed

    def judge(self, events: int, samples: int) -> Literal["passed", "failed", "undecided"]:
        """Return the outcome of one measurement."""
        if samples < max(1, self.min_samples):
            return "undecided"
        return "failed" if bool(self.failed(events, samples)) else "passed"


def argo_aborts(failed: ArrayLike, failure_limit: int = 0) -> Counts:
    """Return the measurement, from 0, at which an Argo analysis fails, -1 if never.

    The run has failed when more than `failureLimit` measurements failed, all told (Argo Rollouts,
    utils/evaluate and analysis/analysis.go).

    Parameters
    ----------
    failed : array_like of bool, shape (..., measurements)
        Which measurements failed.
    failure_limit : int
        Failures tolerated; 0 is Argo's default.

    Examples
    --------
    >>> argo_aborts([[False, True, False, True], [False] * 4], failure_limit=1).tolist()
    [3, -1]
    """
    return first(np.cumsum(np.asarray(failed, dtype=bool), axis=-1) > failure_limit)


def flagger_rolls_back(failed: ArrayLike, threshold: int) -> Counts:
    """Return the tick, from 0, at which Flagger rolls back, -1 if never within these ticks.

    Failed checks are counted for ever, no good check takes one back, and the count is read at the beginning of a
    tick: the rollback comes one tick after the threshold-th failure (Flagger, pkg/controller/scheduler.go). All bad
    from tick f on: at tick f + threshold.

    Parameters
    ----------
    failed : array_like of bool, shape (..., ticks)
        Which ticks failed a check.
    threshold : int
        At 0 or below Flagger takes 1.

    Examples
    --------
    >>> flagger_rolls_back([[False, True, False, True, False], [False, False, False, True, True]], threshold=2).tolist()
    [4, -1]
    """
    full = np.cumsum(np.asarray(failed, dtype=bool), axis=-1) >= max(1, threshold)
    before = np.zeros_like(full)
    before[..., 1:] = full[..., :-1]
    return first(before)


def first(happened: ArrayLike) -> Counts:
    """Return the first index along the last axis at which it happened, -1 if never.

    >>> first([[False, True, True], [False, False, False]]).tolist()
    [1, -1]
    """
    truth = np.asarray(happened, dtype=bool)
    return np.where(truth.any(axis=-1), truth.argmax(axis=-1), -1).astype(np.int64)
