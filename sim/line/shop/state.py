"""The state of a compiled shop: tables of phones, servers, visits and stations, and what makes and shortens them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.columns import Times
from sim.line.engines.compiled.codes import NEVER
from sim.line.shop.stations import Shop

NOBODY = -1
URGENT, WAITING, OUTSIDE = range(3)  #: lists of a station
FIFO, LIFO, PRIORITY = range(3)
DISCIPLINES = {"fifo": FIFO, "lifo": LIFO, "priority": PRIORITY}
#: Places in ShopState.clock: the next phone to come, phones that are through, visits, when a deadlock was found.
COMES, THROUGH, VISITS, STUCK_AT = range(4)
ON, GROW, STUCK = range(3)  #: how the kernel ends: all is done; the table of visits is full; nobody will ever move

STATIONS = np.dtype(
    [(name, "i8") for name in ("first", "draw", "buffer", "passes_by", "discipline", "preemptive", "visits", "queued")]
    + [("urgent", "f8")]
)
SERVERS = np.dtype([(n, "i8") for n in ("station", "phone", "free_since", "began", "until", "waits")])
PHONES = np.dtype(
    [("comes", "i8"), ("entered", "i8"), ("gone", "i8"), ("to_do", "i8"), ("u_urgent", "f8"), ("behind", "i4"),
     ("visit", "i4"), ("holds", "i4")], align=True
)  # fmt: skip
VISIT_ROWS = np.dtype(
    [(n, "i8") for n in ("work", "enter", "room", "start", "end", "left")]
    + [("phone", "i4"), ("server", "i4"), ("station", "i2"), ("urgent", "?")], align=True
)  # fmt: skip
LISTS = np.dtype([("first", "i8"), ("last", "i8")])


class ShopState(NamedTuple):
    """All that a shop knows: N phones that are not settled, S stations, V draws a phone."""

    clock: Times
    number: Times  # (N,)
    phones: Any  # (N,)
    made: Any  # (N, S): how often each phone has been at each station
    service: Times  # (V, N)
    u_way: Any  # (V, N)
    stations: Any  # (S + 1,): the last row says where the servers end
    bounds: Any  # (S, W), filled up with the last bound
    targets: Times  # (S, W)
    lists: Any  # (3, S)
    servers: Any
    through: Times  # (N,): phones that have got through since somebody asked
    visits: Any
    moves: Any  # (S,): scratch


def empty(shop: Shop) -> ShopState:
    """Return a shop's state before the first event, without any phone."""
    rows = shop.stations
    stations = np.zeros(len(rows) + 1, dtype=STATIONS)
    stations["first"] = np.cumsum([0, *(row.servers for row in rows)])
    stations["draw"] = shop.first_draw
    for name, values in (
        ("buffer", [NEVER if row.buffer is None else row.buffer for row in rows]),
        ("passes_by", [row.when_full == "pass_by" for row in rows]),
        ("discipline", [DISCIPLINES[row.discipline] for row in rows]),
        ("preemptive", [row.preemptive for row in rows]),
        ("visits", [row.visits for row in rows]),
        ("urgent", [row.urgent for row in rows]),
    ):
        stations[name][:-1] = values
    ways = max(len(row.ways) for row in rows)
    bounds, targets = np.zeros((len(rows), ways)), np.zeros((len(rows), ways), dtype=np.int64)
    for number, row in enumerate(rows):
        if row.ways:
            bounds[number] = row.bounds[-1]
            bounds[number, : len(row.ways)] = row.bounds
            targets[number, : len(row.ways)] = [to for to, _ in row.ways]
    servers = np.zeros(sum(row.servers for row in rows), dtype=SERVERS)
    servers["station"] = np.repeat(np.arange(len(rows)), [row.servers for row in rows])
    servers["phone"] = servers["waits"] = NOBODY
    draws = shop.first_draw[-1]
    return ShopState(
        clock=np.zeros(4, dtype=np.int64), number=np.empty(0, dtype=np.int64), phones=np.empty(0, dtype=PHONES),
        made=np.empty((0, len(rows)), dtype=np.int32), service=np.empty((draws, 0), dtype=np.int64),
        u_way=np.empty((draws, 0)), stations=stations, bounds=bounds, targets=targets,
        lists=np.full((3, len(rows)), -1, dtype=np.int64).repeat(2, axis=1).view(LISTS),
        servers=servers, through=np.empty(0, dtype=np.int64), visits=np.empty(0, dtype=VISIT_ROWS),
        moves=np.zeros(len(rows), dtype=np.bool_),
    )  # fmt: skip


def from_row(s: ShopState, first: int, stays: Any) -> ShopState:
    """Return the state from phone row `first` on, with the visits that stay; everything in it gets a new row."""
    visits = s.visits[: s.clock[VISITS]][stays]
    row_of = np.full(len(stays) + 1, -1, dtype=np.int64)  # the last one: of row -1, none
    row_of[:-1][stays] = np.arange(len(visits))
    phones = s.phones[first:].copy()
    visits["phone"] -= first
    phones["visit"] = row_of[phones["visit"]]
    phones["behind"] = np.where(phones["behind"] >= 0, phones["behind"] - first, -1)
    for name in ("first", "last"):
        s.lists[name] = np.where(s.lists[name] >= 0, s.lists[name] - first, -1)
    s.servers["waits"] = row_of[s.servers["waits"]]
    s.servers["phone"] = np.where(s.servers["phone"] >= 0, s.servers["phone"] - first, -1)
    s.clock[COMES] -= first
    s.clock[VISITS] = len(visits)
    s.through[: s.clock[THROUGH]] -= first
    return s._replace(
        number=s.number[first:], phones=phones, made=s.made[first:].copy(), service=s.service[:, first:].copy(),
        u_way=s.u_way[:, first:].copy(), visits=visits,
    )  # fmt: skip


def with_room(old: Any, size: int) -> Any:
    """Return a table with at least so many rows; it keeps what it holds."""
    if len(old) >= size:
        return old
    table = np.empty(size, dtype=old.dtype)
    table[: len(old)] = old
    return table
