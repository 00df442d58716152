"""Causes of drift: what a drift event may name, how far it can move, and what that does to the world.

A cause is one file in `causes`. It declares its quantities and acts on the world where they are felt; nobody else knows
it by name. A package brings one by an entry point of the group ``driftline.causes``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Annotated, Literal, Protocol

import numpy as np
from pydantic import AfterValidator

from sim.columns import Floats, Times
from sim.document import unknown_name
from sim.factory.camera import Optics
from sim.factory.finishes import FinishShares
from sim.factory.flaws import ByKind
from sim.factory.spec import Factory
from sim.plugins import Family, at_work, is_of_the_house

DriftKind = Literal["data", "concept", "prior", "data + prior", "data + concept"]
"""By what an event's cause names it: P(x), P(y|x) or P(y) is meant to move. What does move is measured."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something of the world that can drift.

    Parameters
    ----------
    start : float
        Its value before any drift.
    drift : str
        The name of its drifts.
    low, high : float
        The range that makes sense.
    neutral : float, optional
        The value at which it changes nothing: while all quantities of a cause rest there, the cause is not asked.
        Without one it always is.
    on_lens : bool
        Whether dust or a smear on the lens can move it, so that cleaning brings it back.
    inherits : bool
        Whether it drifts from what others make of it for each phone, and not from `start`.
    """

    start: float
    drift: DriftKind
    low: float = 0.0
    high: float = float("inf")
    neutral: float | None = None
    on_lens: bool = False
    inherits: bool = False


class WhatDrifts(Protocol):
    """The course of drift, as far as a cause asks for it."""

    def value(self, what: str, t: Times, mix: Mapping[str, Floats], start: Floats | None = None) -> Floats:
        """Return a quantity at these moments."""
        ...

    def moves(self, what: str) -> bool:
        """Whether any event moves the quantity."""
        ...

    def in_play(self, what: str) -> bool:
        """Whether the quantity can be anything but neutral."""
        ...


class Values:
    """The values of quantities for some phones: at their moments, under a course of drift.

    Parameters
    ----------
    factory : Factory
        Whose world it is.
    course : WhatDrifts
        What drifts.
    t : array of int, shape (n,)
        The phones' moments.
    mix : mapping of str to array
        Their uniforms, by the key of the event that draws them.
    """

    def __init__(self, factory: Factory, course: WhatDrifts, t: Times, mix: Mapping[str, Floats]) -> None:
        self.factory = factory
        self._course = course
        self._t = t
        self._mix = mix

    def __len__(self) -> int:
        return len(self._t)

    def __call__(self, what: str, start: Floats | None = None) -> Floats:
        """Return a quantity: an array over the phones, or a scalar array if nothing moves it.

        With `start` it drifts from there, and not from its own start.
        """
        return self._course.value(what, self._t, self._mix, start)

    def moves(self, what: str) -> bool:
        """Whether any event moves the quantity, for whichever phone."""
        return self._course.moves(what)

    def in_play(self, what: str) -> bool:
        """Whether the quantity can be anything but neutral."""
        return self._course.in_play(what)

    def scale(self, factors: ByKind, what: str) -> None:
        """Multiply the factors of all kinds of flaws by a quantity, and each kind's by its own of that name."""
        kinds = self.factory.kind_names()
        if self.in_play(what):
            overall = self(what)
            for kind in kinds:
                factors.scale(kind, overall)
        for kind in kinds:
            if self.in_play(f"{what}.{kind}"):
                factors.scale(kind, self(f"{what}.{kind}"))


class Cause:
    """Something that can drift: its quantities, and what they do to the world.

    A cause acts wherever its quantities are felt and leaves the rest alone. Causes act one after the other, by their
    places in the family, each on what it finds. Values are arrays: one per phone, or one for all if nothing moves.
    Put a new array in the place of an old one; never write into one.

    Examples
    --------
    >>> class Fog(Cause):
    ...     '''Moisture on the lens: flaws show less.'''
    ...     def quantities(self, factory):
    ...         return {"camera.fog": Quantity(start=0.0, drift="data", high=1.0, neutral=0.0, on_lens=True)}
    ...     def on_camera(self, optics, values):
    ...         optics.strength = optics.strength * (1.0 - values("camera.fog"))
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return what it lets drift on this line: its own name, or its name, a dot and what it is of."""
        raise NotImplementedError

    def on_finishes(self, shares: FinishShares, values: Values) -> None:
        """Act on which finishes come: the process mix."""

    def on_hazards(self, hazards: ByKind, values: Values) -> None:
        """Act on the hazard of a defect of each kind: how often flaws come."""

    def on_severities(self, growth: ByKind, values: Values) -> None:
        """Act on the factors by which flaws of each kind are larger than at the start."""

    def on_tolerances(self, tolerances: ByKind, values: Values) -> None:
        """Act on the factors by which the standard tolerates more of each kind than at the start."""

    def on_camera(self, optics: Optics, values: Values) -> None:
        """Act on how the camera turns flaws into features."""


CAUSES: Family[type[Cause]] = Family("cause", "sim.factory.causes", "driftline.causes", of=Cause)
"""Every cause of drift by name."""


def causes_of(factory: Factory) -> list[tuple[Cause, Mapping[str, Quantity]]]:
    """Return every cause of drift that there is, with its quantities on this line.

    Raises
    ------
    PluginError
        If one of others fails.
    """
    return [_with_quantities(name, known, factory) for name, known in CAUSES.items()]


def _with_quantities(name: str, known: type[Cause], factory: Factory) -> tuple[Cause, Mapping[str, Quantity]]:
    if is_of_the_house(known):
        ours = known()
        return ours, ours.quantities(factory)
    with at_work(f"the cause {name}", known):
        others = known()
        quantities = dict(others.quantities(factory))
        for what, quantity in quantities.items():
            if not isinstance(quantity, Quantity):
                raise TypeError(f"quantities have to be of Quantity, not {quantity!r}")
            if not covers(name, what):
                raise ValueError(f"a quantity of it is called {name}, or {name}. and what it is of, not {what}")
            if not quantity.low <= quantity.start <= quantity.high:
                raise ValueError(f"{what} starts at {quantity.start:g}, outside its range")
    return _OthersCause(name, others), quantities


class _OthersCause(Cause):
    """A cause of others: what it leaves is checked, since whatever comes later would be blamed for it."""

    def __init__(self, name: str, cause: Cause) -> None:
        self._name = name
        self._cause = cause

    @contextmanager
    def _acts(self, place: Optics | ByKind | FinishShares, values: Values, low: float, high: float) -> Iterator[None]:
        with at_work(f"the cause {self._name}", type(self._cause)):
            yield
            for what, value in _held_by(place):
                _check(what, value, len(values), low, high)

    def on_finishes(self, shares: FinishShares, values: Values) -> None:
        with self._acts(shares, values, 0.0, _LARGEST):
            self._cause.on_finishes(shares, values)

    def on_hazards(self, hazards: ByKind, values: Values) -> None:
        with self._acts(hazards, values, 0.0, _LARGEST):
            self._cause.on_hazards(hazards, values)

    def on_severities(self, growth: ByKind, values: Values) -> None:
        with self._acts(growth, values, 0.0, _LARGEST):
            self._cause.on_severities(growth, values)

    def on_tolerances(self, tolerances: ByKind, values: Values) -> None:
        with self._acts(tolerances, values, 0.0, np.inf):  # of a kind that does not count yet it is infinite
            self._cause.on_tolerances(tolerances, values)

    def on_camera(self, optics: Optics, values: Values) -> None:
        with self._acts(optics, values, -_LARGEST, _LARGEST):
            self._cause.on_camera(optics, values)


_LARGEST = float(np.finfo(np.float64).max)


def _held_by(place: Optics | ByKind | FinishShares) -> list[tuple[str, Floats]]:
    """Return all that causes can leave in a place, by what it is called there."""
    if isinstance(place, Optics):
        return [(each.name, getattr(place, each.name)) for each in fields(place)]
    return list(place.items())


def _check(what: str, value: object, count: int, low: float, high: float) -> None:
    numbers = np.asarray(value, dtype=np.float64)
    if numbers.shape not in ((), (count,)):
        raise ValueError(f"{what} has to be one number per phone, or one for all, not of the shape {numbers.shape}")
    if not ((numbers >= low) & (numbers <= high)).all():
        wrong = numbers[~((numbers >= low) & (numbers <= high))]
        raise ValueError(f"{what} can't be {float(wrong.flat[0]):g}")


def quantities_of(factory: Factory) -> dict[str, Quantity]:
    """Return everything that a drift event on this line may name in `what`, with its start and range."""
    return {what: quantity for _, own in causes_of(factory) for what, quantity in own.items()}


def covers(cause: str, what: str) -> bool:
    """Whether a quantity is one of a cause's.

    >>> covers("process.rate", "process.rate.dent"), covers("process.rate", "process.rates")
    (True, False)
    """
    return what == cause or what.startswith(f"{cause}.")


def with_its_cause(what: str) -> str:
    """Return a quantity's name; if only an installed package has a cause for it, that is imported first.

    Raises
    ------
    PluginError
        If the package's code fails.
    """
    if not any(covers(cause, what) for cause in CAUSES):
        for cause in CAUSES.plugins():
            if covers(cause, what):
                CAUSES.load(cause)
    return what


What = Annotated[str, AfterValidator(with_its_cause)]
"""The name of a quantity, as a scenario file says it."""


def complaint(quantities: Mapping[str, Quantity], what: str, value: float) -> str | None:
    """Return why a quantity can't have a value, None if it can."""
    if what not in quantities:
        return unknown_name("quantity", what, [*quantities, *CAUSES.plugins()])
    quantity = quantities[what]
    if not quantity.low <= value <= quantity.high:
        percent = quantity.low <= value / 100.0 <= quantity.high and value >= 1.0
        meant = f": did you mean {value:g}%?" if percent else ""
        return f"{what} lies between {quantity.low:g} and {quantity.high:g}, found {value:g}{meant}"
    return None
