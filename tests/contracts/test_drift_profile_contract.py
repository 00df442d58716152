"""What every profile of drift must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
from acme import importable
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.columns import Times
from sim.factory.cause import quantities_of
from sim.factory.drift import PROFILES, Drift, refusals
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.measure.drift_evidence import evidence_of
from sim.measure.events import of_the_world
from sim.report.text.sentences import sentence
from sim.units import HOUR

HORIZON = 48 * HOUR
#: What profiles want to know beside what, at and to.
SETTINGS: dict[str, Any] = {"over": "4h", "every": "10h", "half_life": "3h"}


class Stairs(Drift):
    """A profile of a notebook: half of the way at once, the rest an hour later.

    >>> Stairs(what="camera.haze", profile="stairs", at="0s", to=1).weight(np.array([0, HOUR]), np.empty(0)).tolist()
    [0.5, 1.0]
    """

    profile: Literal["stairs"]

    @property
    def fully_there_us(self) -> int:
        return self.at + HOUR

    def weight(self, t: Times, mix: Any) -> Any:
        return 0.5 * (t >= self.at) + 0.5 * (t >= self.at + HOUR)


EVERY = [*PROFILES.ours(), "acme_fading", "stairs"]
every = pytest.mark.parametrize("profile", EVERY)


@pytest.fixture(autouse=True, scope="module")
def _a_package_and_a_notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with importable(tmp_path_factory.mktemp("site")):
        PROFILES.register("stairs")(Stairs)
        assert "acme_fading" not in PROFILES  # until a scenario names it
        faded = {"what": "camera.haze", "profile": "acme_fading", "at": "0s", "to": 0.3, "half_life": "1h"}
        sim.build(drift=[faded])
        yield
    PROFILES.forget("stairs")


def event(profile: str, **changes: Any) -> Drift:
    wanted = {name: value for name, value in SETTINGS.items() if name in PROFILES[profile].model_fields}
    given = {"what": "camera.haze", "profile": profile, "at": "10h", "to": 0.4, **wanted, **changes}
    return PROFILES[profile].model_validate(given)


def mix(drift: Drift, count: int, u: float = 0.5) -> Any:
    return np.full(count, u) if drift.draws else np.empty(0)


GRID = np.arange(0, HORIZON, HOUR // 4)


@every
@settings(deadline=None, max_examples=30)
@given(
    times=st.lists(st.integers(0, 10**18), max_size=40),
    cut=st.integers(0, 40),
    u=st.floats(0.0, 1.0, exclude_max=True),
)
def test_a_phones_weight_depends_on_that_phone_alone(profile: str, times: list[int], cut: int, u: float) -> None:
    drift, t = event(profile), np.array(times, dtype=np.int64)
    uniforms = mix(drift, len(t), u)
    before = t.copy()
    whole = np.broadcast_to(drift.weight(t, uniforms), t.shape)
    parts = [
        np.broadcast_to(drift.weight(t[rows], uniforms[rows]), t[rows].shape) for rows in (slice(cut), slice(cut, None))
    ]
    assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(drift.weight(t, uniforms), drift.weight(t, uniforms))
    assert np.array_equal(t, before)


@every
@pytest.mark.parametrize("moments", [[], [0], [10**18], list(range(0, HORIZON, HOUR))])
def test_no_phones_early_ones_and_very_late_ones_have_weights_from_0_to_1(profile: str, moments: list[int]) -> None:
    drift, t = event(profile), np.array(moments, dtype=np.int64)
    weight = np.asarray(drift.weight(t, mix(drift, len(t))))
    assert weight.shape == t.shape
    assert ((weight >= 0.0) & (weight <= 1.0)).all()
    assert (weight[t < drift.at] == 0.0).all()


@every
def test_spans_of_any_length_are_possible(profile: str) -> None:
    longest = {name: "9000d" if name == "every" else "3000d" for name in SETTINGS}
    drift = event(profile, **{name: span for name, span in longest.items() if name in PROFILES[profile].model_fields})
    assert np.isfinite(drift.weight(GRID, mix(drift, len(GRID)))).all()


@every
def test_it_is_fully_there_when_it_says(profile: str) -> None:
    drift = event(profile)
    assert drift.fully_there_us >= drift.at
    assert drift.weight(np.array([drift.fully_there_us]), mix(drift, 1)).tolist() == [1.0]


@every
def test_outside_its_episodes_there_is_nothing_of_it(profile: str) -> None:
    drift = event(profile)
    spans = drift.episodes(HORIZON)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert drift.at == edges[0]
    assert edges[-1] <= HORIZON
    inside = np.zeros(len(GRID), dtype=bool)
    for start, end in spans:
        inside |= (start <= GRID) & (end > GRID)
    for u in (0.0, 0.5, 0.999):
        assert not np.asarray(drift.weight(GRID, mix(drift, len(GRID), u)))[~inside].any()


@every
def test_phones_differ_only_if_they_draw(profile: str) -> None:
    drift = event(profile)
    low, high = (np.asarray(drift.weight(GRID, np.full(len(GRID), u))) for u in (0.001, 0.999))
    assert (low != high).any() == drift.draws
    world = World(Factory(), (drift,), Streams(3, 0))
    assert set(world.take(10).mix) == ({drift.key} if drift.draws else set())


@every
def test_dust_can_come_in_this_way_or_is_refused(profile: str) -> None:
    dust = event(profile, cleaning=True)
    refused = [place for place, _ in refusals([dust], quantities_of(Factory()), HORIZON)]
    assert refused == ([] if dust.gathers else [(0, "cleaning")])
    if dust.gathers:
        wiped = 20 * HOUR
        left = dust.after_cleaning(wiped)
        assert left is None or left.weight(np.array([wiped]), mix(dust, 1)).tolist() == [0.0]


@every
@pytest.mark.parametrize("what", ["camera.contrast", "process.rate.dent", "standard.tolerance", "process.severity"])
def test_before_it_starts_the_world_is_that_of_a_line_without(profile: str, what: str) -> None:
    drift = event(profile, what=what, at="2h")
    calm, drifted, again = (World(Factory(), events, Streams(3, 0)).take(1500) for events in ((), (drift,), (drift,)))
    before = drifted.due_us < drift.at
    for column in ("severity", "ratio", "features"):
        assert np.array_equal(getattr(calm, column)[before], getattr(drifted, column)[before])
        assert np.array_equal(getattr(again, column), getattr(drifted, column))
    assert not np.array_equal(calm.ratio, drifted.ratio) or not np.array_equal(calm.features, drifted.features)


@every
def test_however_the_world_is_cut_it_is_the_same(profile: str) -> None:
    drift = event(profile, at="2h")
    whole, cut = (World(Factory(), (drift,), Streams(3, 0)) for _ in range(2))
    parts = [cut.take(count).features for count in (700, 0, 300)]
    assert np.array_equal(whole.take(1000).features, np.concatenate(parts))


@every
def test_what_it_moved_can_be_measured_and_told(profile: str) -> None:
    drift = event(profile)
    evidence = evidence_of(drift, Factory(), (drift,), seed=1)
    assert evidence.profile == profile
    assert evidence.moved[0].moved
    (told,) = of_the_world(Factory(), [drift], {})
    span = f" over {drift.lasts_us // HOUR}h" if drift.lasts_us else ""
    assert sentence(told) == f"camera.haze to 0.4{span} (data drift, {profile})"


@every
def test_a_scenario_file_can_name_it_and_it_can_be_written_and_read_again(profile: str) -> None:
    drift = event(profile)
    scenario = sim.build(horizon="2d", drift=[drift.model_dump(mode="json")])
    assert scenario.drift == (drift,)
    assert sim.build(**scenario.model_dump(mode="json")) == scenario
    near = {**drift.model_dump(mode="json"), "profile": f"{profile}x"}
    with pytest.raises(sim.ScenarioError, match=f"did you mean '{profile}'"):
        sim.build(drift=[near])


@every
def test_it_is_documented_with_an_example_that_runs(profile: str) -> None:
    drift = type(event(profile))
    module = sys.modules[drift.__module__]
    tests = doctest.DocTestFinder(recurse=False).find(drift, profile, module, globs=vars(module) | {"np": np})
    assert sum(len(test.examples) for test in tests) >= 1
    assert all(doctest.DocTestRunner().run(test).failed == 0 for test in tests)
    assert (drift.__doc__ or "").split("\n")[0].endswith(".")
