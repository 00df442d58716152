"""Work stations: random shops give equal logs on both engines, and what blocking and disciplines mean, by hand."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from sim.line.engines import ENGINES
from sim.line.shop.engines import SHOPS
from sim.line.shop.log import VisitLog
from sim.line.shop.stations import Deadlock, Draws, Shop, WorkStation

#: `DRIFTLINE_FUZZ=2000` draws as many shops as it says.
COUNT = int(os.environ.get("DRIFTLINE_FUZZ", "200"))


def drawn(seed: int) -> tuple[Shop, Any, Any, Draws]:
    """Draw a shop, and phones with small whole times, so that much happens at one instant."""
    rng = np.random.default_rng(seed)
    count, size = int(rng.integers(1, 50)), int(rng.integers(1, 5))
    scale = int(rng.choice([3, 10, 1000]))

    def row(number: int) -> WorkStation:
        ways, left = [], 1.0
        for _ in range(int(rng.integers(0, 3)) if rng.random() < 0.6 else 0):
            share = float(np.round(rng.random() * left, 2))
            left -= share
            ways.append((int(rng.integers(0, size + 1)), share))
        rule: Any = str(rng.choice(["block", "pass_by"], p=[0.7, 0.3]))
        discipline: Any = str(rng.choice(["fifo", "lifo", "priority"], p=[0.3, 0.2, 0.5]))
        urgent = 0.4 if discipline == "priority" else 0.0
        buffer = None if rng.random() < 0.3 else int(rng.integers(0, 4))
        preemptive = bool(urgent and rng.random() < 0.6)
        return WorkStation(
            f"s{number}", int(rng.integers(1, 4)), buffer, rule, discipline, urgent, preemptive, int(rng.integers(1, 4)),
            tuple(ways),
        )  # fmt: skip

    shop = Shop(tuple(row(number) for number in range(size)))
    comes = np.sort(rng.integers(0, count * int(rng.choice([1, 3])) * scale // 2 + 1, count)).astype(np.int64)
    visits = shop.first_draw[-1]
    draws = Draws(
        np.round(rng.random(count), 1), rng.integers(1, 2 * scale, (visits, count)), np.round(rng.random((visits, count)), 2)
    )  # fmt: skip
    return shop, rng.permutation(count).astype(np.int64), comes, draws


def moved(engine: str, seed: int, block: int = 10_000) -> tuple[VisitLog, list[Any]]:
    """Return all visits and what was told on the way; phones come in blocks, and what is over is settled."""
    shop, number, comes, draws = drawn(seed)
    line = SHOPS[engine](shop)
    parts, told = [], []
    try:
        for first in range(0, len(number), block):
            cut = slice(first, first + block)
            line.feed(number[cut], comes[cut], draws.rows(cut))
            line.advance(int(comes[first + block]) - 1 if first + block < len(number) else int(comes[-1]))
            gone = line.gone()
            told += zip(gone.phone.tolist(), gone.at_us.tolist(), gone.entered_us.tolist(), strict=True)
            parts.append(line.settle())
        told.append([each.tolist() for each in line.inside()])
        line.advance(int(comes[-1]) * 100 + 10**9)
        gone = line.gone()
        told += zip(gone.phone.tolist(), gone.at_us.tolist(), gone.entered_us.tolist(), strict=True)
        told.append([each.tolist() for each in line.inside()])
    except Deadlock as deadlock:
        gone = line.gone()
        told += zip(gone.phone.tolist(), gone.at_us.tolist(), gone.entered_us.tolist(), strict=True)
        told.append((deadlock.at_us, deadlock.loop))
    return VisitLog.joined([*parts, line.log()]), told


@pytest.mark.skipif("compiled" not in ENGINES, reason="numba is not installed")
def test_random_shops_give_equal_logs() -> None:
    ends = {"stuck": 0, "through": 0}
    for seed in range(COUNT):
        (expected, told), (found, told_by_peer) = moved("simpy", seed), moved("compiled", seed)
        assert expected.differences(found) == [], f"shop {seed}"
        assert told == told_by_peer, f"shop {seed}"
        count = len(drawn(seed)[1])
        stuck = isinstance(told[-1], tuple) and isinstance(told[-1][1], tuple)
        ends["stuck" if stuck else "through"] += 1
        if not stuck:  # every phone is through once, and nothing was worked on twice at a time
            assert sorted(each[0] for each in told if isinstance(each, tuple)) == list(range(count)), f"shop {seed}"
    assert min(ends.values()) > COUNT // 50, ends


@pytest.mark.parametrize("engine", list(ENGINES))
def test_blocks_of_phones_change_nothing(engine: str) -> None:
    for seed in range(COUNT // 3):
        expected, told = moved(engine, seed)
        for block in (1, 2 + seed % 9):
            found, told_in_blocks = moved(engine, seed, block)
            # What ends in a deadlock may be seen to do so in another block: only the whole is the same.
            assert expected.differences(found) == [], f"shop {seed} in blocks of {block}"
            assert [e for e in told if isinstance(e, tuple)] == [e for e in told_in_blocks if isinstance(e, tuple)]


def by_hand(
    engine: str, *rows: WorkStation, comes: list[int], work: list[list[int]], urgent: list[int] | None = None
) -> Any:
    """Return (station, phone, enter, room, start, end, left) of every visit, by phone; `work` is by draw and phone."""
    line = SHOPS[engine](Shop(rows))
    u_urgent = np.array([0.0 if phone in (urgent or ()) else 0.9 for phone in range(len(comes))])
    service_us = np.array(work)
    line.feed(np.arange(len(comes)), np.array(comes), Draws(u_urgent, service_us, np.full(service_us.shape, 0.5)))
    line.advance(1000)
    log = line.log()
    columns = (log.station, log.phone, log.enter_us, log.room_us, log.start_us, log.end_us, log.left_us)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("engine", list(ENGINES))
class TestByHand:
    def test_a_full_station_keeps_the_server_before_it_busy(self, engine: str) -> None:
        rows = WorkStation("a", 1), WorkStation("b", 1, buffer=0)
        found = by_hand(engine, *rows, comes=[0, 0, 0], work=[[2, 2, 2], [10, 1, 1]])
        assert found == [
            (0, 0, 0, 0, 0, 2, 2), (1, 0, 2, 2, 2, 12, 12),
            (0, 1, 0, 0, 2, 4, 12), (1, 1, 4, 12, 12, 13, 13),  # done at 4, and held until the other one is through
            (0, 2, 0, 0, 12, 14, 14), (1, 2, 14, 14, 14, 15, 15),
        ]  # fmt: skip

    def test_who_comes_before_a_full_first_station_has_no_room_yet(self, engine: str) -> None:
        found = by_hand(engine, WorkStation("a", 1, buffer=0), comes=[1, 2], work=[[5, 5]])
        assert found == [(0, 0, 1, 1, 1, 6, 6), (0, 1, 2, 6, 6, 11, 11)]

    def test_a_full_station_may_be_passed_by(self, engine: str) -> None:
        rows = WorkStation("a", 1, buffer=0, when_full="pass_by"), WorkStation("b", 1)
        found = by_hand(engine, *rows, comes=[1, 2], work=[[5, 5], [1, 1]])
        assert [(station, phone) for station, phone, *_ in found] == [(0, 0), (1, 0), (1, 1)]

    def test_last_come_is_first_served(self, engine: str) -> None:
        found = by_hand(engine, WorkStation("a", 1, discipline="lifo"), comes=[0, 1, 2], work=[[5, 5, 5]])
        assert [start for *_, start, _, _ in found] == [0, 10, 5]

    @pytest.mark.parametrize(("preemptive", "ends"), [(False, [10, 23, 13]), (True, [13, 23, 7])])
    def test_an_urgent_phone_comes_first_and_interrupts_where_it_may(
        self, engine: str, preemptive: bool, ends: list[int]
    ) -> None:
        row = WorkStation("a", 1, discipline="priority", urgent=0.5, preemptive=preemptive)
        found = by_hand(engine, row, comes=[0, 1, 4], work=[[10, 10, 3]], urgent=[2])
        assert [end for *_, end, _ in found] == ends

    def test_a_phone_goes_back_until_it_is_let_by(self, engine: str) -> None:
        found = by_hand(engine, WorkStation("a", 1, visits=3, ways=((0, 1.0),)), comes=[0], work=[[1], [2], [3]])
        assert [(start, end) for *_, start, end, _ in found] == [(0, 1), (1, 3), (3, 6)]

    def test_a_circle_of_full_stations_is_told_and_no_hang(self, engine: str) -> None:
        rows = WorkStation("a", 1, buffer=0, visits=2), WorkStation("b", 1, buffer=0, visits=2, ways=((0, 1.0),))
        with pytest.raises(Deadlock) as caught:
            by_hand(engine, *rows, comes=[0, 0], work=[[2, 2], [2, 2], [3, 3], [3, 3]])
        assert (caught.value.at_us, caught.value.loop) == (5, ("a", "b"))
