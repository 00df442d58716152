"""The compiled line's state: everything that changes, in the arrays of one `State`.

Rows are records, so that a function touches one row and not a dozen arrays. Here the state is made, takes in phones,
and lets those go whose log is written; what happens to them in between is the loop's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.columns import Flags, Times
from sim.line.engines.compiled.codes import (
    BACK,
    BLOCKED_SINCE,
    CLIENT,
    CUT,
    DECIDED,
    DOWN,
    HEAD,
    HEAD_AT,
    LOOKS,
    MENDED,
    MIRRORED,
    NEVER,
    NONE,
    NOT_STARTED,
    OFF,
    PENDING,
    READY,
    SHIFT,
    STOPPED,
    UP,
    WHEN_FULL,
)
from sim.line.rules import EventClass
from sim.line.stations import Columns, Plant, Station, duty_changes

FATES = np.dtype([("release", "i8"), ("verdict_us", "i8"), ("pi", "f8"), ("arm", "i2"), ("decided_by", "i1"),
                  ("verdict", "i1")], align=True)  # fmt: skip
#: A phone's fate before it arrives. (Assigning a tuple to many rows copies them one by one: 13 ns a phone.)
UNDECIDED = np.array((-1, -1, np.nan, -1, NOT_STARTED, NONE), dtype=FATES)
LOOK_ROWS = np.dtype([("enter", "i8"), ("start", "i8"), ("end", "i8"), ("evidence", "f8"), ("urgency", "f8"),
                      ("phone", "i4"), ("behind", "i4"), ("waiter", "i4"), ("server", "i4"), ("arm", "i2"),
                      ("batch", "i2"), ("station", "i2"), ("kind", "i1"), ("verdict", "i1")], align=True)  # fmt: skip
STATIONS = np.dtype(
    [(name, "i8") for name in ("first", "buffer", "when_full", "down", "idle", "queued", "longest", "latest",
                               "batch", "wait", "setup", "timer", "remote", "timeout", "away", "back")]
)  # fmt: skip
LISTS = np.dtype([("first", "i8"), ("last", "i8")])
SERVERS = np.dtype(
    [(name, "i8") for name in ("station", "job", "behind", "blocked", "free_since", "away", "on_since", "rested_at")]
    + [(name, "f8") for name in ("pace", "d_prime", "criterion", "felt")]
)
#: What a look has beside its row where models are remote: when the request was sent, when the answer was back.
LETTERS = np.dtype([("sent", "i8"), ("answered", "i8")])
COMPLETIONS = np.dtype([("at", "i8"), ("key", "i8"), ("who", "i4"), ("which", "i4")])
CHANGES = np.dtype([(name, "i8") for name in ("when", "where", "what", "on_since", "rested_at")])


class State(NamedTuple):
    """All that an engine knows: N phones that are not settled, S stations (humans last), looks (grown when full).

    Phones are rows here; `number` tells which phone a row is.
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
    u_search: Any  # (N,) where people change, else none
    think: Times  # (N,) where clients bring the phones, else none
    score: Any
    service: Any
    up: Any  # how long messages to remote models and back are under way; without any it has no row
    down: Any
    d_prime: float
    criterion: float
    # of people who change; without them the tables have no row
    fatigue: float
    night: float
    memory: float
    odds: Any
    vigilance: Any
    search: Any
    # how they fare: (N,)
    fates: Any
    decided: Times  # phones in the order of their verdicts
    stopped: Times  # (N, 2)
    looks: Any
    letters: Any  # as many as looks where models are remote, else none
    mirrored: Times  # rows of mirrored looks in the order in which they ended
    stations: Any  # (S + 1,): the last row says where the servers end, and the largest batch
    lists: Any  # (2, S): the queue, and who waits outside
    servers: Any
    heap: Any  # completions to come, ordered by (time, station, phone); messages, timers and clients likewise
    calendar: Any  # in order: servers go down and come up, networks too, people come and go
    lost: Times  # scratch for a crash


def empty(plant: Plant) -> State:
    """Return a plant's state before the first event, without any phone."""
    stations = plant.stations
    clock = np.zeros(12, dtype=np.int64)
    clock[BLOCKED_SINCE], clock[HEAD_AT], clock[READY] = -1, NEVER, plant.clients or 0
    counts = [station.servers for station in stations]
    on_duty = [0 if station.duty is not None else station.servers for station in stations]
    outages, people = _outages(stations), _comings_and_goings(stations)
    remote = len(plant.models) * any(station.remote for station in stations)
    rows = np.zeros(len(stations) + 1, dtype=STATIONS)
    rows["first"] = np.cumsum([0, *counts])
    rows["idle"][:-1] = on_duty
    rows["buffer"][:-1] = [NEVER if station.buffer is None else station.buffer for station in stations]
    rows["when_full"][:-1] = [WHEN_FULL[station.when_full] for station in stations]
    rows["timer"] = -1
    for name, values in (("batch", "batch"), ("wait", "wait_us"), ("setup", "setup_us"), ("remote", "remote")):
        rows[name][:-1] = [getattr(station, values) for station in stations]
    rows["timeout"][:-1] = [NEVER if station.timeout_us is None else station.timeout_us for station in stations]
    rows["batch"][-1] = rows["batch"][:-1].max()
    servers = np.zeros(sum(counts), dtype=SERVERS)
    servers["station"], servers["job"] = np.repeat(np.arange(len(stations)), counts), -1
    servers["behind"] = np.arange(1, len(servers) + 1)
    last = rows["first"][1:] - 1
    servers["away"] = np.repeat([station.duty is not None for station in stations], counts)
    staffed = np.array(on_duty) > 0
    rows["longest"][:-1] = np.where(staffed, rows["first"][:-1], -1)
    rows["latest"][:-1] = np.where(staffed, last, -1)
    servers["behind"][last[staffed]] = -1
    whole, real = np.empty(0, dtype=np.int64), np.empty(0)
    servers["pace"] = 1.0
    crew = plant.crew
    if crew is not None:
        inspectors = slice(int(rows["first"][-2]), None)
        for name, own in (("pace", crew.pace), ("d_prime", crew.d_prime), ("criterion", crew.criterion)):
            servers[name][inspectors] = own
        servers["felt"][inspectors] = crew.felt
    tables = (real, real, real) if crew is None else (crew.tables.odds, crew.tables.vigilance, crew.tables.search)
    habits = (0.0, 0.0, 1.0) if crew is None else (crew.fatigue, crew.night, crew.memory)
    return State(
        clock=clock, number=whole, due=whole, u_arm=real, u_mirror=real, sight=real, z=real, u_defer=real,
        u_search=real, think=whole, score=np.empty((len(plant.models), 0)),
        service=np.empty((len(stations), 0), dtype=np.int64),
        up=np.empty((remote, 0), dtype=np.int64), down=np.empty((remote, 0), dtype=np.int64),
        d_prime=float(plant.d_prime), criterion=float(plant.criterion),
        fatigue=habits[0], night=habits[1], memory=habits[2], odds=tables[0], vigilance=tables[1], search=tables[2],
        fates=np.empty(0, dtype=FATES), decided=whole, stopped=whole.reshape(0, 2),
        looks=np.empty(0, dtype=LOOK_ROWS), letters=np.empty(0, dtype=LETTERS), mirrored=whole,
        stations=rows,
        lists=np.full((2, len(stations)), -1, dtype=np.int64).repeat(2, axis=1).view(LISTS),
        servers=servers,
        # A crash leaves its lost completions in the heap until their time comes; a station has one batch timer.
        heap=np.zeros(
            sum(counts) * (len(outages) + 1) + len(stations) + (plant.clients or 0) + 1, dtype=COMPLETIONS
        ),
        calendar=np.array(
            [(when, *change) for when, *_, change in sorted([*outages, *_partitions(stations), *people])]
            + [(NEVER, 0, 0, 0, 0)],
            dtype=CHANGES,
        ),
        lost=whole,
    )  # fmt: skip


#: A change in the calendar: moment, class, station or person, order there, and the rest of a row of the calendar.
Change = tuple[int, int, int, int, tuple[int, int, int, int]]


def _outages(stations: Sequence[Station]) -> list[Change]:
    """Return when stations go down and come up."""
    return [
        (time, EventClass.CALENDAR, number, what, (number, what, 0, 0))
        for number, station in enumerate(stations)
        for begin, end in station.outages
        for time, what in ((begin, DOWN), (end, UP))
    ]


def _partitions(stations: Sequence[Station]) -> list[Change]:
    """Return when networks go away and come back."""
    return [
        (time, EventClass.NETWORK, number, what, (number, what, 0, 0))
        for number, station in enumerate(stations)
        for begin, end in station.partitions
        for time, what in ((begin, CUT), (end, MENDED))
    ]


def _comings_and_goings(stations: Sequence[Station]) -> list[Change]:
    """Return when people come on duty and go off it."""
    changes: list[Change] = []
    first = 0
    for number, station in enumerate(stations):
        for each in duty_changes(station):
            what = OFF if not each.on else SHIFT if each.shift_begins else BACK
            row = (first + each.person, what, each.on_since_us, each.rested_at_us)
            changes.append((each.at_us, EventClass.DUTY, number, each.person, row))
        first += station.servers
    return changes


def with_phones(s: State, plant: Plant, columns: Columns) -> State:
    """Return the state with more phones on their way; those that it already holds keep their rows."""
    human, models = columns.human, [station.name for station in plant.models]
    held, new = len(s.number), len(columns.due_us)
    fates = np.repeat(UNDECIDED, held + new)
    fates[:held] = s.fates
    ready = plant.clients is None or s.clock[READY] > 0
    if new and s.clock[HEAD] == held and s.clock[BLOCKED_SINCE] < 0 and ready:
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
    never = np.zeros(new, dtype=np.int64)
    up, down = ([way.get(name, never) for name in models] for way in (columns.up_us, columns.down_us))
    return _with_letters(s, looks)._replace(
        number=longer(s.number, columns.number),
        due=longer(s.due, columns.due_us),
        u_arm=longer(s.u_arm, columns.u_arm),
        u_mirror=longer(s.u_mirror, columns.u_mirror),
        sight=longer(s.sight, human.view),
        z=longer(s.z, human.z),
        u_defer=longer(s.u_defer, human.u_defer),
        u_search=longer(s.u_search, human.u_search) if plant.crew is not None else s.u_search,
        think=s.think if columns.think_us is None else longer(s.think, columns.think_us),
        score=stacked(s.score, [columns.score[name] for name in models]),
        service=stacked(s.service, [*(columns.service_us[name] for name in models), human.service_us]),
        up=stacked(s.up, up[: len(s.up)]),
        down=stacked(s.down, down[: len(s.down)]),
        fates=fates,
        decided=_room(s.decided, held + new),
        stopped=_room(s.stopped, held + new),
        looks=_room(s.looks, looks),
        mirrored=_room(s.mirrored, looks),
        lost=_room(s.lost, looks),
    )


def from_row(s: State, first: int, stays: Flags) -> State:
    """Return the state from phone row `first` on, with the looks that stay; everything in it gets a new row."""
    looks = s.looks[: s.clock[LOOKS]][stays]
    row_of = np.full(len(stays) + 1, -1, dtype=np.int64)  # the last one: of row -1, none
    row_of[:-1][stays] = np.arange(len(looks))
    letters = _blank(len(s.letters))
    if len(letters):
        letters[: len(looks)] = s.letters[: len(stays)][stays]
    looks["phone"] -= first
    looks["behind"] = row_of[looks["behind"]]
    s.lists["first"], s.lists["last"] = row_of[s.lists["first"]], row_of[s.lists["last"]]
    heap = s.heap[: s.clock[PENDING]]
    works = heap["who"] >= 0
    heap = heap[~works | (s.servers["job"][np.where(works, heap["who"], 0)] == heap["which"])]  # else lost in a crash
    sent = heap["who"] < CLIENT
    heap = heap[~sent | (row_of[np.where(sent, heap["which"], -1)] >= 0)]  # else timeouts of looks that are over
    of_a_look = (heap["who"] >= 0) | (heap["who"] < CLIENT)
    heap["key"] -= np.where(of_a_look | (heap["who"] == CLIENT), first, 0)
    heap["which"] = np.where(of_a_look, row_of[np.where(of_a_look, heap["which"], 0)], 0)
    s.heap[: len(heap)] = np.sort(heap, order=["at", "key"])  # in order, it is a heap
    s.servers["job"] = row_of[s.servers["job"]]
    s.clock[HEAD] -= first
    s.clock[LOOKS], s.clock[PENDING] = len(looks), len(heap)
    s.clock[DECIDED] = s.clock[MIRRORED] = s.clock[STOPPED] = 0
    return s._replace(
        number=s.number[first:], due=s.due[first:], u_arm=s.u_arm[first:], u_mirror=s.u_mirror[first:],
        sight=s.sight[first:], z=s.z[first:], u_defer=s.u_defer[first:], u_search=s.u_search[first:],
        think=s.think[first:], score=s.score[:, first:].copy(),
        service=s.service[:, first:].copy(), up=s.up[:, first:].copy(), down=s.down[:, first:].copy(),
        fates=s.fates[first:].copy(), looks=looks, letters=letters,
    )  # fmt: skip


def grown(state: State) -> State:
    """Return the state with twice the room for looks."""
    size = 2 * len(state.looks) + 64
    return _with_letters(state, size)._replace(
        looks=_room(state.looks, size), mirrored=_room(state.mirrored, size), lost=_room(state.lost, size)
    )


def _with_letters(s: State, looks: int) -> State:
    """Return the state with room for what so many looks of remote models have beside their rows, if there are any."""
    held = len(s.letters)
    if len(s.up) == 0 or held >= looks:
        return s
    # A look has one message under way, and one timeout to come.
    letters = np.concatenate([s.letters, _blank(looks - held)])
    return s._replace(letters=letters, heap=_room(s.heap, len(s.heap) + 2 * (looks - held)))


def _blank(count: int) -> Any:
    """Return so many letters that nobody has sent."""
    return np.full(2 * count, -1, dtype=np.int64).view(LETTERS)


def _room(old: Any, size: int) -> Any:
    """Return a table with at least so many rows; it keeps what it holds."""
    if len(old) >= size:
        return old
    table = np.empty((size, *old.shape[1:]), dtype=old.dtype)
    table[: len(old)] = old
    return table
