"""Strategies cannot reach truth: walk everything that a strategy's rollout refers to, and look for it.

Python hides nothing, so the proof is by reachability: from the rollout (and the strategy's own frame) follow every
reference that an object holds. Modules, classes and functions are left out: they are code, not this run's data.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import sim
from sim.deployment.drive import Instruments
from sim.deployment.labels import LabelDesk
from sim.deployment.pattern import forget
from sim.experiment.replication import Floor, open_floor, run_strategy
from sim.experiment.run import trained
from sim.factory.phones import Phones, World
from sim.inspectors.human import HumanColumns
from sim.line.log import InspectionLog
from sim.line.plant import Columns
from sim.line.simpy_engine import SimpyEngine

FORBIDDEN = (Phones, World, LabelDesk, Instruments, SimpyEngine, InspectionLog, HumanColumns, Columns, Floor)
CODE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType,
        types.CodeType, types.GetSetDescriptorType, types.WrapperDescriptorType)  # fmt: skip


def reachable(start: Any) -> Iterator[Any]:
    """Yield every object that `start` leads to: attributes, containers, closures, arrays under arrays."""
    seen, waiting = {id(start)}, [start]
    while waiting:
        thing = waiting.pop()
        yield thing
        for other in [*gc.get_referents(thing), *([thing.base] if isinstance(thing, np.ndarray) else [])]:
            if other is None or isinstance(other, CODE) or id(other) in seen:
                continue
            if isinstance(other, types.FrameType):
                continue  # the interpreter's own stack, not something the rollout holds
            seen.add(id(other))
            waiting.append(other)


def leaks(start: Any, truth: dict[str, Any]) -> list[str]:
    """Return what of the truth can be reached from `start`, in words."""
    found = []
    for thing in reachable(start):
        if isinstance(thing, FORBIDDEN):
            found.append(type(thing).__name__)
        elif isinstance(thing, np.ndarray):
            for name, column in truth.items():
                same = thing is column or np.shares_memory(thing, column)
                same = same or (
                    thing.dtype == column.dtype and thing.shape == column.shape and np.array_equal(thing, column)
                )
                if same:
                    found.append(f"the column {name}")
    return found


@pytest.fixture(scope="module")
def ground() -> Any:
    scenario = sim.build(
        horizon="8h",
        factory={"defect_rate": "10%"},
        models={"v1": {"training": {"phones": 3000}}},
        audits={"of_passes": "20%", "of_rejects": "20%", "delay": "30min"},
        strategies=[
            {"pattern": "shadow"},
            {"pattern": "canary", "hold": "1h"},
            {"pattern": "blue_green", "pre_check": "1h"},
        ],
    )
    versions = trained(scenario)
    floor = open_floor(scenario, versions, 0)
    phones = floor.phones
    truth = {
        "ratio": phones.ratio,
        "severity": phones.severity,
        "defective": phones.defective,
        "view": floor.columns.human.view,
    }
    return scenario, versions, floor, truth


def spying(ground: Any, engine: str, leak: bool) -> list[list[str]]:
    """Run a strategy that at every wake-up looks for the truth from where it stands."""
    scenario, versions, floor, truth = ground
    reports = []

    @sim.pattern("spy")
    def spy(rollout):  # type: ignore[no-untyped-def]
        if leak:
            rollout.secret = {"deep": [floor.phones]}
        rollout.set_mirror(100)
        for _ in range(7):
            yield from rollout.wait("1h")
            reports.append(leaks(rollout, truth))

    try:
        strategy = sim.build(strategies=[{"pattern": "spy"}]).strategies[0]
        run_strategy(scenario, strategy, versions, floor, engine)
    finally:
        forget("spy")
    return reports


def test_nothing_of_the_truth_can_be_reached(ground: Any, engine: str) -> None:
    reports = spying(ground, engine, leak=False)
    assert reports == [[]] * 7


def test_a_leak_would_be_found(ground: Any, engine: str) -> None:
    reports = spying(ground, engine, leak=True)
    assert all("Phones" in found and "the column severity" in found for found in reports)


def test_nothing_is_seen_before_its_time(ground: Any, engine: str) -> None:
    scenario, versions, floor, _ = ground
    rounds = []

    @sim.pattern("clerk")
    def clerk(rollout):  # type: ignore[no-untyped-def]
        rollout.set_weight(50)
        while True:
            yield from rollout.wait("17min")
            seen = rollout.telemetry
            tables = {
                name: getattr(seen, name).since(-1)
                for name in ("decisions", "mirrors", "comparisons", "audits", "returns")
            }
            assert all((table["at_us"] <= rollout.now).all() for table in tables.values())
            assert all((np.diff(table["at_us"]) >= 0).all() for table in tables.values())
            rounds.append(
                (rollout.now, {name: {c: v.copy() for c, v in table.items()} for name, table in tables.items()})
            )

    try:
        strategy = sim.build(strategies=[{"pattern": "clerk"}]).strategies[0]
        run = run_strategy(scenario, strategy, versions, floor, engine)
    finally:
        forget("clerk")
    log, delay = run.log.phones, scenario.audits.delay
    assert len(rounds) > 20
    for now, tables in rounds:
        decided = np.flatnonzero((log.verdict_us >= 0) & (log.verdict_us <= now))
        assert sorted(tables["decisions"]["phone"]) == decided.tolist()
        chance = np.where(log.verdict == 0, scenario.audits.of_passes, scenario.audits.of_rejects)
        audited = np.flatnonzero(
            (log.verdict_us >= 0) & (log.verdict_us + delay <= now) & (floor.phones.u_audit < chance)
        )
        assert sorted(tables["audits"]["phone"]) == audited.tolist()
        assert (tables["audits"]["defective"] == floor.phones.defective[tables["audits"]["phone"]]).all()
    assert len(rounds[-1][1]["audits"]["phone"]) > 50


def test_missing_is_missing_and_never_zero() -> None:
    from sim.deployment.telemetry import OBSERVED, Telemetry

    for metric in OBSERVED:
        reading = Telemetry().read(metric, "v1", 0)
        assert (reading.value, reading.samples) == (None, 0), metric
