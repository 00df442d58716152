"""Two opinions on every phone: evidence from the phones on which exactly one of them is right. Default for shadow.

In shadow the candidate looks at the same phones as the stable decider. Where both are right, or both wrong, they
cannot be told apart. Of the n discordant phones (by the adjudicated label) x favour one of them; if they are equally
good, each favours either with probability 1/2 (McNemar 1947). Mixing the alternative's probability over [0, 1],

    E_n = 2^n B(1 + x, 1 + n - x),

is a martingale under 1/2 (beta-binomial mixture: Robbins 1970), so it ever reaches 20 with probability at most 1/20,
however often one looks: 0.0309 within 200 pairs.

*Two-sided reading*: E >= 20 says that they differ; x > n/2 says in whose favour. Acting on one side only is even safer:
wherever x > n/2, E_n <= (E+ + 1)/2 with the one-sided evidence E+ below, so a decider that is *not* better is ever
preferred with probability at most 1/39.
*One-sided reading*: mix over [1/2, 1] only. E+ is valid against "not better" (at most 1/2) as a whole, and reaches 20
earlier, but never speaks for the other side.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.columns import Floats


def log_evidence(favour: ArrayLike, discordant: ArrayLike) -> Floats:
    """Return ln E_n, two-sided: that the two differ.

    Parameters
    ----------
    favour : array_like of int
        x, the discordant phones on which the one in question was right.
    discordant : array_like of int
        n, the phones on which exactly one of the two was right; it broadcasts with `favour`.

    Returns
    -------
    ndarray of float

    Examples
    --------
    >>> np.exp(log_evidence([9, 8, 0], [9, 9, 9])).round(2).tolist()
    [51.2, 5.69, 51.2]
    """
    from scipy.special import betaln

    x, n = _counts(favour, discordant)
    logs: Floats = n * math.log(2.0) + betaln(1.0 + x, 1.0 + n - x)
    return logs


def log_evidence_better(favour: ArrayLike, discordant: ArrayLike) -> Floats:
    """Return ln E+, one-sided: that the one who is right on `favour` of the `discordant` phones is better.

    E+ = 2^(n+1) integral from 1/2 to 1 of t^x (1-t)^(n-x) dt, the mixture over the uniform distribution on [1/2, 1].

    Examples
    --------
    >>> np.exp(log_evidence_better([7, 0], [7, 7])).round(2).tolist()
    [31.87, 0.13]
    """
    from scipy.special import betainc

    x, n = _counts(favour, discordant)
    # P(t > 1/2) = P(1 - t < 1/2) keeps its digits when it is small.
    with np.errstate(divide="ignore"):
        upper = np.log(betainc(1.0 + n - x, 1.0 + x, 0.5))
    logs: Floats = math.log(2.0) + log_evidence(x, n) + upper
    return logs


class PairedEvidence:
    """Evidence that one of two deciders is better, or worse, which grows with every adjudicated phone both saw.

    Being right on most phones is not enough where defects are rare: who passes everything is. So *better* asks for
    evidence on all phones, and that the one in question is not behind on the defective ones; *worse* has two guards,
    all phones and the defective ones, and each must reach twice the threshold.

    Parameters
    ----------
    alpha : float
        The chance of ever preferring one that is not better.
    comparisons : int
        How many are compared with the same other at a time: the threshold is comparisons / alpha.

    Examples
    --------
    >>> watch = PairedEvidence()
    >>> watch.update([True] * 9, [False] * 9, [True] * 5 + [False] * 4)
    >>> round(watch.better, 1), watch.verdict
    (102.3, 'better')
    """

    __slots__ = ("_defects", "_every", "threshold")

    def __init__(self, alpha: float = 0.05, comparisons: int = 1) -> None:
        if not 0.0 < alpha < 1.0:
            raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
        if comparisons < 1:
            raise ValueError(f"there must be at least one comparison, not {comparisons}")
        self.threshold = comparisons / alpha
        self._every = (0, 0)  # favour, discordant
        self._defects = (0, 0)

    def update(self, right: ArrayLike, other_right: ArrayLike, defective: ArrayLike) -> None:
        """Take in who was right on which phones, and whether they were defective; all of shape (phones,)."""
        own, other, defects = (np.asarray(each, dtype=bool) for each in (right, other_right, defective))
        self._every = _add(self._every, own, own != other)
        self._defects = _add(self._defects, own, (own != other) & defects)

    @property
    def favour(self) -> int:
        """The discordant phones on which the one in question was right."""
        return self._every[0]

    @property
    def discordant(self) -> int:
        """The phones on which exactly one was right."""
        return self._every[1]

    @property
    def better(self) -> float:
        """E+ that the one in question is right on more phones."""
        return _e_value(*self._every)

    @property
    def worse(self) -> float:
        """E+ that the other is right on more phones, or finds more defects: the larger of the two."""
        return max(_e_value(n - x, n) for x, n in (self._every, self._defects))

    @property
    def verdict(self) -> Literal["better", "worse", "undecided"]:
        """What has been proven by now; undecided is neither."""
        found, of = self._defects
        if self.worse >= 2.0 * self.threshold:
            return "worse"
        return "better" if self.better >= self.threshold and 2 * found >= of else "undecided"

    def __str__(self) -> str:
        found, of = self._defects
        return (
            f"right on {self.favour} of {self.discordant} phones where one was wrong ({found} of {of} defective ones)"
        )


def _add(counts: tuple[int, int], right: NDArray[np.bool_], discordant: NDArray[np.bool_]) -> tuple[int, int]:
    favour, of = counts
    return favour + int(np.count_nonzero(right & discordant)), of + int(np.count_nonzero(discordant))


def _e_value(favour: int, discordant: int) -> float:
    log = float(log_evidence_better(favour, discordant))
    return math.exp(log) if log < 709.0 else math.inf


def _counts(favour: ArrayLike, discordant: ArrayLike) -> tuple[Floats, Floats]:
    x, n = np.broadcast_arrays(np.asarray(favour, dtype=np.float64), np.asarray(discordant, dtype=np.float64))
    if bool(np.any((x < 0.0) | (x > n))):
        raise ValueError("the phones that favour one must be between 0 and all discordant phones")
    return x, n
