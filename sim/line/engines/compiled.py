"""The line as a compiled event loop: the same meaning as `reference`, its executable specification, in arrays.

Everything that changes lives in the arrays of one `State`; the functions below are compiled by numba and allocate
nothing per phone. The next event is the smallest (time, class, station, phone) of three sources: the calendar (a
sorted list), the completions (a binary heap, one entry per busy server) and the conveyor (one phone at a time).
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import __version__ as numba_version
from numba import njit
from numba.core import config
from numpy.typing import NDArray

from sim.columns import Times
from sim.inspectors.human import detection as human
from sim.line import route as routes
from sim.line import rules
from sim.line import stations as parts
from sim.line.log import Decided, InspectionLog, LookLog, Mirrored, PhoneLog
from sim.line.rules import DecidedBy, Look, Verdict

# Numba freezes globals when it compiles; these are the rules' own codes as plain numbers.
NONE, PASS, LOST, MISSING = int(Verdict.NONE), int(Verdict.PASS), int(Verdict.LOST), int(Verdict.MISSING)
TO_REVIEW = int(Verdict.REVIEW)
PRIMARY, REVIEW, FALLBACK, MIRROR = int(Look.PRIMARY), int(Look.REVIEW), int(Look.FALLBACK), int(Look.MIRROR)
NOT_STARTED, ON_LINE = int(DecidedBy.NOT_STARTED), int(DecidedBy.ON_LINE)
BY_NOBODY, FAIL_OPEN, OVERFLOW = int(DecidedBy.NOBODY), int(DecidedBy.FAIL_OPEN), int(DecidedBy.OVERFLOW)

UNKNOWN_URGENCY = rules.UNKNOWN_URGENCY
NEVER = 2**62  #: later than any time; larger than any buffer
MANY = 2**40  #: more than there are phones: (station, phone) is one number
QUEUE, OUTSIDE = 0, 1  #: rows of State.lists
CONVEYOR, NO_ONE = -1, -2  #: who waits for a place outside a full station, beside blocked servers (0, 1, ...)
DECIDERS = {"nobody": 0, "humans": 1, "model": 2}
BLOCKS, SHIPS = 0, 1  #: what a full buffer does; 2 = rejects
WHEN_FULL = {"block": BLOCKS, "ship": SHIPS, "reject": 2}

#: Places in State.clock.
HEAD, HEAD_AT, HEAD_ARM, BLOCKED_SINCE, LOOKS, DECIDED, MIRRORED, PENDING, CALENDAR, STOPPED, REROUTED = range(11)


def kernel(function: Any, **options: Any) -> Any:
    """Compile, and keep the machine code in a folder named by the hash of everything that went into it.

    Numba's own cache looks at one file's date only: it would go on using a changed rule's old code. Without reference
    counting, because the loop owns no array and counting them would be most of its work.
    """
    settings: Any = config
    usual, settings.CACHE_DIR = settings.CACHE_DIR, str(_cache_folder())
    try:
        decorate: Any = njit
        return decorate(_nrt=False, error_model="numpy", cache=True, **options)(function)
    finally:
        settings.CACHE_DIR = usual


def compiled(function: Any) -> Any:
    """Compile a part of the loop. It is inlined: a call would copy the state's hundred and fifty words."""
    return kernel(function, forceinline=True)


@cache
def _cache_folder() -> Path:
    digest = hashlib.blake2b(f"{numba_version} {np.__version__}".encode(), digest_size=8)
    for module in (__file__, routes.__file__, rules.__file__, human.__file__):
        digest.update(Path(module).read_bytes())
    folder = Path.home() / ".cache" / "driftline" / digest.hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        # A read-only home: compile for this run only, and for the processes that it starts. (No fixed name in /tmp:
        # a folder that others can guess may hold others' machine code.)
        return Path(os.environ.setdefault(_FOR_THIS_RUN, tempfile.mkdtemp(prefix="driftline-")))
    return folder


_FOR_THIS_RUN = "DRIFTLINE_KERNELS"


# The rules are said once, as plain functions; here they are compiled as they stand.
choose = compiled(routes.choose)
evidence = compiled(human.evidence)
human_verdict = compiled(rules.human_verdict)
model_verdict = compiled(rules.model_verdict)
advised_verdict = compiled(rules.advised_verdict)
how_decided = compiled(rules.how_decided)


FATES = np.dtype([("release", "i8"), ("verdict_us", "i8"), ("pi", "f8"), ("arm", "i2"), ("decided_by", "i1"),
                  ("verdict", "i1")], align=True)  # fmt: skip
#: A phone's fate before it arrives. (Assigning a tuple to many rows copies them one by one: 13 ns a phone.)
UNDECIDED = np.array((-1, -1, np.nan, -1, NOT_STARTED, NONE), dtype=FATES)
LOOK_ROWS = np.dtype([("enter", "i8"), ("start", "i8"), ("end", "i8"), ("seen", "f8"), ("urgency", "f8"),
                      ("phone", "i4"), ("behind", "i4"), ("waiter", "i4"), ("server", "i4"), ("arm", "i4"),
                      ("station", "i2"), ("kind", "i1"), ("found", "i1")], align=True)  # fmt: skip
STATIONS = np.dtype(
    [(name, "i8") for name in ("first", "buffer", "when_full", "down", "idle", "queued", "longest", "latest")]
)
LISTS = np.dtype([("first", "i8"), ("last", "i8")])
SERVERS = np.dtype([(name, "i8") for name in ("station", "job", "behind", "blocked", "free_since")])
COMPLETIONS = np.dtype([("at", "i8"), ("key", "i8"), ("who", "i4"), ("which", "i4")])
CHANGES = np.dtype([(name, "i8") for name in ("when", "where", "what")])


class State(NamedTuple):
    """All that an engine knows: N phones that are not settled, S stations (humans last), looks (grown when full).

    Rows are records, so that a function touches one row and not a dozen arrays. Phones are rows here; `number` tells
    which phone a row is.
    """

    clock: Times
    # what the phones bring along: (N,), scores and service times (S, N)
    number: Times
    due: Times
    u_arm: Any
    u_mirror: Any
    sight: Any
    z: Any
    u_defer: Any
    score: Any
    service: Any
    d_prime: float
    criterion: float
    # how they fare: (N,)
    fates: Any
    decided: Times  # phones in the order of their verdicts
    stopped: Times  # (N, 2)
    looks: Any
    mirrored: Times  # rows of mirrored looks in the order in which they ended
    stations: Any  # (S + 1,): the last row only says where the servers end
    lists: Any  # (2, S): the queue, and who waits outside
    servers: Any
    heap: Any  # completions to come, ordered by (time, station, phone)
    calendar: Any
    lost: Times  # scratch for a crash


class InForce(NamedTuple):
    """The route as arrays; arms are rows of a table that only grows, since phones keep their arm."""

    bounds: Any
    arms: Times
    shares: Any
    mirror_station: Times
    mirror_arm: Times
    mirror_share: Any
    # those of the phone at the head of a standing line, if the route has changed since it arrived (REROUTED)
    head_station: Times
    head_arm: Times
    head_share: Any
    fails_open: int
    decider: Times
    arm_station: Times
    low: Any
    high: Any
    advises: Any  # whether the human who is asked knows the model's opinion, which is reject above `opinion`
    opinion: Any
    follow_pass: Any
    follow_reject: Any
    triages: Any
    code: Times


@compiled
def push(s: State, time: int, key: int, server: int, look: int) -> None:
    i = s.clock[PENDING]
    s.clock[PENDING] = i + 1
    while i > 0:
        parent = (i - 1) >> 1
        if s.heap[parent].at < time or (s.heap[parent].at == time and s.heap[parent].key <= key):
            break
        s.heap[i] = s.heap[parent]
        i = parent
    s.heap[i].at, s.heap[i].key, s.heap[i].who, s.heap[i].which = time, key, server, look


@compiled
def pop(s: State) -> None:
    """Remove the heap's smallest entry."""
    n = s.clock[PENDING] - 1
    s.clock[PENDING] = n
    time, key, server, look = s.heap[n].at, s.heap[n].key, s.heap[n].who, s.heap[n].which
    i = 0
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and (
            s.heap[child + 1].at < s.heap[child].at
            or (s.heap[child + 1].at == s.heap[child].at and s.heap[child + 1].key < s.heap[child].key)
        ):
            child += 1
        if time < s.heap[child].at or (time == s.heap[child].at and key <= s.heap[child].key):
            break
        s.heap[i] = s.heap[child]
        i = child
    if n > 0:
        s.heap[i].at, s.heap[i].key, s.heap[i].who, s.heap[i].which = time, key, server, look


@compiled
def is_full(s: State, station: int) -> bool:
    return s.stations[station].idle == 0 and s.stations[station].queued >= s.stations[station].buffer


@compiled
def new_look(s: State, now: int, phone: int, station: int, kind: int, arm: int) -> int:
    row = s.clock[LOOKS]
    s.clock[LOOKS] = row + 1
    look = s.looks[row]
    look.phone, look.station, look.server, look.kind = phone, station, -1, kind
    look.enter, look.start, look.end = now, -1, -1
    look.seen, look.found, look.arm, look.urgency = np.nan, NONE, arm, UNKNOWN_URGENCY
    look.behind, look.waiter = -1, NO_ONE
    return row


@compiled
def before(s: State, one: int, other: int) -> bool:
    """The more urgent first; else first in, first out; of the same instant, the lower phone first."""
    a, b = s.looks[one], s.looks[other]
    if a.urgency != b.urgency:
        return a.urgency > b.urgency
    return a.enter < b.enter or (a.enter == b.enter and a.phone < b.phone)


@compiled
def line_up(s: State, where: int, station: int, row: int) -> None:
    """Insert a look into a list kept in order; nearly always it belongs at the end."""
    ends = s.lists[where, station]
    if ends.last < 0:
        ends.first = ends.last = row
    elif before(s, ends.last, row):
        s.looks[ends.last].behind = row
        ends.last = row
    else:
        previous, current = -1, ends.first
        while before(s, current, row):
            previous, current = current, s.looks[current].behind
        s.looks[row].behind = current
        if previous < 0:
            ends.first = row
        else:
            s.looks[previous].behind = row


@compiled
def leave(s: State, where: int, station: int) -> int:
    """Take the first look off a list, -1 if it is empty."""
    ends = s.lists[where, station]
    row = ends.first
    if row >= 0:
        ends.first = s.looks[row].behind
        s.looks[row].behind = -1
        if ends.first < 0:
            ends.last = -1
    return row


@compiled
def decide(s: State, now: int, phone: int, verdict: int, how: int) -> None:
    s.fates[phone].verdict, s.fates[phone].verdict_us, s.fates[phone].decided_by = verdict, now, how
    s.decided[s.clock[DECIDED]] = phone
    s.clock[DECIDED] += 1


@compiled
def begin(s: State, now: int, server: int, row: int) -> None:
    """A server starts on a look."""
    station, phone = s.servers[server].station, s.looks[row].phone
    s.looks[row].server, s.looks[row].start = server - s.stations[station].first, now
    s.servers[server].job = row
    push(s, now + s.service[station, phone], station * MANY + phone, server, row)


@compiled
def rest(s: State, now: int, server: int) -> None:
    """Line up behind the servers that have been idle longer; of the same instant, the lower number first."""
    ends = s.stations[s.servers[server].station]
    previous = ends.latest
    if previous >= 0 and s.servers[previous].free_since == now and previous > server:
        previous, current = -1, ends.longest
        while s.servers[current].free_since < now or current < server:
            previous, current = current, s.servers[current].behind
        s.servers[server].behind = current
    else:
        s.servers[server].behind = -1
        ends.latest = server
    if previous < 0:
        ends.longest = server
    else:
        s.servers[previous].behind = server
    s.servers[server].free_since = now
    ends.idle += 1


@compiled
def longest_idle(s: State, station: int) -> int:
    ends = s.stations[station]
    server = ends.longest
    ends.longest = s.servers[server].behind
    if ends.longest < 0:
        ends.latest = -1
    ends.idle -= 1
    return server


@compiled
def overflow(s: State, now: int, station: int, phone: int) -> None:
    decide(s, now, phone, PASS if s.stations[station].when_full == SHIPS else 1 - PASS, OVERFLOW)


@compiled
def give_up(s: State, now: int, station: int) -> None:
    """The least urgent phone leaves a full queue unseen: a more urgent one takes its place."""
    ends = s.lists[QUEUE, station]
    previous, current = -1, ends.first
    while s.looks[current].behind >= 0:
        previous, current = current, s.looks[current].behind
    ends.last = previous
    if previous < 0:
        ends.first = -1
    else:
        s.looks[previous].behind = -1
    s.stations[station].queued -= 1
    s.looks[current].end, s.looks[current].found = now, MISSING
    overflow(s, now, station, s.looks[current].phone)


@compiled
def ask(s: State, now: int, station: int, phone: int, kind: int, arm: int, waiter: int, urgency: float) -> bool:
    """Ask a station for a look. True: there is no room, `waiter` has to wait for a place."""
    full = is_full(s, station)
    if full and s.stations[station].when_full != BLOCKS:
        last = s.lists[QUEUE, station].last
        if last < 0 or urgency <= s.looks[last].urgency:
            overflow(s, now, station, phone)
            return False
        give_up(s, now, station)
        full = False
    row = new_look(s, now, phone, station, kind, arm)
    s.looks[row].urgency = urgency
    if s.stations[station].idle > 0:
        begin(s, now, longest_idle(s, station), row)
    elif not full:
        line_up(s, QUEUE, station, row)
        s.stations[station].queued += 1
    else:
        s.looks[row].waiter = waiter
        line_up(s, OUTSIDE, station, row)
        return True
    return False


@compiled
def fall_back(s: State, now: int, r: InForce, phone: int, arm: int, waiter: int) -> bool:
    if r.fails_open and not r.advises[arm]:
        decide(s, now, phone, PASS, FAIL_OPEN)
        return False
    return ask(s, now, len(s.stations) - 2, phone, FALLBACK, arm, waiter, UNKNOWN_URGENCY)


@compiled
def send(s: State, now: int, r: InForce, phone: int, arm: int) -> bool:
    """Send the phone at the conveyor's head to whoever decides it. True: the line stands still."""
    if r.decider[arm] == 0:
        decide(s, now, phone, PASS, BY_NOBODY)
        return False
    station = r.arm_station[arm]
    if s.stations[station].down:
        return fall_back(s, now, r, phone, arm, CONVEYOR)
    return ask(s, now, station, phone, PRIMARY, arm, CONVEYOR, UNKNOWN_URGENCY)


@compiled
def mirror(s: State, now: int, r: InForce, phone: int, decider: int, station: int, arm: int, share: float) -> None:
    if s.u_mirror[phone] < share and r.arm_station[decider] != station:
        if s.stations[station].down or is_full(s, station):
            row = new_look(s, now, phone, station, MIRROR, arm)
            s.looks[row].end, s.looks[row].found = now, MISSING
        else:
            ask(s, now, station, phone, MIRROR, arm, NO_ONE, UNKNOWN_URGENCY)


@compiled
def move_on(s: State, now: int, r: InForce, phone: int, arm: int) -> None:
    """The conveyor's head has found its place: mirror it, and bring up the next phone."""
    if s.clock[REROUTED]:
        s.clock[REROUTED] = 0
        for m in range(len(r.head_station)):
            mirror(s, now, r, phone, arm, r.head_station[m], r.head_arm[m], r.head_share[m])
    else:
        for m in range(len(r.mirror_station)):
            mirror(s, now, r, phone, arm, r.mirror_station[m], r.mirror_arm[m], r.mirror_share[m])
    s.clock[HEAD] = phone + 1
    s.clock[HEAD_AT] = max(s.due[phone + 1], now) if phone + 1 < len(s.due) else NEVER


@compiled
def start_moving(s: State, now: int, r: InForce) -> None:
    """The line moves again."""
    s.stopped[s.clock[STOPPED], 0], s.stopped[s.clock[STOPPED], 1] = s.clock[BLOCKED_SINCE], now
    s.clock[STOPPED] += 1
    s.clock[BLOCKED_SINCE] = -1
    move_on(s, now, r, s.clock[HEAD], s.clock[HEAD_ARM])


@compiled
def arrive(s: State, now: int, r: InForce) -> None:
    phone = s.clock[HEAD]
    number = choose(s.u_arm[phone], r.bounds)
    arm = r.arms[number]
    s.fates[phone].release, s.fates[phone].arm, s.fates[phone].pi = now, r.code[arm], r.shares[number]
    s.fates[phone].decided_by = ON_LINE
    if send(s, now, r, phone, arm):
        s.clock[BLOCKED_SINCE], s.clock[HEAD_ARM], s.clock[HEAD_AT] = now, arm, NEVER
    else:
        move_on(s, now, r, phone, arm)


@compiled
def free(s: State, now: int, r: InForce, server: int) -> None:
    """A server is free: it takes the queue's head, and whoever waited outside for that place comes in."""
    while True:
        station = s.servers[server].station
        if s.stations[station].down:
            return
        row = leave(s, QUEUE, station)
        admitted = leave(s, OUTSIDE, station)
        waiter = NO_ONE
        if admitted >= 0:
            waiter = s.looks[admitted].waiter
            s.looks[admitted].waiter = NO_ONE
        if row < 0:
            row = admitted
        elif admitted >= 0:
            line_up(s, QUEUE, station, admitted)
        else:
            s.stations[station].queued -= 1
        if row >= 0:
            begin(s, now, server, row)
        else:
            rest(s, now, server)
        if waiter == NO_ONE:
            return
        if waiter == CONVEYOR:
            start_moving(s, now, r)
            return
        s.servers[waiter].blocked = 0
        server = waiter


@compiled
def complete(s: State, now: int, r: InForce, server: int, row: int) -> None:
    """A look is over: write down what was seen, then decide the phone or pass it on."""
    station, phone, arm = s.looks[row].station, s.looks[row].phone, s.looks[row].arm
    humans = len(s.stations) - 2
    s.servers[server].job = -1
    advised = r.advises[arm] and s.looks[row].kind == REVIEW
    if station == humans:
        seen = evidence(s.sight[phone], s.d_prime, s.z[phone])
        verdict = human_verdict(seen, s.criterion)
        if advised:
            score = s.score[r.arm_station[arm], phone]
            verdict = advised_verdict(
                verdict, score, r.opinion[arm], r.follow_pass[arm], r.follow_reject[arm], s.u_defer[phone]
            )
    else:
        seen = s.score[station, phone]
        verdict = model_verdict(seen, r.low[arm], r.high[arm])
    s.looks[row].end, s.looks[row].seen, s.looks[row].found = now, seen, verdict
    if s.looks[row].kind == MIRROR:
        s.mirrored[s.clock[MIRRORED]] = row
        s.clock[MIRRORED] += 1
    elif verdict == TO_REVIEW:
        if ask(s, now, humans, phone, REVIEW, arm, server, seen if r.triages[arm] else UNKNOWN_URGENCY):
            s.servers[server].blocked = 1
            return
    else:
        decide(s, now, phone, verdict, how_decided(station == humans, s.looks[row].kind, advised))
    free(s, now, r, server)


@compiled
def crash(s: State, now: int, r: InForce, station: int) -> None:
    """Work in hand and in the queue is lost at this instant, and those phones go to the fallback."""
    s.stations[station].down, s.stations[station].idle = 1, 0
    s.stations[station].longest = s.stations[station].latest = -1
    lost = s.lost
    count = 0
    for server in range(s.stations[station].first, s.stations[station + 1].first):
        if s.servers[server].job >= 0:
            lost[count] = s.servers[server].job
            s.servers[server].job = -1
            count += 1
    s.stations[station].queued = 0
    for where in (QUEUE, OUTSIDE):
        row = leave(s, where, station)
        while row >= 0:
            lost[count] = row
            count += 1
            row = leave(s, where, station)
    for i in range(1, count):  # nearly in order: the few in hand came first
        row, j = lost[i], i
        while j > 0 and before(s, row, lost[j - 1]):
            lost[j] = lost[j - 1]
            j -= 1
        lost[j] = row
    moves = False
    for i in range(count):
        row = lost[i]
        s.looks[row].end, s.looks[row].found = now, LOST
        if s.looks[row].kind == MIRROR:
            s.looks[row].found = MISSING
            continue
        waits = fall_back(s, now, r, s.looks[row].phone, s.looks[row].arm, s.looks[row].waiter)
        if s.looks[row].waiter == CONVEYOR and not waits:
            moves = True
    if moves:
        start_moving(s, now, r)


@compiled
def repair(s: State, now: int, station: int) -> None:
    s.stations[station].down = 0
    for server in range(s.stations[station].first, s.stations[station + 1].first):
        if not s.servers[server].blocked:
            rest(s, now, server)


@kernel
def run(s: State, r: InForce, until: int) -> bool:
    """Process everything up to and at `until`. False: the table of looks is full, grow it and go on."""
    clock = s.clock
    calendar = s.calendar[clock[CALENDAR]].when
    while True:
        room = len(s.looks) - clock[LOOKS]
        if room < len(s.stations) + 2:
            return False
        completion = s.heap[0].at if clock[PENDING] > 0 else NEVER
        arrival = clock[HEAD_AT]
        now = min(calendar, completion, arrival)
        if now > until or now == NEVER:
            return True
        if now == calendar:
            station = s.calendar[clock[CALENDAR]].where
            if (
                room
                < s.stations[station].queued
                + s.stations[station + 1].first
                - s.stations[station].first
                + len(s.stations)
                + 3
            ):
                return False
            going_down = s.calendar[clock[CALENDAR]].what
            clock[CALENDAR] += 1
            calendar = s.calendar[clock[CALENDAR]].when
            if going_down:
                crash(s, now, r, station)
            else:
                repair(s, now, station)
        elif now == completion:
            server, row = s.heap[0].who, s.heap[0].which
            pop(s)
            if s.servers[server].job == row:  # else it was lost in a crash
                complete(s, now, r, server, row)
        else:
            arrive(s, now, r)


class CompiledEngine:
    """Runs phones through a plant, compiled; parameters as for `sim.line.engines.reference.SimpyEngine`."""

    name = "compiled"

    def __init__(self, plant: parts.Plant, columns: parts.Columns, horizon_us: int) -> None:
        self._plant = plant
        self._horizon_us = horizon_us
        self._number = {station.name: number for number, station in enumerate(plant.stations)}
        self._codes: dict[str, int] = {}
        self._arms: list[routes.Arm] = []
        self._forgotten = [0, 0]  # phones decided and mirrored looks ended before the last `settle`
        self._in_force: InForce
        self._state = _with_phones(_empty(plant), plant, columns)

    def feed(self, columns: parts.Columns) -> None:
        """Bring up the next phones. Nothing may have been advanced to the first one's due time before."""
        self._state = _with_phones(self._state, self._plant, columns)

    def set_route(self, route: routes.Route) -> None:
        """Decide phones by `route` from the next arrival on."""
        for arm in (*route.arms, *(arm for arm, _ in route.mirrors)):
            if arm not in self._arms:
                self._arms.append(arm)
        for arm in route.arms:
            self._codes.setdefault(arm.name, len(self._codes))
        rows, arms = self._arms.index, self._arms
        humans = len(self._plant.models)
        stations = {"nobody": -1, "humans": humans}
        mirrors = (
            np.array([self._number[arm.version] for arm, _ in route.mirrors], dtype=np.int64),
            np.array([rows(arm) for arm, _ in route.mirrors], dtype=np.int64),
            np.array([share / 100.0 for _, share in route.mirrors], dtype=np.float64),
        )
        head, clock = mirrors, self._state.clock
        if clock[BLOCKED_SINCE] >= 0:
            # A phone that stands there arrived under an earlier route: that one's mirrors see it.
            old = self._in_force
            head = (old.head_station, old.head_arm, old.head_share)
            if not clock[REROUTED]:
                head = (old.mirror_station, old.mirror_arm, old.mirror_share)
            clock[REROUTED] = 1
        self._in_force = InForce(
            bounds=np.array(route.bounds, dtype=np.float64),
            arms=np.array([rows(arm) for arm in route.arms], dtype=np.int64),
            shares=np.array(route.shares, dtype=np.float64),
            mirror_station=mirrors[0],
            mirror_arm=mirrors[1],
            mirror_share=mirrors[2],
            head_station=head[0],
            head_arm=head[1],
            head_share=head[2],
            fails_open=int(route.fallback == "nobody"),
            decider=np.array([DECIDERS[arm.decider] for arm in arms], dtype=np.int64),
            arm_station=np.array(
                [self._number[arm.version] if arm.version else stations[arm.decider] for arm in arms], dtype=np.int64
            ),
            low=np.array([arm.low for arm in arms], dtype=np.float64),
            high=np.array([arm.high for arm in arms], dtype=np.float64),
            advises=np.array([arm.advice is not None for arm in arms], dtype=np.bool_),
            opinion=np.array([arm.advice.threshold if arm.advice else 0.0 for arm in arms], dtype=np.float64),
            follow_pass=np.array([arm.advice.follow_pass if arm.advice else 0.0 for arm in arms], dtype=np.float64),
            follow_reject=np.array([arm.advice.follow_reject if arm.advice else 0.0 for arm in arms], dtype=np.float64),
            triages=np.array([arm.triage for arm in arms], dtype=np.bool_),
            code=np.array([self._codes.get(arm.name, -1) for arm in arms], dtype=np.int64),
        )

    def advance(self, until_us: int) -> None:
        """Process everything that happens up to and at `until_us`."""
        while not run(self._state, self._in_force, until_us):
            self._state = _grown(self._state)

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
        station, end_us, verdict = (s.looks[name][row] for name in ("station", "end", "found"))
        line_verdict, line_verdict_us = (s.fates[name][phone] for name in ("verdict", "verdict_us"))
        return Mirrored(s.number[phone], station, end_us, verdict, line_verdict, line_verdict_us)

    def rescore(self, version: str, first: int, score: NDArray[np.float64]) -> None:
        """Give phones from number `first` on, none of them released yet, another score of a version."""
        s = self._state
        rows = np.flatnonzero((s.number >= first) & (s.number < first + len(score)))
        s.score[self._number[version], rows] = score[s.number[rows] - first]

    def unreleased(self) -> int | None:
        """Return the number of the first phone that the conveyor has not taken up; None: it has taken all."""
        s = self._state
        row = int(s.clock[HEAD]) + int(s.clock[BLOCKED_SINCE] >= 0)  # the phone at a standing line's head has arrived
        return int(s.number[row]) if row < len(s.number) else None

    def queued(self) -> int:
        """Return how many phones wait for an inspector."""
        s, humans = self._state, len(self._plant.models)
        outside, row = 0, s.lists[OUTSIDE, humans]["first"]
        while row >= 0:
            outside, row = outside + 1, s.looks[row]["behind"]
        return int(s.stations[humans]["queued"]) + outside

    def settle(self) -> InspectionLog:
        """Return the log of the phones whose story is over, up to the first that goes on, and forget them."""
        s = self._state
        self._forgotten = [self._forgotten[0] + int(s.clock[DECIDED]), self._forgotten[1] + int(s.clock[MIRRORED])]
        looks = s.looks[: s.clock[LOOKS]]
        going_on = s.fates["verdict"] == NONE
        going_on[looks["phone"][looks["end"] < 0]] = True
        first = int(np.argmax(going_on)) if going_on.any() else len(going_on)
        over = looks["phone"] < first
        rows = int(np.argmin(over)) if not over.all() else len(over)
        # Nearly always the looks are in order, and then no row has to be copied.
        settled = looks[:rows] if not over[rows:].any() else looks[over]
        stopped = s.stopped[: s.clock[STOPPED]].copy()
        log = self._log_of(slice(first), settled, stopped)
        self._state = _from(s, first, ~over)
        return log

    def log(self) -> InspectionLog:
        """Return what has happened so far to all phones that are not settled, in columns."""
        s = self._state
        stopped = s.stopped[: s.clock[STOPPED]].copy()
        if s.clock[BLOCKED_SINCE] >= 0:
            stopped = np.vstack([stopped, [[s.clock[BLOCKED_SINCE], self._horizon_us]]])
        return self._log_of(slice(None), s.looks[: s.clock[LOOKS]], stopped)

    def _log_of(self, rows: slice, looks: Any, stopped: Times) -> InspectionLog:
        number, fates = self._state.number, self._state.fates[rows]
        return InspectionLog(
            phones=PhoneLog(
                number[rows],
                *(fates[name] for name in ("release", "arm", "pi", "decided_by", "verdict", "verdict_us")),
            ),
            looks=LookLog.of(
                number[looks["phone"]],
                *(looks[name] for name in ("station", "server", "kind", "enter", "start", "end", "seen", "found")),
            ),
            arms=tuple(self._codes),
            stations=tuple(self._number),
            stopped=stopped,
            horizon_us=self._horizon_us,
        )


def warm_up() -> None:
    """Compile the loop, or load it from the machine's cache: about ten seconds once, then a fraction of one."""
    if not any(_cache_folder().rglob("*.nbi")):  # numba's index of compiled code
        logging.getLogger("driftline").warning(
            "compiling the line's event loop: once on this machine, some ten seconds"
        )
    nothing = np.empty(0)
    nobody = human.HumanColumns(nothing, nothing, np.empty(0, dtype=np.int64), nothing)
    columns = parts.Columns(np.empty(0, dtype=np.int64), nothing, nothing, nobody, {}, {})
    line = CompiledEngine(parts.Plant((), parts.Station("humans", 1), 1.0, 0.0), columns, 1)
    line.set_route(routes.Route(routes.HUMANS))
    line.advance(1)


def _empty(plant: parts.Plant) -> State:
    """Return a plant's state before the first event, without any phone."""
    stations = plant.stations
    clock = np.zeros(11, dtype=np.int64)
    clock[BLOCKED_SINCE], clock[HEAD_AT] = -1, NEVER
    outages = sorted(
        (time, number, down)
        for number, station in enumerate(stations)
        for begin, end in station.outages
        for time, down in ((begin, 1), (end, 0))
    )
    counts = [station.servers for station in stations]
    rows = np.zeros(len(stations) + 1, dtype=STATIONS)
    rows["first"] = np.cumsum([0, *counts])
    rows["idle"][:-1] = counts
    rows["buffer"][:-1] = [NEVER if station.buffer is None else station.buffer for station in stations]
    rows["when_full"][:-1] = [WHEN_FULL[station.when_full] for station in stations]
    servers = np.zeros(sum(counts), dtype=SERVERS)
    servers["station"], servers["job"] = np.repeat(np.arange(len(stations)), counts), -1
    servers["behind"] = np.arange(1, len(servers) + 1)
    last = rows["first"][1:] - 1
    staffed = np.array(counts) > 0
    rows["longest"][:-1] = np.where(staffed, rows["first"][:-1], -1)
    rows["latest"][:-1] = np.where(staffed, last, -1)
    servers["behind"][last[staffed]] = -1
    whole, real = np.empty(0, dtype=np.int64), np.empty(0)
    return State(
        clock=clock, number=whole, due=whole, u_arm=real, u_mirror=real, sight=real, z=real, u_defer=real,
        score=np.empty((len(plant.models), 0)), service=np.empty((len(stations), 0), dtype=np.int64),
        d_prime=float(plant.d_prime), criterion=float(plant.criterion),
        fates=np.empty(0, dtype=FATES), decided=whole, stopped=whole.reshape(0, 2),
        looks=np.empty(0, dtype=LOOK_ROWS), mirrored=whole,
        stations=rows,
        lists=np.full((2, len(stations)), -1, dtype=np.int64).repeat(2, axis=1).view(LISTS),
        servers=servers,
        # A crash leaves its lost completions in the heap until their time comes.
        heap=np.zeros(sum(counts) * (len(outages) + 1) + 1, dtype=COMPLETIONS),
        calendar=np.array([*outages, (NEVER, 0, 0)], dtype=CHANGES),
        lost=whole,
    )  # fmt: skip


def _with_phones(s: State, plant: parts.Plant, columns: parts.Columns) -> State:
    """Return the state with more phones on their way; those that it already holds keep their rows."""
    human, models = columns.human, [station.name for station in plant.models]
    held, new = len(s.number), len(columns.due_us)
    fates = np.repeat(UNDECIDED, held + new)
    fates[:held] = s.fates
    if new and s.clock[HEAD] == held and s.clock[BLOCKED_SINCE] < 0:
        s.clock[HEAD_AT] = columns.due_us[0]

    def longer(old: Any, more: Any) -> Any:
        return np.concatenate([old, more])

    def stacked(old: Any, rows: list[Any]) -> Any:
        table = np.empty((len(old), held + new), dtype=old.dtype)
        table[:, :held] = old
        for number, row in enumerate(rows):
            table[number, held:] = row
        return table

    looks = int(s.clock[LOOKS]) + new + 64
    return s._replace(
        number=longer(s.number, columns.first + np.arange(new)),
        due=longer(s.due, columns.due_us),
        u_arm=longer(s.u_arm, columns.u_arm),
        u_mirror=longer(s.u_mirror, columns.u_mirror),
        sight=longer(s.sight, human.view),
        z=longer(s.z, human.z),
        u_defer=longer(s.u_defer, human.u_defer),
        score=stacked(s.score, [columns.score[name] for name in models]),
        service=stacked(s.service, [*(columns.service_us[name] for name in models), human.service_us]),
        fates=fates,
        decided=_room(s.decided, held + new),
        stopped=_room(s.stopped, held + new),
        looks=_room(s.looks, looks),
        mirrored=_room(s.mirrored, looks),
        lost=_room(s.lost, looks),
    )


def _from(s: State, first: int, stays: NDArray[np.bool_]) -> State:
    """Return the state from phone row `first` on, with the looks that stay; everything in it gets a new row."""
    looks = s.looks[: s.clock[LOOKS]][stays]
    row_of = np.full(len(stays) + 1, -1, dtype=np.int64)  # the last one: of row -1, none
    row_of[:-1][stays] = np.arange(len(looks))
    looks["phone"] -= first
    looks["behind"] = row_of[looks["behind"]]
    s.lists["first"], s.lists["last"] = row_of[s.lists["first"]], row_of[s.lists["last"]]
    heap = s.heap[: s.clock[PENDING]]
    heap = heap[s.servers["job"][heap["who"]] == heap["which"]]  # the others were lost in a crash
    heap["key"] -= first
    heap["which"] = row_of[heap["which"]]
    s.heap[: len(heap)] = np.sort(heap, order=["at", "key"])  # in order, it is a heap
    s.servers["job"] = row_of[s.servers["job"]]
    s.clock[HEAD] -= first
    s.clock[LOOKS], s.clock[PENDING] = len(looks), len(heap)
    s.clock[DECIDED] = s.clock[MIRRORED] = s.clock[STOPPED] = 0
    return s._replace(
        number=s.number[first:], due=s.due[first:], u_arm=s.u_arm[first:], u_mirror=s.u_mirror[first:],
        sight=s.sight[first:], z=s.z[first:], u_defer=s.u_defer[first:], score=s.score[:, first:].copy(),
        service=s.service[:, first:].copy(), fates=s.fates[first:].copy(), looks=looks,
    )  # fmt: skip


def _grown(state: State) -> State:
    """Return the state with twice the room for looks."""
    size = 2 * len(state.looks) + 64
    return state._replace(
        looks=_room(state.looks, size), mirrored=_room(state.mirrored, size), lost=_room(state.lost, size)
    )


def _room(old: Any, size: int) -> Any:
    """Return a table with at least so many rows; it keeps what it holds."""
    if len(old) >= size:
        return old
    table = np.empty((size, *old.shape[1:]), dtype=old.dtype)
    table[: len(old)] = old
    return table
