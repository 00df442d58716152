"""The loop that wakes a strategy while the line runs. It is the same for every engine.

Here, and only here, the two planes meet: instruments carry what can be seen from the line to the strategy's
telemetry, and the strategy's route to the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.deployment.labels import LabelDesk, Labels
from sim.deployment.rollout import Note, Playbook, Rollout
from sim.deployment.telemetry import Telemetry
from sim.line.log import Decided, InspectionLog, Mirrored
from sim.line.route import Route
from sim.line.rules import Verdict

Times = NDArray[np.int64]


class Engine(Protocol):
    """All that an engine can do: take a route, advance, and show what happened."""

    def set_route(self, route: Route) -> None: ...
    def advance(self, until_us: int) -> None: ...
    def decided_since(self, number: int) -> Decided: ...
    def mirrored_since(self, number: int) -> Mirrored: ...
    def log(self) -> InspectionLog: ...


@dataclass(frozen=True, slots=True)
class RouteChange:
    """A route and the moment from which it holds."""

    time_us: int
    route: Route


@dataclass(frozen=True, slots=True)
class Run:
    """One strategy's run over one replication's phones."""

    log: InspectionLog
    routes: tuple[RouteChange, ...]
    notes: tuple[Note, ...]


class Instruments:
    """What the plant shows: appends to a telemetry what has become known since the last reading."""

    def __init__(self, engine: Engine, due_us: Times, brightness: NDArray[np.float32], desk: LabelDesk) -> None:
        self._engine = engine
        self._due_us = due_us
        self._brightness = brightness
        self._desk = desk
        self._decided = 0
        self._mirrored = 0
        self._arm = np.full(len(due_us), -1, dtype=np.int16)
        self._verdict = np.full(len(due_us), Verdict.NONE, dtype=np.int8)
        self._verdict_us = np.full(len(due_us), -1, dtype=np.int64)
        self._unpaired = Mirrored.none()
        self._audits: list[Labels] = []
        self._returns: list[Labels] = []

    def read(self, telemetry: Telemetry, now_us: int) -> None:
        """Bring `telemetry` up to `now_us`."""
        new = self._engine.decided_since(self._decided)
        self._decided += len(new.phone)
        telemetry.arms = new.arms
        telemetry.versions = new.stations
        if len(new.phone):
            self._arm[new.phone] = new.arm
            self._verdict[new.phone] = new.verdict
            self._verdict_us[new.phone] = new.verdict_us
            telemetry.decisions.append(
                at_us=new.verdict_us,
                phone=new.phone,
                arm=new.arm,
                pi=new.pi,
                decided_by=new.decided_by,
                rejected=new.verdict == Verdict.REJECT,
                latency_us=new.verdict_us - self._due_us[new.phone],
                brightness=self._brightness[new.phone],
            )
            self._audits.append(self._desk.audited(new.phone, new.verdict, new.verdict_us))
            self._returns.append(self._desk.returned(new.phone, new.verdict, new.verdict_us))
        self._read_mirrors(telemetry)
        self._audits, audits = _known(self._audits, now_us)
        if audits is not None:
            telemetry.audits.append(
                at_us=audits.known_us,
                phone=audits.phone,
                arm=self._arm[audits.phone],
                rejected=self._verdict[audits.phone] == Verdict.REJECT,
                defective=audits.defective,
                probability=audits.probability,
            )
        self._returns, returns = _known(self._returns, now_us)
        if returns is not None:
            telemetry.returns.append(
                at_us=returns.known_us,
                phone=returns.phone,
                arm=self._arm[returns.phone],
                faulty=returns.defective,
            )

    def _read_mirrors(self, telemetry: Telemetry) -> None:
        """Mirrored looks count when they end; they can be compared once the line has decided the phone too."""
        new = self._engine.mirrored_since(self._mirrored)
        self._mirrored += len(new.phone)
        if len(new.phone):
            telemetry.mirrors.append(
                at_us=new.end_us, phone=new.phone, version=new.station, rejected=new.verdict == Verdict.REJECT
            )
            self._unpaired = self._unpaired.joined(new)
        pairs = self._unpaired
        decided = self._verdict[pairs.phone] != Verdict.NONE
        if decided.any():
            self._unpaired, pairs = pairs.rows(~decided), pairs.rows(decided)
            both_us = np.maximum(pairs.end_us, self._verdict_us[pairs.phone])
            order = np.lexsort((pairs.phone, both_us))
            pairs = pairs.rows(order)
            rejected = self._verdict[pairs.phone] == Verdict.REJECT
            telemetry.comparisons.append(
                at_us=both_us[order],
                phone=pairs.phone,
                version=pairs.station,
                agrees=(pairs.verdict == Verdict.REJECT) == rejected,
            )


def _known(waiting: list[Labels], now_us: int) -> tuple[list[Labels], Labels | None]:
    """Split labels into those still unknown and those known by now, the latter in order of becoming known."""
    waiting = [labels for labels in waiting if len(labels)]
    if not waiting or min(int(labels.known_us.min()) for labels in waiting) > now_us:
        return waiting, None
    whole = Labels(
        np.concatenate([labels.phone for labels in waiting]),
        np.concatenate([labels.known_us for labels in waiting]),
        np.concatenate([labels.defective for labels in waiting]),
        np.concatenate([labels.probability for labels in waiting]),
    )
    order = np.lexsort((whole.phone, whole.known_us))
    known = whole.known_us[order] <= now_us
    return [_select(whole, order[~known])], _select(whole, order[known])


def _select(labels: Labels, rows: Times) -> Labels:
    return Labels(labels.phone[rows], labels.known_us[rows], labels.defective[rows], labels.probability[rows])


def drive(
    rollout: Rollout,
    playbook: Playbook,
    start_us: int,
    engine: Engine,
    instruments: Instruments,
    horizon_us: int,
) -> Run:
    """Run a strategy to the horizon.

    The playbook's code up to its first yield gives the initial route; if the rollout starts later, the stable arm
    decides alone until then. After each wait, everything up to and at that moment has happened before it wakes.
    """
    routes = [RouteChange(0, rollout.route)]

    def carry_out(route: Route) -> None:
        if routes[-1].route != route:
            if routes[-1].time_us == rollout.now:
                routes.pop()
            routes.append(RouteChange(rollout.now, route))
        engine.set_route(route)

    engine.set_route(rollout.route)
    wake = min(start_us, horizon_us)
    while True:
        if wake > 0:
            engine.advance(wake)
            instruments.read(rollout.telemetry, wake)
        rollout.now = wake
        if wake >= horizon_us:
            break
        try:
            pause = next(playbook)
        except StopIteration:
            pause = horizon_us - wake
        carry_out(rollout.route)
        if pause < 1:
            raise ValueError(f"a strategy has to wait at least 1 microsecond, not {pause}")
        wake = min(wake + pause, horizon_us)
    playbook.close()
    return Run(engine.log(), tuple(routes), tuple(rollout.notes))
