"""Calibration: what a score is worth as a chance of a defect, by phones whose truth somebody has looked up.

A model's scores are chances of what its labels said, and these may have been an inspector's verdicts. A few phones
with an expert's label put them right: Platt's straight line on the log-odds (1999), P(defective) =
1 / (1 + exp(-(slope log-odds + intercept))). With few labels two numbers are about what can be learnt: steps of equal
scores (isotonic) learn more from many labels, and from twenty defects they learn the chance of the draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Flags, Floats

#: A score of 0 or 1 claims to be certain: of a million such phones one may be otherwise.
_CERTAIN = 1e-6
#: Standard deviation of the slope's prior around 1: it decides only where labels leave the slope open.
_SLOPE_SD = 1.0
_STEPS = 50
_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Calibration:
    """A straight line on the log-odds of scores.

    Examples
    --------
    >>> same = Calibration(slope=1.0, intercept=0.0)
    >>> same.of(np.array([0.25, 0.5])).round(6).tolist()
    [0.25, 0.5]
    """

    slope: float
    intercept: float

    def of(self, scores: ArrayLike) -> Floats:
        """Return P(defective) of phones with these scores."""
        return _chance(self.slope * _log_odds(scores) + self.intercept)


def calibrate(scores: ArrayLike, defective: Flags, weights: ArrayLike) -> Calibration:
    """Fit the line on labelled phones, of which each counts by its weight.

    The slope is drawn a little towards 1, so that labels which the scores part without an error still give a finite
    line, and a constant score keeps its slope.

    Parameters
    ----------
    scores : array_like of float, shape (phones,)
        From 0 to 1.
    defective : ndarray of bool, shape (phones,)
        What an expert said.
    weights : array_like of float, shape (phones,)
        1/q of phones that were chosen with probability q, in units in which the rarest chosen phone counts as one.

    Raises
    ------
    ValueError
        If not both labels are there.

    Examples
    --------
    >>> scores = np.repeat([0.1, 0.5], 50)
    >>> found = calibrate(scores, np.arange(100) % 50 < np.repeat([1, 40], 50), np.ones(100))
    >>> found.of([0.1, 0.5]).round(2).tolist()  # 1 of 50 and 40 of 50 were defective
    [0.03, 0.79]
    """
    x, y, w = _log_odds(scores), np.asarray(defective, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    counted = y[w > 0.0]
    if len(counted) == 0 or counted.min() == counted.max():
        raise ValueError("a calibration needs phones with either label")
    share = float(w @ y / w.sum())
    slope, intercept = 1.0, float(np.log(share / (1.0 - share)) - w @ x / w.sum())
    loss = _loss(x, y, w, slope, intercept)
    for _ in range(_STEPS):
        p = _chance(slope * x + intercept)
        rest, curve = w * (p - y), w * p * (1.0 - p)
        gradient = np.array([rest @ x + (slope - 1.0) / _SLOPE_SD**2, rest.sum()])
        mixed = curve @ x
        bend = np.array([[curve @ (x * x) + 1.0 / _SLOPE_SD**2, mixed], [mixed, curve.sum() + _TOLERANCE]])
        step = np.linalg.solve(bend, gradient)
        # Newton's step may be too long where the curve is flat: it is halved until it is one downwards.
        while (shorter := _loss(x, y, w, slope - step[0], intercept - step[1])) > loss and abs(step).max() > _TOLERANCE:
            step = step / 2.0
        slope, intercept, gain, loss = slope - float(step[0]), intercept - float(step[1]), loss - shorter, shorter
        if gain < _TOLERANCE:
            break
    return Calibration(slope, intercept)


def _loss(x: Floats, y: Floats, w: Floats, slope: float, intercept: float) -> float:
    line = slope * x + intercept
    return float(w @ (np.logaddexp(0.0, line) - y * line)) + (slope - 1.0) ** 2 / (2.0 * _SLOPE_SD**2)


def _chance(log_odds: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -700.0, 700.0)))
    return chance


def _log_odds(scores: ArrayLike) -> Floats:
    p = np.clip(np.asarray(scores, dtype=np.float64), _CERTAIN, 1.0 - _CERTAIN)
    odds: Floats = np.log(p / (1.0 - p))
    return odds
