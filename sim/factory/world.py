"""The world: makes phones, from named streams, before anybody inspects one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sim.columns import Codes, Features, Floats, Scores, Severities, Times
from sim.factory.arrivals import DueTimes
from sim.factory.camera import Optics, view
from sim.factory.camera_faults import FaultyCamera
from sim.factory.cause import Values, causes_of
from sim.factory.drift.cleaning import cleaned
from sim.factory.drift.course import Course
from sim.factory.drift.event import Drift
from sim.factory.finishes import FinishShares
from sim.factory.flaws import ByKind, severities
from sim.factory.lots import LotColumns
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams


class World:
    """Makes phones, block after block; the cuts change nothing.

    Parameters
    ----------
    factory : Factory
        The line's product, flaws and camera.
    drift : tuple of Drift
        What moves, and when.
    streams : Streams
        The replication's random streams.
    conditions : mapping of str to float, optional
        Other starting values of quantities (a laboratory's camera, say).
    camera : FaultyCamera, optional
        Whose faults reach its pictures. Default: it has none.

    Examples
    --------
    >>> phones = World(Factory(), (), Streams(seed=1, replication=0)).take(1000)
    >>> phones.features.shape
    (1000, 11)
    """

    def __init__(
        self,
        factory: Factory,
        drift: tuple[Drift, ...],
        streams: Streams,
        conditions: Mapping[str, float] | None = None,
        camera: FaultyCamera | None = None,
    ) -> None:
        given = conditions or {}
        causes = causes_of(factory)
        quantities = {what: quantity for _, own in causes for what, quantity in own.items()}
        quantities.update({what: replace(quantities[what], start=value) for what, value in given.items()})
        self.factory = factory
        self.course = Course(quantities, drift, given)
        # Of a cause that changes nothing nobody asks anything: it costs nothing.
        self._causes = [cause for cause, own in causes if any(self.course.in_play(what) for what in own)]
        self._due = DueTimes(factory.arrivals, streams)
        self._lots = LotColumns(factory.lots, streams)
        self._flaws = {kind.name: streams.open(f"flaw.{kind.name}") for kind in factory.kinds}
        self._noise = {kind.name: streams.open(f"camera.noise.{kind.name}") for kind in factory.kinds}
        self._gauge = [streams.open("camera.gauge.brightness"), streams.open("camera.gauge.sharpness")]
        self._finish = streams.open("variant")  # the stream's name from before: another one, another world
        self._mix = {event.key: streams.open(event.key) for event in drift if event.draws}
        self._uniforms = {name: streams.open(name) for name in ("arm", "mirror", "audit", "return")}
        self._return_z = streams.open("return.delay")
        self._made = 0
        self._camera = camera

    def until(self, horizon_us: int) -> Phones:
        """Return every phone that is due before the horizon."""
        arrivals = self.factory.arrivals
        guess = arrivals.expected(horizon_us) + 1
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

    def cleaned(self, phones: Phones, cleanings: Sequence[int]) -> Features:
        """Return phones' features if the lens is cleaned at these moments; noise and truth stay as they are."""
        features = phones.features.copy()
        latest = np.searchsorted(np.asarray(cleanings), phones.pictured.due_us, side="right") - 1
        for number, at_us in enumerate(cleanings):
            rows = np.flatnonzero(latest == number)
            anew = Course(self.course.quantities, cleaned(self.course.events, at_us), self.course.given)
            features[rows] += self._plain(phones, rows, anew) - self._plain(phones, rows, self.course)
        return features

    def brightness(self, features: Features) -> Scores:
        """Return the brightness that was measured in images."""
        return np.nan_to_num(features[:, len(self.factory.kinds)])

    def ratio_as_known(self, phones: Phones, delay_us: int) -> Floats:
        """Return the worst severity over the tolerance that people know of, `delay_us` after it changed."""
        return self._ratio(phones.severity, self._values(phones.due_us - delay_us, phones.mix))

    def _make(self, due: Times, moment: Times | None = None) -> Phones:
        count = len(due)
        mix = {key: stream.random(count) for key, stream in self._mix.items()}
        values = self._values(due if moment is None else moment, mix)
        lot, multiplier = self._lots.take(count)
        finish = self._finishes(values)
        severity = self._severity(values, multiplier)
        noise = np.empty((count, len(self._noise)), dtype=np.float32)
        for k, stream in enumerate(self._noise.values()):
            noise[:, k] = stream.standard_normal(count, dtype=np.float32)
        noise *= np.float32(self.factory.camera.noise)
        gauge = np.stack([stream.standard_normal(count, dtype=np.float32) for stream in self._gauge], axis=1)
        first, self._made = self._made, self._made + count
        phones = Phones(
            first=first,
            due_us=due,
            lot=lot,
            finish=finish,
            severity=severity,
            ratio=self._ratio(severity, values),
            features=view(self._optics(values), severity, finish, self.factory.finishes, noise, gauge),
            mix=mix,
            u_arm=self._uniforms["arm"].random(count),
            u_mirror=self._uniforms["mirror"].random(count),
            u_audit=self._uniforms["audit"].random(count),
            u_return=self._uniforms["return"].random(count),
            return_z=self._return_z.standard_normal(count),
        )
        return phones if self._camera is None else self._camera.seen(phones)

    def _values(self, t: Times, mix: Mapping[str, Floats]) -> Values:
        return Values(self.factory, self.course, t, mix)

    def _finishes(self, values: Values) -> Codes:
        u = self._finish.random(len(values))
        if len(self.factory.finishes) == 1:
            return np.zeros(len(values), dtype=np.int8)
        shares = FinishShares(self.factory.finishes)
        for cause in self._causes:
            cause.on_finishes(shares, values)
        return shares.drawn(u)

    def _severity(self, values: Values, multiplier: Floats) -> Severities:
        factory = self.factory
        hazards, growth = ByKind(), ByKind()
        for cause in self._causes:
            cause.on_hazards(hazards, values)
            cause.on_severities(growth, values)
        severity = np.empty((len(values), len(factory.kinds)), dtype=np.float32)
        for k, kind in enumerate(factory.kinds):
            draws = self._flaws[kind.name].standard_exponential(len(values))
            worst = severities(draws, hazards[kind.name], multiplier, factory.minor_per_defect, kind.sigma)
            larger = growth.get(kind.name)
            severity[:, k] = worst if larger is None else worst * larger.astype(np.float32)
        return severity

    def _ratio(self, severity: Severities, values: Values) -> Floats:
        tolerances = ByKind()
        for cause in self._causes:
            cause.on_tolerances(tolerances, values)
        worst = np.zeros(len(values))
        for k, kind in enumerate(self.factory.kinds):
            tolerated = tolerances.get(kind.name)
            ratio = severity[:, k] if tolerated is None else severity[:, k] / tolerated
            np.maximum(worst, ratio, out=worst)
        return worst

    def _optics(self, values: Values) -> Optics:
        optics = Optics()
        for cause in self._causes:
            cause.on_camera(optics, values)
        return optics

    def _plain(self, phones: Phones, rows: Times, course: Course) -> Features:
        """Return the features of some phones without any noise."""
        seen = phones.pictured
        mix = {key: uniforms[rows] for key, uniforms in seen.mix.items()}
        values = Values(self.factory, course, seen.due_us[rows], mix)
        severity = seen.severity[rows]
        calm = np.zeros_like(severity), np.zeros((len(rows), 2), dtype=np.float32)
        return view(self._optics(values), severity, seen.finish[rows], self.factory.finishes, *calm)
