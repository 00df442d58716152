"""Human inspectors: signal detection on what they see of the phone itself, not of the camera's image.

Evidence is ``v d'/2 + z`` with ``v = clip(ln(ratio) / borderline_width, -1, 1)``, where the ratio is the worst
severity over the tolerance the inspector knows of; reject iff it exceeds the criterion c. So a clear defect is
rejected with probability Phi(d'/2 - c), a clean phone with Phi(-d'/2 - c), and borderline phones lie between.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Floats, Times
from sim.factory.phones import Phones
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.human.calendar import Days, Shift
from sim.inspectors.human.people import People
from sim.inspectors.serving.law import Lognormal, ServiceLaw, WhenFull, whole_microseconds
from sim.units import MOST, Duration, PositiveDuration

Sensitivity = Annotated[float, Field(ge=0.0, le=10.0)]
Criterion = Annotated[float, Field(ge=-10.0, le=10.0)]


#: How many they are, when they are there, and how many phones wait: no look depends on it.
_ROOM_AND_TIME = {"count", "buffer", "when_full", "shifts", "holidays"}


class Inspectors(BaseModel):
    """A pool of inspectors with one queue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(2, ge=1, le=10_000, description="inspectors on duty (FACTS 7: 2, assumption)")
    service: ServiceLaw = Field(
        Lognormal.model_validate({"mean": "21s", "sigma": 0.35}),
        description="one look: FACTS 7, 18 s of inspecting and 3 s of handling",
    )
    d_prime: Sensitivity = Field(3.0, description="sensitivity d' (calibrated: FACTS 1.1, 77 % hits, 2 % false)")
    criterion: Criterion = Field(0.56, description="criterion c: higher rejects less (calibrated likewise)")
    borderline_width: float = Field(
        0.2,
        gt=0.0,
        le=5.0,
        description="ln(severity) from the tolerance to clearly bad (FACTS 8: 20 % of defects are borderline)",
    )
    briefing: Duration = Field(
        "1d",
        validate_default=True,
        description="how long until a new standard has reached everyone (assumption)",
    )
    buffer: int | None = Field(None, ge=0, le=MOST, description="phones that can wait; none: no limit")
    when_full: WhenFull = "block"
    shifts: tuple[Shift, ...] = Field(
        (), max_length=50, description="when they are on duty; none: always. Each shift has people of its own"
    )
    holidays: tuple[Days, ...] = Field(
        (), max_length=400, description="days on which no shift begins; day 1 is a Monday"
    )
    people: People | None = Field(
        None,
        description="people who differ, tire, and reject less where defects are rare; none: constant ones, of d_prime"
        " and criterion",
    )

    def typical(self, defect_rate: float) -> tuple[float, float]:
        """Return (d', criterion): of constant people, or of an average one in the middle of a shift."""
        return (self.d_prime, self.criterion) if self.people is None else self.people.typical(defect_rate)

    def as_labellers(self) -> dict[str, Any]:
        """Return what their verdicts on logged phones depend on, as data: not when, where or after which wait."""
        constant = {"people"} if self.people is None else set()
        return self.model_dump(mode="json", exclude={*_ROOM_AND_TIME, "service", "briefing", *constant})

    def as_drawn(self) -> dict[str, Any]:
        """Return what `HumanColumns` depend on, as data: neither how many they are nor where they draw their line."""
        drawn = self.model_dump(mode="json", exclude={*_ROOM_AND_TIME, "d_prime", "criterion", "people"})
        return drawn if self.people is None else {**drawn, "searches": True}


class OwnInspectors(BaseModel):
    """Who is on duty under one strategy, in what they differ from the scenario's inspectors.

    They look at the same phones with the same luck: only what they make of it, and how long they take, is theirs.

    Examples
    --------
    >>> own = OwnInspectors(d_prime=1.8, look="7s")
    >>> people = own.among(Inspectors())
    >>> people.d_prime, people.criterion
    (1.8, 0.56)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    d_prime: Sensitivity | None = Field(
        None, description="sensitivity d'; default: inspectors.d_prime, of people who change the fresh one's"
    )
    criterion: Criterion | None = Field(None, description="criterion c; default: inspectors.criterion")
    look: PositiveDuration | None = Field(
        None, description="mean time of a look, whose spread stays in proportion; default: as inspectors.service"
    )
    shifts: tuple[Shift, ...] | None = Field(
        None, max_length=50, description="when they are on duty; default: inspectors.shifts"
    )

    def among(self, inspectors: Inspectors) -> Inspectors:
        """Return the scenario's inspectors with what these ones see and reject, on their shifts.

        How long they look is a matter of `paced`.
        """
        own = {name: getattr(self, name) for name in ("d_prime", "criterion", "shifts")}
        if inspectors.people is not None and self.d_prime is not None:
            own["people"] = inspectors.people.model_copy(update={"d_prime": self.d_prime})
        return inspectors.model_copy(update={name: value for name, value in own.items() if value is not None})

    def paced(self, inspectors: Inspectors, looks: HumanColumns) -> HumanColumns:
        """Return the looks that the scenario's inspectors would take, as long as these ones take for them."""
        if self.look is None:
            return looks
        paced: Floats = looks.service_us * np.float64(self.look / inspectors.service.mean)
        return replace(looks, service_us=whole_microseconds(paced))


@dataclass(frozen=True, slots=True)
class HumanColumns:
    """What a human look at each phone would need: one row per phone, shared by all strategies."""

    view: Floats  #: v, from -1 (clean) to 1 (clearly defective by the standard they know)
    z: Floats  #: the look's noise
    service_us: Times
    u_defer: Floats  #: whether a contradicting opinion prevails
    u_search: Floats = field(default_factory=lambda: np.empty(0))  #: whether a flaw is found; none: constant people

    @classmethod
    def of(cls, inspectors: Inspectors, world: World, phones: Phones, draws: HumanDraws) -> HumanColumns:
        ratio = world.ratio_as_known(phones, inspectors.briefing)
        z, service_us = draws.take(len(phones))
        view, u_defer = view_of(ratio, inspectors.borderline_width), draws.deference(len(phones))
        return cls(view, z, service_us, u_defer, draws.search(len(phones) if inspectors.people is not None else 0))


class HumanDraws:
    """The random part of human looks, block by block."""

    def __init__(self, inspectors: Inspectors, streams: Streams) -> None:
        self._law = inspectors.service
        self._z = streams.open("human.evidence")
        self._service = streams.open("human.service")
        self._defer = streams.open("human.deference")
        self._search = streams.open("human.search")

    def take(self, count: int) -> tuple[Floats, Times]:
        return self._z.standard_normal(count), self._law.draw_us(self._service, count)

    def deference(self, count: int) -> Floats:
        """Return the uniform draws against which a contradicting opinion has to prevail."""
        return self._defer.random(count)

    def search(self, count: int) -> Floats:
        """Return the uniform draws that say whether a flaw is found."""
        return self._search.random(count)


def view_of(ratio: Floats, borderline_width: float) -> Floats:
    """Return v in [-1, 1] for the ratio of severity to tolerance, -1 where there is no flaw at all."""
    view = np.full(ratio.shape, -1.0)
    flawed = ratio > 0.0
    view[flawed] = np.clip(np.log(ratio[flawed]) / borderline_width, -1.0, 1.0)
    return view


Real = TypeVar("Real", float, Floats)


def evidence(view: Real, d_prime: float, z: Real) -> Real:
    """Return what one look tells the inspector: ``view * d'/2 + z``, above the criterion = reject."""
    return view * d_prime / 2.0 + z
