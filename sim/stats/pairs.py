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

*The rule in use* (`PairedEvidence`) reads one side at a time, and looks at the defective phones by themselves as well:
where defects are rare, a decider that passes everything is right on most phones.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Counts, Flags, Floats
from sim.stats.evidence import ALPHA, e_value, threshold

#: Guards that may each find a candidate worse: all phones, and the defective ones.
GUARDS = 2


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

    x, n = _checked(favour, discordant)
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

    x, n = _checked(favour, discordant)
    # P(t > 1/2) = P(1 - t < 1/2) keeps its digits when it is small.
    with np.errstate(divide="ignore"):
        upper = np.log(betainc(1.0 + n - x, 1.0 + x, 0.5))
    logs: Floats = math.log(2.0) + log_evidence(x, n) + upper
    return logs


def log_evidence_worse(
    favour: ArrayLike, discordant: ArrayLike, defects_favour: ArrayLike, defects_discordant: ArrayLike
) -> Floats:
    """Return ln of the larger of two E+: that the other is right on more phones, and on more of the defective ones.

    Each of the two reaches twice a threshold with half its chance, so that both together keep alpha.

    Parameters
    ----------
    favour, discordant : array_like of int
        The phones on which only the one in question was right, and on which exactly one was; they broadcast.
    defects_favour, defects_discordant : array_like of int
        The same of the defective phones.

    Examples
    --------
    >>> np.exp(log_evidence_worse(60, 70, 0, 10)).round(2)  # 60 false alarms avoided, and ten defects not found
    np.float64(186.09)
    """
    everywhere, defects = (
        log_evidence_better(n - x, n)
        for x, n in (_checked(favour, discordant), _checked(defects_favour, defects_discordant))
    )
    worse: Floats = np.maximum(everywhere, defects)
    return worse


class PairedEvidence:
    """Evidence that one of two deciders is better, or worse, which grows with every adjudicated phone both saw.

    Being right on most phones is not enough where defects are rare: who passes everything is. So *better* asks for
    evidence on all phones, and that the one in question is not behind on the defective ones; *worse* has two guards,
    all phones and the defective ones, and each must reach twice the threshold.

    Who looks now and then asks for the `verdict` of that moment. Who looks after every phone asks whether it was `once`
    better or worse: what has once been proven stays proven (Ville), and cutting the phones otherwise changes no bit.

    Parameters
    ----------
    alpha : float
        The chance of ever calling better one that is not, and of ever calling worse one that is as good.
    rivals : int
        How many are compared with the same other at a time, if one of them is to succeed it: better at rivals / alpha.
    comparisons : int
        How many guard metrics may fail the one in question: worse at 2 comparisons / alpha.

    Examples
    --------
    >>> watch = PairedEvidence()
    >>> watch.update([True] * 9, [False] * 9, [True] * 5 + [False] * 4)
    >>> round(watch.better, 1), watch.verdict
    (102.3, 'better')
    >>> passes_everything = PairedEvidence()
    >>> passes_everything.update([True] * 60 + [False] * 10, [False] * 60 + [True] * 10, [False] * 60 + [True] * 10)
    >>> print(passes_everything.verdict, passes_everything, sep=": ")
    worse: right on 60 of 70 phones where one was wrong (0 of 10 defective ones)
    """

    __slots__ = ("_counts", "_log_better", "_log_worse", "_once_better", "better_at", "worse_at")

    def __init__(self, alpha: float = ALPHA, rivals: int = 1, comparisons: int = 1) -> None:
        self.better_at = threshold(alpha, rivals)
        self.worse_at = GUARDS * threshold(alpha, comparisons)
        self._counts: Counts = np.zeros(4, dtype=np.int64)  # favour and discordant, of all phones and of defective ones
        self._once_better = False
        self._log_better = self._log_worse = 0.0  # the largest after any pair so far

    def update(self, right: ArrayLike, other_right: ArrayLike, defective: ArrayLike) -> None:
        """Take in who was right on which phones, and whether they were defective; all of shape (phones,)."""
        own, other, defects = (np.asarray(each, dtype=bool) for each in (right, other_right, defective))
        discordant = own != other
        if not bool(discordant.any()):
            return
        own, defects = own[discordant], defects[discordant]
        counts = np.stack([own, np.ones_like(own), own & defects, defects]).cumsum(axis=1) + self._counts[:, None]
        better, worse = log_evidence_better(*counts[:2]), log_evidence_worse(*counts)
        proven = (better >= math.log(self.better_at)) & _not_behind(*counts[2:])
        self._once_better = self._once_better or bool(proven.any())
        self._log_better = max(self._log_better, float(better.max()))
        self._log_worse = max(self._log_worse, float(worse.max()))
        self._counts = counts[:, -1]

    @property
    def favour(self) -> int:
        """The discordant phones on which the one in question was right."""
        return int(self._counts[0])

    @property
    def discordant(self) -> int:
        """The phones on which exactly one was right."""
        return int(self._counts[1])

    @property
    def caught(self) -> int:
        """The defective ones of them on which the one in question was right."""
        return int(self._counts[2])

    @property
    def defects(self) -> int:
        """The defective phones on which exactly one was right."""
        return int(self._counts[3])

    @property
    def better(self) -> float:
        """E+ now that the one in question is right on more phones."""
        return e_value(float(log_evidence_better(*self._counts[:2])))

    @property
    def worse(self) -> float:
        """E+ now that the other is right on more phones, or finds more defects: the larger of the two."""
        return e_value(float(log_evidence_worse(*self._counts)))

    @property
    def verdict(self) -> Literal["better", "worse", "undecided"]:
        """What the evidence proves now; undecided is neither."""
        if self.worse >= self.worse_at:
            return "worse"
        return "better" if self.better >= self.better_at and bool(_not_behind(*self._counts[2:])) else "undecided"

    @property
    def highest_better(self) -> float:
        """The largest E+ for better after any phone so far."""
        return e_value(self._log_better)

    @property
    def highest_worse(self) -> float:
        """The largest E+ for worse after any phone so far."""
        return e_value(self._log_worse)

    @property
    def once_better(self) -> bool:
        """Whether it was proven better after any phone so far."""
        return self._once_better

    @property
    def once_worse(self) -> bool:
        """Whether it was proven worse after any phone so far."""
        return self.highest_worse >= self.worse_at

    def __str__(self) -> str:
        return (
            f"right on {self.favour} of {self.discordant} phones where one was wrong"
            f" ({self.caught} of {self.defects} defective ones)"
        )


def _not_behind(favour: Counts, discordant: Counts) -> Flags:
    """Return whether the one in question was right on at least as many of these phones as the other."""
    not_behind: Flags = np.asarray(2 * favour >= discordant)
    return not_behind


def _checked(favour: ArrayLike, discordant: ArrayLike) -> tuple[Floats, Floats]:
    x, n = np.broadcast_arrays(np.asarray(favour, dtype=np.float64), np.asarray(discordant, dtype=np.float64))
    if bool(np.any((x < 0.0) | (x > n))):
        raise ValueError("the phones that favour one must be between 0 and all discordant phones")
    return x, n
