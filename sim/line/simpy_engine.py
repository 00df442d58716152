"""The line as a SimPy process model: short, readable, and the executable specification of every other engine.

A conveyor releases phones when they are due. The route in force says who decides each one. Stations (model servers,
then the pool of inspectors) are servers with one queue; a look ends with a verdict, or with "unsure: ask a human".

At one instant things happen in the order of (class, station, phone), see `rules.EventClass`, so ties have one
answer. SimPy orders events by (time, priority, insertion): the order goes into the priority, and the queues are our
own, because SimPy's resources order by insertion.
"""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any

import numpy as np
import simpy

from sim.inspectors.human import evidence
from sim.line import plant as parts
from sim.line.log import Decided, InspectionLog, LookLog, Mirrored, PhoneLog
from sim.line.route import Arm, Route, choose
from sim.line.rules import (
    UNSEEN,
    DecidedBy,
    EventClass,
    Look,
    Verdict,
    how_decided,
    human_verdict,
    model_verdict,
)

Process = Generator[simpy.Event, Any, None]

#: SimPy's own bookkeeping (a process starts, an event succeeds) uses priorities 0 and 1: consequences of an event
#: are worked off before the next event of the same instant.
FIRST_PRIORITY = 2

#: Columns of a look's row while it is being written.
PHONE, STATION, SERVER, KIND, ENTER, START, END, EVIDENCE, VERDICT = range(9)


class Job:
    """One look that somebody has been asked for."""

    __slots__ = ("arm", "enter_us", "kind", "phone", "row")

    def __init__(self, phone: int, kind: int, arm: Arm, enter_us: int, row: int) -> None:
        self.phone = phone
        self.kind = kind
        self.arm = arm
        self.enter_us = enter_us
        self.row = row

    def __lt__(self, other: Job) -> bool:
        """First in, first out; of the same instant, the lower phone first."""
        return (self.enter_us, self.phone) < (other.enter_us, other.phone)


class Server:
    """One inspector or one replica of a model."""

    __slots__ = ("blocked", "free_since", "job", "number", "process", "wake")

    def __init__(self, number: int) -> None:
        self.number = number
        self.free_since = 0
        self.job: Job | None = None  # the look under way
        self.blocked = False  # done, but the phone has nowhere to go yet
        self.wake: simpy.Event
        self.process: simpy.Process


class Station:
    """Servers with one queue, and whoever waits in front of it because it is full."""

    def __init__(self, index: int, row: parts.Station) -> None:
        self.index = index
        self.name = row.name
        self.buffer = float("inf") if row.buffer is None else row.buffer
        self.when_full = row.when_full
        self.servers = [Server(number) for number in range(row.servers)]
        self.idle = list(self.servers)
        self.queue: list[Job] = []
        self.outside: list[tuple[Job, simpy.Event]] = []  # kept in order of (asked for, phone)
        self.down = False

    @property
    def full(self) -> bool:
        """Nobody idle and no room to wait."""
        return not self.idle and len(self.queue) >= self.buffer

    def longest_idle(self) -> Server:
        """Take the server that has been idle longest; of equals, the lowest number."""
        server = min(self.idle, key=lambda each: (each.free_since, each.number))
        self.idle.remove(server)
        return server


class SimpyEngine:
    """Runs phones through a plant. An engine can only advance, take a route, and show its log.

    Parameters
    ----------
    plant : sim.line.plant.Plant
        The stations.
    columns : sim.line.plant.Columns
        What the phones bring along: due times, draws and scores.
    horizon_us : int
        When the run stops.
    """

    name = "simpy"

    def __init__(self, plant: parts.Plant, columns: parts.Columns, horizon_us: int) -> None:
        self.plant = plant
        self.horizon_us = horizon_us
        # Any: SimPy allows fractional clocks and enumerated priorities, ours are whole numbers.
        self.env: Any = simpy.Environment(initial_time=0)
        self.stations = [Station(index, row) for index, row in enumerate(plant.stations)]
        self.humans = self.stations[-1]
        self.by_version = {station.name: station for station in self.stations[:-1]}
        self.route: Route | None = None

        # Python lists: SimPy handles one phone at a time, and reading one number from an array is slow.
        self.due: list[int] = columns.due_us.tolist()
        self.u_arm: list[float] = columns.u_arm.tolist()
        self.u_mirror: list[float] = columns.u_mirror.tolist()
        self.view: list[float] = columns.human.view.tolist()
        self.z: list[float] = columns.human.z.tolist()
        self.scores: list[list[float]] = [columns.score[s.name].tolist() for s in self.stations[:-1]]
        self.service: list[list[int]] = [columns.service_us[s.name].tolist() for s in self.stations[:-1]]
        self.service.append(columns.human.service_us.tolist())

        phones = len(self.due)
        self.release = [-1] * phones
        self.arm = [-1] * phones
        self.pi = [float("nan")] * phones
        self.decided_by = [int(DecidedBy.NOT_STARTED)] * phones
        self.verdict = [int(Verdict.NONE)] * phones
        self.verdict_us = [-1] * phones
        self.decided: list[int] = []  # phones in the order of their verdicts
        self.looks: list[list[Any]] = []
        self.mirrored: list[int] = []  # rows of mirrored looks in the order in which they ended
        self.arms: dict[str, int] = {}
        self.stopped: list[tuple[int, int]] = []
        self.blocked_since: int | None = None

        for station, row in zip(self.stations, plant.stations, strict=True):
            for server in station.servers:
                server.process = self.env.process(self.serve(station, server))
            if row.outages:
                self.env.process(self.outages(station, row.outages))
        self.env.process(self.conveyor())

    # -- what the world outside may do ------------------------------------------------------------------------

    def set_route(self, route: Route) -> None:
        """Decide phones by `route` from the next arrival on."""
        self.route = route
        self.bounds = route.bounds
        self.shares = route.shares
        self.codes = [self.arms.setdefault(arm.name, len(self.arms)) for arm in route.arms]
        self.mirrors = [(self.by_version[arm.version], arm, share / 100.0) for arm, share in route.mirrors]

    def advance(self, until_us: int) -> None:
        """Process everything that happens up to and at `until_us`."""
        env = self.env
        while env.peek() <= until_us:
            env.step()

    def decided_since(self, number: int) -> Decided:
        """Return the phones decided after the first `number` of them."""
        phone = self.decided[number:]
        return Decided(
            phone=np.array(phone, dtype=np.int64),
            arm=np.array([self.arm[i] for i in phone], dtype=np.int16),
            pi=np.array([self.pi[i] for i in phone], dtype=np.float64),
            decided_by=np.array([self.decided_by[i] for i in phone], dtype=np.int8),
            verdict=np.array([self.verdict[i] for i in phone], dtype=np.int8),
            verdict_us=np.array([self.verdict_us[i] for i in phone], dtype=np.int64),
            arms=tuple(self.arms),
            stations=tuple(station.name for station in self.stations),
        )

    def mirrored_since(self, number: int) -> Mirrored:
        """Return the mirrored looks that ended after the first `number` of them."""
        looks = [self.looks[row] for row in self.mirrored[number:]]
        return Mirrored(
            phone=np.array([look[PHONE] for look in looks], dtype=np.int64),
            station=np.array([look[STATION] for look in looks], dtype=np.int16),
            end_us=np.array([look[END] for look in looks], dtype=np.int64),
            verdict=np.array([look[VERDICT] for look in looks], dtype=np.int8),
        )

    # -- the factory ------------------------------------------------------------------------------------------

    def conveyor(self) -> Process:
        """Release each phone when it is due, or as soon as the line moves again."""
        for phone, due in enumerate(self.due):
            yield self.after(max(due - self.env.now, 0), EventClass.ARRIVAL, 0, phone)
            arm, mirrors = self.assign(phone), self.mirrors
            room = self.send(phone, arm)
            if room is not None:
                yield from self.stand_still(room)
            self.mirror(phone, arm, mirrors)

    def stand_still(self, room: simpy.Event | None) -> Process:
        """The phone at the conveyor's head has nowhere to go: the whole line waits."""
        self.blocked_since = self.env.now
        while room is not None:
            room = yield room  # a crash may send the phone from one full station to another
        self.stopped.append((self.blocked_since, self.env.now))
        self.blocked_since = None

    def assign(self, phone: int) -> Arm:
        """Fix at arrival which arm decides the phone, and with what probability it was chosen."""
        assert self.route is not None, "set_route comes before advance"
        number = choose(self.u_arm[phone], self.bounds)
        self.release[phone] = self.env.now
        self.arm[phone] = self.codes[number]
        self.pi[phone] = self.shares[number]
        self.decided_by[phone] = int(DecidedBy.ON_LINE)
        return self.route.arms[number]

    def send(self, phone: int, arm: Arm) -> simpy.Event | None:
        """Send a phone to whoever decides it. Returns an event to wait for if there is no room yet."""
        if arm.decider == "nobody":
            self.decide(phone, Verdict.PASS, DecidedBy.NOBODY)
            return None
        if arm.decider == "humans":
            return self.ask(self.humans, phone, Look.PRIMARY, arm)
        station = self.by_version[arm.version]
        if station.down:
            return self.fall_back(phone, arm)
        return self.ask(station, phone, Look.PRIMARY, arm)

    def fall_back(self, phone: int, arm: Arm) -> simpy.Event | None:
        """The model is down: the route's fallback decides."""
        assert self.route is not None
        if self.route.fallback == "nobody":
            self.decide(phone, Verdict.PASS, DecidedBy.FAIL_OPEN)
            return None
        return self.ask(self.humans, phone, Look.FALLBACK, arm)

    def mirror(self, phone: int, decider: Arm, mirrors: list[tuple[Station, Arm, float]]) -> None:
        """Show the phone to mirrored versions too. They are never waited for; what finds no room is missing."""
        for station, arm, share in mirrors:
            if self.u_mirror[phone] < share and decider.version != station.name:
                if station.down or station.full:
                    self.new_look(phone, station, Look.MIRROR, Verdict.MISSING)
                else:
                    self.ask(station, phone, Look.MIRROR, arm)

    def ask(self, station: Station, phone: int, kind: Look, arm: Arm) -> simpy.Event | None:
        """Ask a station for a look: it starts at once, or queues, or meets a full buffer."""
        if station.full and station.when_full != "block":
            self.decide(phone, UNSEEN[station.when_full], DecidedBy.OVERFLOW)
            return None
        job = Job(phone, kind, arm, self.env.now, self.new_look(phone, station, kind))
        if station.idle:
            station.longest_idle().wake.succeed(job)
        elif not station.full:
            heappush(station.queue, job)
        else:
            room: simpy.Event = self.env.event()
            heappush(station.outside, (job, room))
            return room
        return None

    def serve(self, station: Station, server: Server) -> Process:
        """The life of an inspector or a model server: wait for a phone, look at it, hand it on."""
        service = self.service[station.index]
        while True:
            server.wake = self.env.event()
            job = yield server.wake
            while job is not None:
                look = self.looks[job.row]
                look[SERVER], look[START] = server.number, self.env.now
                server.job = job
                try:
                    yield self.after(service[job.phone], EventClass.COMPLETION, station.index, job.phone)
                except simpy.Interrupt:
                    break  # the server crashed; `crash` takes care of the phone in hand
                server.job = None
                room = self.finish(station, job)
                server.blocked = room is not None
                while room is not None:
                    room = yield room
                server.blocked = False
                job = None if station.down else self.next_job(station)
            server.job = None
            if not station.down:
                server.free_since = self.env.now
                station.idle.append(server)

    def next_job(self, station: Station) -> Job | None:
        """Take the queue's head, and let in whoever waited outside for the place."""
        if not station.queue:
            if station.outside:
                job, room = heappop(station.outside)
                room.succeed()
                return job
            return None
        job = heappop(station.queue)
        while station.outside and len(station.queue) < station.buffer:
            admitted, room = heappop(station.outside)
            heappush(station.queue, admitted)
            room.succeed()
        return job

    def finish(self, station: Station, job: Job) -> simpy.Event | None:
        """A look is over: write down what was seen, then decide the phone or pass it on."""
        phone, look = job.phone, self.looks[job.row]
        if station is self.humans:
            seen = evidence(self.view[phone], self.plant.d_prime, self.z[phone])
            verdict = human_verdict(seen, self.plant.criterion)
        else:
            seen = self.scores[station.index][phone]
            verdict = model_verdict(seen, job.arm.low, job.arm.high)
        look[END], look[EVIDENCE], look[VERDICT] = self.env.now, seen, int(verdict)
        if job.kind == Look.MIRROR:
            self.mirrored.append(job.row)
        elif verdict == Verdict.REVIEW:
            return self.ask(self.humans, phone, Look.REVIEW, job.arm)
        else:
            self.decide(phone, verdict, how_decided(station is self.humans, job.kind))
        return None

    def decide(self, phone: int, verdict: int, how: int) -> None:
        """The phone's fate is settled: it ships or it is rejected."""
        self.verdict[phone] = int(verdict)
        self.verdict_us[phone] = self.env.now
        self.decided_by[phone] = int(how)
        self.decided.append(phone)

    def outages(self, station: Station, periods: tuple[tuple[int, int], ...]) -> Process:
        """A model server goes down and comes back."""
        for begin, end in periods:
            yield self.after(begin - self.env.now, EventClass.CALENDAR, station.index, 0)
            self.crash(station)
            yield self.after(end - self.env.now, EventClass.CALENDAR, station.index, 0)
            station.down = False
            station.idle = [server for server in station.servers if not server.blocked]
            for server in station.idle:
                server.free_since = self.env.now

    def crash(self, station: Station) -> None:
        """Work in hand and in the queue is lost at this instant, and those phones go to the fallback."""
        station.down = True
        station.idle = []
        lost: list[tuple[Job, simpy.Event | None]] = [(job, None) for job in station.queue]
        lost += station.outside
        for server in station.servers:
            if server.job is not None:
                lost.append((server.job, None))
                server.process.interrupt("crash")
        station.queue, station.outside = [], []
        for job, waiting in sorted(lost, key=lambda each: each[0]):
            look = self.looks[job.row]
            look[END], look[VERDICT] = self.env.now, int(Verdict.LOST)
            if job.kind == Look.MIRROR:
                look[VERDICT] = int(Verdict.MISSING)
                continue
            room = self.fall_back(job.phone, job.arm)
            if waiting is not None:
                waiting.succeed(room)

    # -- bookkeeping ------------------------------------------------------------------------------------------

    def after(self, delay: int, order: EventClass, station: int, phone: int) -> simpy.Event:
        """Return an event `delay` from now that takes its place among all events of its instant."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None
        place = (order * len(self.stations) + station) * (len(self.due) + 1) + phone
        self.env.schedule(event, priority=FIRST_PRIORITY + place, delay=delay)
        return event

    def new_look(self, phone: int, station: Station, kind: int, verdict: int = Verdict.NONE) -> int:
        now = self.env.now
        end = now if verdict == Verdict.MISSING else -1
        self.looks.append([phone, station.index, -1, int(kind), now, -1, end, float("nan"), int(verdict)])
        return len(self.looks) - 1

    def log(self) -> InspectionLog:
        """Return everything that has happened so far, in columns."""
        stopped = list(self.stopped)
        if self.blocked_since is not None:
            stopped.append((self.blocked_since, self.horizon_us))
        return InspectionLog(
            phones=PhoneLog(
                release_us=np.array(self.release, dtype=np.int64),
                arm=np.array(self.arm, dtype=np.int16),
                pi=np.array(self.pi, dtype=np.float64),
                decided_by=np.array(self.decided_by, dtype=np.int8),
                verdict=np.array(self.verdict, dtype=np.int8),
                verdict_us=np.array(self.verdict_us, dtype=np.int64),
            ),
            looks=LookLog.of(self.looks),
            arms=tuple(self.arms),
            stations=tuple(station.name for station in self.stations),
            stopped=np.array(stopped, dtype=np.int64).reshape(-1, 2),
            horizon_us=self.horizon_us,
        )
