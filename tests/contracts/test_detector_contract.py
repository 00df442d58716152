"""What every detector must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import doctest
import inspect
import math
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from acme import install
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from sim.deployment.monitoring.detectors import DETECTORS, Detector, DetectorSpec, Phase, Polarity, Watch, alarms
from sim.deployment.monitoring.detectors.bernoulli import BernoulliCusum
from sim.deployment.monitoring.detectors.bounds import Always, Never
from sim.deployment.monitoring.detectors.charts import Cusum, Ewma
from sim.deployment.monitoring.detectors.from_river import Adwin, Ddm, HddmA, HddmW, Kswin, PageHinkley
from sim.deployment.monitoring.detectors.windows import Ks, Psi
from sim.document import ScenarioError
from sim.scenario import build

Floats = NDArray[np.float64]
RISE, FALL, EITHER = Polarity

WATCHED = [
    *(BernoulliCusum(p0=0.5, ratio=1.5, arl0=100_000, polarity=polarity) for polarity in (RISE, FALL)),
    *(BernoulliCusum(learn=300, ratio=1.5, arl0=100_000, polarity=polarity) for polarity in (RISE, FALL)),
    *(Cusum(mean=0.5, sd=0.1, polarity=polarity) for polarity in Polarity),
    *(Cusum(learn=300, polarity=polarity) for polarity in Polarity),
    *(Ewma(mean=0.5, sd=0.1, polarity=polarity) for polarity in Polarity),
    *(Ewma(learn=300, polarity=polarity) for polarity in Polarity),
    *(Adwin(polarity=polarity) for polarity in Polarity),
    *(PageHinkley(threshold=20, polarity=polarity) for polarity in Polarity),
    *(Ddm(polarity=polarity) for polarity in (RISE, FALL)),
    *(HddmA(polarity=polarity, drift_confidence=1e-6) for polarity in Polarity),
    *(HddmW(polarity=polarity, drift_confidence=1e-6, lambda_val=0.02) for polarity in Polarity),
    Kswin(mean_of=7, window_size=30, stat_size=15, arl0=1e4),
    *(Ks(window=40, reference=210, polarity=polarity) for polarity in Polarity),
    Psi(window=60, reference=200),
]
BOUNDS = [Never(), Always()]


class Streak(DetectorSpec):
    """A detector of a notebook: so many phones in a row, each above (or below) a limit.

    >>> Streak(limit=0.5, length=2).start().update([1.0, 0.0, 1.0, 1.0])
    3
    """

    kind: Literal["streak"] = "streak"
    polarity: Polarity = Polarity.RISE
    limit: float = 0.95
    length: int = 3

    def reader(self) -> StreakReader:
        return StreakReader(self)


class StreakReader:
    learn = 0
    warns = False

    def __init__(self, spec: Streak) -> None:
        self._spec, self._row = spec, 0
        self.statistic: float | None = None
        self.limit: float | None = float(spec.length)

    def learned(self, first: Floats) -> None:
        raise NotImplementedError("nothing to learn")

    def read(self, values: Floats) -> int | None:
        beyond = values < -self._spec.limit if self._spec.polarity is FALL else values > self._spec.limit
        for at, bad in enumerate(beyond.tolist()):
            self._row = self._row + 1 if bad else 0
            self.statistic = float(self._row)
            if self._row >= self._spec.length:
                return at
        return None


#: Nothing below 0 is ever fed here: so for a fall the limit lies at the other end.
OTHERS = [Streak(), Streak(polarity=FALL, limit=-0.05)]


def name(spec: DetectorSpec) -> str:
    learns = "-learns" if spec.reader().learn else ""
    return f"{spec.kind}-{getattr(spec, 'polarity', '')}{learns}"


every = pytest.mark.parametrize("spec", [*WATCHED, *OTHERS, *BOUNDS], ids=name)
watched = pytest.mark.parametrize("spec", [*WATCHED, *OTHERS], ids=name)


@pytest.fixture(autouse=True, scope="module")
def _a_notebook() -> Iterator[None]:
    DETECTORS.register("streak")(Streak)
    yield
    DETECTORS.forget("streak")


@pytest.mark.parametrize("kind", DETECTORS.ours())
def test_it_is_documented_with_an_example_that_runs(kind: str) -> None:
    words = inspect.getdoc(DETECTORS[kind]) or ""
    assert len(words.split("\n")[0]) > 20
    assert doctest.DocTestParser().get_examples(words), f"{kind} shows no example"


def test_a_package_brings_one_and_a_file_can_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(install(tmp_path)))
    assert "acme_jump" in DETECTORS.plugins()
    adapter: TypeAdapter[DetectorSpec] = TypeAdapter(Detector)
    try:
        watch = adapter.validate_python({"kind": "acme_jump", "by": 0.5}).start()
        assert watch.update([0.1, 0.2, 0.9]) == 2
        assert "acme_jump" in DETECTORS
    finally:
        DETECTORS.forget("acme_jump")


def test_a_wrong_kind_gets_the_nearest(tmp_path: Path) -> None:
    alarm = {"watch": "brightness", "detector": {"kind": "cusun"}}
    with pytest.raises(ScenarioError, match=r"unknown kind 'cusun'.*did you mean 'cusum'"):
        build(strategies=[{"pattern": "manual", "alarms": [alarm]}])


def calm(spec: DetectorSpec, size: int = 600) -> Floats:
    """A stream in which nothing happens: events at every other phone, or measured values around 0.5."""
    if spec.takes == "events":
        return np.arange(size) % 2.0
    return np.clip(np.random.default_rng(5).normal(0.5, 0.1, size), 0.0, 1.0)


def moved(spec: DetectorSpec, up: bool, size: int = 900) -> Floats:
    return np.full(size, float(up)) if spec.takes == "events" else calm(spec, size) + (0.4 if up else -0.4)


def drifting(spec: DetectorSpec, up: bool) -> Floats:
    values = np.concatenate([calm(spec), moved(spec, up)])
    return np.clip(values, 0.0, 1.0) if spec.takes == "shares" else values


def seen(watch: Watch) -> tuple[float | None, float | None, Phase]:
    return watch.statistic, watch.limit, watch.phase


@every
@settings(deadline=None, max_examples=15)
@given(cuts=st.lists(st.integers(0, 1500), max_size=12).map(sorted), up=st.booleans())
def test_however_the_stream_is_cut_the_alarm_is_the_same(spec: DetectorSpec, cuts: list[int], up: bool) -> None:
    values = drifting(spec, up)
    watch, found = spec.start(), None
    for start, end in zip([0, *cuts], [*cuts, len(values)], strict=True):
        index = watch.update(values[start:end])
        if index is not None:
            assert found is None
            found = start + index
        whole = spec.start()
        assert whole.update(values[:end]) == found
        assert seen(whole) == seen(watch)


@every
def test_value_by_value_is_as_good_as_all_at_once(spec: DetectorSpec) -> None:
    values = drifting(spec, up=True)
    watch = spec.start()
    found = next((at for at, value in enumerate(values) if watch.update([value]) is not None), None)
    assert found == spec.start().update(values)


@every
def test_before_data_there_is_nothing_to_see(spec: DetectorSpec) -> None:
    watch = spec.start()
    assert (watch.statistic, watch.phase) == (None, Phase.CALM)
    assert watch.update([]) is None
    assert (watch.statistic, watch.phase) == (None, Phase.CALM)


@pytest.mark.parametrize("spec", [spec for spec in WATCHED if spec.reader().learn], ids=name)
def test_nothing_is_judged_by_what_is_still_being_learned(spec: DetectorSpec) -> None:
    watch, learn = spec.start(), spec.reader().learn
    values = drifting(spec, up=True)
    assert watch.update(values[:learn]) is None
    assert (watch.statistic, watch.phase) == (None, Phase.CALM)


def directions(spec: DetectorSpec) -> list[bool]:
    """Whether the changes that the detector says it looks for go up."""
    polarity = spec.model_dump()["polarity"]
    return [up for up in (True, False) if polarity in (EITHER, RISE if up else FALL)]


@watched
def test_it_alarms_on_the_declared_direction_after_the_change(spec: DetectorSpec) -> None:
    for up in directions(spec):
        watch = spec.start()
        found = watch.update(drifting(spec, up))
        assert found is not None
        assert found >= 600
        assert watch.phase is Phase.ALARM


@watched
def test_it_does_not_alarm_on_the_other_direction(spec: DetectorSpec) -> None:
    for up in {True, False} - set(directions(spec)):
        assert spec.start().update(drifting(spec, up)) is None


def test_every_direction_of_every_kind_is_tested() -> None:
    reached = {(spec.kind, up) for spec in WATCHED for up in directions(spec)}
    kinds = set(DETECTORS) - {"never", "always", "streak"}
    assert reached == {(kind, up) for kind in kinds for up in (True, False)}


@watched
def test_the_statistic_reaches_the_limit_with_the_alarm_and_not_before(spec: DetectorSpec) -> None:
    for up in directions(spec):
        values, watch = drifting(spec, up), spec.start()
        for value in values:
            alarmed = watch.update([value]) is not None
            if watch.statistic is not None and watch.limit is not None:
                assert (watch.statistic >= watch.limit) is alarmed
            if alarmed:
                break


@every
def test_an_alarm_stays_until_reset_and_reset_is_a_new_start(spec: DetectorSpec) -> None:
    values = drifting(spec, directions(spec)[0] if "polarity" in type(spec).model_fields else True)
    watch = spec.start()
    found = watch.update(values)
    if found is not None:
        at_alarm = seen(watch)
        assert watch.update(values) is None
        assert seen(watch) == at_alarm
    watch.reset()
    assert seen(watch) == seen(spec.start())
    fresh = spec.start()
    assert watch.update(values[3:]) == fresh.update(values[3:])
    assert seen(watch) == seen(fresh)


ODD = st.one_of(
    st.just(0.0), st.just(1.0), st.floats(0.0, 1.0), st.floats(-1e100, 1e100), st.sampled_from([1e100, -1e100, 5e-324])
)


@every
@settings(deadline=None, max_examples=15)
@given(drawn=st.lists(st.tuples(ODD, st.integers(1, 120)), max_size=8))
def test_no_stream_of_numbers_makes_it_say_nan(spec: DetectorSpec, drawn: list[tuple[float, int]]) -> None:
    values = np.repeat([value for value, _ in drawn], [count for _, count in drawn]).astype(np.float64)
    if spec.takes != "numbers":
        values = np.abs(values) % 1.0
    if spec.takes == "events":
        values = np.round(values)
    watch = spec.start()
    while (index := watch.update(values)) is not None:
        assert watch.statistic is None or math.isfinite(watch.statistic)
        values = values[index + 1 :]
        watch.reset()
    assert watch.statistic is None or math.isfinite(watch.statistic)
    assert watch.limit is None or math.isfinite(watch.limit)


@every
def test_what_is_no_number_is_refused(spec: DetectorSpec) -> None:
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="finite numbers"):
            spec.start().update([0.0, value])
    with pytest.raises(ValueError, match="shape"):
        spec.start().update(np.zeros((4, 2)))
    if spec.takes == "events":
        with pytest.raises(ValueError, match="events"):
            spec.start().update([0.0, 0.5])
    if spec.takes == "shares":
        with pytest.raises(ValueError, match="between 0 and 1"):
            spec.start().update([0.0, 1.5])


@every
def test_a_watch_does_not_change_or_keep_what_it_is_handed(spec: DetectorSpec) -> None:
    values = calm(spec, 550)
    before = values.copy()
    watch, safe = spec.start(), spec.start()
    watch.update(values)
    safe.update(before.copy())
    assert (values == before).all()
    values[:] = 0.0
    rest = drifting(spec, up=True)
    assert watch.update(rest) == safe.update(rest)


@every
def test_the_specification_is_what_a_file_can_hold(spec: DetectorSpec) -> None:
    adapter: TypeAdapter[DetectorSpec] = TypeAdapter(Detector)
    assert adapter.validate_python(spec.model_dump(mode="json")) == spec
    assert adapter.validate_python({"kind": spec.kind}).start().phase is Phase.CALM
    with pytest.raises(ValidationError, match="extra"):
        adapter.validate_python({"kind": spec.kind, "treshold": 1})
    with pytest.raises(ValidationError, match="frozen"):
        spec.kind = "other"  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert hash(spec) == hash(pickle.loads(pickle.dumps(spec)))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"kind": "bernoulli_cusum", "polarity": "either"}, "one direction"),
        ({"kind": "bernoulli_cusum", "p1": "3%"}, "p1 without p0"),
        ({"kind": "bernoulli_cusum", "p0": "3%", "p1": "1%"}, "above p0 = 0.03 for a rise"),
        ({"kind": "bernoulli_cusum", "p0": "1%", "p1": "3%", "polarity": "fall"}, "below p0 = 0.01 for a fall"),
        ({"kind": "bernoulli_cusum", "p0": 0}, "between 0 and 1"),
        ({"kind": "cusum", "mean": 1.0}, "go together"),
        ({"kind": "ewma", "sd": 1.0}, "go together"),
        ({"kind": "ddm", "polarity": "either"}, "one direction"),
        ({"kind": "psi", "polarity": "rise"}, "no direction"),
        ({"kind": "kswin", "polarity": "fall"}, "no direction"),
        ({"kind": "kswin", "stat_size": 60}, "at most half"),
    ],
)
def test_impossible_specifications_are_refused(raw: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(Detector).validate_python(raw)


def test_all_alarms_of_a_stream_are_those_of_a_watch_that_is_reset() -> None:
    spec = BernoulliCusum(p0=0.05, p1=0.15, arl0=300)
    values = (np.random.default_rng(2).random(20_000) < 0.05).astype(float)
    watch, expected = spec.start(), []
    for at, value in enumerate(values):
        if watch.update([value]) is not None:
            expected.append(at)
            watch.reset()
    assert len(expected) > 30
    assert alarms(spec, values).tolist() == expected
    assert alarms(Never(), values).tolist() == []
    assert alarms(Always(), values[:5000]).tolist() == list(range(5000))


def test_to_know_the_detectors_costs_no_library() -> None:
    code = "import sys, sim.deployment.monitoring.detectors; print([name for name in ('river', 'scipy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
