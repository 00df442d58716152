"""Route: who decides which phones. All that a strategy can change on the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal

Role = Literal["humans", "model", "nobody"]
"""Who decides."""

Fallback = Literal["humans", "nobody", "reject"]
"""Who decides when a model is down: people (it fails over), nobody, so that phones ship (open), or they go (closed)."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a model says to the human who decides: reject above `threshold`. And how far people go by it.

    Where it contradicts their own impression they give way with probability `follow_pass` or `follow_reject`.
    """

    threshold: float
    follow_pass: float
    follow_reject: float


@dataclass(frozen=True, slots=True)
class Arm:
    """Somebody who decides: inspectors, a model version (perhaps with a review band), or nobody.

    A model rejects above `high`, passes up to `low` and asks a human between them. With `advice` that human knows the
    model's opinion; with `triage` the phones that a human is asked about queue by score, the highest first.
    """

    name: str
    decider: Role  #: who looks first
    version: str = ""
    low: float = 0.0
    high: float = 0.0
    advice: Advice | None = None
    triage: bool = False

    @property
    def asks_humans(self) -> bool:
        return self.decider == "humans" or self.high > self.low

    @property
    def role(self) -> Role:
        """Who decides: inspectors whom a model advises, or whose queue it sorts, still decide themselves."""
        return "humans" if self.adviser or self.sorter else self.decider

    @property
    def review(self) -> bool:
        """Whether the model decides, but leaves what it is unsure of to humans."""
        return self.role == "model" and self.high > self.low

    @property
    def adviser(self) -> str:
        """The version whose opinion the humans know; else nothing."""
        return self.version if self.advice is not None else ""

    @property
    def sorter(self) -> str:
        """The version that puts the most suspicious phones first in the humans' queue; else nothing."""
        return self.version if self.triage else ""


#: Cut-offs of a model that is never sure: every phone goes on to a human.
BELOW_ALL, ABOVE_ALL = -1.0, 2.0

HUMANS = Arm("humans", "humans")
NOBODY = Arm("nobody", "nobody")


def a_percentage(weight: float) -> float:
    """Return a weight, or refuse what is none: text, nan, and what is below 0 or above 100."""
    if isinstance(weight, bool) or not isinstance(weight, Real) or not 0.0 <= weight <= 100.0:
        raise ValueError(f"a weight is a percentage from 0 to 100, not {weight!r}")
    return weight


def an_arm(arm: Arm) -> Arm:
    """Return an arm, or refuse what is none: the name of one, say."""
    if not isinstance(arm, Arm):
        hint = f": write rollout.arm({arm!r})" if isinstance(arm, str) else ""
        raise TypeError(f"an arm is wanted, not {arm!r}{hint}")
    return arm


@dataclass(frozen=True, slots=True)
class Route:
    """Who decides from now on. It holds for phones that arrive after it was set.

    Weights and mirror shares are in percent of the phones, 0 to 100; the stable arm takes what candidates leave.
    `fallback` says who decides when a model is down: inspectors (the line fails over), or nobody, and the phone ships
    (it fails open) or is rejected (it fails closed).
    `warm` names versions that are kept running without traffic.
    """

    stable: Arm
    candidates: tuple[tuple[Arm, float], ...] = ()
    mirrors: tuple[tuple[Arm, float], ...] = ()
    fallback: Fallback = "humans"
    warm: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for arm, weight in (*self.candidates, *self.mirrors):
            an_arm(arm)
            a_percentage(weight)
        an_arm(self.stable)
        if sum(weight for _, weight in self.candidates) > 100.0:
            raise ValueError("the candidates' weights add up to more than 100 %")

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Candidates in declared order, then the stable arm: the order in which they fill [0, 1)."""
        return (*(arm for arm, _ in self.candidates), self.stable)

    @property
    def bounds(self) -> tuple[float, ...]:
        """Upper edge of each candidate's part of [0, 1).

        Raising 5 to 25 keeps the first 5 % on the candidate, and two strategies at equal weight send the same phones.
        """
        edges = []
        total = 0.0
        for _, weight in self.candidates:
            total += weight
            edges.append(total / 100.0)
        return tuple(edges)

    @property
    def shares(self) -> tuple[float, ...]:
        """The probability of each of `arms`, stored with every phone as pi."""
        weights = tuple(weight / 100.0 for _, weight in self.candidates)
        return (*weights, max(0.0, 1.0 - sum(weights)))

    @property
    def asks_humans(self) -> bool:
        """Whether any of its phones goes to an inspector, the fallback aside.

        >>> Route(HUMANS).asks_humans, Route(HUMANS, ((NOBODY, 100.0),)).asks_humans
        (True, False)
        """
        stable_left = sum(weight for _, weight in self.candidates) < 100.0
        return (self.stable.asks_humans and stable_left) or any(
            arm.asks_humans for arm, weight in self.candidates if weight > 0.0
        )

    @property
    def deployed(self) -> frozenset[str]:
        """Every version that must be running, with traffic or without."""
        versions = {arm.version for arm in self.arms if arm.version}
        return frozenset(versions | {arm.version for arm, _ in self.mirrors} | set(self.warm))


def choose(u: float, bounds: Sequence[float]) -> int:
    """Return the number of the arm whose part of [0, 1) holds `u`; the stable arm comes last."""
    for number, edge in enumerate(bounds):
        if u < edge:
            return number
    return len(bounds)
