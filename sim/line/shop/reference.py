"""A shop as a SimPy process model: a phone goes from station to station, and keeps its server until there is room.

It is the executable specification of the compiled engine. Events of one instant are ordered as on the line: those
who are through, by station and then by phone, before those who come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.columns import Times
from sim.line.rules import EventClass
from sim.line.shop.log import VisitLog
from sim.line.shop.stations import Deadlock, Draws, Gone, Shop, WorkStation, loop_of, next_station

Process = Generator[simpy.Event, Any, None]

FIRST_PRIORITY = 2  #: SimPy's own bookkeeping takes 0 and 1, and is worked off before the next event
MANY = 2**40  #: more than there are phones


class Phone:
    """A phone on its way through the shop."""

    def __init__(self, place: int, number: int, comes_us: int, draws: Draws, row: int, stations: int) -> None:
        self.place = place  # in the order in which phones come
        self.number = number
        self.comes_us = comes_us
        self.entered_us = -1
        self.gone_us = -1
        self.u_urgent = float(draws.u_urgent[row])
        self.service_us = draws.service_us[:, row].tolist()
        self.u_way = draws.u_way[:, row].tolist()
        self.visits_of = [0] * stations
        self.visits: list[Visit] = []


class Visit:
    """One visit of a phone to a station."""

    def __init__(self, phone: Phone, station: Station, now: int) -> None:
        self.phone = phone
        self.station = station
        self.urgent = phone.u_urgent < station.row.urgent
        self.draw = station.first_draw + phone.visits_of[station.index]
        self.work_us: int = phone.service_us[self.draw]
        self.left_to_do_us = self.work_us
        self.enter_us = now
        self.room_us = self.start_us = self.end_us = self.left_us = -1
        self.server = -1
        self.room: simpy.Event
        self.turn: simpy.Event
        self.process: simpy.Process
        phone.visits_of[station.index] += 1
        phone.visits.append(self)


class Server:
    """Somebody, or a machine, that works on one phone at a time."""

    def __init__(self, station: Station, number: int) -> None:
        self.station = station
        self.number = number
        self.free_since = 0
        self.visit: Visit | None = None  # in work, or done and waiting for a place
        self.began_us = self.until_us = 0
        self.waits_for: Station | None = None


class Station:
    """Servers with one queue, and those who wait outside because it is full."""

    def __init__(self, index: int, row: WorkStation, first_draw: int) -> None:
        self.index = index
        self.row = row
        self.first_draw = first_draw
        self.buffer = float("inf") if row.buffer is None else row.buffer
        self.servers = [Server(self, number) for number in range(row.servers)]
        self.urgent: deque[Visit] = deque()
        self.waiting: deque[Visit] = deque()
        self.outside: deque[Visit] = deque()

    @property
    def queued(self) -> int:
        return len(self.urgent) + len(self.waiting)

    @property
    def longest_idle(self) -> Server | None:
        idle = [server for server in self.servers if server.visit is None]
        return min(idle, key=lambda server: (server.free_since, server.number), default=None)

    def gives_way(self, urgent: bool, now: int) -> Server | None:
        """Return the server that would leave its phone for an urgent one: the one that began last."""
        if not (urgent and self.row.preemptive):
            return None
        others = [
            server
            for server in self.servers
            if server.visit is not None and not server.visit.urgent and not server.waits_for and server.until_us > now
        ]
        return max(others, key=lambda server: (server.began_us, server.number), default=None)

    def line_up(self, visit: Visit) -> None:
        if visit.urgent and self.row.discipline == "priority":
            self.urgent.append(visit)
        elif self.row.discipline == "lifo":
            self.waiting.appendleft(visit)
        else:
            self.waiting.append(visit)

    def next_in_line(self) -> Visit | None:
        queue = self.urgent or self.waiting
        return queue.popleft() if queue else None


class SimpyShop:
    """Moves phones through a shop. It can take phones, advance, and show who is through and what was done.

    Parameters
    ----------
    shop : Shop
        The stations.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.env: Any = simpy.Environment(initial_time=0)
        self.stations = [Station(k, row, shop.first_draw[k]) for k, row in enumerate(shop.stations)]
        self.phones: deque[Phone] = deque()
        self.to_come: deque[Phone] = deque()
        self.fed: simpy.Event = self.env.event()
        self.count = 0
        self.through: list[Phone] = []
        self.env.process(self.door())

    # -- what the world outside may do ------------------------------------------------------------------------

    def feed(self, number: Times, comes_us: Times, draws: Draws) -> None:
        """Let phones come, in the order of their times."""
        for row, (own, at) in enumerate(zip(number.tolist(), comes_us.tolist(), strict=True)):
            phone = Phone(self.count, own, at, draws, row, len(self.stations))
            self.count += 1
            self.phones.append(phone)
            self.to_come.append(phone)
        if len(number) and not self.fed.triggered:
            self.fed.succeed()

    def advance(self, until_us: int) -> None:
        """Process everything that happens up to and at `until_us`."""
        while self.env.peek() <= until_us:
            self.env.step()

    def gone(self) -> Gone:
        """Return who has got through since the last time."""
        phones = sorted(self.through, key=lambda phone: (phone.gone_us, phone.number))
        self.through = []
        return Gone(*(_times([getattr(p, name) for p in phones]) for name in ("number", "gone_us", "entered_us")))

    def inside(self) -> tuple[Times, Times]:
        """Return who is not through yet, and since when the shop has had room for each (-1: not yet)."""
        phones = [phone for phone in self.phones if phone.gone_us < 0]
        return _times([phone.number for phone in phones]), _times([phone.entered_us for phone in phones])

    def settle(self) -> VisitLog:
        """Return the visits of the phones before the first that is still inside, and forget them."""
        over = []
        while self.phones and self.phones[0].gone_us >= 0:
            over.append(self.phones.popleft())
        return _log_of(over)

    def log(self) -> VisitLog:
        """Return the visits of all phones that are not settled."""
        return _log_of(list(self.phones))

    # -- the shop ---------------------------------------------------------------------------------------------

    def door(self) -> Process:
        """Phones come when it is their time."""
        while True:
            while self.to_come:
                phone = self.to_come.popleft()
                yield self.after(phone.comes_us - self.env.now, EventClass.ARRIVAL, 0, phone)
                self.env.process(self.way_of(phone))
            self.fed = self.env.event()
            yield self.fed

    def way_of(self, phone: Phone) -> Process:
        """From station to station; the server that is done keeps the phone until the next station has room."""
        station = self.where_to(0, phone)
        server: Server | None = None
        while station is not None:
            visit = Visit(phone, station, self.env.now)
            visit.process = self.env.active_process
            if not self.has_room(visit):
                visit.room = self.env.event()
                station.outside.append(visit)
                if server is not None:
                    server.waits_for = station
                    self.look_for_deadlock()
                yield visit.room
            if phone.entered_us < 0:
                phone.entered_us = self.env.now
            if server is not None:
                self.leave(server)
            server = yield from self.be_worked_on(visit)
            visit.end_us = self.env.now
            on, u = station.index + 1, phone.u_way[visit.draw]
            station = self.where_to(next_station(u, station.row.bounds, [to for to, _ in station.row.ways], on), phone)
        phone.gone_us = self.env.now
        if phone.entered_us < 0:
            phone.entered_us = self.env.now
        self.through.append(phone)
        if server is not None:
            self.leave(server)

    def where_to(self, number: int, phone: Phone) -> Station | None:
        """Return the station, or the next one if it has seen the phone often enough or has no room and lets it by."""
        for station in self.stations[number:]:
            row = station.row
            urgent = phone.u_urgent < row.urgent
            if phone.visits_of[station.index] < row.visits and not (
                row.when_full == "pass_by"
                and station.longest_idle is None
                and station.gives_way(urgent, self.env.now) is None
                and station.queued >= station.buffer
            ):
                return station
        return None

    def has_room(self, visit: Visit) -> bool:
        """Take the phone in if there is somebody for it, or a place to wait. False: it has to wait where it is."""
        station, now = visit.station, self.env.now
        visit.turn = self.env.event()
        if (server := station.longest_idle) is not None:
            self.begin(server, visit)
        elif (server := station.gives_way(visit.urgent, now)) is not None:
            interrupted = server.visit
            assert interrupted is not None
            interrupted.left_to_do_us = server.until_us - now
            interrupted.turn = self.env.event()
            station.waiting.appendleft(interrupted)
            interrupted.process.interrupt()
            self.begin(server, visit)
        elif station.queued < station.buffer:
            station.line_up(visit)
        else:
            return False
        visit.room_us = now
        return True

    def begin(self, server: Server, visit: Visit) -> None:
        """A server starts on a phone, or goes on with it."""
        now = self.env.now
        server.visit, server.began_us, server.until_us = visit, now, now + visit.left_to_do_us
        visit.server = server.number
        if visit.start_us < 0:
            visit.start_us = now
        visit.turn.succeed(server)

    def be_worked_on(self, visit: Visit) -> Generator[simpy.Event, Any, Server]:
        """Wait for a turn and stay until the work is done, whoever more urgent comes between."""
        while True:
            server: Server = yield visit.turn
            try:
                yield self.after(
                    server.until_us - self.env.now, EventClass.COMPLETION, visit.station.index, visit.phone
                )
            except simpy.Interrupt:
                continue
            return server

    def leave(self, server: Server) -> None:
        """A server is free: whoever waits outside has the place that will be free, and the next in line begins."""
        station, now = server.station, self.env.now
        assert server.visit is not None
        server.visit.left_us = now
        server.visit, server.waits_for = None, None
        if station.outside and station.queued <= station.buffer:
            visit = station.outside.popleft()
            visit.room_us = now
            station.line_up(visit)
            visit.room.succeed()
        following = station.next_in_line()
        if following is None:
            server.free_since = now
        else:
            self.begin(server, following)

    def look_for_deadlock(self) -> None:
        """Stop if stations wait for one another in a circle."""
        waits = [
            [server.waits_for.index for server in station.servers if server.waits_for]
            if all(server.waits_for for server in station.servers)
            else None
            for station in self.stations
        ]
        if loop := loop_of(waits):
            raise Deadlock(self.env.now, tuple(self.shop.stations[number].name for number in loop))

    def after(self, delay: int, order: EventClass, station: int, phone: Phone) -> simpy.Event:
        """Return an event `delay` from now that takes its place among all events of its instant."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None
        place = (order * len(self.stations) + station) * MANY + phone.place
        self.env.schedule(event, priority=FIRST_PRIORITY + place, delay=delay)
        return event


def _times(values: list[int]) -> Times:
    return np.array(values, dtype=np.int64)


def _log_of(phones: list[Phone]) -> VisitLog:
    visits = [visit for phone in phones for visit in phone.visits]
    moments = ("work_us", "enter_us", "room_us", "start_us", "end_us", "left_us")
    return VisitLog(
        _times([visit.phone.number for visit in visits]),
        np.array([visit.station.index for visit in visits], dtype=np.int16),
        np.array([visit.server for visit in visits], dtype=np.int32),
        np.array([visit.urgent for visit in visits], dtype=np.bool_),
        *(_times([getattr(visit, name) for visit in visits]) for name in moments),
    ).sorted()
