"""What every cause of drift must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args

import numpy as np
import pytest
from acme import importable

import sim
from sim.factory.camera import Optics
from sim.factory.cause import CAUSES, Cause, DriftKind, Quantity, covers, quantities_of
from sim.factory.drift import PROFILES, Course, Drift, Values, refusals
from sim.factory.finishes import Finish
from sim.factory.flaws import ByKind, Kind
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.units import HOUR

KINDS = (
    Kind(name="scratch", share="60%"), Kind(name="dent", share="40%"), Kind(name="crack", share="10%"),
    Kind(name="stain", share="20%", counts=False),
)  # fmt: skip
FINISHES = (Finish(name="gloss", share="70%"), Finish(name="matte", share="30%", gain=0.8, texture=0.1))
#: A line on which every kind of quantity is there, and enough phones are defective for a change to show.
FACTORY = Factory(kinds=KINDS, finishes=FINISHES, defect_rate=0.2)
COLUMNS = ("finish", "severity", "ratio", "features")


class Humidity(Cause):
    """A cause of a notebook: in damp air stains come more often, and flaws of every kind grow.

    >>> Humidity().quantities(FACTORY)["air.humidity"].start
    1.0
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        return {"air.humidity": Quantity(1.0, "data + prior", neutral=1.0)}

    def on_hazards(self, hazards: ByKind, values: Values) -> None:
        hazards["stain"] = hazards["stain"] * values("air.humidity")

    def on_severities(self, growth: ByKind, values: Values) -> None:
        for kind in values.factory.kind_names():
            growth.scale(kind, np.sqrt(values("air.humidity")))


EVERY = [*CAUSES.ours(), "acme.glare", "air.humidity"]
every = pytest.mark.parametrize("cause", EVERY)


@pytest.fixture(autouse=True, scope="module")
def _a_package_and_a_notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with importable(tmp_path_factory.mktemp("site")):
        CAUSES.register("air.humidity")(Humidity)
        assert "acme.glare" not in CAUSES  # until a scenario names it
        sim.build(drift=[{"what": "acme.glare", "profile": "sudden", "at": "0s", "to": 0.3}])
        yield
    CAUSES.forget("air.humidity")


def quantities(cause: str) -> Mapping[str, Quantity]:
    return CAUSES[cause]().quantities(FACTORY)


def another_value(quantity: Quantity) -> float:
    """Return a value to drift to: well away from the start."""
    if quantity.start == float("inf"):
        return 1.0
    return quantity.start + (0.5 if quantity.start + 0.5 <= quantity.high else -0.5)


def drift(what: str, to: float, at: str = "2h", **more: Any) -> Drift:
    given = {"what": what, "profile": "sudden", "at": at, "to": to, **more}
    return PROFILES["sudden"].model_validate(given)


def made(*events: Drift, count: int = 1500, conditions: Mapping[str, float] | None = None) -> Phones:
    return World(FACTORY, events, Streams(3, 0), conditions).take(count)


def differing(one: Phones, other: Phones, rows: Any = slice(None)) -> set[str]:
    return {name for name in COLUMNS if not np.array_equal(getattr(one, name)[rows], getattr(other, name)[rows])}


@every
def test_its_quantities_bear_its_name_and_start_within_their_ranges(cause: str) -> None:
    own = quantities(cause)
    assert own
    for what, quantity in own.items():
        assert covers(cause, what)
        assert quantity.low <= quantity.start <= quantity.high
        assert quantity.neutral is None or quantity.low <= quantity.neutral <= quantity.high
        assert quantity.drift in get_args(DriftKind)
    assert set(own) <= set(quantities_of(FACTORY))


@every
def test_each_of_its_quantities_moves_the_world_from_its_moment_on_and_not_before(cause: str) -> None:
    calm = made()
    for what, quantity in quantities(cause).items():
        event = drift(what, another_value(quantity))
        drifted, again = made(event), made(event)
        before = drifted.due_us < event.at
        assert differing(calm, drifted, before) == set(), what
        assert differing(calm, drifted), what
        assert differing(again, drifted) == set(), what


@every
def test_its_drifts_are_what_they_are_called(cause: str) -> None:
    """Data drift leaves the truth alone; concept drift leaves alone what the camera sees."""
    calm = made()
    for what, quantity in quantities(cause).items():
        drifted = made(drift(what, another_value(quantity)))
        if quantity.drift == "data":
            assert np.array_equal(calm.defective, drifted.defective), what
        if quantity.drift == "concept":
            assert differing(calm, drifted) == {"ratio"}, what


@every
def test_a_quantity_that_moves_to_where_it_is_moves_nothing(cause: str) -> None:
    calm = made()
    for what, quantity in quantities(cause).items():
        if quantity.start < float("inf"):
            same = made(drift(what, quantity.start))
            for name in COLUMNS:
                np.testing.assert_allclose(getattr(same, name), getattr(calm, name), rtol=1e-5, atol=1e-6)


@every
def test_while_it_changes_nothing_nobody_asks_it(cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def listening(hook: str, usual: Any) -> Any:
        def act(self: Cause, subject: Any, values: Values) -> None:
            asked.append(hook)
            usual(self, subject, values)

        return act

    own = CAUSES[cause]
    for hook in [name for name in vars(Cause) if name.startswith("on_")]:
        monkeypatch.setattr(own, hook, listening(hook, getattr(own, hook)))
    World(FACTORY.model_copy(update={"kinds": KINDS[:2]}), (), Streams(3, 0)).take(10)
    always = any(quantity.neutral is None for quantity in quantities(cause).values())
    assert bool(asked) == always
    what, quantity = next(iter(quantities(cause).items()))
    made(drift(what, another_value(quantity)), count=10)
    assert asked


@every
@pytest.mark.parametrize("end", ["low", "high"])
def test_at_the_ends_of_its_range_the_world_still_has_numbers(cause: str, end: str) -> None:
    for what, quantity in quantities(cause).items():
        to = quantity.low if end == "low" else min(quantity.high, 1e6)
        drifted = made(drift(what, to, at="0s"), count=400)
        assert np.isfinite(drifted.features).all(), what
        assert np.isfinite(drifted.severity).all(), what
        assert not np.isnan(drifted.ratio).any(), what


@every
def test_without_phones_there_is_nothing(cause: str) -> None:
    for what, quantity in quantities(cause).items():
        assert len(made(drift(what, another_value(quantity)), count=0)) == 0


@every
def test_however_the_world_is_cut_it_is_the_same(cause: str) -> None:
    for what, quantity in quantities(cause).items():
        world = World(FACTORY, (drift(what, another_value(quantity)),), Streams(3, 0))
        parts = [world.take(count) for count in (500, 0, 400)]
        whole = made(drift(what, another_value(quantity)), count=900)
        for name in COLUMNS:
            assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name)), what


@every
def test_it_writes_into_no_array_that_others_hold(cause: str) -> None:
    def locked(size: int = 3) -> Any:
        array = np.ones(size)
        array.setflags(write=False)
        return array

    def by_kind() -> ByKind:
        return ByKind({name: locked() for name in FACTORY.kind_names()})

    for what, quantity in quantities(cause).items():
        course = Course(quantities_of(FACTORY), (drift(what, another_value(quantity), at="0s"),))
        values = Values(FACTORY, course, np.arange(3) * HOUR, {})
        acting = CAUSES[cause]()
        acting.on_hazards(by_kind(), values)
        acting.on_severities(by_kind(), values)
        acting.on_tolerances(by_kind(), values)
        acting.on_camera(Optics(**{each.name: locked() for each in fields(Optics)}), values)


@every
def test_cleaning_the_lens_brings_back_what_it_moves_there_or_is_refused(cause: str) -> None:
    for what, quantity in quantities(cause).items():
        event = drift(what, another_value(quantity), at="0s", cleaning=True)
        refused = [place for place, _ in refusals([event], quantities_of(FACTORY), 48 * HOUR)]
        assert refused == ([] if quantity.on_lens else [(0, "cleaning")]), what
        if quantity.on_lens:
            world = World(FACTORY, (event,), Streams(3, 0))
            np.testing.assert_allclose(world.cleaned(world.take(500), [1]), made(count=500).features, atol=1e-5)


@every
def test_a_model_can_have_been_trained_under_other_conditions(cause: str) -> None:
    for what, quantity in quantities(cause).items():
        to = another_value(quantity)
        elsewhere = made(conditions={what: to})
        assert differing(made(), elsewhere), what
        drifted = made(drift(what, to, at="0s"))
        if not what.startswith("process.finish."):  # a finish that drifts takes its share; a line's shares are relative
            for name in COLUMNS:
                np.testing.assert_allclose(getattr(elsewhere, name), getattr(drifted, name), rtol=1e-5, atol=1e-6)


@every
def test_a_scenario_file_can_name_it_and_it_can_be_written_and_read_again(cause: str) -> None:
    factory = FACTORY.model_dump(mode="json")
    for what, quantity in quantities(cause).items():
        event = {"what": what, "profile": "sudden", "at": "2h", "to": another_value(quantity)}
        scenario = sim.build(factory=factory, drift=[event])
        assert sim.build(**scenario.model_dump(mode="json")) == scenario
        if quantity.high < float("inf"):
            with pytest.raises(sim.ScenarioError, match=f"{what} lies between"):
                sim.build(factory=factory, drift=[{**event, "to": quantity.high + 0.01}])


@every
def test_it_is_documented_with_an_example_that_runs(cause: str) -> None:
    member = CAUSES[cause]
    module = sys.modules[member.__module__]
    tests = doctest.DocTestFinder(recurse=False).find(member, cause, module)
    assert sum(len(test.examples) for test in tests) >= 1
    assert all(doctest.DocTestRunner().run(test).failed == 0 for test in tests)


def test_a_packages_cause_is_found_where_a_model_was_trained_elsewhere() -> None:
    CAUSES.forget("acme.glare")
    sim.build(models={"v1": {"training": {"conditions": {"acme.glare": 0.2}}}})
    assert "acme.glare" in CAUSES


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("acme.nothing", r"'acme.nothing' \(acme_line.causes:NoCause of acme-line 1.2\) is no sim.factory.cause.Cause"),
        ("acme.glaer", "unknown quantity 'acme.glaer': did you mean 'acme.glare'"),
        ("camera.contrst", "unknown quantity 'camera.contrst': did you mean 'camera.contrast'"),
    ],
)
def test_what_is_no_cause_is_refused_in_one_message(what: str, message: str) -> None:
    CAUSES.forget("acme.glare")
    with pytest.raises(sim.ScenarioError, match=message) as refused:
        sim.build(drift=[{"what": what, "profile": "sudden", "at": "0s", "to": 0.3}])
    assert len(refused.value.problems) == 1
    assert str(refused.value).startswith("drift.0.what: ")
