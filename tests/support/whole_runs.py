"""One replication in one piece: its whole world, and everything that one strategy did to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.deployment.controller import RouteChange
from sim.deployment.events import Event
from sim.deployment.strategy import Strategy
from sim.experiment.replication import StrategySimulation
from sim.experiment.world_block import WorldBlock, cut_blocks, image_log
from sim.factory.records import Records
from sim.inspectors.model import ModelVersion
from sim.line.log import InspectionLog
from sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Run:
    """What one strategy did to each of a replication's phones."""

    log: InspectionLog
    routes: tuple[RouteChange, ...]
    events: tuple[Event, ...]


def whole_world(scenario: Scenario, versions: Mapping[str, ModelVersion], replication: int) -> WorldBlock:
    """Make one replication's world in one go, however many phones chance has made it."""
    horizon = scenario.horizon
    return next(cut_blocks(scenario, versions, replication, lambda world: [(world.until(horizon), horizon)]))


def run_strategy(
    scenario: Scenario, given: Strategy, versions: Mapping[str, ModelVersion], block: WorldBlock, engine: str
) -> Run:
    """Run one strategy over one replication's phones, all of them in one block, and return its whole log."""
    images = image_log(scenario, [given], versions, len(block.phones))
    images.add(block.phones, block.columns.score, block.logging)
    simulation = StrategySimulation(scenario, given, versions, engine, block, Records.of(block.phones), images)
    simulation.controller.advance(scenario.horizon)
    return Run(simulation.line.log(), simulation.controller.routes, simulation.controller.events)
