"""Agreement on pass or reject beyond chance: Cohen's kappa, of somebody with the truth or of two with each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Floats
from sim.stats.intervals import NAN, Interval, divide, t_quantile


def kappa(tables: ArrayLike) -> Floats:
    """Return Cohen's kappa: the share of agreement beyond chance, of what is possible beyond it (Cohen 1960).

    Parameters
    ----------
    tables : array_like, shape (..., 2, 2)
        Counts: what the one said by row, the other by column.

    Returns
    -------
    ndarray, shape (...)
        1: they always agree; 0: as often as by chance. NaN where nothing was said, or both always said the same thing:
        then chance alone agrees.

    Examples
    --------
    >>> kappa([[20, 5], [10, 15]]).round(6).tolist(), kappa([[7, 0], [0, 0]]).tolist()
    (0.4, nan)
    """
    counts = np.asarray(tables, dtype=np.float64)
    total = counts.sum(axis=(-2, -1))
    agreed = divide(counts[..., 0, 0] + counts[..., 1, 1], total)
    by_chance = divide((counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1), total * total)
    return divide(agreed - by_chance, 1.0 - by_chance)


def kappa_interval(table: ArrayLike) -> Interval:
    """Return kappa of independent phones with its large-sample 95 % interval (Fleiss, Cohen and Everitt 1969).

    Where all agree, the lower end is that of the share that agrees, exact and one-sided, at the same chance.

    Parameters
    ----------
    table : array_like, shape (2, 2)
        Phones by what the one said (row) and the other (column).

    Examples
    --------
    >>> found = kappa_interval([[20, 5], [10, 15]])
    >>> round(found.mean, 3), round(found.low, 3), round(found.high, 3)
    (0.4, 0.151, 0.649)
    >>> round(kappa_interval([[25, 0], [0, 25]]).low, 3)
    0.884
    """
    counts = np.asarray(table, dtype=np.float64)
    total = counts.sum()
    value = float(kappa(counts))
    if not np.isfinite(value):
        return Interval(NAN, NAN, NAN, int(total))
    shares = counts / total
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    by_chance = _by_chance(counts)
    if counts[0, 1] + counts[1, 0] == 0:
        return _all_agree(by_chance, total)
    margins = rows[None, :] + columns[:, None]  # of cell (i, j): the column's share of i, the row's of j
    same = sum(shares[i, i] * (1.0 - (rows[i] + columns[i]) * (1.0 - value)) ** 2 for i in range(2))
    other = (1.0 - value) ** 2 * sum(shares[i, 1 - i] * margins[i, 1 - i] ** 2 for i in range(2))
    rest = (value - by_chance * (1.0 - value)) ** 2
    half = 1.959964 * float(np.sqrt(max(same + other - rest, 0.0) / total)) / (1.0 - by_chance)
    return Interval(value, max(value - half, -1.0), min(value + half, 1.0), int(total))


def kappa_of_groups(tables: ArrayLike) -> Interval:
    """Return the kappa of counts added up over groups, with the jackknife's 95 % t interval over groups.

    What belongs together is one group: the trials with one phone, the phones of one replication. Where all agree, the
    lower end is exact and one-sided, of as many independent phones as there are groups.

    Parameters
    ----------
    tables : array_like, shape (groups, 2, 2)
        Counts of each group; what the one said by row, the other by column.

    Returns
    -------
    Interval
        Of one group the interval is NaN.

    Examples
    --------
    >>> phones = [[[2, 0], [0, 0]]] * 10 + [[[0, 0], [0, 2]]] * 9 + [[[1, 0], [1, 0]]]
    >>> found = kappa_of_groups(phones)
    >>> round(found.mean, 3), round(found.low, 2), round(found.high, 2), found.n
    (0.95, 0.84, 1.0, 20)
    """
    counts = np.asarray(tables, dtype=np.float64)
    counts = counts[counts.sum(axis=(1, 2)) > 0]
    total, groups = counts.sum(axis=0), len(counts)
    value = float(kappa(total))
    if groups < 2 or not np.isfinite(value):
        return Interval(value, NAN, NAN, groups)
    if total[0, 1] + total[1, 0] == 0:
        return _all_agree(_by_chance(total), groups)
    pseudo = groups * value - (groups - 1) * kappa(total - counts)
    pseudo = pseudo[np.isfinite(pseudo)]
    if len(pseudo) < 2:
        return Interval(value, NAN, NAN, groups)
    half = t_quantile(0.95, len(pseudo)) * float(pseudo.std(ddof=1)) / len(pseudo) ** 0.5
    return Interval(value, max(value - half, -1.0), min(value + half, 1.0), groups)


def _by_chance(table: Floats) -> float:
    """Return how often two would agree by chance who say each word as often as these do."""
    shares = table / table.sum()
    return float((shares.sum(axis=0) * shares.sum(axis=1)).sum())


def _all_agree(by_chance: float, independent: float) -> Interval:
    """Return the interval of a kappa of 1, of so many independent phones."""
    disagree = 1.0 - 0.05 ** (1.0 / float(independent))
    return Interval(1.0, 1.0 - disagree / (1.0 - by_chance), 1.0, int(independent))
