"""What every stream that a detector can watch must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import doctest
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import rows
from acme import install
from hypothesis import given, settings
from hypothesis import strategies as st
from leaks import leaks
from numpy.typing import NDArray

import sim
from sim.deployment.telemetry.by_hand import by_hand
from sim.deployment.telemetry.metric import METRICS
from sim.deployment.telemetry.stream import STREAMS, stream
from sim.deployment.telemetry.tables import Scope, Tables
from sim.document import ScenarioError
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.measure.metric import TRUE_METRICS

PACKAGE, NOTEBOOK = "acme_glaring", "latency_min"
NAMES = [*STREAMS.ours(), PACKAGE, NOTEBOOK]
every = pytest.mark.parametrize("name", NAMES)
briefly = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**16)

DETECTORS = {
    "numbers": {"kind": "cusum", "mean": 1.0, "sd": 0.1},
    "shares": {"kind": "hddm_a"},
    "events": {"kind": "bernoulli_cusum", "p0": 0.05, "ratio": 2.0},
}
"""One that takes anything, one that takes shares, one that counts events."""


def latency_min(tables: Tables, arm: str | None, scope: Scope) -> NDArray[Any]:
    """How many minutes each decided phone took.

    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> by_hand(decisions={"latency_us": [90_000_000]}).stream("latency_min", "v1", 0)
    array([1.5])
    """
    (latency_us,) = tables.by_arm(tables.decisions, arm, scope, "latency_us")
    minutes: NDArray[Any] = latency_us / 60_000_000
    return minutes


@pytest.fixture(autouse=True, scope="module")
def _others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A notebook defines one, and an installed package brings one, which a scenario names."""
    stream(NOTEBOOK, holds="numbers")(latency_min)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(install(tmp_path_factory.mktemp("site"))))
        assert PACKAGE in STREAMS.plugins()
        sim.build(strategies=[watching(PACKAGE, "events")])
        yield
    STREAMS.forget(NOTEBOOK), STREAMS.forget(PACKAGE)
    METRICS.forget("acme_glare"), TRUE_METRICS.forget("acme_rework_share")
    for module in [name for name in sys.modules if name.split(".")[0] == "acme_line"]:
        sys.modules.pop(module)


def watching(name: str, takes: str) -> dict[str, Any]:
    return {"pattern": "manual", "alarms": [{"watch": name, "detector": DETECTORS[takes]}]}


@every
@briefly
@given(seed=seeds)
def test_it_is_a_function_of_the_tables_and_leaves_them_as_they_are(name: str, seed: int) -> None:
    known = rows.telemetry(rows.rows(seed))
    before = rows.fingerprint(known)
    assert known.stream(name, "v1", 0).tolist() == known.stream(name, "v1", 0).tolist()
    assert rows.telemetry(rows.rows(seed)).stream(name, "v1", 0).tolist() == known.stream(name, "v1", 0).tolist()
    assert rows.fingerprint(known) == before


@every
@briefly
@given(seed=seeds, cuts=st.lists(st.integers(0, rows.PHONES), max_size=5))
def test_in_how_many_blocks_the_rows_come_changes_nothing(name: str, seed: int, cuts: list[int]) -> None:
    tables = rows.rows(seed)
    assert (
        rows.in_blocks(tables, cuts).stream(name, "v1", 0).tolist()
        == rows.telemetry(tables).stream(name, "v1", 0).tolist()
    )


@every
@briefly
@given(seed=seeds, moment=st.integers(0, rows.PHONES))
def test_it_goes_on_where_it_was_left(name: str, seed: int, moment: int) -> None:
    """A detector that was fed up to a moment misses nothing and hears nothing twice."""
    tables = rows.rows(seed)
    before = {
        table: {column: values[:moment] for column, values in columns.items()} for table, columns in tables.items()
    }
    first = by_hand(**before).stream(name, None, 0)
    rest = rows.telemetry(tables).stream(name, None, moment)
    assert [*first, *rest] == rows.telemetry(tables).stream(name, None, 0).tolist()


@every
@briefly
@given(seed=seeds)
def test_all_arms_phones_are_every_arms_phones(name: str, seed: int) -> None:
    known = rows.telemetry(rows.rows(seed))
    of_each = [known.stream(name, who, 0) for who in ("v1", "humans")]
    assert sorted(known.stream(name, None, 0)) == sorted(np.concatenate(of_each))


@every
def test_without_data_and_without_traffic_it_is_empty(name: str) -> None:
    assert by_hand().stream(name, "v1", 0).tolist() == []
    known = rows.telemetry(rows.rows(1))
    assert known.stream(name, "v1", rows.PHONES).tolist() == []
    assert known.stream(name, "nobody's", 0).tolist() == []


@every
@briefly
@given(seed=seeds)
def test_its_values_are_what_it_declares(name: str, seed: int) -> None:
    values = rows.telemetry(rows.rows(seed)).stream(name, None, 0)
    assert values.dtype == np.float64
    assert np.isfinite(values).all()
    if STREAMS[name].holds == "shares":
        assert ((values >= 0.0) & (values <= 1.0)).all()
    if STREAMS[name].holds == "events":
        assert np.isin(values, (0.0, 1.0)).all()


@every
def test_huge_values_stay_numbers(name: str) -> None:
    tables = rows.rows(3)
    tables["decisions"]["latency_us"][::3], tables["decisions"]["brightness"][::3] = 2**60, 1e38
    with np.errstate(all="raise"):
        assert np.isfinite(rows.telemetry(tables).stream(name, None, 0)).all()


@every
def test_it_holds_nothing_of_the_truth(name: str) -> None:
    """It is handed tables, which lead to no truth (tests/deployment/test_no_truth.py), and brings none with it."""
    phones = World(Factory(), (), Streams(1, replication=0)).take(rows.PHONES)
    assert leaks(STREAMS[name], {"severity": phones.severity.astype(np.float64)}) == set()


@every
def test_it_is_documented_with_an_example_that_runs(name: str) -> None:
    declared = STREAMS[name]
    assert 10 < len(declared.definition) <= 120
    (test,) = doctest.DocTestFinder(recurse=False).find(
        declared.read, name, globs=dict(inspect.getmodule(declared.read).__dict__)
    )
    assert test.examples, f"{name} shows no example"
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


@every
def test_an_alarm_can_watch_it_with_a_detector_that_takes_what_it_holds(name: str) -> None:
    holds = STREAMS[name].holds
    for takes in ("numbers", "shares", "events"):
        fits = takes == "numbers" or holds == "events" or takes == holds
        if fits:
            scenario = sim.build(strategies=[watching(name, takes)])
            assert sim.build(**scenario.model_dump(mode="json")) == scenario
        else:
            with pytest.raises(ScenarioError, match=f"{name} may be larger|{name} is a number: watch .*rejected"):
                sim.build(strategies=[watching(name, takes)])


@every
def test_an_alarm_needs_the_audits_that_it_declares(name: str) -> None:
    silent = {"audits": {"of_passes": 0}, "strategies": [watching(name, "numbers")]}
    if STREAMS[name].audits:
        with pytest.raises(ScenarioError, match="no passed phone is audited"):
            sim.build(**silent)
    else:
        sim.build(**silent)


@pytest.mark.parametrize(
    ("wrong", "right"), [("briteness", "brightness"), ("latency-min", "latency_min"), ("acme_glarin", "acme_glaring")]
)
def test_a_wrong_name_gets_the_nearest_one(wrong: str, right: str) -> None:
    with pytest.raises(ScenarioError, match=f"unknown stream '{wrong}': did you mean '{right}'"):
        sim.build(strategies=[watching(wrong, "numbers")])
