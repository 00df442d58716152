"""A shop, compiled: the same as `sim.line.shop.reference`, bit for bit, and allocating nothing per phone.

It is a kernel of its own, which a line without work stations never compiles. The next event is found by looking at
all servers: there are few, and no list of events has to be kept in order when work is interrupted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.columns import Times
from sim.line.engines.compiled.codes import NEVER
from sim.line.engines.compiled.kernel import inlined, kernel
from sim.line.shop import stations as rules
from sim.line.shop.log import VisitLog
from sim.line.shop.state import (
    COMES,
    GROW,
    LIFO,
    NOBODY,
    ON,
    OUTSIDE,
    PHONES,
    PRIORITY,
    STUCK,
    STUCK_AT,
    THROUGH,
    URGENT,
    VISITS,
    WAITING,
    ShopState,
    empty,
    from_row,
    with_room,
)
from sim.line.shop.stations import Deadlock, Draws, Gone, Shop, loop_of

next_station = inlined(rules.next_station)


@inlined
def line_up(s: ShopState, where: int, station: int, phone: int) -> None:
    """Go to a list's end."""
    ends = s.lists[where, station]
    s.phones[phone].behind = NOBODY
    if ends.last < 0:
        ends.first = phone
    else:
        s.phones[ends.last].behind = phone
    ends.last = phone


@inlined
def go_to_the_front(s: ShopState, where: int, station: int, phone: int) -> None:
    ends = s.lists[where, station]
    s.phones[phone].behind = ends.first
    ends.first = phone
    if ends.last < 0:
        ends.last = phone


@inlined
def take(s: ShopState, where: int, station: int) -> int:
    """Take the first off a list, -1 if it is empty."""
    ends = s.lists[where, station]
    phone: int = ends.first
    if phone >= 0:
        ends.first = s.phones[phone].behind
        if ends.first < 0:
            ends.last = NOBODY
    return phone


@inlined
def is_urgent(s: ShopState, station: int, phone: int) -> bool:
    urgent: bool = s.phones[phone].u_urgent < s.stations[station].urgent
    return urgent


@inlined
def queue_up(s: ShopState, station: int, phone: int) -> None:
    """Take a place in the queue, as the discipline has it."""
    row = s.stations[station]
    row.queued += 1
    if row.discipline == PRIORITY and is_urgent(s, station, phone):
        line_up(s, URGENT, station, phone)
    elif row.discipline == LIFO:
        go_to_the_front(s, WAITING, station, phone)
    else:
        line_up(s, WAITING, station, phone)


@inlined
def longest_idle(s: ShopState, station: int) -> int:
    best = NOBODY
    for server in range(s.stations[station].first, s.stations[station + 1].first):
        idle = s.servers[server].phone < 0
        if idle and (best < 0 or s.servers[server].free_since < s.servers[best].free_since):
            best = server
    return best


@inlined
def gives_way(s: ShopState, now: int, station: int, phone: int) -> int:
    """Return the server that would leave its phone for an urgent one: the one that began last."""
    best = NOBODY
    if s.stations[station].preemptive and is_urgent(s, station, phone):
        for server in range(s.stations[station].first, s.stations[station + 1].first):
            each = s.servers[server]
            works = each.phone >= 0 and each.waits < 0 and each.until > now
            gives = works and not is_urgent(s, station, each.phone)
            if gives and (best < 0 or each.began >= s.servers[best].began):
                best = server
    return best


@inlined
def where_to(s: ShopState, now: int, number: int, phone: int) -> int:
    """Return the station, or the next one if it has seen the phone often enough or has no room and lets it by."""
    station = number
    while station < len(s.stations) - 1:
        row = s.stations[station]
        if s.made[phone, station] < row.visits and not (
            row.passes_by
            and longest_idle(s, station) < 0
            and gives_way(s, now, station, phone) < 0
            and row.queued >= row.buffer
        ):
            return station
        station += 1
    return station


@inlined
def begin(s: ShopState, now: int, server: int, phone: int) -> None:
    """A server starts on a phone, or goes on with it."""
    each = s.servers[server]
    each.phone, each.began, each.until = phone, now, now + s.phones[phone].to_do
    visit = s.visits[s.phones[phone].visit]
    visit.server = server - s.stations[each.station].first
    if visit.start < 0:
        visit.start = now


@inlined
def enter(s: ShopState, now: int, station: int, phone: int, holds: int) -> bool:
    """Come to a station. False: it has no room, and the phone waits outside, where it `holds` a server."""
    row = s.clock[VISITS]
    s.clock[VISITS] = row + 1
    visit = s.visits[row]
    visit.phone, visit.station, visit.urgent, visit.server = phone, station, is_urgent(s, station, phone), -1
    visit.enter, visit.room, visit.start, visit.end, visit.left = now, -1, -1, -1, -1
    me = s.phones[phone]
    me.visit, me.holds = row, holds
    me.to_do = visit.work = s.service[s.stations[station].draw + s.made[phone, station], phone]
    s.made[phone, station] += 1
    idle = longest_idle(s, station)
    if idle >= 0:
        begin(s, now, idle, phone)
    else:
        server = gives_way(s, now, station, phone)
        if server >= 0:
            interrupted = s.servers[server].phone
            s.phones[interrupted].to_do = s.servers[server].until - now
            go_to_the_front(s, WAITING, station, interrupted)
            s.stations[station].queued += 1
            begin(s, now, server, phone)
        elif s.stations[station].queued < s.stations[station].buffer:
            queue_up(s, station, phone)
        else:
            line_up(s, OUTSIDE, station, phone)
            return False
    visit.room = now
    if me.entered < 0:
        me.entered = now
    return True


@inlined
def leave(s: ShopState, now: int, first: int) -> None:
    """A server is free: whoever waits outside has the place that will be free, and the next in line begins."""
    server = first
    while server >= 0:
        each = s.servers[server]
        station = each.station
        each.phone = each.waits = NOBODY
        freed = NOBODY
        if s.lists[OUTSIDE, station].first >= 0 and s.stations[station].queued <= s.stations[station].buffer:
            admitted = take(s, OUTSIDE, station)
            me = s.phones[admitted]
            s.visits[me.visit].room = now
            if me.entered < 0:
                me.entered = now
            queue_up(s, station, admitted)
            freed = me.holds
            if freed >= 0:
                s.visits[s.servers[freed].waits].left = now
        following = take(s, URGENT, station)
        if following < 0:
            following = take(s, WAITING, station)
        if following < 0:
            each.free_since = now
        else:
            s.stations[station].queued -= 1
            begin(s, now, server, following)
        server = freed


@inlined
def is_stuck(s: ShopState) -> bool:
    """Whether stations wait for one another in a circle."""
    for station in range(len(s.stations) - 1):
        s.moves[station] = False
    more = True
    while more:
        more = False
        for station in range(len(s.stations) - 1):
            if not s.moves[station]:
                for server in range(s.stations[station].first, s.stations[station + 1].first):
                    each = s.servers[server]
                    if each.phone < 0 or each.waits < 0 or s.moves[s.visits[s.phones[each.phone].visit].station]:
                        s.moves[station] = more = True
    stuck = False
    for station in range(len(s.stations) - 1):
        stuck = stuck or not s.moves[station]
    return stuck


@inlined
def is_through(s: ShopState, now: int, phone: int) -> None:
    s.phones[phone].gone = now
    if s.phones[phone].entered < 0:
        s.phones[phone].entered = now
    s.through[s.clock[THROUGH]] = phone
    s.clock[THROUGH] += 1


@inlined
def complete(s: ShopState, now: int, server: int) -> bool:
    """Work is done, and the phone goes on. False: it has to stay where it is."""
    station, phone = s.servers[server].station, s.servers[server].phone
    done = s.phones[phone].visit
    s.visits[done].end = now
    u = s.u_way[s.stations[station].draw + s.made[phone, station] - 1, phone]
    to = where_to(s, now, next_station(u, s.bounds[station], s.targets[station], station + 1), phone)
    if to == len(s.stations) - 1:
        is_through(s, now, phone)
    elif not enter(s, now, to, phone, server):
        s.servers[server].waits = done
        return False
    s.visits[done].left = now
    leave(s, now, server)
    return True


@kernel("the work stations' event loop", takes="a few seconds")
def run(s: ShopState, until: int, has_loops: bool) -> int:
    """Process everything up to and at `until`."""
    clock = s.clock
    while True:
        if clock[VISITS] >= len(s.visits):
            return GROW
        now, server, phone = NEVER, NOBODY, NOBODY
        for k in range(len(s.servers)):
            each = s.servers[k]
            if each.phone >= 0 and each.waits < 0 and each.until <= now:
                other = each.until == now and each.station == s.servers[server].station if server >= 0 else False
                if each.until < now or (other and each.phone < phone):
                    now, server, phone = each.until, k, each.phone
        comes = s.phones[clock[COMES]].comes if clock[COMES] < len(s.phones) else NEVER
        if min(now, comes) > until:
            return ON
        if now <= comes:
            if not complete(s, now, server) and has_loops and is_stuck(s):
                clock[STUCK_AT] = now
                return STUCK
        else:
            phone = clock[COMES]
            clock[COMES] = phone + 1
            station = where_to(s, comes, 0, phone)
            if station == len(s.stations) - 1:
                is_through(s, comes, phone)
            else:
                enter(s, comes, station, phone, NOBODY)


class CompiledShop:
    """Moves phones through a shop, compiled; it can do what `sim.line.shop.reference.SimpyShop` can."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._state = empty(shop)

    def feed(self, number: Times, comes_us: Times, draws: Draws) -> None:
        """Let phones come, in the order of their times."""
        s, new = self._state, len(number)
        phones = np.zeros(new, dtype=PHONES)
        for name in ("entered", "gone", "behind", "visit", "holds"):
            phones[name] = -1
        phones["comes"], phones["u_urgent"] = comes_us, draws.u_urgent
        held = len(s.number)
        self._state = s._replace(
            number=np.concatenate([s.number, number]),
            phones=np.concatenate([s.phones, phones]),
            made=np.concatenate([s.made, np.zeros((new, s.made.shape[1]), dtype=np.int32)]),
            service=np.concatenate([s.service, draws.service_us], axis=1),
            u_way=np.concatenate([s.u_way, draws.u_way], axis=1),
            through=with_room(s.through, held + new),
            visits=with_room(s.visits, int(s.clock[VISITS]) + new * len(self._shop.stations) + 64),
        )

    def advance(self, until_us: int) -> None:
        """Process everything that happens up to and at `until_us`."""
        while (end := run(self._state, until_us, self._shop.has_loops)) == GROW:
            self._state = self._state._replace(visits=with_room(self._state.visits, 2 * len(self._state.visits) + 64))
        if end == STUCK:
            loop = loop_of(self._waits())
            raise Deadlock(int(self._state.clock[STUCK_AT]), tuple(self._shop.stations[each].name for each in loop))

    def _waits(self) -> list[list[int] | None]:
        """Return for which stations each one's servers wait; None where one of them waits for none."""
        s = self._state
        found: list[list[int] | None] = []
        for first, end in zip(s.stations["first"], s.stations["first"][1:], strict=False):
            servers = s.servers[first:end]
            if (servers["waits"] < 0).any():
                found.append(None)
            else:
                found.append(s.visits["station"][s.phones["visit"][servers["phone"]]].tolist())
        return found

    def gone(self) -> Gone:
        """Return who has got through since the last time."""
        s = self._state
        rows = s.through[: s.clock[THROUGH]]
        rows = rows[np.lexsort((s.number[rows], s.phones["gone"][rows]))]
        s.clock[THROUGH] = 0
        return Gone(s.number[rows], s.phones["gone"][rows], s.phones["entered"][rows])

    def inside(self) -> tuple[Times, Times]:
        """Return who is not through yet, and since when the shop has had room for each (-1: not yet)."""
        s = self._state
        rows = np.flatnonzero(s.phones["gone"] < 0)
        return s.number[rows], s.phones["entered"][rows]

    def settle(self) -> VisitLog:
        """Return the visits of the phones before the first that is still inside, and forget them."""
        s = self._state
        going_on = s.phones["gone"] < 0
        first = int(np.argmax(going_on)) if going_on.any() else len(going_on)
        visits = s.visits[: s.clock[VISITS]]
        over = visits["phone"] < first
        log = self._log_of(visits[over])
        self._state = from_row(s, first, ~over)
        return log

    def log(self) -> VisitLog:
        """Return the visits of all phones that are not settled."""
        return self._log_of(self._state.visits[: self._state.clock[VISITS]])

    def _log_of(self, visits: Any) -> VisitLog:
        names = ("station", "server", "urgent", "work", "enter", "room", "start", "end", "left")
        return VisitLog(self._state.number[visits["phone"]], *(visits[name] for name in names)).sorted()
