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

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


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


def _counts(favour: ArrayLike, discordant: ArrayLike) -> tuple[Floats, Floats]:
    x, n = np.broadcast_arrays(np.asarray(favour, dtype=np.float64), np.asarray(discordant, dtype=np.float64))
    if bool(np.any((x < 0.0) | (x > n))):
        raise ValueError("the phones that favour one must be between 0 and all discordant phones")
    return x, n
