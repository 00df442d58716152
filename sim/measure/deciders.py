"""Deciders: who settled a phone. Timelines count by them, and figures draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.line.route import Arm

DecidingRole = Literal["model", "review", "assisted", "humans", "nobody"]
"""Humans decide alone, on a model's doubt (review), or knowing its opinion (assisted)."""

_LABELS = {"review": "humans (review)", "assisted": "humans (assisted)"}


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody who settles phones: a model version, humans in one of three ways, or nobody.

    Examples
    --------
    >>> Decider("review").label, Decider("model", "humans_v2").label
    ('humans (review)', 'humans_v2')
    """

    role: DecidingRole
    version: str = ""

    @property
    def label(self) -> str:
        """Its name in tables, files and pictures."""
        return self.version if self.role == "model" else _LABELS.get(self.role, self.role)

    def __str__(self) -> str:
        return self.label

    @property
    def is_human(self) -> bool:
        """Whether a person had the last word."""
        return self.role in ("humans", "review", "assisted")

    @classmethod
    def of(cls, arm: Arm) -> Decider:
        """Return who settles an arm's phones when all goes as planned and the model is sure."""
        return cls("model", arm.version) if arm.role == "model" else cls(arm.role)


HUMANS, REVIEW, ASSISTED, NOBODY = Decider("humans"), Decider("review"), Decider("assisted"), Decider("nobody")
