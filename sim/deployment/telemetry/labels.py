"""Where a team's knowledge of the truth comes from: random audits, and customers' returns.

Only this module's *results* reach a strategy: a label, for the few phones that were audited or came back, at the
moment it becomes known. The truth itself stays with whoever holds a `LabelDesk`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Codes, Flags, Floats, Indices, Scores, Times
from sim.factory.records import Records
from sim.line.log import Decided
from sim.line.rules import Verdict
from sim.units import Duration, PositiveDuration, Share

NEVER = 2**62
#: Phones whose labels are drawn at once at most, or nearly: what waits takes memory.
MOST_UNDRAWN = 50_000


class Audits(BaseModel):
    """An expert's second look at a random sample of decided phones. FACTS 8: 2 %, known after 4 h (assumptions)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of_passes: Share = Field("2%", validate_default=True, description="share of passed phones audited")
    of_rejects: Share = Field("2%", validate_default=True, description="share of rejected phones audited")
    delay: Duration = Field("4h", validate_default=True, description="from the verdict until the label is known")
    contain: bool = Field(False, description="true: an audited escape is stopped before it reaches a customer")


class Returns(BaseModel):
    """Phones that customers send back: weeks late, and about half of them without a fault (FACTS 2.3, 8)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of_escapes: Share = Field("35%", validate_default=True, description="P(return | shipped defective) (assumption)")
    of_good: Share = Field("0.16%", validate_default=True, description="P(return | shipped good): no fault found")
    delay: PositiveDuration = Field(
        "35d", validate_default=True, description="median from verdict to return (assumption)"
    )
    spread: float = Field(0.6, ge=0.0, le=3.0, description="sigma of ln(delay)")


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of some phones: which, from when on they are known, and what they say."""

    phone: Times
    known_us: Times
    arm: Indices
    pi: Floats  #: with which it had been assigned to that arm, stored at its arrival
    rejected: Flags
    defective: Flags
    probability: Floats  #: with which this phone was chosen, given its verdict (1 where nobody chose)
    drawn: Floats  #: the number that was drawn to choose it (0 where nobody chose)
    decided_us: Times
    finish: Codes
    score: Scores  #: of the model that looked first; NaN: none did

    def __len__(self) -> int:
        return len(self.phone)

    def rows(self, which: Times | slice) -> Labels:
        return Labels(*(getattr(self, name)[which] for name in self.__slots__))

    def joined(self, other: Labels) -> Labels:
        columns = (np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__)
        return Labels(*columns)


class LabelDesk:
    """Answers for decided phones: audited or returned, when, and with what result."""

    def __init__(self, audits: Audits, returns: Returns, records: Records) -> None:
        self._audits = audits
        self._returns = returns
        self._records = records
        self._first_back_us, self._sought = NEVER, 0

    @property
    def plan(self) -> tuple[float, float]:
        """The shares of passes and of rejects that are audited."""
        return self._audits.of_passes, self._audits.of_rejects

    @property
    def delay_us(self) -> int:
        """From a verdict until the label of its audit is known."""
        return self._audits.delay

    def soonest_back_us(self) -> int:
        """Return a time after its verdict before which no phone made so far comes back."""
        made = slice(self._sought, len(self._records))
        if made.start < made.stop:
            back = np.flatnonzero(self._records["u_return"][made] < self._chance(self._records["defective"][made]))
            delay_us = self._back_after_us(self._records["return_z"][made][back])
            self._first_back_us = min(self._first_back_us, int(delay_us.min(initial=NEVER)))
            self._sought = made.stop
        return self._first_back_us

    def due_by(self, first: int, now_us: int) -> Times:
        """Return when the phones from number `first` on were due, of those due by now."""
        due_us = self._records["due_us"][first:]
        return due_us[: np.searchsorted(due_us, now_us, side="right")]

    def noted(self, phone: Times) -> tuple[Times, Codes]:
        """Return what the line wrote down of phones: when each was due, and its finish."""
        return self._records["due_us"][phone], self._records["finish"][phone]

    def audited(self, decided: Decided, score: Scores | None = None) -> Labels:
        """Draw the audits of phones that were just decided. The label is an expert's, by the standard at due time.

        `score` is what the model that looked first said of each; by default nothing is noted.
        """
        passes = decided.verdict == Verdict.PASS
        probability = np.where(passes, self._audits.of_passes, self._audits.of_rejects)
        drawn = self._records["u_audit"][decided.phone]
        chosen = np.flatnonzero(drawn < probability)
        who, decided_us = decided.phone[chosen], decided.verdict_us[chosen]
        return Labels(
            who, decided_us + self._audits.delay, decided.arm[chosen], decided.pi[chosen], ~passes[chosen],
            self._records["defective"][who], probability[chosen], drawn[chosen], decided_us,
            self._records["finish"][who], _unscored(len(who)) if score is None else score[chosen],
        )  # fmt: skip

    def returned(self, decided: Decided) -> Labels:
        """Draw which of the shipped phones come back, and when."""
        faulty = self._records["defective"][decided.phone]
        back = (decided.verdict == Verdict.PASS) & (self._records["u_return"][decided.phone] < self._chance(faulty))
        chosen = np.flatnonzero(back)
        who, decided_us = decided.phone[chosen], decided.verdict_us[chosen]
        known_us = decided_us + self._back_after_us(self._records["return_z"][who])
        return Labels(
            who, known_us, decided.arm[chosen], decided.pi[chosen],
            np.zeros(len(who), dtype=bool), faulty[chosen], np.ones(len(who)), np.zeros(len(who)), decided_us,
            self._records["finish"][who], _unscored(len(who)),
        )  # fmt: skip

    def _chance(self, faulty: Flags) -> Floats:
        """Return with what chance shipped phones come back."""
        return np.where(faulty, self._returns.of_escapes, self._returns.of_good)

    def _back_after_us(self, z: Floats) -> Times:
        delay: Times = (self._returns.delay * np.exp(self._returns.spread * z)).astype(np.int64)
        return delay


class LabelsToCome:
    """Labels of one kind that nobody knows yet.

    They are drawn in bulk, when the first of them can become known: whoever looks every few minutes does not pay for
    draws whose results come in hours, or weeks.

    Parameters
    ----------
    draw : callable
        Draws the labels of decided phones: a method of a `LabelDesk`.
    soonest_us : callable
        Says how long after a verdict nobody knows its label for sure.
    """

    def __init__(self, draw: Callable[[Decided, Scores], Labels], soonest_us: Callable[[], int]) -> None:
        self._draw, self._soonest_us = draw, soonest_us
        self._undrawn: list[tuple[Decided, Scores]] = []
        self._first_us, self._count = NEVER, 0  # the first verdict of those, and how many phones they are
        self._drawn, self._told = _nothing(), 0  # in the order of becoming known, and how many of them are
        self._next_us = NEVER  # when the next does

    def decide(self, decided: Decided, score: Scores) -> None:
        """Take notice of phones that were just decided, and of what the model that looked first said of each."""
        if not self._undrawn:
            self._first_us = int(decided.verdict_us.min())
        self._undrawn.append((decided, score))
        self._count += len(decided.phone)

    def known(self, now_us: int) -> Labels | None:
        """Take out the labels that are known by now, in the order of becoming known; None: there is none."""
        if self._count > MOST_UNDRAWN or now_us >= self._first_us + self._soonest_us():
            self._draw_all()
        if now_us < self._next_us:
            return None
        first, self._told = self._told, int(self._drawn.known_us.searchsorted(now_us, side="right"))
        self._look_ahead()
        return self._drawn.rows(slice(first, self._told))

    def _draw_all(self) -> None:
        decided, score = zip(*self._undrawn, strict=True)
        self._undrawn, self._first_us, self._count = [], NEVER, 0
        drawn = self._draw(Decided.joined(decided), np.concatenate(score))
        drawn = self._drawn.rows(slice(self._told, None)).joined(drawn)
        self._drawn, self._told = drawn.rows(np.lexsort((drawn.phone, drawn.known_us))), 0
        self._look_ahead()

    def _look_ahead(self) -> None:
        self._next_us = int(self._drawn.known_us[self._told]) if self._told < len(self._drawn) else NEVER


def _nothing() -> Labels:
    whole, share, flag = np.empty(0, np.int64), np.empty(0), np.empty(0, np.bool_)
    arm, finish = np.empty(0, np.int16), np.empty(0, np.int8)
    return Labels(whole, whole, arm, share, flag, flag, share, share, whole, finish, _unscored(0))


def _unscored(count: int) -> Scores:
    return np.full(count, np.nan, dtype=np.float32)
