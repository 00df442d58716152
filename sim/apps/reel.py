"""A reel: one strategy's replication phone by phone, as compact columns that an animation is drawn from.

It is the engine's own log, run again as every run is repeated: nothing in it is made up for the picture. Times are
whole milliseconds, or longer ticks where a horizon has too many of them; those of a look are told from where the phone
was before, so that most of them are short numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.apps.columns import Packed, pack
from sim.apps.light import light
from sim.apps.paint import block_at_night
from sim.apps.talk import REEL
from sim.columns import Codes, Column, Severities
from sim.deployment.strategy import Strategy
from sim.deployment.telemetry.tables import MEMORY_US
from sim.experiment.replication import StrategySimulation
from sim.experiment.world_block import WorldBlock, expected_phones, image_log, world_blocks
from sim.factory.records import Records
from sim.inspectors.model import ModelVersion
from sim.line.log import InspectionLog
from sim.line.route import Arm
from sim.line.stations import Station
from sim.measure.deciders import Decider
from sim.measure.fates import fates_of
from sim.measure.setting import Setting
from sim.report.drawing.deciders import helper_of
from sim.report.drawing.style import decider_looks
from sim.scenario import Scenario
from sim.units import SECOND

#: A horizon has no more ticks than a column can count.
_MOST_TICKS = 2**32 - 2
SEVERITY, EVIDENCE = 0.01, 2.0**-12  #: one step of a flaw's size, and of a score
LOWEST_EVIDENCE = -8.0  #: what a human sees is a normal deviate: it is told from here on


@dataclass(frozen=True, slots=True)
class Reel:
    """What is told of one strategy's replication: a header of names and moments, and the columns."""

    header: dict[str, Any]
    packed: Packed

    @property
    def message(self) -> dict[str, Any]:
        """The header with the columns' places: what goes to a browser before the bytes."""
        return self.header | {"columns": self.packed.columns}


class _Recorded(StrategySimulation):
    """A simulation that keeps its whole log."""

    def _write_down(self, part: InspectionLog) -> None:
        super()._write_down(part)
        self.parts = [*getattr(self, "parts", []), part]


@dataclass(frozen=True, slots=True)
class Recording:
    """One strategy's replication with its whole log: a run to be measured, and a reel to be told."""

    scenario: Scenario
    given: Strategy
    simulation: _Recorded
    severity: list[Severities]
    worst: list[Column]

    def reel(self) -> Reel:
        """Return what is told of it."""
        log = InspectionLog.joined(self.simulation.parts)
        tick_us = _tick_us(self.scenario.horizon)
        phones = _phones(log, self.simulation, self.scenario, np.concatenate(self.worst), tick_us)
        columns = phones | _visits(log, tick_us) | _flaws(self.severity)
        return Reel(_header(self.scenario, self.given, self.simulation, log), pack(columns))


def reel_of(
    scenario: Scenario,
    given: Strategy,
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
    blocks: Iterable[WorldBlock] | None = None,
) -> Reel:
    """Run one strategy over one replication's phones, `blocks` if these have been made before, and return its reel."""
    return recorded(scenario, given, versions, replication, engine, blocks).reel()


def recorded(
    scenario: Scenario,
    given: Strategy,
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
    blocks: Iterable[WorldBlock] | None = None,
) -> Recording:
    """Run one strategy as `run_all` does, and keep its whole log."""
    room = expected_phones(scenario) + 1
    records, images = Records(room), image_log(scenario, [given], versions, room)
    severity: list[Severities] = []
    worst: list[Column] = []
    simulation: _Recorded | None = None
    if blocks is None:
        blocks = world_blocks(scenario, versions, replication, scenario.block)
    for block in blocks:
        records.add(block.phones)
        images.add(block.phones, block.columns.score, block.logging)
        severity.append(block.phones.severity)
        worst.append(block.phones.ratio)
        if simulation is None:
            simulation = _Recorded(scenario, given, versions, engine, block, records, images)
        else:
            simulation.feed(block)
        simulation.advance(block.until_us)
        images.forget_before(int(np.searchsorted(records["due_us"], block.until_us - MEMORY_US)))
    assert simulation is not None  # a horizon has at least one block
    simulation.finish()
    return Recording(scenario, given, simulation, severity, worst)


def _tick_us(horizon_us: int) -> int:
    """Return the smallest tick that a horizon can be counted in.

    >>> _tick_us(16 * 3600 * SECOND), _tick_us(60 * 86_400 * SECOND)
    (1000, 10000)
    """
    tick_us = SECOND // 1000
    while horizon_us // tick_us > _MOST_TICKS:
        tick_us *= 10
    return tick_us


def _phones(
    log: InspectionLog, simulation: _Recorded, scenario: Scenario, worst: Column, tick_us: int
) -> dict[str, tuple[str, Column, float]]:
    outcomes = simulation.outcomes
    records = outcomes.records
    due_us = records["due_us"]
    count = len(due_us)
    setting = Setting(0, {}, {}, scenario.costs, scenario.audits, simulation.controller.arms, 0)
    fates = fates_of(outcomes, setting)
    return {
        "due": ("phones", due_us // tick_us, tick_us / SECOND),
        "held": ("phones", _since(due_us, _released_us(log, count), tick_us), tick_us / SECOND),
        "takes": ("phones", _since(due_us, outcomes.verdict_us, tick_us), tick_us / SECOND),
        "arm": ("phones", outcomes.arm, 1),
        "by": ("phones", outcomes.decided_by, 1),
        "verdict": ("phones", outcomes.verdict, 1),
        "defective": ("phones", records["defective"], 1),
        "contained": ("phones", fates.rejected & (outcomes.verdict == 0), 1),
        "finish": ("phones", records["finish"], 1),
        "worst": ("phones", _steps(worst, SEVERITY), SEVERITY),
        "visits": ("phones", np.bincount(log.looks.phone, minlength=count), 1),
    }


def _visits(log: InspectionLog, tick_us: int) -> dict[str, tuple[str, Column, float]]:
    looks = log.looks
    release_us = _released_us(log, int(log.phones.phone.max(initial=-1)) + 1)
    tick_s = tick_us / SECOND
    evidence = np.where(np.isnan(looks.evidence), -1, _steps(looks.evidence - LOWEST_EVIDENCE, EVIDENCE))
    return {
        "station": ("visits", looks.station, 1),
        "server": ("visits", looks.server, 1),
        "kind": ("visits", looks.kind, 1),
        "asked": ("visits", np.maximum(_since(release_us[looks.phone], looks.enter_us, tick_us), -1), tick_s),
        "waits": ("visits", _since(looks.enter_us, looks.start_us, tick_us), tick_s),
        "looks": ("visits", _since(looks.start_us, looks.end_us, tick_us), tick_s),
        "evidence": ("visits", evidence, EVIDENCE),
        "said": ("visits", looks.verdict, 1),
    }


def _flaws(severity: list[Severities]) -> dict[str, tuple[str, Column, float]]:
    """Return every flaw: of which phone, of which kind, and how large."""
    sizes = np.concatenate(severity)
    phone, kind = np.nonzero(sizes)
    kinds: Codes = kind.astype(np.int8)
    return {
        "flawed": ("flaws", phone, 1),
        "flaw": ("flaws", kinds, 1),
        "severity": ("flaws", _steps(sizes[phone, kind], SEVERITY), SEVERITY),
    }


def _released_us(log: InspectionLog, count: int) -> Column:
    """Return when each phone left the conveyor's head, -1 = never."""
    release_us = np.full(count, -1, dtype=np.int64)
    release_us[log.phones.phone] = log.phones.release_us
    return release_us


def _since(earlier_us: Column, later_us: Column, tick_us: int) -> Column:
    """Return the ticks between two moments, each rounded down as it is told; -1 where there is no later one."""
    span = later_us // tick_us - earlier_us // tick_us
    return np.where((later_us >= 0) & (earlier_us >= 0), span, -1)


def _steps(values: Column, step: float) -> Column:
    return np.clip(np.round(np.nan_to_num(np.asarray(values, dtype=np.float64) / step)), 0, 60_000).astype(np.int64)


def _header(scenario: Scenario, given: Strategy, simulation: _Recorded, log: InspectionLog) -> dict[str, Any]:
    arms = simulation.controller.arms
    deciders = {Decider.of(arm) for arm in arms.values()} | {
        Decider("model", name) for name in log.stations if name != "humans"
    }
    looks = decider_looks(deciders | {Decider("humans"), Decider("nobody")})
    plant = {station.name: station for station in simulation.plant.stations}

    def station(name: str) -> dict[str, Any]:
        people = name == "humans"
        base = plant.get(name)
        look = looks[Decider("humans") if people else Decider("model", name)]
        return {
            "name": name,
            "say": "inspectors" if people else name,
            "kind": "humans" if people else "model",
            "servers": base.servers if base is not None else 1,
            **_on_duty(base),
            "outages_s": [[begin / SECOND, end / SECOND] for begin, end in (base.outages if base is not None else ())],
            "colour": look.colour,
            "dark": {"colour": block_at_night(look.colour)},
        }

    return {
        "kind": REEL,
        "strategy": given.title,
        "horizon_s": scenario.horizon / SECOND,
        "stations": [station(name) for name in log.stations],
        "arms": [_arm(arms[name], looks) for name in log.arms],
        "kinds": list(scenario.factory.kind_names()),
        "criterion": simulation.plant.criterion,
        "evidence_from": LOWEST_EVIDENCE,
        "routes": [
            {
                "at_s": change.time_us / SECOND,
                "shares": [
                    {"arm": arm.name, "share": share}
                    for arm, share in zip(change.route.arms, change.route.shares, strict=True)
                    if share > 0
                ],
                "mirrors": [{"arm": arm.name, "share": share / 100} for arm, share in change.route.mirrors if share],
                "fallback": change.route.fallback,
            }
            for change in simulation.controller.routes
        ],
        "light": light(scenario, simulation.maintenance.cleanings_us),
    }


def _on_duty(station: Station | None) -> dict[str, Any]:
    """Return where each person stands and when they are on duty, if a calendar says so: those of a shift side by side.

    >>> from sim.inspectors.human.calendar import Duty
    >>> early, late = Duty(0, 0, 8_000_000, 0, 0), Duty(1, 8_000_000, 16_000_000, 8_000_000, 8_000_000)
    >>> _on_duty(Station("humans", 2, duty=(early, late)))
    {'places': [0, 0], 'duty_s': [[[0.0, 8.0]], [[8.0, 16.0]]]}
    """
    if station is None or station.duty is None:
        return {}
    duty: list[list[list[float]]] = [[] for _ in range(station.servers)]
    shifts: dict[int, set[int]] = {}
    for each in station.duty:
        duty[each.person].append([each.from_us / SECOND, each.until_us / SECOND])
        shifts.setdefault(each.shift_us, set()).add(each.person)
    places = [0] * station.servers
    for people in shifts.values():
        for place, person in enumerate(sorted(people)):
            places[person] = place
    return {"places": places, "duty_s": duty}


def _arm(arm: Arm, looks: Mapping[Decider, Any]) -> dict[str, Any]:
    look = looks[Decider.of(arm)]
    return {
        "name": arm.name,
        "say": f"{arm.version or arm.name}{f' + {helper_of(arm)}' if helper_of(arm) else ''}",
        "decider": arm.decider,
        "version": arm.version,
        "low": arm.low,
        "high": arm.high,
        "colour": look.colour,
        "ink": look.ink,
    }
