"""What every metric that a team observes must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import doctest
import inspect
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rows
from acme import install
from hypothesis import given, settings
from hypothesis import strategies as st
from leaks import leaks

import sim
from sim.deployment.analysis.measurement import Sample
from sim.deployment.analysis.metric_run import MetricRun
from sim.deployment.analysis.spec import Metric
from sim.deployment.events import Reason
from sim.deployment.telemetry.by_hand import by_hand
from sim.deployment.telemetry.metric import METRICS, ObservedMetric, observed
from sim.deployment.telemetry.reading import Reading, mean
from sim.deployment.telemetry.store import Telemetry
from sim.deployment.telemetry.tables import Scope, Tables
from sim.document import ScenarioError
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.report.text.sentences import because

PACKAGE, NOTEBOOK = "acme_glare", "slow_share"
NAMES = [*METRICS.ours(), PACKAGE, NOTEBOOK]
every = pytest.mark.parametrize("name", NAMES)
seeds = st.integers(0, 2**16)
briefly = settings(max_examples=15, deadline=None)


def slow_share(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Phones that took more than a minute / phones decided.

    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"latency_us": [90_000_000, 5_000_000]}).read("slow_share", "v1", 0))
    0.5 (2 phones)
    """
    (latency_us,) = tables.by_arm(tables.decisions, arm, scope, "latency_us")
    return mean(latency_us > 60_000_000)


@pytest.fixture(autouse=True, scope="module")
def _others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A notebook defines one, and an installed package brings one, which a scenario names."""
    observed(NOTEBOOK, unit="share", better="low")(slow_share)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(install(tmp_path_factory.mktemp("site"))))
        assert PACKAGE in METRICS.plugins()
        sim.build(strategies=[judged(PACKAGE)])
        yield
    for name in (PACKAGE, NOTEBOOK):
        METRICS.forget(name)
    forget_the_package()


def forget_the_package() -> None:
    from sim.deployment.telemetry.stream import STREAMS
    from sim.measure.metric import TRUE_METRICS

    METRICS.forget(PACKAGE), STREAMS.forget("acme_glaring"), TRUE_METRICS.forget("acme_rework_share")
    for module in [name for name in sys.modules if name.split(".")[0] == "acme_line"]:
        sys.modules.pop(module)


def judged(metric: str) -> dict[str, object]:
    """A strategy with an analysis that looks at a metric."""
    return {"pattern": "canary", "analysis": {"checks": [{"metric": metric, "at_most": 1e9}]}}


def read(metric: ObservedMetric, known: Telemetry, since_us: int = 0, finish: str | None = None) -> Reading:
    return known.read(metric.name, "v1", since_us, finish=finish)


def missing(metric: ObservedMetric) -> Reading:
    """What a metric says of nothing: a number of phones is 0 then, and everything else unknown."""
    return Reading(0.0, 0) if metric.kind == "count" else Reading(None, 0)


@every
@briefly
@given(seed=seeds)
def test_it_is_a_function_of_the_tables_and_leaves_them_as_they_are(name: str, seed: int) -> None:
    known = rows.telemetry(rows.rows(seed))
    before = rows.fingerprint(known)
    assert read(METRICS[name], known) == read(METRICS[name], known)
    assert read(METRICS[name], rows.telemetry(rows.rows(seed))) == read(METRICS[name], known)
    assert rows.fingerprint(known) == before


@every
@briefly
@given(seed=seeds, cuts=st.lists(st.integers(0, rows.PHONES), max_size=5))
def test_in_how_many_blocks_the_rows_come_changes_nothing(name: str, seed: int, cuts: list[int]) -> None:
    tables = rows.rows(seed)
    assert read(METRICS[name], rows.in_blocks(tables, cuts)) == read(METRICS[name], rows.telemetry(tables))


@every
def test_without_data_it_is_missing_and_not_zero(name: str) -> None:
    assert read(METRICS[name], by_hand()) == missing(METRICS[name])


@every
def test_without_traffic_it_is_missing_and_not_zero(name: str) -> None:
    known = rows.telemetry(rows.rows(1))
    assert read(METRICS[name], known, since_us=rows.PHONES) == missing(METRICS[name])  # nothing has come since
    assert name == "queue" or known.read(name, "nobody's", 0) == missing(METRICS[name])  # all arms share the queue


@every
@briefly
@given(seed=seeds, since_us=st.integers(0, rows.PHONES - 1))
def test_what_became_known_before_counts_for_nothing(name: str, seed: int, since_us: int) -> None:
    tables, other = rows.rows(seed), rows.rows(seed + 1)
    for table, columns in tables.items():
        if table == "audits" and METRICS[name].scores:
            other[table] = columns  # what scores are worth is learnt from all audits that are known
        elif table != "mirrors":  # a version may have looked at a phone long before its audit is known
            for column, values in columns.items():
                other[table][column] = np.concatenate([other[table][column][:since_us], values[since_us:]])
                other[table]["phone"] = columns.get("phone", np.zeros(0))
    other["mirrors"] = tables["mirrors"]
    other["queue"].pop("phone")
    assert read(METRICS[name], rows.telemetry(other), since_us) == read(METRICS[name], rows.telemetry(tables), since_us)


@every
@briefly
@given(seed=seeds)
def test_other_arms_phones_count_for_nothing(name: str, seed: int) -> None:
    tables = rows.rows(seed)
    before = read(METRICS[name], rows.telemetry(tables))
    whose = "version" if METRICS[name].mirrored else "arm"
    for columns in tables.values():
        if whose in columns:
            for column in ("rejected", "line_rejected", "defective", "faulty"):
                if column in columns:
                    columns[column] = columns[column] ^ (columns[whose] == 1)
            for column in ("latency_us", "brightness"):
                if column in columns:
                    columns[column] = np.where(columns[whose] == 1, 10**6, columns[column])
    assert read(METRICS[name], rows.telemetry(tables)) == before


@every
@briefly
@given(seed=seeds)
def test_of_a_finish_only_its_phones_count(name: str, seed: int) -> None:
    tables = rows.rows(seed)
    of_gloss = read(METRICS[name], rows.telemetry(tables), finish="gloss")
    for columns in tables.values():
        if "finish" in columns:
            for column in ("rejected", "line_rejected", "defective", "faulty"):
                if column in columns and "probability" not in columns:
                    columns[column] = columns[column] ^ (columns["finish"] == 1)
    if METRICS[name].mirrored and METRICS[name].audits:
        return  # whose looks it asks for by phone: of another finish as well
    assert read(METRICS[name], rows.telemetry(tables), finish="gloss") == of_gloss


@every
@briefly
@given(seed=seeds)
def test_its_value_is_of_the_kind_that_it_declares(name: str, seed: int) -> None:
    metric = METRICS[name]
    reading = read(metric, rows.telemetry(rows.rows(seed)))
    assert isinstance(reading.samples, int)
    if reading.value is None:
        return
    assert isinstance(reading.value, float)
    assert reading.samples > 0
    if metric.kind == "count":
        assert reading.value == reading.samples
    if metric.unit == "share":
        assert 0.0 <= reading.value <= 1.0
    if metric.kind == "share":
        assert metric.unit == "share"
        low, high = reading.interval or (1.0, 0.0)
        assert 0.0 <= low <= reading.value <= high <= 1.0
    assert metric.shown(reading.value) == format(reading.value, metric.form)


@every
def test_huge_values_stay_numbers(name: str) -> None:
    tables = rows.rows(3)
    tables["decisions"]["latency_us"][::3] = 2**60
    tables["decisions"]["brightness"][::3] = 1e38
    tables["decisions"]["score"][::3], tables["mirrors"]["score"][::3] = 1.0, 1.0
    tables["queue"]["length"][::3] = 2**60
    tables["audits"]["probability"][::3] = 1e-12
    with np.errstate(all="raise"):
        reading = read(METRICS[name], rows.telemetry(tables))
    assert reading.value is not None
    assert math.isfinite(reading.value)


def truth() -> tuple[Phones, dict[str, np.ndarray]]:
    phones = World(Factory(), (), Streams(1, replication=0)).take(rows.PHONES)
    return phones, {"defective": phones.defective.astype(np.float64), "severity": phones.severity.astype(np.float64)}


@every
def test_it_holds_nothing_of_the_truth(name: str) -> None:
    """It is handed tables, which lead to no truth (tests/deployment/test_no_truth.py), and brings none with it."""
    assert leaks(METRICS[name], truth()[1]) == set()


def test_a_metric_that_brings_the_truth_with_it_would_be_found() -> None:
    phones, columns = truth()

    def oracle(tables: Tables, arm: str, scope: Scope) -> Reading:
        """Share of phones that are defective, from the world itself."""
        return mean(phones.defective)

    observed("oracle", unit="share")(oracle)
    try:
        assert "Phones" in leaks(METRICS["oracle"], columns)
    finally:
        METRICS.forget("oracle")


@every
def test_it_is_documented_with_an_example_that_runs(name: str) -> None:
    metric = METRICS[name]
    assert 10 < len(metric.definition) <= 120
    assert "\n" not in metric.definition
    (test,) = doctest.DocTestFinder(recurse=False).find(
        metric.read, name, globs=dict(inspect.getmodule(metric.read).__dict__)
    )
    assert test.examples, f"{name} shows no example"
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


@every
def test_what_it_is_held_against_is_a_metric_of_the_same_kind_of_arms_that_decide(name: str) -> None:
    metric = METRICS[name]
    if metric.compared_with is None:
        assert metric.mirrored, "whoever decides has a stable arm beside it"
        return
    other = METRICS[metric.compared_with]
    assert (other.kind, other.unit, other.better, other.mirrored) == (metric.kind, metric.unit, metric.better, False)


@every
@pytest.mark.parametrize(("kind", "plan"), [("passes", (0.0, 0.1)), ("rejects", (0.1, 0.0))])
def test_it_declares_the_audits_that_it_needs(name: str, kind: str, plan: tuple[float, float]) -> None:
    """Without them it has no data, and what has none without them has said so."""
    metric, tables = METRICS[name], rows.rows(5)
    audits = tables["audits"]
    others = audits["rejected"] if kind == "passes" else ~audits["rejected"]
    known = rows.telemetry({**tables, "audits": {column: values[others] for column, values in audits.items()}})
    silent = read(metric, known) == missing(metric)
    assert silent <= (kind in metric.audits)
    known.audit_plan = plan
    assert (read(metric, known) == missing(metric)) == (kind in metric.audits)


@every
def test_a_scenario_can_name_it(name: str) -> None:
    scenario = sim.build(strategies=[judged(name)])
    again = sim.build(**scenario.model_dump(mode="json"))
    assert again == scenario


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("volum", "volume"), ("Kappa", "kappa"), ("slow-share", "slow_share"), ("acme_glar", "acme_glare")],
)
def test_a_wrong_name_gets_the_nearest_one(wrong: str, right: str) -> None:
    for strategy in (judged(wrong), {"pattern": "flagger", "metrics": [{"metric": wrong}]}):
        with pytest.raises(ScenarioError, match=f"unknown metric '{wrong}': did you mean '{right}'"):
            sim.build(strategies=[strategy])


class TestOfAPackage:
    """The suite's own fixture has loaded one: so these forget it for a moment."""

    @pytest.fixture
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        metric = METRICS[PACKAGE]
        forget_the_package()
        monkeypatch.syspath_prepend(str(install(tmp_path)))
        yield
        forget_the_package()
        METRICS.register(PACKAGE)(metric)

    def test_it_is_not_imported_before_it_is_named(self, installed: None) -> None:
        sim.build(strategies=[judged("volume")])
        assert "acme_line.metrics" not in sys.modules
        with pytest.raises(ScenarioError, match="did you mean 'acme_glare'"):
            sim.build(strategies=[judged("acme_glar")])
        assert "acme_line.metrics" not in sys.modules
        sim.build(strategies=[judged(PACKAGE)])
        assert METRICS[PACKAGE].definition == "phones with a picture brighter than 1 / phones decided"

    def test_a_function_that_nobody_declared_is_refused(self, installed: None) -> None:
        with pytest.raises(
            ScenarioError,
            match=r"'acme_plain' \(acme_line.metrics:plain of acme-line 1.2\) is a bare function: decorate it with @observed\('acme_plain'",
        ):
            sim.build(strategies=[judged("acme_plain")])


def test_sentences_print_it_as_it_declares() -> None:
    observed("slow_percent", unit="share", form=".1%")(slow_share)
    try:
        metric = Metric(metric="slow_percent", failure_condition="result > 0.1")
        assert because(measurement(metric, Sample(0.25, samples=4))).startswith(
            "slow_percent 25.0% on 4 phones: Failed"
        )
        judged = Metric(metric="slow_percent", interval="1h", judge={"kind": "versus_stable", "at_most": 2})
        sample = Sample(0.25, 0.0625, 100, baseline_samples=100)
        assert because(measurement(judged, sample)) == "slow_percent 25.0% > 2 x stable's 6.2% on 100 phones"
        unjudged = replace(sample, baseline=0.25)
        assert (
            because(measurement(judged, unjudged)) == "slow_percent 25.0% against stable's 25.0% on 100 and 100 phones"
        )
    finally:
        METRICS.forget("slow_percent")


def measurement(metric: Metric, sample: Sample) -> Reason:
    """What an analysis says at its first measurement."""
    run = MetricRun(metric, next_us=1)
    run.take(1, sample, 10)
    return run.reason


def test_a_docstring_is_asked_for() -> None:
    with pytest.raises(TypeError, match="nameless needs a docstring"):

        @observed("nameless", unit="share")
        def nameless(tables: Tables, arm: str, scope: Scope) -> Reading:
            return mean(np.zeros(0))

    assert "nameless" not in METRICS


@pytest.mark.slow
def test_worker_processes_know_a_notebooks_metric() -> None:
    scenario = sim.build(
        horizon="3h", replications=2, models={"v1": {"training": {"phones": 2000}}},
        strategies=[{"pattern": "canary", "hold": "30min", "analysis": {"checks": [
            {"metric": NOTEBOOK, "at_most": 1.0, "min_samples": 1}]}}],
    )  # fmt: skip
    alone, together = sim.run(scenario, workers=1), sim.run(scenario, workers=2)
    assert alone["canary"].events == together["canary"].events
    assert any(NOTEBOOK in str(event) for event in alone["canary"].events)
