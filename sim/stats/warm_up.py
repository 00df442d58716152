"""How long a run takes to forget how it began: White's MSER rule (White 1997; White, Cobb and Spratt 2000)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def mser(batches: ArrayLike) -> int | None:
    """Return how many of the first batch means to leave out, None where the run is too short to tell.

    The rule leaves out what makes the mean of the rest most certain: it minimises the sum of squared deviations over
    the square of how many are left. A minimum at half of the run is none: it may lie beyond.

    Parameters
    ----------
    batches : array_like, shape (batches,)
        Means of as many observations each, in order; MSER-5 takes five of them for one.

    Examples
    --------
    >>> mser([9.0, 5.0, 2.0, 1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0]), mser(range(20))
    (3, None)
    """
    values = np.asarray(batches, dtype=np.float64)
    most = len(values) // 2
    if most < 1:
        return None
    scores = [float(((rest := values[left_out:]) - rest.mean()) @ (rest - rest.mean())) / len(rest) ** 2
              for left_out in range(most + 1)]  # fmt: skip
    best = int(np.argmin(scores))
    return None if best == most else best
