"""Phones: the world's columns. Made first, from named streams, the same for every strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Floats, Times
from sim.factory.arrivals import Arrivals, DueTimes, Takt
from sim.factory.camera import Camera, Finish, feature_names, view
from sim.factory.drift import AnyEvent, Course, Quantity, cleaned
from sim.factory.flaws import PHONE_KINDS, Kind, severities
from sim.factory.lots import LotColumns, Lots
from sim.factory.streams import Streams
from sim.units import Share

Value = Callable[[str], Floats]


class Factory(BaseModel):
    """What the line makes and how the camera sees it, before anything drifts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arrivals: Arrivals = Takt()
    defect_rate: Share = Field(
        "2%", validate_default=True, description="share of phones with at least one defect (assumption)"
    )
    minor_per_defect: float = Field(1.0, ge=0.01, le=100.0, description="tolerable flaws per defect")
    kinds: tuple[Kind, ...] = Field(PHONE_KINDS, min_length=1, max_length=64)
    lots: Lots = Lots()
    finishes: tuple[Finish, ...] = Field((Finish(name="gloss"),), min_length=1, max_length=16)
    camera: Camera = Camera()

    def kind_names(self) -> tuple[str, ...]:
        return tuple(kind.name for kind in self.kinds)

    def feature_names(self) -> tuple[str, ...]:
        return feature_names(self.kind_names(), tuple(finish.name for finish in self.finishes))

    def kind_share(self, kind: Kind) -> float:
        return kind.share / sum(other.share for other in self.kinds)

    def quantities(self) -> dict[str, Quantity]:
        """Everything that a drift event may name in `what`, with its start and range."""
        every = float("inf")
        found = {
            "camera.contrast": Quantity(self.camera.contrast, 0.0, every, "data"),
            "camera.brightness": Quantity(self.camera.brightness, 0.0, every, "data"),
            "camera.haze": Quantity(self.camera.haze, 0.0, every, "data"),
            "camera.blur": Quantity(self.camera.blur, 0.0, every, "data"),
            "process.defect_rate": Quantity(self.defect_rate, 0.0, 0.95, "prior"),
            "process.severity": Quantity(1.0, 0.0, every, "data + prior"),
            "standard.tolerance": Quantity(1.0, 1e-6, every, "concept"),
        }
        base = self.lots.hazard(self.defect_rate)
        for kind in self.kinds:
            rate = float(1.0 - self.lots.survival(base * self.kind_share(kind)))
            fresh = kind.share == 0.0
            found[f"process.rate.{kind.name}"] = Quantity(rate, 0.0, 0.95, "data + concept" if fresh else "prior")
            found[f"process.severity.{kind.name}"] = Quantity(1.0, 0.0, every, "data + prior")
            tolerance = 1.0 if kind.counts else every
            found[f"standard.tolerance.{kind.name}"] = Quantity(tolerance, 1e-6, every, "concept")
        whole = sum(finish.share for finish in self.finishes) or 1.0
        for finish in self.finishes:
            found[f"process.finish.{finish.name}"] = Quantity(finish.share / whole, 0.0, 1.0, "data")
        return found


@dataclass(frozen=True, slots=True)
class Phones:
    """A run of phones in columns. Row i is the same phone under every strategy.

    `ratio` is the worst severity over its tolerance; a phone is defective iff it exceeds 1 (at its `due_us`).
    """

    first: int  #: number of the first phone in this block
    due_us: Times
    lot: Times
    finish: NDArray[np.int8]
    severity: NDArray[np.float32]  #: (n, kinds), 0 = no flaw of that kind
    ratio: Floats
    features: NDArray[np.float32]  #: (n, features): the camera's view
    mix: Mapping[str, Floats]  #: uniforms of each gradual drift event
    u_arm: Floats
    u_mirror: Floats
    u_audit: Floats
    u_return: Floats
    return_z: Floats  #: standard normal behind the return's delay

    def __len__(self) -> int:
        return len(self.due_us)

    @property
    def brightness(self) -> NDArray[np.float32]:
        """The light of each picture, as measured: the feature after those of the kinds of flaws."""
        return self.features[:, self.severity.shape[1]]

    @property
    def defective(self) -> NDArray[np.bool_]:
        return self.ratio > 1.0


class World:
    """Makes phones, block after block; the cuts change nothing.

    Parameters
    ----------
    factory : Factory
        The line's product, flaws and camera.
    drift : tuple of drift events
        What moves, and when.
    streams : Streams
        The replication's random streams.
    conditions : mapping of str to float, optional
        Other starting values of quantities (a laboratory's camera, say).

    Examples
    --------
    >>> phones = World(Factory(), (), Streams(seed=1, replication=0)).take(1000)
    >>> phones.features.shape
    (1000, 11)
    """

    def __init__(
        self,
        factory: Factory,
        drift: tuple[AnyEvent, ...],
        streams: Streams,
        conditions: Mapping[str, float] | None = None,
    ) -> None:
        self.factory = factory
        quantities = factory.quantities()
        for what, value in (conditions or {}).items():
            was = quantities[what]
            quantities[what] = Quantity(value, was.low, was.high, was.cause)
        self.course = Course(quantities, drift)
        self._own_rate = {
            kind.name: f"process.rate.{kind.name}" in (conditions or {})
            or self.course.moves(f"process.rate.{kind.name}")
            for kind in factory.kinds
        }
        self._due = DueTimes(factory.arrivals, streams)
        self._lots = LotColumns(factory.lots, streams)
        self._flaws = {kind.name: streams.open(f"flaw.{kind.name}") for kind in factory.kinds}
        self._noise = {kind.name: streams.open(f"camera.noise.{kind.name}") for kind in factory.kinds}
        self._gauge = [streams.open("camera.gauge.brightness"), streams.open("camera.gauge.sharpness")]
        self._finish = streams.open("variant")  # the stream's name from before: another one, another world
        self._mix = {event.key: streams.open(event.key) for event in drift if event.profile == "gradual"}
        self._uniforms = {name: streams.open(name) for name in ("arm", "mirror", "audit", "return")}
        self._return_z = streams.open("return.delay")
        self._made = 0

    def until(self, horizon_us: int) -> Phones:
        """Return every phone that is due before the horizon."""
        arrivals = self.factory.arrivals
        guess = horizon_us // arrivals.every + 1
        # Draw due times on a copy-free dry pass first: the number of Poisson arrivals is not known beforehand.
        due = self._due.take(guess)
        while len(due) == 0 or due[-1] < horizon_us:
            due = np.concatenate([due, self._due.take(max(1024, guess // 16))])
        return self._make(due[due < horizon_us])

    def blocks(self, horizon_us: int, size: int) -> Iterator[tuple[Phones, int]]:
        """Yield every phone that is due before the horizon, `size` at a time.

        With each block comes the moment up to which it is all there is to know: the next one's phones come later.
        """
        due = self._due.take(size)
        while len(due):
            later = self._due.take(size)
            more = bool(later[0] < horizon_us)
            yield self._make(due[due < horizon_us]), int(later[0]) - 1 if more else horizon_us
            due = later if more else later[:0]

    def take(self, count: int, frozen_at: int | None = None) -> Phones:
        """Return the next `count` phones; with `frozen_at`, as if the world stood still at that moment."""
        due = self._due.take(count)
        return self._make(due, np.full(count, frozen_at, dtype=np.int64) if frozen_at is not None else None)

    def _make(self, due: Times, moment: Times | None = None) -> Phones:
        t = due if moment is None else moment
        count = len(due)
        mix = {key: stream.random(count) for key, stream in self._mix.items()}

        def value(what: str) -> Floats:
            return self.course.value(what, t, mix)

        lot, multiplier = self._lots.take(count)
        finish = self._finishes(value, count)
        severity = self._severity(value, t, mix, multiplier)
        noise = np.empty((count, len(self._noise)), dtype=np.float32)
        for k, stream in enumerate(self._noise.values()):
            noise[:, k] = stream.standard_normal(count, dtype=np.float32)
        noise *= np.float32(self.factory.camera.noise)
        gauge = np.stack([stream.standard_normal(count, dtype=np.float32) for stream in self._gauge], axis=1)
        features = view(
            severity, finish, self.factory.finishes,
            value("camera.contrast"), value("camera.brightness"), value("camera.haze"), value("camera.blur"),
            noise, gauge,
        )  # fmt: skip
        first, self._made = self._made, self._made + count
        return Phones(
            first=first,
            due_us=due,
            lot=lot,
            finish=finish,
            severity=severity,
            ratio=self._ratio(severity, t, mix),
            features=features,
            mix=mix,
            u_arm=self._uniforms["arm"].random(count),
            u_mirror=self._uniforms["mirror"].random(count),
            u_audit=self._uniforms["audit"].random(count),
            u_return=self._uniforms["return"].random(count),
            return_z=self._return_z.standard_normal(count),
        )

    def cleaned(self, phones: Phones, cleanings: Sequence[int]) -> NDArray[np.float32]:
        """Return phones' features if the lens is cleaned at these moments; noise and truth stay as they are."""
        features = phones.features.copy()
        latest = np.searchsorted(np.asarray(cleanings), phones.due_us, side="right") - 1
        for number, at_us in enumerate(cleanings):
            rows = np.flatnonzero(latest == number)
            anew = Course(self.course.quantities, cleaned(self.course.events, at_us))
            features[rows] += self._plain(phones, rows, anew) - self._plain(phones, rows, self.course)
        return features

    def brightness(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the brightness that was measured in pictures."""
        return features[:, len(self.factory.kinds)]

    def _plain(self, phones: Phones, rows: Times, course: Course) -> NDArray[np.float32]:
        """Return the features of some phones without any noise."""
        mix = {key: uniforms[rows] for key, uniforms in phones.mix.items()}

        def value(what: str) -> Floats:
            return course.value(what, phones.due_us[rows], mix)

        severity = phones.severity[rows]
        return view(
            severity, phones.finish[rows], self.factory.finishes,
            value("camera.contrast"), value("camera.brightness"), value("camera.haze"), value("camera.blur"),
            np.zeros_like(severity), np.zeros((len(rows), 2), dtype=np.float32),
        )  # fmt: skip

    def ratio_as_known(self, phones: Phones, delay_us: int) -> Floats:
        """Return the worst severity over the tolerance that people know of, `delay_us` after it changed."""
        return self._ratio(phones.severity, phones.due_us - delay_us, phones.mix)

    def _finishes(self, value: Value, count: int) -> NDArray[np.int8]:
        """Draw each phone's finish. Shares are relative: if one drifts, the others keep their proportions."""
        u = self._finish.random(count)
        finishes = self.factory.finishes
        if len(finishes) == 1:
            return np.zeros(count, dtype=np.int8)
        shares = [np.broadcast_to(value(f"process.finish.{v.name}"), (count,)) for v in finishes]
        moves = [self.course.moves(f"process.finish.{v.name}") for v in finishes]
        taken = sum((share for share, moved in zip(shares, moves, strict=True) if moved), np.zeros(count))
        rest = sum((share for share, moved in zip(shares, moves, strict=True) if not moved), np.zeros(count))
        chosen = np.full(count, -1, dtype=np.int8)
        edge = np.zeros(count)
        for number, (share, moved) in enumerate(zip(shares, moves, strict=True)):
            edge = edge + (share if moved else share / np.where(rest > 0, rest, 1.0) * (1.0 - taken))
            chosen[(chosen < 0) & (u < edge)] = number
        chosen[chosen < 0] = max(range(len(finishes)), key=lambda i: finishes[i].share)
        return chosen

    def _severity(self, value: Value, t: Times, mix: Mapping[str, Floats], multiplier: Floats) -> NDArray[np.float32]:
        factory = self.factory
        overall = factory.lots.hazard(value("process.defect_rate"))
        severity = np.empty((len(t), len(factory.kinds)), dtype=np.float32)
        for k, kind in enumerate(factory.kinds):
            hazard = overall * factory.kind_share(kind)
            if self._own_rate[kind.name]:
                what = f"process.rate.{kind.name}"
                inherited = 1.0 - factory.lots.survival(hazard) if self.course.moves(what) else None
                hazard = factory.lots.hazard(self.course.value(what, t, mix, start=inherited))
            draws = self._flaws[kind.name].standard_exponential(len(t))
            worst = severities(draws, hazard, multiplier, factory.minor_per_defect, kind.sigma)
            growth = value("process.severity") * value(f"process.severity.{kind.name}")
            severity[:, k] = worst * growth.astype(np.float32)
        return severity

    def _ratio(self, severity: NDArray[np.float32], t: Times, mix: Mapping[str, Floats]) -> Floats:
        everything = self.course.value("standard.tolerance", t, mix)
        worst = np.zeros(len(t))
        for k, kind in enumerate(self.factory.kinds):
            tolerance = everything * self.course.value(f"standard.tolerance.{kind.name}", t, mix)
            np.maximum(worst, severity[:, k] / tolerance, out=worst)
        return worst
