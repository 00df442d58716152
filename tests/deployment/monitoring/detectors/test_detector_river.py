"""River's detectors: fed as River feeds them, and what their defaults are worth at the rates of a factory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from river import drift

from sim.deployment.monitoring.detectors import DetectorSpec, Polarity, alarms
from sim.deployment.monitoring.detectors.bernoulli import BernoulliCusum
from sim.deployment.monitoring.detectors.from_river import Adwin, Ddm, HddmA, HddmW, Kswin, PageHinkley
from sim.stats.ratios import clopper_pearson

Floats = NDArray[np.float64]


def errors(random: np.random.Generator, *parts: tuple[int, float]) -> Floats:
    """A stream of errors, so many phones at each rate."""
    return np.concatenate([random.random(size) < rate for size, rate in parts]).astype(np.float64)


@pytest.mark.parametrize(
    ("spec", "detector"),
    [
        (Adwin(polarity=Polarity.EITHER), drift.ADWIN()),
        (PageHinkley(threshold=5, polarity=Polarity.EITHER), drift.PageHinkley(threshold=5)),
        (PageHinkley(threshold=5), drift.PageHinkley(threshold=5, mode="up")),
        (Ddm(), drift.binary.DDM()),
        (HddmA(), drift.binary.HDDMA()),
        (HddmA(polarity=Polarity.EITHER), drift.binary.HDDMA(two_sided_test=True)),
        (HddmW(), drift.binary.HDDMW()),
        (HddmW(polarity=Polarity.EITHER), drift.binary.HDDMW(two_sided_test=True)),
        (Kswin(mean_of=1, arl0=100), drift.KSWIN(alpha=0.005, seed=0)),
    ],
    ids=lambda each: getattr(each, "kind", ""),
)
def test_the_alarms_are_rivers(spec: DetectorSpec, detector: Any) -> None:
    values = errors(np.random.default_rng(41), (800, 0.2), (800, 0.6), (800, 0.1))
    found, warned, watch, ours = [], [], spec.start(), []
    first = True
    for at, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            found.append(at)
        if first:
            warned.append(bool(getattr(detector, "warning_detected", False)) and not detector.drift_detected)
            first = watch.update([value]) is None
            ours.append(watch.phase == "warning")
    assert len(found) > 0
    assert ours == warned
    # KSWIN keeps its latest values after an alarm, and a watch forgets: only the first is the same.
    both = slice(1) if spec.kind == "kswin" else slice(None)
    assert alarms(spec, values).tolist()[both] == found[both]


def test_adwin_with_a_direction_passes_over_the_other_one() -> None:
    values = errors(np.random.default_rng(42), (2000, 0.3), (2000, 0.05), (2000, 0.3))
    either = alarms(Adwin(polarity=Polarity.EITHER), values)
    fall, rise = alarms(Adwin(polarity=Polarity.FALL), values), alarms(Adwin(polarity=Polarity.RISE), values)
    assert len(either) == 2
    assert fall.tolist() == [either[0]]
    assert rise.tolist() == [either[1]]


def runs_with_alarm(spec: DetectorSpec, runs: int, seed: int, *parts: tuple[int, float]) -> tuple[float, float]:
    random = np.random.default_rng(seed)
    fired = sum(spec.start().update(errors(random, *parts)) is not None for _ in range(runs))
    return clopper_pearson(fired, runs, 0.999)


def test_ddms_defaults_false_alarm_in_most_runs_of_10000_phones_at_1_percent() -> None:
    low, _ = runs_with_alarm(Ddm(), 100, 43, (10_000, 0.01))
    assert low > 0.6
    _, high = runs_with_alarm(Ddm(warm_start=5000), 100, 44, (10_000, 0.01))
    assert high < 0.2


def test_ddm_alarms_at_the_first_error_after_30_phones_without() -> None:
    values = np.zeros(500)
    values[200] = 1.0
    assert Ddm().start().update(values) == 200


def test_hddm_never_fires_where_a_bernoulli_cusum_needs_some_hundred_phones() -> None:
    rise = ((5000, 0.01), (5000, 0.03))
    assert runs_with_alarm(HddmA(), 5, 45, *rise)[0] == 0.0
    random = np.random.default_rng(46)
    cusum = BernoulliCusum(p0=0.01, p1=0.03, arl0=10_000)
    delays = []
    for _ in range(5):
        stream = errors(random, *rise)
        assert HddmA().start().update(stream) is None
        assert HddmW().start().update(stream) is None
        delay = cusum.start().update(stream[5000:])
        assert delay is not None
        delays.append(delay + 1)
    assert np.mean(delays) < 800  # 279 on average
    # HDDM_W misses even a tenfold rate.
    for _ in range(5):
        assert HddmW().start().update(errors(random, (5000, 0.01), (5000, 0.10))) is None


def test_kswin_false_alarms_at_most_as_often_as_asked() -> None:
    random, lengths = np.random.default_rng(47), []
    spec = Kswin(mean_of=2, window_size=40, stat_size=20, arl0=50)
    for _ in range(60):
        at = spec.start().update(random.normal(size=1000))
        lengths.append(500.0 if at is None else (at + 1) / 2)
    assert np.mean(lengths) - 3.3 * np.std(lengths) / np.sqrt(60) > 50.0
