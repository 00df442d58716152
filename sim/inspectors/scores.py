"""Score books: what each model version would say of each phone, kept for those who ask after it has looked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.factory.records import Rows

Scores = NDArray[np.float32]


class ScoreBook:
    """Scores by version and phone. Four bytes each: scores lie on a grid that float32 holds exactly.

    Parameters
    ----------
    versions : sequence of str
        The versions' names.

    Examples
    --------
    >>> book = ScoreBook(["v1"], room=4)
    >>> book.add({"v1": np.array([0.25, 0.5])})
    >>> book.of("v1", np.array([1, 0])).tolist()
    [0.5, 0.25]
    """

    def __init__(self, versions: list[str], room: int) -> None:
        self._rows = Rows(dict.fromkeys(versions, np.float32), room) if versions else None

    def add(self, scores: Mapping[str, NDArray[np.float64]]) -> None:
        """Keep the next phones' scores."""
        if self._rows is not None:
            self._rows.append(**scores)

    def of(self, version: str, phone: NDArray[np.int64]) -> Scores:
        """Return a version's scores of phones."""
        assert self._rows is not None
        scores: Scores = self._rows[version][phone]
        return scores
