"""The line as a SimPy process model: short, readable, and the executable specification of every other engine.

A conveyor releases phones when they are due. The route in force says who decides each one. Stations (model servers,
then the pool of inspectors) are servers with one queue; a look ends with a verdict, or with "unsure: ask a human".

At one instant things happen in the order of (class, station, phone), see `rules.EventClass`, so ties have one
answer. SimPy orders events by (time, priority, insertion): the order goes into the priority, and the queues are our
own, because SimPy's resources order by insertion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from heapq import heapify, heappop, heappush
from itertools import repeat
from typing import Any

import numpy as np
import simpy

from sim.columns import Floats
from sim.inspectors.human.detection import evidence
from sim.inspectors.human.people import (
    FELT_STEPS,
    LOOK_STEP_US,
    TIME_STEP_US,
    Crew,
    criterion_at,
    felt_after,
    lasting,
    read_off,
    sensitivity_at,
)
from sim.line import stations as parts
from sim.line.log import AnswerLog, Decided, InspectionLog, LookLog, Mirrored, PhoneLog
from sim.line.route import Arm, Route, choose
from sim.line.rules import (
    UNATTENDED,
    UNKNOWN_URGENCY,
    UNSEEN,
    DecidedBy,
    EventClass,
    Look,
    Verdict,
    advised_verdict,
    gets_through,
    how_decided,
    human_verdict,
    model_verdict,
)

Process = Generator[simpy.Event, Any, None]

#: SimPy's own bookkeeping (a process starts, an event succeeds) uses priorities 0 and 1: consequences of an event
#: are worked off before the next event of the same instant.
FIRST_PRIORITY = 2

#: More than the phones of any run: a place in the order of an instant is (class, station) times this, plus the phone.
MANY = 2**40


class Phone:
    """A phone on its way: what it brings along, and what becomes of it. Times of -1: not yet."""

    __slots__ = (
        "arm", "decided_by", "down_us", "due_us", "looks", "number", "pi", "place", "release_us", "score", "service_us",
        "think_us", "u_arm", "u_defer", "u_mirror", "u_search", "up_us", "verdict", "verdict_us", "view", "z",
    )  # fmt: skip

    def __init__(
        self, number: int, due_us: int, u_arm: float, u_mirror: float, view: float, z: float, u_defer: float,
        u_search: float,
    ) -> None:  # fmt: skip
        self.number = number
        self.place = number  # in the order in which phones arrive
        self.due_us = due_us
        self.u_arm = u_arm
        self.u_mirror = u_mirror
        self.view = view  # what inspectors can see of it
        self.z = z  # the noise of their look
        self.u_defer = u_defer  # whether a contradicting opinion prevails
        self.u_search = u_search  # whether a flaw is found
        self.score: list[float] = []  # by station
        self.service_us: list[int] = []  # by station
        self.up_us: list[int] = []  # by model: of a remote one, how long its request is on its way
        self.down_us: list[int] = []  # and the answer
        self.think_us = 0  # how long the client who brought it is away after its verdict
        self.release_us = -1
        self.arm = -1
        self.pi = float("nan")
        self.decided_by: int = DecidedBy.NOT_STARTED
        self.verdict: int = Verdict.NONE
        self.verdict_us = -1
        self.looks: list[Job] = []

    @property
    def settled(self) -> bool:
        """Decided, and nobody looks at it any more."""
        return self.verdict != Verdict.NONE and all(look.over for look in self.looks)


class Job:
    """One look that somebody has been asked for, and what came of it."""

    __slots__ = (
        "answered_us", "arm", "batch", "end_us", "enter_us", "evidence", "kind", "phone", "sent_us", "server",
        "start_us", "station", "under_way", "urgency", "verdict",
    )  # fmt: skip

    def __init__(
        self, phone: Phone, station: int, kind: int, arm: Arm, enter_us: int, urgency: float = UNKNOWN_URGENCY
    ) -> None:
        self.phone = phone
        self.station = station
        self.kind = kind
        self.arm = arm
        self.enter_us = enter_us
        self.urgency = urgency
        self.server = -1
        self.start_us = -1
        self.batch = 0  # how many phones the server looks at at once
        self.end_us = -1
        self.evidence = float("nan")
        self.verdict: int = Verdict.NONE
        self.sent_us = self.answered_us = -1  # of a remote model's: when the request left, when the answer was back
        self.under_way = False  # one of the two is
        phone.looks.append(self)

    @property
    def over(self) -> bool:
        """Nothing will come of it any more."""
        return self.end_us >= 0 and self.verdict != Verdict.NONE and not self.under_way

    def __lt__(self, other: Job) -> bool:
        """The more urgent first; else first in, first out; of the same instant, the lower phone first."""
        return (-self.urgency, self.enter_us, self.phone.place) < (-other.urgency, other.enter_us, other.phone.place)


class Server:
    """One inspector or one replica of a model."""

    __slots__ = (
        "blocked", "criterion", "d_prime", "felt", "free_since", "jobs", "number", "on_duty", "on_since", "pace",
        "process", "rested_at", "wake",
    )  # fmt: skip

    def __init__(self, number: int, on_duty: bool) -> None:
        self.number = number
        self.on_duty = on_duty
        self.on_since = 0  # when the shift began
        self.rested_at = 0  # when it began, or the last break ended that was one
        self.pace = 1.0  # how much longer a look takes
        self.d_prime = self.criterion = self.felt = 0.0  # of a person who changes: see `join`
        self.free_since = 0
        self.jobs: list[Job] = []  # the look under way; of a batch, all of its looks
        self.blocked = False  # done, but phones have nowhere to go yet
        self.wake: simpy.Event
        self.process: simpy.Process

    def join(self, crew: Crew) -> None:
        """Become one of a crew's people."""
        self.pace, self.d_prime, self.criterion = (
            float(each[self.number]) for each in (crew.pace, crew.d_prime, crew.criterion)
        )
        self.felt = crew.felt


class Station:
    """Servers with one queue, and whoever waits in front of it because it is full."""

    def __init__(self, index: int, row: parts.Station) -> None:
        self.index = index
        self.name = row.name
        self.buffer = float("inf") if row.buffer is None else row.buffer
        self.when_full = row.when_full
        self.servers = [Server(number, on_duty=row.duty is None) for number in range(row.servers)]
        self.idle = [server for server in self.servers if server.on_duty]
        self.queue: list[Job] = []
        self.outside: list[tuple[Job, simpy.Event]] = []  # kept in order of (asked for, phone)
        self.down = False
        self.batch = row.batch
        self.wait_us = row.wait_us
        self.setup_us = row.setup_us
        self.timed = False  # a timer runs that ends the wait for a full batch
        self.remote = row.remote
        self.timeout_us = row.timeout_us
        self.away = False  # a partition is on
        self.back_us = 0  # when the last one ended

    @property
    def known_down(self) -> bool:
        """Whether the line knows that it is down: not while nothing is heard of it."""
        return self.down and not self.away

    def reached(self, sent_us: int) -> bool:
        """Whether a message that was sent then, to it or by it, arrives now."""
        return gets_through(self.away, self.back_us, sent_us)

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
    plant : sim.line.stations.Plant
        The stations.
    columns : sim.line.stations.Columns
        What the first phones bring along: due times, draws and scores. `feed` brings more.
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
        self.duty = parts.duty_table(plant.humans, horizon_us)
        self.by_version = {station.name: station for station in self.stations[:-1]}
        self.route: Route | None = None

        self.count = 0  # phones fed
        self.phones: deque[Phone] = deque()  # all that are not settled, in order
        self.to_come: deque[Phone] = deque()
        self.fed: simpy.Event = self.env.event()
        self.ready = plant.clients  # clients who could bring a phone
        self.comes_back: simpy.Event = self.env.event()
        self.decided: list[Phone] = []  # in the order of their verdicts
        self.mirrored: list[Job] = []  # mirrored looks in the order in which they ended
        self.forgotten = [0, 0]  # how many of the two were there before the last `settle`
        self.arms: dict[str, int] = {}
        self.stopped: list[tuple[int, int]] = []
        self.blocked_since: int | None = None
        self.feed(columns)

        for station, row in zip(self.stations, plant.stations, strict=True):
            for server in station.servers:
                server.process = self.env.process(self.serve(station, server))
            if row.outages:
                self.env.process(self.outages(station, row.outages))
            if row.partitions:
                self.env.process(self.partitions(station, row.partitions))
            if row.duty:
                self.env.process(self.come_and_go(station, parts.duty_changes(row)))
        if plant.crew is not None:
            for server in self.humans.servers:
                server.join(plant.crew)
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

    def feed(self, columns: parts.Columns) -> None:
        """Bring up the next phones. Nothing may have been advanced to the first one's due time before."""
        human, models = columns.human, [station.name for station in self.stations[:-1]]
        # Python lists: SimPy handles one phone at a time, and reading one number from an array is slow.
        u_search = human.u_search.tolist() if self.plant.crew is not None else [0.0] * len(columns.due_us)
        own = zip(
            columns.due_us.tolist(), columns.u_arm.tolist(), columns.u_mirror.tolist(), human.view.tolist(),
            human.z.tolist(), human.u_defer.tolist(), u_search, strict=True,
        )  # fmt: skip
        service = zip(*(columns.service_us[name].tolist() for name in models), human.service_us.tolist(), strict=True)
        score = zip(*(columns.score[name].tolist() for name in models), strict=True) if models else repeat(())
        numbers = columns.number.tolist()
        never = np.zeros(len(numbers), dtype=np.int64)
        up, down = ([way.get(name, never).tolist() for name in models] for way in (columns.up_us, columns.down_us))
        for row, (draws, times, scores) in enumerate(zip(own, service, score, strict=False)):
            phone = Phone(numbers[row], *draws)
            phone.place = self.count
            self.count += 1
            phone.service_us, phone.score = list(times), list(scores)
            phone.up_us, phone.down_us = [each[row] for each in up], [each[row] for each in down]
            if columns.think_us is not None:
                phone.think_us = int(columns.think_us[row])
            self.phones.append(phone)
            self.to_come.append(phone)
        if not self.fed.triggered:
            self.fed.succeed()

    def decided_since(self, number: int) -> Decided:
        """Return the phones decided after the first `number` of them."""
        phones = self.decided[number - self.forgotten[0] :]
        return Decided(
            phone=np.array([phone.number for phone in phones], dtype=np.int64),
            arm=np.array([phone.arm for phone in phones], dtype=np.int16),
            pi=np.array([phone.pi for phone in phones], dtype=np.float64),
            decided_by=np.array([phone.decided_by for phone in phones], dtype=np.int8),
            verdict=np.array([phone.verdict for phone in phones], dtype=np.int8),
            verdict_us=np.array([phone.verdict_us for phone in phones], dtype=np.int64),
            arms=tuple(self.arms),
            stations=tuple(station.name for station in self.stations),
        )

    def mirrored_since(self, number: int) -> Mirrored:
        """Return the mirrored looks that ended after the first `number` of them."""
        looks = self.mirrored[number - self.forgotten[1] :]
        return Mirrored(
            phone=np.array([look.phone.number for look in looks], dtype=np.int64),
            station=np.array([look.station for look in looks], dtype=np.int16),
            end_us=np.array([max(look.end_us, look.answered_us) for look in looks], dtype=np.int64),
            verdict=np.array([look.verdict for look in looks], dtype=np.int8),
            line_verdict=np.array([look.phone.verdict for look in looks], dtype=np.int8),
            line_verdict_us=np.array([look.phone.verdict_us for look in looks], dtype=np.int64),
        )

    def rescore(self, version: str, first: int, score: Floats) -> None:
        """Give those phones from number `first` on that are not released yet another score of a version."""
        station = self.by_version[version].index
        for phone in self.to_come:
            if 0 <= phone.number - first < len(score):
                phone.score[station] = float(score[phone.number - first])

    def unreleased(self) -> int | None:
        """Return the lowest number of a phone that the conveyor has not taken up; None: it has taken all."""
        return min((phone.number for phone in self.to_come), default=None)

    def queued(self) -> int:
        """Return how many phones wait for an inspector."""
        return len(self.humans.queue) + len(self.humans.outside)

    def settle(self) -> InspectionLog:
        """Return the log of the phones that are through with everything, and forget them."""
        over = [phone for phone in self.phones if phone.settled]
        self.phones = deque(phone for phone in self.phones if not phone.settled)
        self.forgotten = [self.forgotten[0] + len(self.decided), self.forgotten[1] + len(self.mirrored)]
        self.decided, self.mirrored = [], []
        stopped, self.stopped = self.stopped, []
        return self.log_of(over, stopped)

    def log(self) -> InspectionLog:
        """Return what has happened so far to all phones that are not settled, in columns."""
        stopped = list(self.stopped)
        if self.blocked_since is not None:
            stopped.append((self.blocked_since, self.horizon_us))
        return self.log_of(list(self.phones), stopped)

    # -- the factory ------------------------------------------------------------------------------------------

    def conveyor(self) -> Process:
        """Release each phone when it is due, or as soon as the line moves again."""
        while True:
            while not self.to_come:
                self.fed = self.env.event()
                yield self.fed
            while self.ready == 0:
                self.comes_back = self.env.event()
                yield self.comes_back
            phone = self.to_come[0]
            yield self.after(max(phone.due_us - self.env.now, 0), EventClass.ARRIVAL, 0, phone)
            self.to_come.popleft()
            if self.ready is not None:
                self.ready -= 1
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

    def assign(self, phone: Phone) -> Arm:
        """Fix at arrival which arm decides the phone, and with what probability it was chosen."""
        assert self.route is not None, "set_route comes before advance"
        number = choose(phone.u_arm, self.bounds)
        phone.release_us = self.env.now
        phone.arm = self.codes[number]
        phone.pi = self.shares[number]
        phone.decided_by = DecidedBy.ON_LINE
        return self.route.arms[number]

    def send(self, phone: Phone, arm: Arm) -> simpy.Event | None:
        """Send a phone to whoever decides it. Returns an event to wait for if there is no room yet."""
        if arm.decider == "nobody":
            self.decide(phone, Verdict.PASS, DecidedBy.NOBODY)
            return None
        if arm.decider == "humans":
            return self.ask(self.humans, phone, Look.PRIMARY, arm)
        station = self.by_version[arm.version]
        if station.known_down:
            return self.fall_back(phone, arm)
        if station.remote:
            self.request(station, phone, Look.PRIMARY, arm)
            return None
        return self.ask(station, phone, Look.PRIMARY, arm)

    def fall_back(self, phone: Phone, arm: Arm) -> simpy.Event | None:
        """The model is down, silent or refuses: the fallback decides. Who was only to be advised has no advice."""
        assert self.route is not None
        if self.route.fallback != "humans" and arm.advice is None:
            self.decide(phone, *UNATTENDED[self.route.fallback])
            return None
        return self.ask(self.humans, phone, Look.FALLBACK, arm)

    def mirror(self, phone: Phone, decider: Arm, mirrors: list[tuple[Station, Arm, float]]) -> None:
        """Show the phone to mirrored versions too. They are never waited for; what finds no room is missing."""
        for station, arm, share in mirrors:
            if phone.u_mirror < share and decider.version != station.name:
                if station.remote and not station.known_down:
                    self.request(station, phone, Look.MIRROR, arm)
                elif station.down or station.full:
                    missing = Job(phone, station.index, Look.MIRROR, arm, self.env.now)
                    missing.end_us, missing.verdict = self.env.now, Verdict.MISSING
                else:
                    self.ask(station, phone, Look.MIRROR, arm)

    def ask(self, station: Station, phone: Phone, kind: Look, arm: Arm) -> simpy.Event | None:
        """Ask a station for a look: it starts at once, or queues, or meets a full buffer."""
        sorted_by_score = arm.triage and kind == Look.REVIEW
        urgency = phone.looks[0].evidence if sorted_by_score else UNKNOWN_URGENCY
        if station.full and station.when_full != "block":
            last = max(station.queue, default=None)
            if last is None or urgency <= last.urgency:
                self.decide(phone, UNSEEN[station.when_full], DecidedBy.OVERFLOW)
                return None
            self.give_up(station, last)
        job = Job(phone, station.index, kind, arm, self.env.now, urgency)
        if station.full:
            room: simpy.Event = self.env.event()
            heappush(station.outside, (job, room))
            return room
        self.take_in(station, job)
        return None

    def take_in(self, station: Station, job: Job) -> None:
        """A station that is not full starts on a look at once, or puts it into its queue."""
        if station.idle and station.batch == 1:
            station.longest_idle().wake.succeed([job])
        else:
            heappush(station.queue, job)
            self.fill(station)

    def request(self, station: Station, phone: Phone, kind: Look, arm: Arm) -> None:
        """Send a remote model what it needs for a look: the phone leaves the conveyor and waits for the answer."""
        job = Job(phone, station.index, kind, arm, self.env.now)
        job.sent_us, job.under_way = self.env.now, True
        arrival = self.after(phone.up_us[station.index], EventClass.REQUEST, station.index, phone)
        arrival.callbacks.append(lambda _: self.receive(station, job))
        if station.timeout_us is not None:
            timer = self.after(station.timeout_us, EventClass.TIMEOUT, station.index, phone)
            timer.callbacks.append(lambda _: self.time_out(job))

    def receive(self, station: Station, job: Job) -> None:
        """A request should be at the server: it takes it in whether anybody still waits for the answer or not."""
        job.under_way = False
        if not station.reached(job.sent_us):
            job.end_us = self.env.now  # lost; nobody notices before the timeout
            return
        job.enter_us = self.env.now
        if station.down:
            self.lose(station, job, None)
        elif station.full:
            job.end_us = self.env.now
            if job.verdict == Verdict.NONE:
                job.verdict = Verdict.MISSING
                if job.kind != Look.MIRROR:
                    self.decide(job.phone, UNSEEN[station.when_full], DecidedBy.OVERFLOW)
        else:
            self.take_in(station, job)

    def answer(self, station: Station, job: Job) -> None:
        """An answer should be back at the line; what comes after the timeout is written down and ignored."""
        job.under_way = False
        if station.reached(job.end_us):
            job.answered_us = self.env.now
            if job.verdict == Verdict.NONE:
                self.conclude(station, job, model_verdict(job.evidence, job.arm.low, job.arm.high), advised=False)

    def time_out(self, job: Job) -> None:
        """Nobody waits any longer for what a remote model says, if it has not said it yet."""
        if job.verdict != Verdict.NONE:
            return
        if job.kind == Look.MIRROR:
            job.verdict = Verdict.MISSING
        else:
            job.verdict = Verdict.LATE
            self.fall_back(job.phone, job.arm)

    def give_up(self, station: Station, job: Job) -> None:
        """The least urgent phone leaves a full queue unseen: a more urgent one takes its place."""
        station.queue.remove(job)
        heapify(station.queue)
        job.end_us, job.verdict = self.env.now, Verdict.MISSING
        self.decide(job.phone, UNSEEN[station.when_full], DecidedBy.OVERFLOW)

    def fill(self, station: Station) -> None:
        """Idle servers start on full batches, and on what has waited long enough; else a timer says when it has."""
        while station.idle and station.queue:
            due_us = station.queue[0].enter_us + station.wait_us
            if len(station.queue) < station.batch and self.env.now < due_us:
                if not station.timed:
                    station.timed = True
                    timer = self.after(due_us - self.env.now, EventClass.BATCH_TIMER, station.index, None)
                    timer.callbacks.append(lambda _: self.time_is_up(station))
                return
            size = min(len(station.queue), station.batch)
            station.longest_idle().wake.succeed([heappop(station.queue) for _ in range(size)])

    def time_is_up(self, station: Station) -> None:
        """Some phone need not wait for a full batch any longer, if it still waits."""
        station.timed = False
        self.fill(station)

    def serve(self, station: Station, server: Server) -> Process:
        """The life of an inspector or a model server: wait for a phone or a batch, look at it, hand it on."""
        server.wake = self.env.event()
        while True:
            jobs = yield server.wake
            server.wake = self.env.event()
            while jobs:
                for job in jobs:
                    job.server, job.start_us, job.batch = server.number, self.env.now, len(jobs)
                server.jobs = jobs
                service_us = sum(lasting(job.phone.service_us[station.index], server.pace) for job in jobs)
                try:
                    yield self.after(station.setup_us + service_us, EventClass.COMPLETION, station.index, jobs[0].phone)
                except simpy.Interrupt:
                    break  # the server crashed; `crash` takes care of the phones in hand
                server.jobs = []
                rooms = [self.finish(station, job) for job in jobs]
                server.blocked = any(room is not None for room in rooms)
                for room in rooms:
                    while room is not None:
                        room = yield room
                server.blocked = False
                jobs = self.next_job(station) if server.on_duty and not station.down else []
            server.jobs = []
            if server.on_duty and not station.down:
                server.free_since = self.env.now
                station.idle.append(server)
                self.take_batches(station)

    def next_job(self, station: Station) -> list[Job]:
        """Take the queue's head, and let in whoever waited outside for the place. Nobody waits: an empty list."""
        if station.batch > 1:
            return []  # see `take_batches`
        if not station.queue:
            if station.outside:
                job, room = heappop(station.outside)
                room.succeed()
                return [job]
            return []
        job = heappop(station.queue)
        while station.outside and len(station.queue) < station.buffer:
            admitted, room = heappop(station.outside)
            heappush(station.queue, admitted)
            room.succeed()
        return [job]

    def take_batches(self, station: Station) -> None:
        """Where servers take several phones at once, one of them is free, and whoever waited outside comes in."""
        if station.batch == 1:
            return
        self.fill(station)
        if station.outside and not station.full:
            admitted, room = heappop(station.outside)
            heappush(station.queue, admitted)
            room.succeed()
            self.fill(station)

    def finish(self, station: Station, job: Job) -> simpy.Event | None:
        """A look is over: write down what was seen, then decide the phone or pass it on."""
        phone = job.phone
        advised = job.kind == Look.REVIEW and job.arm.advice is not None
        if station is self.humans:
            view, d_prime, criterion = self.seen(job)
            job.evidence = evidence(view, d_prime, phone.z)
            verdict = human_verdict(job.evidence, criterion)
            if self.plant.crew is not None:
                who = station.servers[job.server]
                who.felt = felt_after(who.felt, job.evidence > criterion, self.plant.crew.memory)
            if (advice := job.arm.advice) is not None and advised:
                verdict = advised_verdict(
                    verdict, phone.looks[0].evidence, advice.threshold, advice.follow_pass, advice.follow_reject,
                    phone.u_defer,
                )  # fmt: skip
        else:
            job.evidence = phone.score[station.index]
            verdict = model_verdict(job.evidence, job.arm.low, job.arm.high)
        job.end_us = self.env.now
        if station.remote:
            job.under_way = True
            back = self.after(phone.down_us[station.index], EventClass.ANSWER, station.index, phone)
            back.callbacks.append(lambda _: self.answer(station, job))
            return None
        return self.conclude(station, job, verdict, advised)

    def conclude(self, station: Station, job: Job, verdict: int, advised: bool) -> simpy.Event | None:
        """The line knows what a look has shown: decide the phone, or pass it on."""
        phone = job.phone
        job.verdict = verdict
        if job.kind == Look.MIRROR:
            if verdict == Verdict.REFUSED:
                job.verdict = Verdict.MISSING
            else:
                self.mirrored.append(job)
        elif verdict == Verdict.REFUSED:
            return self.fall_back(phone, job.arm)
        elif verdict == Verdict.REVIEW:
            return self.ask(self.humans, phone, Look.REVIEW, job.arm)
        else:
            self.decide(phone, verdict, how_decided(station is self.humans, job.kind, advised))
        return None

    def seen(self, job: Job) -> tuple[float, float, float]:
        """Return what an inspector sees of a phone, and with which d' and criterion, as the look began."""
        plant, phone = self.plant, job.phone
        if plant.crew is None:
            return phone.view, plant.d_prime, plant.criterion
        crew, tables, who = plant.crew, plant.crew.tables, self.humans.servers[job.server]
        found = phone.u_search < read_off(tables.search, phone.service_us[self.humans.index] / LOOK_STEP_US)
        d_prime = sensitivity_at(who.d_prime, crew.fatigue, job.start_us - who.on_since)
        odds = read_off(tables.odds, who.felt * FELT_STEPS)
        waning = read_off(tables.vigilance, (job.start_us - who.rested_at) / TIME_STEP_US)
        criterion = criterion_at(who.criterion, odds, waning, crew.night, job.start_us)
        return phone.view if found else -1.0, d_prime, criterion

    def decide(self, phone: Phone, verdict: int, how: int) -> None:
        """The phone's fate is settled: it ships or it is rejected."""
        phone.verdict, phone.decided_by, phone.verdict_us = verdict, how, self.env.now
        self.decided.append(phone)
        if self.ready is not None:
            back = self.after(phone.think_us, EventClass.CLIENT, 0, phone)
            back.callbacks.append(lambda _: self.come_back())

    def come_back(self) -> None:
        """A client is ready to bring the next phone."""
        assert self.ready is not None
        self.ready += 1
        if not self.comes_back.triggered:
            self.comes_back.succeed()

    def outages(self, station: Station, periods: tuple[tuple[int, int], ...]) -> Process:
        """A model server goes down and comes back."""
        for begin, end in periods:
            yield self.after(begin - self.env.now, EventClass.CALENDAR, station.index, None)
            self.crash(station)
            yield self.after(end - self.env.now, EventClass.CALENDAR, station.index, None)
            station.down = False
            station.idle = [server for server in station.servers if not server.blocked]
            for server in station.idle:
                server.free_since = self.env.now

    def partitions(self, station: Station, periods: tuple[tuple[int, int], ...]) -> Process:
        """The network to a remote model goes away and comes back."""
        for begin, end in periods:
            yield self.after(begin - self.env.now, EventClass.NETWORK, station.index, None)
            station.away = True
            yield self.after(end - self.env.now, EventClass.NETWORK, station.index, None)
            station.away, station.back_us = False, end

    def come_and_go(self, station: Station, changes: list[parts.DutyChange]) -> Process:
        """People come on duty and go off it; who has a phone in hand finishes it."""
        for change in changes:
            server = station.servers[change.person]
            yield self.after(change.at_us - self.env.now, EventClass.DUTY, station.index, None)
            if not change.on:
                server.on_duty = False
                if server in station.idle:
                    station.idle.remove(server)
                continue
            server.on_since = change.on_since_us
            if change.shift_begins or not server.jobs:  # a phone in hand all the time was no break
                server.rested_at = change.rested_at_us
            if not server.on_duty and not server.jobs:
                self.begin_to_work(station, server)
            server.on_duty = True

    def begin_to_work(self, station: Station, server: Server) -> None:
        """Who comes on duty takes the queue's head, or waits for a phone."""
        if jobs := self.next_job(station):
            server.wake.succeed(jobs)
        else:
            server.free_since = self.env.now
            station.idle.append(server)

    def crash(self, station: Station) -> None:
        """Work in hand and in the queue is lost at this instant, and those phones go to the fallback."""
        station.down = True
        station.idle = []
        lost: list[tuple[Job, simpy.Event | None]] = [(job, None) for job in station.queue]
        lost += station.outside
        for server in station.servers:
            if server.jobs:
                lost += [(job, None) for job in server.jobs]
                server.process.interrupt("crash")
        station.queue, station.outside = [], []
        for job, waiting in sorted(lost, key=lambda each: each[0]):
            self.lose(station, job, waiting)

    def lose(self, station: Station, job: Job, waiting: simpy.Event | None) -> None:
        """A look is lost to a crash: the phone goes to the fallback, if the line hears of it and still waits."""
        job.end_us = self.env.now
        if station.away or job.verdict != Verdict.NONE:
            return
        if job.kind == Look.MIRROR:
            job.verdict = Verdict.MISSING
            return
        job.verdict = Verdict.LOST
        room = self.fall_back(job.phone, job.arm)
        if waiting is not None:
            waiting.succeed(room)

    # -- bookkeeping ------------------------------------------------------------------------------------------

    def after(self, delay: int, order: EventClass, station: int, phone: Phone | None) -> simpy.Event:
        """Return an event `delay` from now that takes its place among all events of its instant."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None
        place = (order * len(self.stations) + station) * MANY + (0 if phone is None else phone.place)
        self.env.schedule(event, priority=FIRST_PRIORITY + place, delay=delay)
        return event

    def log_of(self, phones: list[Phone], stopped: list[tuple[int, int]]) -> InspectionLog:
        looks = [look for phone in phones for look in phone.looks]
        asked = [look for look in looks if look.sent_us >= 0]
        return InspectionLog(
            phones=PhoneLog(
                phone=np.array([phone.number for phone in phones], dtype=np.int64),
                release_us=np.array([phone.release_us for phone in phones], dtype=np.int64),
                arm=np.array([phone.arm for phone in phones], dtype=np.int16),
                pi=np.array([phone.pi for phone in phones], dtype=np.float64),
                decided_by=np.array([phone.decided_by for phone in phones], dtype=np.int8),
                verdict=np.array([phone.verdict for phone in phones], dtype=np.int8),
                verdict_us=np.array([phone.verdict_us for phone in phones], dtype=np.int64),
            ),
            looks=LookLog.of(
                phone=np.array([look.phone.number for look in looks], dtype=np.int64),
                station=np.array([look.station for look in looks], dtype=np.int16),
                server=np.array([look.server for look in looks], dtype=np.int32),
                kind=np.array([look.kind for look in looks], dtype=np.int8),
                enter_us=np.array([look.enter_us for look in looks], dtype=np.int64),
                start_us=np.array([look.start_us for look in looks], dtype=np.int64),
                end_us=np.array([look.end_us for look in looks], dtype=np.int64),
                evidence=np.array([look.evidence for look in looks], dtype=np.float64),
                verdict=np.array([look.verdict for look in looks], dtype=np.int8),
                batch=np.array([look.batch for look in looks], dtype=np.int16),
            ),
            arms=tuple(self.arms),
            stations=tuple(station.name for station in self.stations),
            stopped=np.array(stopped, dtype=np.int64).reshape(-1, 2),
            horizon_us=self.horizon_us,
            duty=self.duty,
            answers=AnswerLog.of(
                phone=np.array([look.phone.number for look in asked], dtype=np.int64),
                station=np.array([look.station for look in asked], dtype=np.int16),
                sent_us=np.array([look.sent_us for look in asked], dtype=np.int64),
                answered_us=np.array([look.answered_us for look in asked], dtype=np.int64),
            ),
        )
