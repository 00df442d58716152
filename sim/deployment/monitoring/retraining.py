"""Retraining: when a team trains a new version, on which phones, with whose labels, and how long that takes.

A strategy can only order a training. It is carried out where the pictures are kept, on what was known at that moment;
the version can be used when it has been trained and signed off. Label supply bounds it, not computing (FACTS 2.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from sim.columns import Column, Flags, Floats, Times
from sim.deployment.events import Reason
from sim.deployment.telemetry.labels import Audits
from sim.deployment.telemetry.store import Telemetry
from sim.deployment.telemetry.tables import Scope
from sim.document import Refusal
from sim.inspectors.model import ModelVersion
from sim.line.rules import DecidedBy
from sim.units import DAY, MOST, Duration, PositiveDuration, Rhythm, Share, format_duration

#: Of the five weeks that are remembered, some days are left for phones that a standing line decided late.
LONGEST_US = 30 * DAY
Source = Literal["audits", "inspectors", "both"]


class Retraining(BaseModel):
    """Train a new version now and then; it goes out through the same strategy. Alarms can order one too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Rhythm | None = Field(None, description="a training on schedule")
    after_labels: int | None = Field(None, ge=1, le=MOST, description="a training as soon as so many labels are new")
    window: PositiveDuration = Field(
        "14d", validate_default=True,
        description="learn from phones decided at most so long ago (assumption); pictures are kept for five weeks",
    )  # fmt: skip
    labels: Source = Field(
        "audits", description="whose labels: experts' audits, verdicts of inspectors, or both (the expert's prevails)"
    )
    logging: Share = Field(
        "100%", validate_default=True, description="share of the pictures that are kept; audited phones' always are"
    )
    at_least: int = Field(300, ge=10, le=MOST, description="no training on fewer labels (assumption)")
    at_least_defects: int = Field(30, ge=10, le=MOST, description="nor on fewer labelled defects (assumption)")
    training: Duration = Field("2h", validate_default=True, description="FACTS 7: retraining, wall time")
    sign_off: Duration = Field("8h", validate_default=True, description="FACTS 7: until somebody has signed it off")
    most: int = Field(8, ge=1, le=50, description="versions in one run")

    @field_validator("window")
    @classmethod
    def _remembered(cls, window: int) -> int:
        if window > LONGEST_US:
            raise ValueError(f"pictures and labels are kept for five weeks: at most {format_duration(LONGEST_US)}")
        return window

    def __str__(self) -> str:
        when = [f"every {format_duration(self.every)}"] if self.every else []
        when += [f"after {self.after_labels} new labels"] if self.after_labels else []
        takes = format_duration(self.training + self.sign_off)
        return f"retrains {' or '.join(when) or 'on an alarm'}, from {self.labels}; {takes} later it goes out"

    def weighs(self, audits: Audits) -> bool:
        """Whether its phones weigh differently: those of different chances to be among them."""
        return self.labels == "both" or (self.labels == "audits" and audits.of_passes != audits.of_rejects)

    def refusals(self, on_alarm: bool, audits: Audits) -> Iterator[Refusal]:
        """Yield what cannot be, where an alarm does or does not order a training.

        Examples
        --------
        >>> [place for place, _ in Retraining().refusals(on_alarm=False, audits=Audits())]
        [()]
        """
        if self.labels != "inspectors" and min(audits.of_passes, audits.of_rejects) == 0.0:
            yield ("labels",), "audits of passes and of rejects are needed to learn from audits"
        if self.every is None and self.after_labels is None and not on_alarm:
            yield (), "nothing starts a training: say every, after_labels, or an alarm with then: retrain"


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """A training that a strategy asks for: a new version `name`, built as `base` is."""

    base: str
    name: str
    spec: Retraining


@dataclass(frozen=True, slots=True)
class CleaningOrder:
    """The camera's lens is to be cleaned; from `done_us` on its pictures are as they were without the dust."""

    done_us: int


Order = TrainingOrder | CleaningOrder


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of a training: a version, or None and why; and on how many labels, of which so many defects."""

    order: TrainingOrder
    version: ModelVersion | None
    labels: int = 0
    defects: int = 0
    reason: Reason | None = None  #: why there is no version


@dataclass(frozen=True, slots=True)
class Labelled:
    """Phones to learn from: their labels (True: defective or rejected), how much each counts, and since when."""

    phone: Times
    known_us: Times
    audited: Flags
    label: Flags
    weight: Floats

    def __len__(self) -> int:
        return len(self.phone)

    def rows(self, which: Column) -> Labelled:
        return Labelled(*(getattr(self, name)[which] for name in self.__slots__))


def labelled(telemetry: Telemetry, spec: Retraining) -> Labelled:
    """Return the phones decided within the window whose label is known now, in order of their numbers.

    Each stands for 1 / P(it is among them) phones: an audit was drawn with a chance q that depends on the verdict, and
    the picture behind a verdict is kept with the chance of `logging`, or because the phone was audited.
    """
    scope = Scope(max(telemetry.now_us - spec.window, -1), telemetry.now_us)
    parts = []
    if spec.labels != "audits":
        phone, known_us, rejected, how = telemetry.by_arm(
            telemetry.decisions, None, scope, "phone", "at_us", "rejected", "decided_by"
        )
        q = np.where(rejected, *reversed(telemetry.audit_plan)) if spec.labels == "both" else 0.0
        chance = np.broadcast_to(q + (1.0 - q) * spec.logging, (len(phone),))
        weight = 1.0 / np.maximum(chance, 1e-12)
        parts.append(Labelled(phone, known_us, weight < 0, rejected, weight).rows(np.isin(how, BY_PEOPLE)))
    if spec.labels != "inspectors":
        phone, known_us, defective, q = telemetry.by_arm(
            telemetry.audits, None, scope, "phone", "at_us", "defective", "probability"
        )
        parts.append(Labelled(phone, known_us, q > 0, defective, 1.0 / q))
    if len(parts) == 2:
        verdicts, audits = parts
        # The expert's label prevails; with an inspector's verdict too it had both ways in.
        twice = np.isin(audits.phone, verdicts.phone)
        weight = audits.weight.copy()
        order = np.argsort(verdicts.phone, kind="stable")
        place = np.searchsorted(verdicts.phone, audits.phone[twice], sorter=order)
        weight[twice] = verdicts.weight[order][place]
        parts = [verdicts.rows(~np.isin(verdicts.phone, audits.phone)), replace(audits, weight=weight)]
    whole = Labelled(*(np.concatenate([getattr(part, name) for part in parts]) for name in Labelled.__slots__))
    return whole.rows(np.argsort(whole.phone, kind="stable"))


BY_PEOPLE = [int(how) for how in (DecidedBy.HUMAN, DecidedBy.REVIEW, DecidedBy.FALLBACK, DecidedBy.ASSISTED)]
"""How a phone was decided whose verdict is an inspector's."""
