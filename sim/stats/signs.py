"""The sign test: whether of two, one comes out ahead more often than a fair coin would have it."""

from __future__ import annotations

from math import comb


def sign_test(ahead: int, behind: int) -> float:
    """Return the exact two-sided probability of signs as one-sided as these, or more, from a fair coin.

    Parameters
    ----------
    ahead, behind : int
        How many pairs favour the one and the other; ties are left out (McNemar's exact test, where a pair is two
        yes-or-no outcomes).

    Returns
    -------
    float
        1 where there is no pair.

    Examples
    --------
    >>> sign_test(6, 0), sign_test(3, 3), sign_test(0, 0)
    (0.03125, 1.0, 1.0)
    """
    pairs = ahead + behind
    tail = sum(comb(pairs, k) for k in range(min(ahead, behind) + 1))
    return min(1.0, float(2 * tail / (1 << pairs)))
