"""Finishes: what the phones look like from outside, and which share of them has which."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Codes, Floats
from sim.units import Factor, Share


class Finish(BaseModel):
    """A finish: how strongly flaws show on it (`gain`) and how much structure of its own it has (`texture`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    share: Share = Field("100%", validate_default=True)
    gain: Factor = Field(1.0, le=100.0, validate_default=True)
    texture: Factor = Field(0.0, le=100.0, validate_default=True)


class FinishShares:
    """Which share of some phones each finish has. If one takes a share, the others keep their proportions.

    Examples
    --------
    >>> shares = FinishShares((Finish(name="gloss", share="75%"), Finish(name="matte", share="25%")))
    >>> shares.take("matte", np.asarray(0.5))
    >>> shares.drawn(np.array([0.25, 0.75])).tolist()
    [0, 1]
    """

    def __init__(self, finishes: tuple[Finish, ...]) -> None:
        whole = whole_of(finishes)
        self._finishes = finishes
        self._shares: dict[str, Floats] = {each.name: np.asarray(each.share / whole) for each in finishes}
        self._taken: set[str] = set()

    def start_from(self, name: str, share: Floats) -> None:
        """Give a finish another share to start from: its proportion to the others."""
        self._shares[name] = share

    def take(self, name: str, share: Floats) -> None:
        """Let a finish take a share of the phones, whatever the others had."""
        self._shares[name] = share
        self._taken.add(name)

    def items(self) -> list[tuple[str, Floats]]:
        """Return every finish's share so far."""
        return list(self._shares.items())

    def drawn(self, u: Floats) -> Codes:
        """Return the finish of each phone by its uniform: a number in the list of finishes."""
        count = len(u)
        shares = [np.broadcast_to(self._shares[each.name], (count,)) for each in self._finishes]
        takes = [each.name in self._taken for each in self._finishes]
        taken = sum((share for share, takes_it in zip(shares, takes, strict=True) if takes_it), np.zeros(count))
        rest = sum((share for share, takes_it in zip(shares, takes, strict=True) if not takes_it), np.zeros(count))
        chosen = np.full(count, -1, dtype=np.int8)
        edge = np.zeros(count)
        for number, (share, takes_it) in enumerate(zip(shares, takes, strict=True)):
            edge = edge + (share if takes_it else share / np.where(rest > 0, rest, 1.0) * (1.0 - taken))
            chosen[(chosen < 0) & (u < edge)] = number
        chosen[chosen < 0] = max(range(len(self._finishes)), key=lambda i: self._finishes[i].share)
        return chosen


def whole_of(finishes: tuple[Finish, ...]) -> float:
    """Return what the shares add up to: they are relative."""
    return sum(finish.share for finish in finishes) or 1.0
