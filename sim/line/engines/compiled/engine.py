"""The engine on top of the loop: takes phones and a route, advances, and shows what happened."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

from sim.columns import Flags, Floats, Times
from sim.inspectors.human.detection import HumanColumns
from sim.line.engines.compiled.codes import (
    BLOCKED_SINCE,
    DECIDED,
    HEAD,
    LOOKS,
    MIRRORED,
    NONE,
    OUTSIDE,
    REROUTED,
    STOPPED,
    UNDER_WAY,
)
from sim.line.engines.compiled.in_force import InForce, Mirrors, in_force, mirrors_of
from sim.line.engines.compiled.loop import run
from sim.line.engines.compiled.state import empty, from_row, grown, with_phones
from sim.line.log import AnswerLog, Decided, InspectionLog, LookLog, Mirrored, PhoneLog
from sim.line.route import HUMANS, Arm, Route
from sim.line.stations import Columns, Plant, Station, duty_table


class CompiledEngine:
    """Runs phones through a plant, compiled; parameters as for `sim.line.engines.reference.SimpyEngine`."""

    name = "compiled"

    def __init__(self, plant: Plant, columns: Columns, horizon_us: int) -> None:
        self._plant = plant
        self._horizon_us = horizon_us
        self._number = {station.name: number for number, station in enumerate(plant.stations)}
        self._codes: dict[str, int] = {}
        self._duty = duty_table(plant.humans, horizon_us)
        self._arms: list[Arm] = []
        self._forgotten = [0, 0]  # phones decided and mirrored looks ended before the last `settle`
        self._in_force: InForce
        self._state = with_phones(empty(plant), plant, columns)

    def feed(self, columns: Columns) -> None:
        """Bring up the next phones. Nothing may have been advanced to the first one's due time before."""
        self._state = with_phones(self._state, self._plant, columns)

    def set_route(self, route: Route) -> None:
        """Decide phones by `route` from the next arrival on."""
        for arm in (*route.arms, *(arm for arm, _ in route.mirrors)):
            if arm not in self._arms:
                self._arms.append(arm)
        for arm in route.arms:
            self._codes.setdefault(arm.name, len(self._codes))
        mirrors = mirrors_of(route, self._arms, self._number)
        head, clock = mirrors, self._state.clock
        if clock[BLOCKED_SINCE] >= 0:
            # A phone that stands there arrived under an earlier route: that one's mirrors see it.
            old = self._in_force
            head = Mirrors(old.head_station, old.head_arm, old.head_share)
            if not clock[REROUTED]:
                head = Mirrors(old.mirror_station, old.mirror_arm, old.mirror_share)
            clock[REROUTED] = 1
        self._in_force = in_force(route, self._arms, self._number, self._codes, mirrors, head)

    def advance(self, until_us: int) -> None:
        """Process everything that happens up to and at `until_us`."""
        while not run(self._state, self._in_force, until_us):
            self._state = grown(self._state)

    def decided_since(self, number: int) -> Decided:
        """Return the phones decided after the first `number` of them."""
        s = self._state
        row = s.decided[number - self._forgotten[0] : s.clock[DECIDED]]
        fate = {name: s.fates[name][row] for name in ("arm", "pi", "decided_by", "verdict", "verdict_us")}
        return Decided(s.number[row], **fate, arms=tuple(self._codes), stations=tuple(self._number))

    def mirrored_since(self, number: int) -> Mirrored:
        """Return the mirrored looks that ended after the first `number` of them."""
        s = self._state
        if number - self._forgotten[1] >= s.clock[MIRRORED]:
            return Mirrored.none()
        row = s.mirrored[number - self._forgotten[1] : s.clock[MIRRORED]]
        phone = s.looks["phone"][row]
        station, end_us, verdict = (s.looks[name][row] for name in ("station", "end", "verdict"))
        if len(s.letters):
            end_us = np.maximum(end_us, s.letters["answered"][row])
        line_verdict, line_verdict_us = (s.fates[name][phone] for name in ("verdict", "verdict_us"))
        return Mirrored(s.number[phone], station, end_us, verdict, line_verdict, line_verdict_us)

    def rescore(self, version: str, first: int, score: Floats) -> None:
        """Give those phones from number `first` on that are not released yet another score of a version."""
        s = self._state
        rows = self._taken_up + np.flatnonzero(self._mine(first, len(score)))
        s.score[self._number[version], rows] = score[s.number[rows] - first]

    def unreleased(self) -> int | None:
        """Return the lowest number of a phone that the conveyor has not taken up; None: it has taken all."""
        waiting = self._state.number[self._taken_up :]
        return int(waiting.min()) if len(waiting) else None

    @property
    def _taken_up(self) -> int:
        """How many rows are of phones that have arrived: the one at a standing line's head has, too."""
        return int(self._state.clock[HEAD]) + int(self._state.clock[BLOCKED_SINCE] >= 0)

    def _mine(self, first: int, count: int) -> Flags:
        """Whether phones that have not arrived are among the `count` from number `first` on."""
        waiting = self._state.number[self._taken_up :]
        mine: Flags = (waiting >= first) & (waiting < first + count)
        return mine

    def queued(self) -> int:
        """Return how many phones wait for an inspector."""
        s, humans = self._state, len(self._plant.models)
        outside, row = 0, s.lists[OUTSIDE, humans]["first"]
        while row >= 0:
            outside, row = outside + 1, s.looks[row]["behind"]
        return int(s.stations[humans]["queued"]) + outside

    def settle(self) -> InspectionLog:
        """Return the log of the phones before the first that is not through with everything, and forget them."""
        s = self._state
        self._forgotten = [self._forgotten[0] + int(s.clock[DECIDED]), self._forgotten[1] + int(s.clock[MIRRORED])]
        looks = s.looks[: s.clock[LOOKS]]
        going_on = s.fates["verdict"] == NONE
        looked_at = looks["end"] < 0
        if len(s.letters):
            looked_at |= (looks["verdict"] == NONE) | (looks["waiter"] == UNDER_WAY)
        going_on[looks["phone"][looked_at]] = True
        first = int(np.argmax(going_on)) if going_on.any() else len(going_on)
        over = looks["phone"] < first
        rows = int(np.argmin(over)) if not over.all() else len(over)
        # Nearly always the looks are in order, and then no row has to be copied.
        which = slice(rows) if not over[rows:].any() else over
        stopped = s.stopped[: s.clock[STOPPED]].copy()
        log = self._log_of(slice(first), which, stopped)
        self._state = from_row(s, first, ~over)
        return log

    def log(self) -> InspectionLog:
        """Return what has happened so far to all phones that are not settled, in columns."""
        s = self._state
        stopped = s.stopped[: s.clock[STOPPED]].copy()
        if s.clock[BLOCKED_SINCE] >= 0:
            stopped = np.vstack([stopped, [[s.clock[BLOCKED_SINCE], self._horizon_us]]])
        return self._log_of(slice(None), slice(s.clock[LOOKS]), stopped)

    def _log_of(self, rows: slice, which: Any, stopped: Times) -> InspectionLog:
        """Return the log of some rows of phones, and some of the looks."""
        s = self._state
        number, fates = s.number, s.fates[rows]
        looks = s.looks[: s.clock[LOOKS]][which]
        answers = AnswerLog.none()
        if len(s.letters):
            letters = s.letters[: s.clock[LOOKS]][which]
            sent = letters["sent"] >= 0
            phone, station = number[looks["phone"][sent]], looks["station"][sent]
            answers = AnswerLog.of(phone, station, letters["sent"][sent], letters["answered"][sent])
        return InspectionLog(
            phones=PhoneLog(
                number[rows],
                *(fates[name] for name in ("release", "arm", "pi", "decided_by", "verdict", "verdict_us")),
            ),
            looks=LookLog.of(
                number[looks["phone"]],
                *(
                    looks[name]
                    for name in ("station", "server", "kind", "enter", "start", "end", "evidence", "verdict", "batch")
                ),
            ),
            arms=tuple(self._codes),
            stations=tuple(self._number),
            stopped=stopped,
            horizon_us=self._horizon_us,
            duty=self._duty,
            answers=answers,
        )


def is_kept() -> bool:
    """Whether `warm_up` has machine code to load."""
    return bool(run._cache.is_kept)


def warm_up() -> None:
    """Compile the loop, or load the machine code that is kept: that takes a fraction of a second."""
    nothing = np.empty(0)
    nobody = HumanColumns(nothing, nothing, np.empty(0, dtype=np.int64), nothing)
    columns = Columns(np.empty(0, dtype=np.int64), nothing, nothing, nobody, {}, {})
    line = CompiledEngine(Plant((), Station("humans", 1), 1.0, 0.0), columns, 1)
    line.set_route(Route(HUMANS))
    collects = gc.isenabled()
    # A compiler makes millions of objects that stay: to look through them again and again was a sixth of its time.
    gc.disable()
    try:
        line.advance(1)
    finally:
        if collects:
            gc.enable()
