"""What every metric that is told with the truth must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import doctest
import inspect
import io
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from acme import install
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import sim
from sim.deployment.telemetry.metric import METRICS
from sim.deployment.telemetry.stream import STREAMS
from sim.document import ScenarioError
from sim.experiment.replication import StrategySimulation, run_all
from sim.experiment.run import trained
from sim.measure import fates
from sim.measure.costs import Costs
from sim.measure.metric import TRUE_METRICS, true_metric
from sim.measure.tally import Tally, ratio
from sim.report.data.export import as_csv, as_json
from sim.report.data.parquet import metrics_table
from sim.report.text.tables import TITLES, print_result
from sim.report.text.values import NONE, show
from sim.units import DAY, HOUR, SECOND

PACKAGE, NOTEBOOK = "acme_rework_share", "latency_max_s"
NAMES = [*TRUE_METRICS.ours(), PACKAGE, NOTEBOOK]
every = pytest.mark.parametrize("name", NAMES)


def latency_max_s(tally: Tally) -> float:
    """Largest verdict - due of all decided phones.

    >>> latency_max_s(Tally(decided=2, latency_us=np.array([SECOND, 3 * SECOND])))
    3.0
    """
    return float(tally.latency_us.max()) / SECOND if tally.decided else math.nan


@pytest.fixture(autouse=True, scope="module")
def _others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A notebook defines one; a package brings one, which a run names."""
    true_metric(NOTEBOOK, unit="s", kind="value", label="latency max", better="low", table="flow")(latency_max_s)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(install(tmp_path_factory.mktemp("site"))))
        assert PACKAGE in TRUE_METRICS.plugins()
        assert PACKAGE in sim.run(tiny(), metrics=[PACKAGE]).strategies[0].samples
        yield
    for family, name in (
        (TRUE_METRICS, PACKAGE),
        (TRUE_METRICS, NOTEBOOK),
        (METRICS, "acme_glare"),
        (STREAMS, "acme_glaring"),
    ):
        family.forget(name)
    for module in [name for name in sys.modules if name.split(".")[0] == "acme_line"]:
        sys.modules.pop(module)


def tiny(**changes: object) -> sim.Scenario:
    return sim.build(**{"horizon": "1h", "replications": 1, "strategies": [{"pattern": "manual"}], **changes})


@st.composite
def tallies(draw: st.DrawFn, most: int = 10**6) -> Tally:
    """Return what a line could have counted; masks of one phone never contradict each other."""
    decided = draw(st.integers(0, 200))
    defective = draw(st.integers(0, decided))
    escaped, overkilled = draw(st.integers(0, defective)), draw(st.integers(0, decided - defective))
    rejected = defective - escaped + overkilled
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    span, rostered, deployed = draw(st.integers(0, most)), draw(st.integers(0, most)), draw(st.integers(0, most))
    latency_us = rng.integers(0, most, decided)
    waited_us = rng.integers(0, most, draw(st.integers(0, 50)))
    return Tally(
        decided=decided, defective=defective, escaped=escaped, overkilled=overkilled, rejected=rejected,
        shipped=decided - rejected, audited=draw(st.integers(0, decided)), reviewed=draw(st.integers(0, decided)),
        fallen_back=draw(st.integers(0, decided)), overflowed=draw(st.integers(0, decided)),
        lost=draw(st.integers(0, 50)), on_line=len(waited_us), not_started=0, latency_us=latency_us, waited_us=waited_us,
        looks_us=draw(st.integers(0, int(latency_us.sum()))), inspectors_busy_us=draw(st.integers(0, rostered)),
        inspectors_rostered_us=rostered, servers_busy_us=draw(st.integers(0, deployed)), servers_deployed_us=deployed,
        stopped_us=draw(st.integers(0, span)), from_us=7, until_us=7 + span,
    )  # fmt: skip


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@every
@settings(max_examples=25, deadline=None)
@given(tally=tallies())
def test_it_is_a_function_of_the_tally_whatever_else_was_asked_before(name: str, tally: Tally) -> None:
    of = TRUE_METRICS[name].of
    first = of(tally)
    for other in TRUE_METRICS.values():
        other.of(tally)
    assert same(of(tally), first)
    assert isinstance(first, float)


@every
@settings(max_examples=25, deadline=None)
@given(tally=tallies())
def test_its_value_is_of_the_kind_that_it_declares(name: str, tally: Tally) -> None:
    metric = TRUE_METRICS[name]
    value = metric.of(tally)
    if metric.kind == "count":
        assert value == int(value) >= 0
    if metric.kind == "share":
        assert metric.unit == "share"
    if metric.unit == "share":
        assert math.isnan(value) or 0.0 <= value <= 1.0
    assert math.isnan(value) or value >= 0.0


@every
def test_without_data_it_is_undefined_and_not_zero(name: str) -> None:
    value = TRUE_METRICS[name].of(Tally())
    assert value == 0.0 if TRUE_METRICS[name].kind == "count" else math.isnan(value)
    assert show(value, TRUE_METRICS[name].unit) == ("0" if TRUE_METRICS[name].kind == "count" else NONE)


@every
def test_without_traffic_a_share_of_phones_is_undefined_and_not_zero(name: str) -> None:
    """Time went by, people and servers were there, and no phone came: 0 per hour is true, 0 per phone is not."""
    metric = TRUE_METRICS[name]
    value = metric.of(Tally(inspectors_rostered_us=HOUR, servers_deployed_us=HOUR, until_us=HOUR))
    assert math.isnan(value) or (value == 0.0 and metric.kind != "share")


@every
def test_huge_values_stay_numbers(name: str) -> None:
    many, long = 2**40, 2**50
    tally = Tally(
        decided=many, defective=many // 2, escaped=many // 4, overkilled=many // 4, shipped=many // 2,
        rejected=many // 2, audited=many, reviewed=many, fallen_back=many, lost=many,
        latency_us=np.full(1000, 2**50), looks_us=long, inspectors_busy_us=long, inspectors_rostered_us=long,
        servers_busy_us=long, servers_deployed_us=long, stopped_us=long, until_us=long,
        costs=Costs(inspector_minute=1e9, server_hour=1e9, escape=1e12, rework=1e9, false_reject=1e9, audit=1e9),
    )  # fmt: skip
    with np.errstate(all="raise"):
        assert math.isfinite(TRUE_METRICS[name].of(tally))


@pytest.fixture(scope="module")
def simulation() -> tuple[sim.Scenario, dict, StrategySimulation]:
    scenario = tiny(
        horizon="3h", warm_up="20min", models={"v1": {"training": {"phones": 2000}}},
        strategies=[{"pattern": "canary", "hold": "30min"}],
    )  # fmt: skip
    versions = trained(scenario)
    simulations, _ = run_all(scenario, scenario.strategies, versions, 0, "simpy")
    return scenario, versions, simulations[0]


def test_on_how_many_pages_phones_are_counted_changes_nothing(simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    work = simulation[2]
    at_once = work.result().metrics
    monkeypatch.setattr(fates, "PAGE", 97)
    in_pages = work.result().metrics
    assert list(at_once) == list(in_pages) == list(TRUE_METRICS)
    assert all(same(at_once[name], in_pages[name]) for name in at_once)


def test_in_how_many_blocks_phones_are_made_changes_nothing(simulation) -> None:
    scenario, versions, work = simulation
    small = scenario.model_copy(update={"block": 83})
    (other,), _ = run_all(small, small.strategies, versions, 0, "simpy")
    metrics = other.result().metrics
    assert all(same(value, metrics[name]) for name, value in work.result().metrics.items())


@every
def test_it_is_documented_with_an_example_that_runs(name: str) -> None:
    metric = TRUE_METRICS[name]
    assert 10 < len(metric.definition) <= 120
    assert metric.label
    (test,) = doctest.DocTestFinder(recurse=False).find(
        metric.of, name, globs=dict(inspect.getmodule(metric.of).__dict__)
    )
    assert test.examples, f"{name} shows no example"
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


@pytest.fixture(scope="module")
def result() -> sim.Result:
    return sim.run(tiny())


@every
def test_tables_and_files_show_it(name: str, result: sim.Result) -> None:
    metric = TRUE_METRICS[name]
    assert metric in result.metrics
    assert as_json(result)["strategies"][0]["metrics"][name]["unit"] == metric.unit
    assert f"manual,manual,{name},{metric.unit}," in as_csv(result)
    assert name in metrics_table(result)["metric"].to_pylist()
    assert metric.table is None or metric.table in TITLES
    console = Console(file=io.StringIO(), width=200)
    print_result(result, console, detail=True)
    words = " ".join(console.file.getvalue().split(TITLES["quality"], 1)[1].split())  # type: ignore[attr-defined]
    assert metric.table is None or metric.column in words
    assert bool(metric.answer) == (name in as_json(result)["best"])


def test_a_new_one_comes_after_ours_and_moves_none(result: sim.Result) -> None:
    assert [metric.name for metric in result.metrics] == [*TRUE_METRICS.ours(), PACKAGE, NOTEBOOK]


def test_a_result_from_before_a_metric_was_defined_can_still_be_shown(result: sim.Result) -> None:
    @true_metric("late", unit="share", label="late", table="quality", answer="Lateness")
    def late(tally: Tally) -> float:
        """Audited phones / decided phones."""
        return ratio(tally.audited, tally.decided)

    try:
        assert "late" not in as_json(result)["strategies"][0]["metrics"]
        assert "late" in as_json(sim.run(result.scenario))["best"]
    finally:
        TRUE_METRICS.forget("late")


def test_a_wrong_name_gets_the_nearest_one() -> None:
    with pytest.raises(ScenarioError, match=f"unknown true metric 'acme_rework': did you mean '{PACKAGE}'"):
        sim.run(tiny(), metrics=["acme_rework"])


class TestOfAPackage:
    """The suite's own fixture has loaded one: so this forgets it for a moment."""

    def test_it_is_not_measured_before_it_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        metric = TRUE_METRICS[PACKAGE]
        TRUE_METRICS.forget(PACKAGE)
        try:
            assert PACKAGE not in sim.run(tiny()).strategies[0].samples
        finally:
            TRUE_METRICS.register(PACKAGE)(metric)


@pytest.mark.slow
def test_worker_processes_know_a_notebooks_metric() -> None:
    scenario = tiny(replications=2)
    alone, together = sim.run(scenario, workers=1), sim.run(scenario, workers=2)
    assert alone["manual"].samples[NOTEBOOK].tolist() == together["manual"].samples[NOTEBOOK].tolist()
    assert (alone["manual"].samples[NOTEBOOK] * SECOND < DAY).all()


@pytest.mark.parametrize("name", ["escape_rate", "cost_per_1000", "throughput_per_hour"])
def test_a_ratio_stays_one_until_replications_are_pooled(name: str, result: sim.Result) -> None:
    assert name in result["manual"].quotients
