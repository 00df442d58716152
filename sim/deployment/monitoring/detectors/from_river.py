"""Detectors of the River library, in its versions 0.26: what people use, with its own parameters and defaults.

River promises no ARL0 for any of them, and neither do we (KSWIN excepted, see there): what a default means depends on
the stream. At an error rate of 1 % DDM's defaults raise a false alarm in most runs of 10,000 phones. HDDM's bounds are
made for any rate at all and never fire there: HDDM_A misses a threefold rate in 5000 phones, HDDM_W a tenfold one.

Polarity, as read in River's source: DDM and HDDM take 1 for an error and find rises of the error rate; for a fall, of
accuracy say, we hand them 1 - value. ADWIN and KSWIN find any change. (River's FHDDM says the same as DDM and finds
falls: it is not here.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sim.columns import Floats
from sim.deployment.monitoring.detectors.watch import DETECTORS, DetectorSpec, Polarity, Windows
from sim.libraries import library
from sim.units import MOST


class _OfRiver(DetectorSpec):
    library: ClassVar[str | None] = "river"


@DETECTORS.register("adwin", 4)
class Adwin(_OfRiver):
    """ADWIN (Bifet and Gavalda 2007): a window that grows while its parts agree, and alarms when two of them differ.

    No ARL0: `delta` bounds the chance of one comparison, for values between 0 and 1. River's ADWIN finds changes in
    both directions. With a polarity, a change of the mean the other way is no alarm, and the window starts anew there
    (River's own ensembles tell rises from falls by the same comparison).

    Examples
    --------
    >>> Adwin().start().update([0.0] * 500 + [1.0] * 300)
    511
    """

    kind: Literal["adwin"] = "adwin"
    polarity: Polarity = Field(Polarity.RISE, description="which changes of the mean are alarms")
    delta: float = Field(0.002, gt=0.0, lt=1.0, description="chance of a false alarm in one comparison, about")

    def reader(self) -> _RiverReader:
        adwin = _drift(self.kind).ADWIN(delta=self.delta)
        return _RiverReader(adwin, lambda: float(adwin.estimation), wanted=self.polarity)


@DETECTORS.register("page_hinkley", 5)
class PageHinkley(_OfRiver):
    """The Page-Hinkley test: a CUSUM around the mean of all values so far.

    No ARL0: `threshold` and `delta` are in the unit of the stream, and River's defaults suit none in particular.

    Examples
    --------
    >>> PageHinkley().start().update([0.0] * 500 + [1.0] * 300)
    553
    """

    kind: Literal["page_hinkley"] = "page_hinkley"
    polarity: Polarity = Field(Polarity.RISE, description="which changes of the mean are alarms")
    threshold: float = Field(50.0, gt=0.0, description="in the unit of the stream")
    delta: float = Field(0.005, ge=0.0, description="deviation from the mean that is tolerated, same unit")
    min_instances: int = Field(30, ge=1, le=MOST, description="values before the first alarm")

    def reader(self) -> _RiverReader:
        mode = {Polarity.RISE: "up", Polarity.FALL: "down", Polarity.EITHER: "both"}[self.polarity]
        test = _drift(self.kind).PageHinkley(
            min_instances=self.min_instances, delta=self.delta, threshold=self.threshold, mode=mode
        )
        rises, falls = self.polarity is not Polarity.FALL, self.polarity is not Polarity.RISE

        def deviation() -> float:
            up = test._sum_increase - test._min_increase if rises else 0.0
            return float(max(up, test._max_decrease - test._sum_decrease if falls else 0.0))

        return _RiverReader(test, deviation, limit=self.threshold)


@DETECTORS.register("ddm", 6)
class Ddm(_OfRiver):
    """DDM (Gama et al. 2004): alarms when the error rate so far exceeds its own minimum by three standard errors.

    No ARL0. The minimum is taken from the 31st value on. A rate of 1 % has then often shown no error at all: minimum
    and standard error are 0, and the first error is an alarm. A `warm_start` of 50 expected errors helps, at the price
    of seeing nothing until then.

    Examples
    --------
    >>> Ddm().start().update([0.0] * 500 + [1.0] * 300)
    500
    """

    takes: ClassVar[Literal["numbers", "shares", "events"]] = "events"

    kind: Literal["ddm"] = "ddm"
    polarity: Polarity = Field(Polarity.RISE, description="rise: 1 is an error; fall: 1 is a correct verdict")
    warm_start: int = Field(30, ge=1, le=MOST, description="values before the minimum is taken")
    warning_threshold: float = Field(2.0, gt=0.0, description="standard errors")
    drift_threshold: float = Field(3.0, gt=0.0, description="standard errors")

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if self.polarity is Polarity.EITHER:
            raise ValueError("ddm watches one direction: polarity rise or fall")
        return self

    def reader(self) -> _RiverReader:
        ddm = _drift(self.kind).binary.DDM(self.warm_start, self.warning_threshold, self.drift_threshold)
        return _RiverReader(ddm, lambda: float(ddm._p.get()), mirrored=self.polarity is Polarity.FALL)


class _Hddm(_OfRiver):
    takes: ClassVar[Literal["numbers", "shares", "events"]] = "shares"

    polarity: Polarity = Field(
        Polarity.RISE, description="rise: 1 is an error; fall: 1 is a correct verdict; or either"
    )
    drift_confidence: float = Field(0.001, gt=0.0, lt=1.0, description="of one comparison: smaller alarms later")
    warning_confidence: float = Field(0.005, gt=0.0, lt=1.0)

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "drift_confidence": self.drift_confidence,
            "warning_confidence": self.warning_confidence,
            "two_sided_test": self.polarity is Polarity.EITHER,
        }


@DETECTORS.register("hddm_a", 7)
class HddmA(_Hddm):
    """HDDM with Hoeffding's bound on averages (Frias-Blanco et al. 2015), for values between 0 and 1.

    No ARL0. The bound holds for every rate, so that at 1 % it is several times wider than it need be. Slow in River:
    15 us a value.

    Examples
    --------
    >>> HddmA().start().update([0.0] * 500 + [1.0] * 300)
    503
    """

    kind: Literal["hddm_a"] = "hddm_a"

    def reader(self) -> _RiverReader:
        hddm = _drift(self.kind).binary.HDDMA(**self._settings)
        return _RiverReader(hddm, lambda: float(hddm._z.get()), mirrored=self.polarity is Polarity.FALL)


@DETECTORS.register("hddm_w", 8)
class HddmW(_Hddm):
    """HDDM with McDiarmid's bound on weighted averages (Frias-Blanco et al. 2015), for values between 0 and 1.

    No ARL0, and at 1 % the same: the newest 1/`lambda_val` values or so would have to be mostly errors.

    Examples
    --------
    >>> HddmW().start().update([0.0] * 500 + [1.0] * 300)
    510
    """

    kind: Literal["hddm_w"] = "hddm_w"
    lambda_val: float = Field(0.05, gt=0.0, lt=1.0, description="weight of the newest value")

    def reader(self) -> _RiverReader:
        hddm = _drift(self.kind).binary.HDDMW(**self._settings, lambda_val=self.lambda_val)
        return _RiverReader(hddm, lambda: float(hddm._total.ewma), mirrored=self.polarity is Polarity.FALL)


@DETECTORS.register("kswin", 9)
class Kswin(_OfRiver):
    """KSWIN (Raab et al. 2020): the latest 30 of 100 against 30 drawn from the others, by Kolmogorov-Smirnov.

    A test after every value costs 100 us and more, so River's detector is fed the means of `mean_of` values: a change
    that leaves the mean alone stays unseen, unless `mean_of` is 1. Each test has a level of alpha = 1 / (2 `arl0`),
    and any number of tests in a row, however dependent, then gives a false alarm every `arl0` means or more rarely (in
    fact much more rarely: neighbouring tests share most of their values).

    Examples
    --------
    >>> Kswin(mean_of=5).start().update([0.0] * 500 + [1.0] * 300)
    579
    """

    unit: ClassVar[Literal["values", "windows"]] = "windows"

    kind: Literal["kswin"] = "kswin"
    polarity: Polarity = Field(Polarity.EITHER, description="always either: KSWIN has no direction")
    arl0: float = Field(1000.0, ge=10.0, le=1e9, description="number of means to a false alarm, on average, at least")
    mean_of: int = Field(100, ge=1, le=100_000, description="values averaged into one")
    window_size: int = Field(100, ge=20, le=10_000, description="means kept")
    stat_size: int = Field(30, ge=10, le=5000, description="the latest of them; at most half")
    seed: int = Field(0, ge=0, le=MOST, description="for the draw from the older ones")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.polarity is not Polarity.EITHER:
            raise ValueError(f"kswin has no direction: polarity either, not {self.polarity.value}")
        if 2 * self.stat_size > self.window_size:
            raise ValueError(f"stat_size must be at most half of window_size = {self.window_size}")
        return self

    def reader(self) -> _RiverReader:
        alpha = 0.5 / self.arl0
        kswin = _drift(self.kind).KSWIN(alpha, self.window_size, self.stat_size, self.seed)

        def evidence() -> float | None:
            return None if kswin.n < self.window_size else -math.log10(max(kswin.p_value, 1e-300))

        return _RiverReader(kswin, evidence, limit=-math.log10(alpha), mean_of=self.mean_of)


def _drift(kind: str) -> Any:
    """Return River's module of detectors: half a second, and only for those that a scenario names."""
    return library("river.drift", needed_by=f"the detector {kind}")


class _RiverReader:
    """Feeds one of River's detectors, which take one value at a time."""

    learn = 0
    warns = False

    def __init__(
        self,
        detector: Any,
        statistic: Callable[[], float | None],
        limit: float | None = None,
        wanted: Polarity = Polarity.EITHER,
        mirrored: bool = False,
        mean_of: int = 1,
    ) -> None:
        self._detector, self._statistic = detector, statistic
        self._wanted, self._mirrored = wanted, mirrored
        self._windows = Windows(mean_of) if mean_of > 1 else None
        self._sum, self._count = 0.0, 0
        self.statistic: float | None = None
        self.limit = limit

    def learned(self, first: Floats) -> None:
        raise NotImplementedError("River's detectors learn as they go")

    def read(self, values: Floats) -> int | None:
        if self._windows is not None:
            cut = [(at, float(window.mean())) for at, window in self._windows.cut(values)]
            alarm = self._feed([mean for _, mean in cut])
            return None if alarm is None else cut[alarm][0]
        return self._feed((1.0 - values if self._mirrored else values).tolist())

    def _feed(self, values: list[float]) -> int | None:
        detector, update, alarm = self._detector, self._detector.update, None
        begun = 0
        for index, value in enumerate(values):
            update(value)
            if detector.drift_detected:
                self._remember(values[begun : index + 1])
                if self._is_wanted():
                    alarm = index
                    break
                begun, self._sum, self._count = index + 1, 0.0, 0  # as River does at its next update
        else:
            self._remember(values[begun:])
        if values:
            self.statistic = self._statistic()
            self.warns = bool(getattr(detector, "warning_detected", False))
        return alarm

    def _remember(self, values: list[float]) -> None:
        if self._wanted is not Polarity.EITHER and values:
            # One after the other: a sum by halves would depend on where a batch ends.
            self._sum = float(np.cumsum([self._sum, *values])[-1])
            self._count += len(values)

    def _is_wanted(self) -> bool:
        """Whether the mean moved the way that is an alarm: what is left of the window against all since its start."""
        if self._wanted is Polarity.EITHER:
            return True
        risen = self._detector.estimation > self._sum / self._count
        return bool(risen) is (self._wanted is Polarity.RISE)
