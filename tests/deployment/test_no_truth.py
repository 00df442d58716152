"""A strategy sees what a team would see, when it would see it: the telemetry against the log, and leaks of any shape.

`test_truth_out_of_reach` walks a real rollout's references; here the search itself is shown to find what hides in
closures, views, generators and copies, and every table that a strategy can read is compared with the log.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from leaks import leaks
from whole_runs import Run, run_strategy, whole_world

import sim
from sim.deployment.rollout import Rollout
from sim.deployment.strategy import PATTERNS
from sim.deployment.telemetry.reading import Reading
from sim.experiment.run import trained
from sim.experiment.world_block import WorldBlock
from sim.factory.phones import Phones
from sim.line.engine import Engine
from sim.line.engines import ENGINES
from sim.line.rules import Look, Verdict
from sim.line.stations import Plant
from sim.units import HOUR, MINUTE, SECOND

Ground = tuple[Any, Any, WorldBlock, dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def ground() -> Ground:
    scenario = sim.build(
        horizon="8h",
        seed=11,
        factory={"defect_rate": "10%"},
        models={"v1": {"training": {"phones": 3000}, "serving": {"outages": [{"at": "3h", "lasts": "20min"}]}}},
        inspectors={"count": 2},
        audits={"of_passes": "10%", "of_rejects": "30%", "delay": "30min"},
        returns={"of_escapes": "100%", "of_good": "5%", "delay": "90min", "spread": 0.5},
        strategies=[{"pattern": "canary"}],
    )
    versions = trained(scenario)
    block = whole_world(scenario, versions, 0)
    phones = block.phones
    truth: dict[str, Any] = {
        "ratio": phones.ratio, "defective": phones.defective, "severity": phones.severity,
        "the worst severity": phones.severity.max(axis=1), "what inspectors see": block.columns.human.view,
        "audit uniforms": phones.u_audit, "arm uniforms": phones.u_arm, "evidence noise": block.columns.human.z,
    }  # fmt: skip
    return scenario, versions, block, {name: column.astype(np.float64) for name, column in truth.items()}


def play(ground: Ground, engine: str, playbook: Callable[..., Any]) -> Run:
    """Run a playbook over the ground's phones."""
    scenario, versions, block, _ = ground
    sim.pattern("for_a_moment")(playbook)
    try:
        (strategy,) = sim.build(strategies=[{"pattern": "for_a_moment"}]).strategies
        return run_strategy(scenario, strategy, versions, block, engine)
    finally:
        PATTERNS.forget("for_a_moment")


class TestOutOfReach:
    def test_from_a_rollout_at_every_wake(self, ground, engine):
        found = []

        def playbook(rollout: Rollout):
            rollout.candidate = rollout.arm("v1", 0.2)
            for weight in (10, 50, 100):
                rollout.set_weight(weight)
                rollout.set_mirror(100 - weight)
                found.append(leaks(rollout, ground[3]))
                yield from rollout.wait("2h")
            rollout.promote()
            yield from rollout.wait("1h")
            found.append(leaks(rollout, ground[3]))

        play(ground, engine, playbook)
        assert found == [set()] * 4

    def test_from_a_version_that_draws_its_scores_by_truth(self, ground, engine, tmp_path):
        file = tmp_path / "scores.csv"
        file.write_text("score,defective\n0.1,0\n0.3,0\n0.2,1\n0.9,1\n")
        models = {"v1": {"kind": "scores", "file": str(file)}}
        scenario = sim.build(
            **ground[0].model_dump(mode="json", exclude={"models", "strategies"}),
            models=models, strategies=[{"pattern": "canary"}],
        )  # fmt: skip
        versions = trained(scenario)
        block = whole_world(scenario, versions, 0)
        assert np.array_equal(block.phones.defective, ground[2].phones.defective)
        found = []

        def playbook(rollout: Rollout):
            rollout.set_weight(50)
            rollout.set_mirror(50)
            yield from rollout.wait("4h")
            found.append(leaks(rollout, ground[3]))

        play((scenario, versions, block, ground[3]), engine, playbook)
        assert found == [set()]

    def test_not_even_from_the_engines_answers(self, ground, engine):
        scenario, _, block, truth = ground
        line: Engine = ENGINES[engine](Plant((), _humans(), 3.0, 0.5), block.columns, scenario.horizon)
        from sim.line.route import HUMANS, Route

        line.set_route(Route(HUMANS))
        line.advance(scenario.horizon // 2)
        assert leaks(line.decided_since(0), truth) == set()
        assert leaks(line.mirrored_since(0), truth) == set()
        assert type(line).__name__ in leaks(line, truth)


def _humans() -> Any:
    from sim.line.stations import Station

    return Station("humans", 2)


def _closure(phones: Phones) -> Any:
    return lambda: phones


def _holding(secret: Phones) -> Any:
    yield
    return secret


def _generator(phones: Phones) -> Any:
    sleeping = _holding(phones)
    next(sleeping)
    return sleeping


def _delegate(phones: Phones) -> Any:
    def outer(inner: list[Any]) -> Any:
        yield from inner.pop()

    sleeping = outer([_holding(phones)])
    next(sleeping)
    return sleeping


class _Slots:
    __slots__ = ("secret",)

    def __init__(self, secret: Any) -> None:
        self.secret = secret


def _grown_table(column: np.ndarray) -> np.ndarray:
    table = np.zeros(2 * column.size)
    table[: column.size] = column.ravel()
    return table


WAYS = {
    "an attribute": (lambda p: p, "Phones"),
    "in a dictionary of lists": (lambda p: {"deep": [(p,)]}, "Phones"),
    "in slots": (_Slots, "Phones"),
    "in a closure": (_closure, "Phones"),
    "as a default": (lambda p: types.FunctionType(_closure.__code__, {}, "f", (p,)), "Phones"),
    "partially applied": (lambda p: functools.partial(print, p), "Phones"),
    "a bound method": (lambda p: p.__len__, "Phones"),
    "in a sleeping generator": (_generator, "Phones"),
    "in a generator's generator": (_delegate, "Phones"),
    "the column": (lambda p: p.ratio, "ratio"),
    "a view of a part": (lambda p: p.ratio[5:9], "ratio"),
    "a copy": (lambda p: p.defective.copy(), "defective"),
    "as another type": (lambda p: p.defective.astype(np.int8), "defective"),
    "as a list": (lambda p: p.defective.tolist(), "defective"),
    "the beginning of a longer table": (lambda p: _grown_table(p.severity), "severity"),
    "raw memory": (lambda p: memoryview(p.ratio), "ratio"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_leak_is_found_however_it_hides(ground, way):
    scenario, versions, block, truth = ground
    rollout = Rollout("humans", "v1", versions, "humans", scenario.horizon)
    assert leaks(rollout, truth) == set()
    make, expected = WAYS[way]
    rollout.telemetry.secret = make(block.phones)  # type: ignore[attr-defined]
    assert expected in leaks(rollout, truth)


@pytest.fixture(scope="module")
def rounds(ground: Ground, engine: str) -> tuple[Run, list[tuple[int, dict[str, dict[str, np.ndarray]]]]]:
    moments = []
    tables = ("decisions", "mirrors", "comparisons", "audits", "returns")

    def playbook(rollout: Rollout):
        rollout.set_weight(40)
        rollout.set_mirror(50)
        while True:
            yield 23 * MINUTE + 7
            copies = {t: {c: v.copy() for c, v in getattr(rollout.telemetry, t).since(-1).items()} for t in tables}
            assert all(set(copy) == set(copies[name]) for name, copy in copies.items())
            assert rollout.telemetry.versions == ("v1", "humans")
            moments.append((rollout.now, copies))

    return play(ground, engine, playbook), moments


class TestTelemetryIsTheLogSoFar:
    """Every table at every wake is what the log says of the time up to then: nothing later, nothing lost."""

    def test_decisions(self, ground, rounds):
        run, moments = rounds
        log, phones = run.log.phones, ground[2].phones
        assert len(moments) == 20
        for now, tables in moments:
            rows = tables["decisions"]
            assert (
                sorted(rows["phone"].tolist())
                == np.flatnonzero((log.verdict_us >= 0) & (log.verdict_us <= now)).tolist()
            )
            assert (np.diff(rows["at_us"]) >= 0).all()
            who = rows["phone"]
            assert rows["at_us"].tolist() == log.verdict_us[who].tolist()
            assert rows["rejected"].tolist() == (log.verdict[who] == Verdict.REJECT).tolist()
            assert rows["latency_us"].tolist() == (log.verdict_us - phones.due_us)[who].tolist()
            assert rows["brightness"].tolist() == phones.features[who, 8].tolist()
            for name in ("arm", "pi", "decided_by"):
                assert rows[name].tolist() == getattr(log, name)[who].tolist()

    def test_mirrors_when_they_end(self, rounds):
        run, moments = rounds
        looks = run.log.looks
        for now, tables in moments:
            ended = (
                (looks.kind == Look.MIRROR)
                & (looks.verdict != Verdict.MISSING)
                & (looks.end_us >= 0)
                & (looks.end_us <= now)
            )
            expected = sorted(
                zip(looks.end_us[ended], looks.phone[ended], looks.verdict[ended] == Verdict.REJECT, strict=True)
            )
            rows = tables["mirrors"]
            assert sorted(zip(rows["at_us"], rows["phone"], rows["rejected"], strict=True)) == expected
            assert (np.diff(rows["at_us"]) >= 0).all()
        missing = (looks.kind == Look.MIRROR) & (looks.verdict == Verdict.MISSING)
        assert missing.sum() > 5, "the outage makes some go missing"

    def test_comparisons_when_both_are_known(self, rounds):
        run, moments = rounds
        looks, log = run.log.looks, run.log.phones
        mirrors = (looks.kind == Look.MIRROR) & (looks.verdict != Verdict.MISSING) & (looks.end_us >= 0)
        mirrors &= log.verdict[looks.phone] != Verdict.NONE
        both = np.maximum(looks.end_us, log.verdict_us[looks.phone])
        agrees = (looks.verdict == Verdict.REJECT) == (log.verdict[looks.phone] == Verdict.REJECT)
        for now, tables in moments:
            known = mirrors & (both <= now)
            rows = tables["comparisons"]
            expected = sorted(zip(both[known], looks.phone[known], agrees[known], strict=True))
            assert (
                list(zip(rows["at_us"], rows["phone"], rows["rejected"] == rows["line_rejected"], strict=True))
                == expected
            )
        assert (moments[-1][1]["comparisons"]["rejected"] != moments[-1][1]["comparisons"]["line_rejected"]).any()

    def test_audits_of_audited_phones_after_the_delay(self, ground, rounds):
        run, moments = rounds
        _scenario, _, block, _ = ground
        log, phones = run.log.phones, block.phones
        chance = np.where(log.verdict == Verdict.PASS, 0.1, 0.3)
        known_us = log.verdict_us + 30 * MINUTE
        audited = (log.verdict != Verdict.NONE) & (phones.u_audit < chance)
        for now, tables in moments:
            rows = tables["audits"]
            expected = sorted(
                zip(known_us[audited & (known_us <= now)], np.flatnonzero(audited & (known_us <= now)), strict=True)
            )
            assert list(zip(rows["at_us"], rows["phone"], strict=True)) == expected
            who = rows["phone"]
            assert rows["defective"].tolist() == phones.defective[who].tolist()
            assert rows["rejected"].tolist() == (log.verdict[who] == Verdict.REJECT).tolist()
            assert rows["probability"].tolist() == chance[who].tolist()
            assert rows["arm"].tolist() == log.arm[who].tolist()
        assert len(moments[0][1]["audits"]["phone"]) == 0
        assert len(moments[-1][1]["audits"]["phone"]) > 100

    def test_returns_of_shipped_phones_only_and_late(self, ground, rounds):
        run, moments = rounds
        log, phones = run.log.phones, ground[2].phones
        shipped = log.verdict == Verdict.PASS
        back = shipped & (phones.u_return < np.where(phones.defective, 1.0, 0.05))
        delay = (90 * MINUTE * np.exp(0.5 * phones.return_z)).astype(np.int64)
        known_us = log.verdict_us + delay
        for now, tables in moments:
            rows = tables["returns"]
            expected = sorted(
                zip(known_us[back & (known_us <= now)], np.flatnonzero(back & (known_us <= now)), strict=True)
            )
            assert list(zip(rows["at_us"], rows["phone"], strict=True)) == expected
            assert rows["faulty"].tolist() == phones.defective[rows["phone"]].tolist()
        assert {True, False} == set(moments[-1][1]["returns"]["faulty"].tolist())

    def test_metrics_are_means_over_what_became_known_since(self, ground, engine):
        run_readings = []

        def playbook(rollout: Rollout):
            rollout.set_weight(40)
            rollout.set_mirror(100)
            yield from rollout.wait("2h")
            began = rollout.now
            yield from rollout.wait("3h")
            read = functools.partial(rollout.telemetry.read, since_us=began)
            names = ("reject_rate", "latency_mean_s", "latency_p95_s", "brightness", "fallback_share", "audited_escape_share",
                     "audited_false_reject_share", "returns_with_fault")  # fmt: skip
            run_readings.append({name: read(name, "v1") for name in names})
            run_readings.append({name: read(name, "v1") for name in ("mirror_reject_rate", "disagreement")})

        run = play(ground, engine, playbook)
        log, phones, looks = run.log.phones, ground[2].phones, run.log.looks
        begin, end = 2 * HOUR, 5 * HOUR

        def mean(values: np.ndarray) -> Reading:
            return Reading(float(values.mean()), len(values))

        mine = (log.arm == run.log.arms.index("v1")) & (log.verdict != Verdict.NONE)
        new = mine & (log.verdict_us > begin) & (log.verdict_us <= end)
        latency = (log.verdict_us - phones.due_us)[new] / SECOND
        known = log.verdict_us + 30 * MINUTE
        chance = np.where(log.verdict == Verdict.PASS, 0.1, 0.3)
        audited = mine & (phones.u_audit < chance) & (known > begin) & (known <= end)
        delay = (90 * MINUTE * np.exp(0.5 * phones.return_z)).astype(np.int64)
        back = mine & (log.verdict == Verdict.PASS) & (phones.u_return < np.where(phones.defective, 1.0, 0.05))
        back &= (log.verdict_us + delay > begin) & (log.verdict_us + delay <= end)
        first, second = run_readings
        assert first == {
            "reject_rate": mean(log.verdict[new] == Verdict.REJECT),
            "latency_mean_s": Reading(pytest.approx(float(latency.mean())), len(latency)),
            "latency_p95_s": Reading(pytest.approx(float(np.quantile(latency, 0.95))), len(latency)),
            "brightness": Reading(pytest.approx(float(phones.features[new, 8].mean()), rel=1e-5), len(latency)),
            "fallback_share": mean(np.isin(log.decided_by[new], (6, 7))),
            "audited_escape_share": mean(phones.defective[audited & (log.verdict == Verdict.PASS)]),
            "audited_false_reject_share": mean(~phones.defective[audited & (log.verdict == Verdict.REJECT)]),
            "returns_with_fault": mean(phones.defective[back]),
        }
        assert first["fallback_share"].value > 0.05  # type: ignore[operator]
        mirrors = (looks.kind == Look.MIRROR) & (looks.verdict != Verdict.MISSING) & (looks.end_us >= 0)
        ended = mirrors & (looks.end_us > begin) & (looks.end_us <= end)
        both = np.maximum(looks.end_us, log.verdict_us[looks.phone])
        paired = mirrors & (log.verdict[looks.phone] != Verdict.NONE) & (both > begin) & (both <= end)
        says_other = (looks.verdict == Verdict.REJECT) != (log.verdict[looks.phone] == Verdict.REJECT)
        assert second == {
            "mirror_reject_rate": mean(looks.verdict[ended] == Verdict.REJECT),
            "disagreement": mean(says_other[paired]),
        }

    def test_a_metric_without_data_is_missing_and_not_zero(self, ground, engine):
        missing = []

        def playbook(rollout: Rollout):
            from sim.deployment.telemetry.metric import METRICS

            yield from rollout.wait("10min")
            missing.extend(
                (m, arm)
                for m in METRICS
                if m not in ("volume", "queue")  # no phone is a number, and everybody shares the queue
                for arm in ("v1", "nobody")
                if rollout.telemetry.read(m, arm, 0) != Reading(None, 0)
            )
            assert rollout.telemetry.read("reject_rate", "humans", 0).samples > 0
            assert rollout.telemetry.read("audited_escape_share", "humans", 0) == Reading(None, 0), (
                "labels take half an hour"
            )
            assert rollout.telemetry.read("reject_rate", "humans", rollout.now) == Reading(None, 0)

        play(ground, engine, playbook)
        assert missing == []
