"""Cohorts: phones in the order in which they were due, up to the first of which something is still to come.

Arms are not equally quick: one has a queue, people, a review. Then what is known *so far* of an arm tells how quick it
was, and judgements that look again and again at whatever has come in are wrong too often, even between equals. So
arms are compared on phones that were due in the same time, and only up to the *frontier*: every phone due before has
been decided, whichever arm it was sent to, and the delay of its label is over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.columns import Flags, Rows, Times

NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Cohort:
    """Phones that arms are compared on.

    Parameters
    ----------
    phones : range
        Their numbers: phones are numbered in the order in which they are due.
    label_age_us : int
        How long after the verdict a label may come and count. Later ones count for nobody.
    behind_us : int
        How long the first phone after them has kept everybody waiting, beyond the delay of its label; 0: there is none.
    """

    phones: range
    label_age_us: int = 0
    behind_us: int = 0

    def holds(self, phone: Times) -> Flags:
        """Return which of these phones belong to it.

        >>> Cohort(range(3, 5)).holds(np.array([2, 3, 5])).tolist()
        [False, True, False]
        """
        return (phone >= self.phones.start) & (phone < self.phones.stop)


class Arrivals:
    """Of every phone that was due by now: when it was due, and when it was decided.

    Examples
    --------
    >>> arrivals = Arrivals()
    >>> arrivals.come(np.array([10, 20, 30, 40]))
    >>> arrivals.decide(np.array([0, 1, 3]), np.array([12, 25, 41]))
    >>> [arrivals.frontier(0, delay_us=5, at_us=moment) for moment in (16, 17, 60)]  # nobody has decided phone 2
    [0, 1, 2]
    >>> arrivals.frontier(30, delay_us=5, at_us=60)  # of those due after 30 all are known
    4
    """

    def __init__(self) -> None:
        self._rows = Rows({"due_us": np.int64, "decided_us": np.int64})
        self._forgotten = 0
        self._latest: dict[tuple[int, int], tuple[int, int]] = {}

    @property
    def count(self) -> int:
        """How many phones were due by now; the number of the next."""
        return self._forgotten + len(self._rows)

    def come(self, due_us: Times) -> None:
        """Take notice of the next phones."""
        if len(due_us):
            self._rows.append(due_us=due_us, decided_us=NEVER)

    def decide(self, phone: Times, at_us: Times) -> None:
        """Take notice of verdicts on phones that have come."""
        row = phone - self._forgotten
        if self._forgotten:
            kept = row >= 0
            row, at_us = row[kept], at_us[kept]
        self._rows["decided_us"][row] = at_us

    def first_due_after(self, t_us: int) -> int:
        """Return the number of the first phone that was due after a moment."""
        return self._forgotten + int(np.searchsorted(self._rows["due_us"], t_us, side="right"))

    def due_us(self, phone: int) -> int | None:
        """Return when a phone was due; None: it is still to come."""
        row = max(phone - self._forgotten, 0)
        return int(self._rows["due_us"][row]) if row < len(self._rows) else None

    def frontier(self, due_after_us: int, delay_us: int, at_us: int) -> int:
        """Return, of the phones due after a moment, the first that was not settled at `at_us`.

        It was decided less than `delay_us` before, or not yet. Without such a phone it is the next one to come.
        """
        first = self.first_due_after(due_after_us)
        # Moments are asked for in order, nearly always: nothing is looked through twice.
        before_us, passed = self._latest.get((due_after_us, delay_us), (-1, 0))
        if before_us <= at_us:
            first = max(first, passed)
        rest = self._rows["decided_us"][first - self._forgotten :] > at_us - delay_us
        found = first + (int(rest.argmax()) if rest.any() else len(rest))
        if before_us <= at_us:
            self._latest[due_after_us, delay_us] = (at_us, found)
        return found

    def keep_since(self, t_us: int) -> None:
        """Forget phones that were due at or before a moment, once they are half of all."""
        old = self.first_due_after(t_us) - self._forgotten
        if 2 * old > len(self._rows):
            self._rows.forget(old)
            self._forgotten += old
