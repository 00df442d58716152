"""Phones: the world's columns, the same for every strategy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.columns import Codes, Features, Flags, Floats, Scores, Severities, Times


@dataclass(frozen=True, slots=True)
class Pictured:
    """Whose pictures the camera took: of other phones, while it is stuck on a frame. Columns as those of `Phones`."""

    due_us: Times
    finish: Codes
    severity: Severities
    mix: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Phones:
    """A run of phones in columns. Row i is the same phone under every strategy.

    `ratio` is the worst severity over its tolerance; a phone is defective iff it exceeds 1 (at its `due_us`).
    """

    first: int  #: number of the first phone in this block
    due_us: Times
    lot: Times
    finish: Codes
    severity: Severities  #: (n, kinds), 0 = no flaw of that kind
    ratio: Floats
    features: Features  #: (n, features): the camera's view, NaN where a fault leaves nothing
    mix: Mapping[str, Floats]  #: uniforms of each drift event that draws some
    u_arm: Floats
    u_mirror: Floats
    u_audit: Floats
    u_return: Floats
    return_z: Floats  #: standard normal behind the return's delay
    stuck: Pictured | None = None  #: whose pictures these are; None: their own

    def __len__(self) -> int:
        return len(self.due_us)

    @property
    def brightness(self) -> Scores:
        """The measured brightness of each image, 0 if it is missing: the feature after those of the kinds of flaws."""
        return np.nan_to_num(self.features[:, self.severity.shape[1]])

    @property
    def pictured(self) -> Pictured:
        """Whose pictures these are."""
        return self.stuck or Pictured(self.due_us, self.finish, self.severity, self.mix)

    @property
    def defective(self) -> Flags:
        """Whether each is defective by the standard of its moment: the truth."""
        return self.ratio > 1.0
