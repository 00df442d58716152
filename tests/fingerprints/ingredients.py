"""The fingerprint of a scenario, ingredient by ingredient: so that a change says what it moved.

Ingredients, of replication 0 and of the scenario's own horizon:

world     what any processor makes alike: due times, lots, finishes, who is defective, every uniform draw
sums      the world's other columns (severities, features ...): their sums, compared to nine digits
plan      each strategy's dry run: which shares it gives when all is healthy, and what it waits for
picture   features and severities, bit for bit                  } these hang on numpy's and scikit-learn's versions,
scores    what every model version says of every phone          } and on the processor they were kept on
runs      per strategy: routes, verdicts, times, looks, metrics, timeline, log
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from whole_runs import whole_world

from sim.deployment.dry_run import dry_run
from sim.experiment.replication import StrategySimulation
from sim.experiment.run import trained
from sim.experiment.world_block import WorldBlock, image_log
from sim.factory.phones import Phones
from sim.factory.records import Records
from sim.inspectors.model import ModelVersion
from sim.line.engines import default, prepare
from sim.line.log import InspectionLog
from sim.line.route import Route
from sim.report.text.sentences import sentence
from sim.scenario import Scenario

#: Columns of the world that come of whole numbers and comparisons alone.
EXACT = ("due_us", "lot", "finish", "defective", "u_arm", "u_mirror", "u_audit", "u_return")
ROUGH = ("severity", "ratio", "features", "return_z")


def world(scenario: Scenario) -> dict[str, Any]:
    """Return the ingredients that every machine has to have."""
    phones = whole_world(scenario, {}, 0).phones
    strategies = {scenario.resolved(given).name: scenario.resolved(given) for given in scenario.strategies}
    return {
        "world": {name: digest(getattr(phones, name)) for name in EXACT} | _mixes(phones),
        "sums": {name: float(f"{getattr(phones, name).sum(dtype=np.float64):.9g}") for name in ROUGH},
        "plan": {
            name: digest(
                [
                    (moment.event.time_us, moment.share, moment.mirrored, sentence(moment.event))
                    for moment in dry_run(strategy, scenario.horizon)
                ]
            )
            for name, strategy in strategies.items()
        },
    }


def runs(scenario: Scenario) -> dict[str, Any]:
    """Return the ingredients that hang on trained versions."""
    prepare(default())
    versions = trained(scenario)
    block = whole_world(scenario, versions, 0)
    columns = block.columns
    return {
        "picture": {name: digest(getattr(block.phones, name)) for name in ROUGH},
        "scores": {name: digest(columns.score[name], columns.service_us[name]) for name in sorted(columns.score)},
        "runs": {
            scenario.resolved(given).name: _run(scenario, number, versions, block)
            for number, given in enumerate(scenario.strategies)
        },
    }


def _run(scenario: Scenario, number: int, versions: Mapping[str, ModelVersion], block: WorldBlock) -> dict[str, str]:
    given = scenario.strategies[number]
    images = image_log(scenario, [given], versions, len(block.phones))
    images.add(block.phones, block.columns.score, block.logging)
    records = Records.of(block.phones)
    simulation = StrategySimulation(scenario, given, versions, default(), block, records, images)
    simulation.controller.advance(scenario.horizon)
    log = simulation.line.log()
    simulation.finish()
    result = simulation.result()
    routes = [(change.time_us, *_route(change.route)) for change in simulation.controller.routes]
    return {
        "routes": digest(routes),
        "verdicts": digest(log.phones.verdict, log.phones.decided_by, log.phones.arm, log.phones.pi, log.arms),
        "times": digest(log.phones.release_us, log.phones.verdict_us, log.stopped),
        "looks": _looks(log),
        "metrics": digest(sorted(result.metrics.items())),
        "timeline": digest(*_parts(result.timeline)),
        "log": digest([(event.time_us, event.kind, sentence(event)) for event in result.history.events]),
    }


def _mixes(phones: Phones) -> dict[str, str]:
    return {f"mix of {name}": digest(uniforms) for name, uniforms in phones.mix.items()}


def _route(route: Route) -> tuple[Any, ...]:
    candidates = [(arm.name, weight) for arm, weight in route.candidates]
    mirrors = [(arm.name, share) for arm, share in route.mirrors]
    return route.stable.name, candidates, mirrors, route.fallback, route.warm


def _looks(log: InspectionLog) -> str:
    columns = [column.name for column in fields(log.looks)]
    if not np.any(log.looks.batch > 1):
        columns.remove("batch")  # which came later, and says nothing where phones are looked at one after the other
    return digest(log.stations, *(getattr(log.looks, name) for name in columns))


def _parts(value: Any) -> list[Any]:
    """Return a dataclass of arrays, and of arrays by name, as a flat list."""
    parts: list[Any] = []
    for column in fields(value):
        content = getattr(value, column.name)
        if isinstance(content, Mapping):
            parts += [part for name, array in content.items() for part in (column.name, str(name), array)]
        else:
            parts += [column.name, content]
    return parts


def digest(*parts: Any) -> str:
    """Return a short hash of arrays (type, shape, bytes) and of plain values."""
    found = hashlib.blake2b(digest_size=8)
    for part in parts:
        if isinstance(part, np.ndarray):
            found.update(f"{part.dtype.str} {part.shape}".encode())
            found.update(np.ascontiguousarray(part).tobytes())
        else:
            found.update(repr(part).encode())
    return found.hexdigest()
