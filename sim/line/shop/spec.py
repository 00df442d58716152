"""What a scenario file may say of work stations, and the draws that phones bring along for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.document import Refusal, under, unknown_name
from sim.factory.streams import Streams
from sim.inspectors.serving.law import Lognormal, ServiceLaw
from sim.line.shop.stations import Discipline, Draws, Shop, WhenNoRoom, WorkStation
from sim.units import MOST, Share

OUT = "out"  #: the way to inspection, or off the line
VISITS = 10  #: how often a phone is worked on at a station to which it can come back, if the file does not say


class Way(BaseModel):
    """Where a share of a station's phones goes next: back, say, or past some stations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: str = Field(description="another station of the same place, the same one again, or 'out'")
    share: Share


class Station(BaseModel):
    """A work station: servers with one queue. Stations of one place stand in the order of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    at: Literal["before", "passed", "rejected"] = Field(
        "before", description="before inspection, or after it: of the phones that passed, or of those rejected"
    )
    servers: int = Field(1, ge=1, le=1_000)
    service: ServiceLaw = Field(
        Lognormal.model_validate({"mean": "10s", "sigma": 0.35}), description="the work on a phone (assumption)"
    )
    buffer: int | None = Field(None, ge=0, le=MOST, description="phones that can wait; none: no limit")
    when_full: WhenNoRoom = Field(
        "block", description="phones stay where they are, and block the server there; or they pass the station by"
    )
    discipline: Discipline = Field("fifo", description="who is next: first come, last come, or urgent phones first")
    urgent: Share = Field(0.0, description="share of urgent phones, of discipline priority; the same at each station")
    preemptive: bool = Field(False, description="an urgent phone interrupts the work on another, which goes on later")
    next: tuple[Way, ...] = Field((), max_length=20, description="other ways; the rest goes to the next station")
    visits: int | None = Field(
        None,
        ge=1,
        le=100,
        description=f"so often it works on a phone that comes back, then lets it by; default: {VISITS}",
    )


def refusals(stations: Sequence[Station]) -> Iterator[Refusal]:
    """Yield what is wrong with stations, each in itself and all together."""
    names = [station.name for station in stations]
    for number, station in enumerate(stations):
        if station.name == OUT or station.name in names[:number]:
            told = "the way out is called so" if station.name == OUT else f"two stations are called '{station.name}'"
            yield (number, "name"), f"{told}: take another name"
        yield from under((number, "service"), station.service.refusals())
        if station.discipline == "priority" and not 0.0 < station.urgent < 1.0:
            yield (number, "discipline"), "which share of the phones is urgent? Add 'urgent', between 0 and 100 %"
        if station.discipline != "priority" and (station.urgent or station.preemptive):
            key = "urgent" if station.urgent else "preemptive"
            yield (number, key), f"nobody is urgent under discipline {station.discipline}: take priority"
        mates = [each.name for each in stations if each.at == station.at]
        for place, way in enumerate(station.next):
            if way.to not in (*mates, OUT):
                yield (number, "next", place, "to"), unknown_name(f"station '{station.at}'", way.to, [*mates, OUT])
        if sum(way.share for way in station.next) > 1.0 + 1e-12:
            yield (number, "next"), "the shares are more than 100 % together"
    if not any(True for _ in _unknown(stations)):
        for number, station in enumerate(stations):
            row = _rows_of(stations, station.at)
            if station.visits is not None and not _comes_back(row, row.index(station)):
                yield (number, "visits"), "no phone comes back here: leave it out, or send a share back by 'next'"


def _unknown(stations: Sequence[Station]) -> Iterator[str]:
    """Yield names that no station of the place has."""
    for station in stations:
        mates = {each.name for each in stations if each.at == station.at}
        yield from (way.to for way in station.next if way.to not in mates and way.to != OUT)


def _rows_of(stations: Sequence[Station], at: str) -> list[Station]:
    return [station for station in stations if station.at == at]


def _targets(row: Sequence[Station], number: int) -> list[int]:
    """Return the numbers of the stations that a station sends phones to; after the last one is the way out."""
    names = [station.name for station in row]
    return [len(row) if way.to == OUT else names.index(way.to) for way in row[number].next]


def _comes_back(row: Sequence[Station], number: int) -> bool:
    """Whether a phone can be at a station more than once."""
    reached: set[int] = set()
    ahead = [number]
    while ahead:
        here = ahead.pop()
        for to in (*_targets(row, here), here + 1):
            if to < len(row) and to not in reached:
                reached.add(to)
                ahead.append(to)
    return number in reached


def shops_of(stations: Sequence[Station]) -> dict[str, Shop]:
    """Return the shops that stations make, by where they are.

    >>> test = Station(name="test", next=[{"to": "test", "share": "5%"}])
    >>> shop = shops_of([test, Station(name="packing", at="passed")])
    >>> list(shop), shop["before"].stations[0].visits, shop["passed"].stations[0].visits
    (['before', 'passed'], 10, 1)
    """
    shops: dict[str, Shop] = {}
    for at in dict.fromkeys(station.at for station in stations):
        row = _rows_of(stations, at)
        shops[at] = Shop(
            tuple(
                WorkStation(
                    each.name, each.servers, each.buffer, each.when_full, each.discipline, each.urgent, each.preemptive,
                    (each.visits or VISITS) if _comes_back(row, number) else 1,
                    tuple(zip(_targets(row, number), (way.share for way in each.next), strict=True)),
                )
                for number, each in enumerate(row)
            )
        )  # fmt: skip
    return shops


class ShopDraws:
    """Draws for work stations, block by block: a stream for each visit of each station, by its name alone."""

    def __init__(self, stations: Sequence[Station], streams: Streams) -> None:
        self._shops = shops_of(stations)
        self._laws = {station.name: station.service for station in stations}
        urgent = any(station.urgent for station in stations)
        self._urgent = streams.open("station.urgent") if urgent else None
        visits = [(row.name, n) for shop in self._shops.values() for row in shop.stations for n in range(row.visits)]
        self._service = {(name, n): streams.open(f"station.{name}.{n}") for name, n in visits}
        sends = {station.name for station in stations if station.next}
        self._way = {(name, n): streams.open(f"station.{name}.{n}.way") for name, n in visits if name in sends}

    def take(self, count: int) -> dict[str, Draws]:
        """Return the next phones' draws, by where the stations are."""
        u_urgent = np.ones(count) if self._urgent is None else self._urgent.random(count)
        taken = {}
        for at, shop in self._shops.items():
            visits = [(row.name, n) for row in shop.stations for n in range(row.visits)]
            service_us = np.empty((len(visits), count), dtype=np.int64)
            u_way = np.zeros((len(visits), count))
            for row, visit in enumerate(visits):
                service_us[row] = self._laws[visit[0]].draw_us(self._service[visit], count)
                if visit in self._way:
                    u_way[row] = self._way[visit].random(count)
            taken[at] = Draws(u_urgent, service_us, u_way)
        return taken
