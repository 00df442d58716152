"""Performance without labels: what a model's own confidence says about its escapes (CBPE, NannyML's idea).

If among phones with score p a share p is really defective, then shipping such a phone is an escape with probability p,
whatever the mix of phones. Added up over all phones, that estimates recall, escapes and overkill with no label at all,
and it stays right under *pure covariate shift*, when only the mix of scores moves.

Scores of a model that learnt from inspectors' verdicts are chances of a *verdict*: on a calm line such a model said
that it finds 0.37 of the defects where it found 0.73. `sim.stats.calibration` puts scores right by phones whose truth
was looked up: then it said 0.71. And the verdicts have to follow from the scores: a human who decides knows more.

It is blind to everything that breaks the calibration, because it asks the model about the model:

* *concept drift* (a tighter standard): what the picture means has changed, the scores have not. The estimate does not
  move at all while recall falls;
* *a sensor offset* (a dimmer lamp): the scores move and the phones do not. The estimate follows the scores, often the
  wrong way, and where flaws lose contrast about half of the way;
* *prior shift* (tool wear): a flaw causes its image, so with more defects the same picture is more often a defect than
  its score says. Small scores are too small by most, and these phones pass: escapes are missed, recall overshoots. With
  three times as many defects it rose from 0.73 to 0.77, and the calibrated estimate of it from 0.71 to 0.87;
* *a new kind of defect* that the model does not see: it adds to the escapes, and nothing to the estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the scores say about the verdicts. A share with nothing to be a share of is None."""

    phones: int
    defect_rate: float | None  #: of all phones
    recall: float | None  #: rejected, of the defective ones; 1 - recall is the escape rate
    escape_share: float | None  #: defective, of those that passed: 1e6 times it is the outgoing DPPM
    overkill_rate: float | None  #: rejected, of the good ones
    reject_precision: float | None  #: defective, of those that were rejected


def estimate(scores: ArrayLike, rejected: ArrayLike) -> Estimate:
    """Estimate how good verdicts are from the scores alone.

    With p a phone's score and y = 1 where it was rejected: FN = sum p (1 - y), TP = sum p y,
    FP = sum (1 - p) y, TN = sum (1 - p) (1 - y), and recall = TP / (TP + FN).

    Parameters
    ----------
    scores : array_like of float, shape (phones,)
        P(defective), *calibrated*: from a model that was calibrated on labels of phones it had not been fitted on.
        Raw scores of a classifier trained on balanced classes are not.
    rejected : array_like of bool, shape (phones,)
        The verdicts; they need not be the model's own.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        For scores outside of 0 to 1, or shapes that differ.

    Examples
    --------
    >>> found = estimate([0.9, 0.6, 0.1, 0.0], [True, False, False, False])
    >>> round(found.recall, 4), round(found.escape_share, 4), round(found.overkill_rate, 4)
    (0.5625, 0.2333, 0.0417)
    """
    p, y = np.asarray(scores, dtype=np.float64), np.asarray(rejected, dtype=bool)
    if p.ndim != 1 or p.shape != y.shape:
        raise ValueError(f"expected one score and one verdict per phone, found {p.shape} and {y.shape}")
    if not bool(((p >= 0.0) & (p <= 1.0)).all()):
        raise ValueError("scores must be probabilities, from 0 to 1")
    defective, caught = float(p.sum()), float(p[y].sum())
    good, overkilled = float((1.0 - p).sum()), float((1.0 - p)[y].sum())
    rejects = int(y.sum())
    return Estimate(
        phones=len(p),
        defect_rate=_share(defective, len(p)),
        recall=_share(caught, defective),
        escape_share=_share(float(p[~y].sum()), len(p) - rejects),
        overkill_rate=_share(overkilled, good),
        reject_precision=_share(caught, rejects),
    )


def _share(part: float, whole: float) -> float | None:
    return min(1.0, part / whole) if whole > 0.0 else None
