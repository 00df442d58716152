"""Where a team's knowledge of the truth comes from: random audits, and customers' returns.

Only this module's *results* reach a strategy: a label, for the few phones that were audited or came back, at the
moment it becomes known. The truth itself stays with whoever holds a `LabelDesk`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sim.factory.phones import Phones
from sim.line.rules import Verdict
from sim.units import Duration, PositiveDuration, Share

Times = NDArray[np.int64]
Floats = NDArray[np.float64]


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
    defective: NDArray[np.bool_]
    probability: Floats  #: with which this phone was chosen, given its verdict (1 where nobody chose)

    def __len__(self) -> int:
        return len(self.phone)


class LabelDesk:
    """Answers for decided phones: audited or returned, when, and with what finding."""

    def __init__(self, audits: Audits, returns: Returns, phones: Phones) -> None:
        self._audits = audits
        self._returns = returns
        self._phones = phones

    def audited(self, phone: Times, verdict: NDArray[np.int8], verdict_us: Times) -> Labels:
        """Draw the audits of phones that were just decided. The label is an expert's, by the standard at due time."""
        passes = verdict == Verdict.PASS
        probability = np.where(passes, self._audits.of_passes, self._audits.of_rejects)
        chosen = self._phones.u_audit[phone] < probability
        who = phone[chosen]
        return Labels(who, verdict_us[chosen] + self._audits.delay, self._phones.defective[who], probability[chosen])

    def returned(self, phone: Times, verdict: NDArray[np.int8], verdict_us: Times) -> Labels:
        """Draw which of the shipped phones come back, and when."""
        shipped = phone[verdict == Verdict.PASS]
        sold_us = verdict_us[verdict == Verdict.PASS]
        faulty = self._phones.defective[shipped]
        chance = np.where(faulty, self._returns.of_escapes, self._returns.of_good)
        back = self._phones.u_return[shipped] < chance
        who = shipped[back]
        delay = self._returns.delay * np.exp(self._returns.spread * self._phones.return_z[who])
        return Labels(who, sold_us[back] + delay.astype(np.int64), faulty[back], np.ones(len(who)))
