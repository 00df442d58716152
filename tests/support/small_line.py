"""Lines of a few phones, built by hand, and their logs in words: what the tests of this folder are written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sim.inspectors.human.calendar import Duty
from sim.inspectors.human.detection import HumanColumns
from sim.line.engines import ENGINES
from sim.line.log import InspectionLog
from sim.line.route import HUMANS, NOBODY, Arm, Route
from sim.line.rules import DecidedBy, Look, Verdict
from sim.line.stations import Columns, Plant, Station

__all__ = [
    "HUMANS",
    "NOBODY",
    "Arm",
    "Duty",
    "Line",
    "Route",
    "Server",
    "band",
    "by_humans",
    "by_model",
    "decided",
    "duty",
    "looks",
    "model",
    "moments",
]

HORIZON = 1000


@dataclass(frozen=True)
class Server:
    """A model's servers, and what it makes of each phone: score and time, one number for all or one per phone."""

    service: Any = 1
    score: Any = 0.0
    servers: int = 1
    buffer: int | None = None
    when_full: Any = "block"
    outages: tuple[tuple[int, int], ...] = ()
    batch: int = 1
    wait: int = 0
    setup: int = 0
    up: Any = None  #: of a remote one: how long a request is on its way, one number for all or one per phone
    down: Any = 1  #: likewise its answer
    timeout: int | None = None
    partitions: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Line:
    """A line of a few phones. Inspectors reject the phones in `bad`; a phone's arm follows `u_arm`."""

    due: Sequence[int]
    human: Any = 1  #: time of a human look, one for all or one per phone
    inspectors: int = 1
    duty: tuple[Duty, ...] | None = None
    buffer: int | None = None
    when_full: Any = "block"
    bad: Sequence[int] = ()
    u_arm: Any = 0.5
    u_mirror: Any = 0.5
    models: dict[str, Server] = field(default_factory=dict)
    horizon: int = HORIZON
    clients: int | None = None  #: who bring the phones, if they do not come by themselves
    think: Any = 0  #: for how long each is away after a phone's verdict

    def plant(self) -> Plant:
        rows = [
            Station(
                n, m.servers, m.buffer, m.when_full, m.outages, batch=m.batch, wait_us=m.wait, setup_us=m.setup,
                remote=m.up is not None, timeout_us=m.timeout, partitions=m.partitions,
            )
            for n, m in self.models.items()
        ]  # fmt: skip
        people = Station("humans", self.inspectors, self.buffer, self.when_full, duty=self.duty)
        return Plant(tuple(rows), people, d_prime=2.0, criterion=0.25, clients=self.clients)

    def columns(self) -> Columns:
        count = len(self.due)
        z = np.full(count, -1.0)
        z[list(self.bad)] = 1.0

        def column(value: Any, kind: type) -> Any:
            return np.array(np.broadcast_to(np.asarray(value, dtype=kind), (count,)))

        remote = {name: server for name, server in self.models.items() if server.up is not None}
        return Columns(
            due_us=column(self.due, np.int64),
            u_arm=column(self.u_arm, np.float64),
            u_mirror=column(self.u_mirror, np.float64),
            human=HumanColumns(np.zeros(count), z, column(self.human, np.int64), np.full(count, 0.5)),
            score={name: column(server.score, np.float64) for name, server in self.models.items()},
            service_us={name: column(server.service, np.int64) for name, server in self.models.items()},
            think_us=None if self.clients is None else column(self.think, np.int64),
            up_us={name: column(server.up, np.int64) for name, server in remote.items()},
            down_us={name: column(server.down, np.int64) for name, server in remote.items()},
        )

    def start(self, engine: str) -> Any:
        return ENGINES[engine](self.plant(), self.columns(), self.horizon)

    def run(self, engine: str, route: Route, *changes: tuple[int, Route], stops: Sequence[int] = ()) -> InspectionLog:
        """Run to the horizon; `changes` are (after everything at this moment, the new route)."""
        line = self.start(engine)
        line.set_route(route)
        later = dict(changes)
        for moment in sorted({*later, *stops} - {self.horizon}):
            line.advance(moment)
            if moment in later:
                line.set_route(later[moment])
        line.advance(self.horizon)
        log: InspectionLog = line.log()
        return log

    def but(self, **changes: Any) -> Line:
        return replace(self, **changes)


def duty(person: int, *stretches: tuple[int, int]) -> tuple[Duty, ...]:
    """Return one shift of a person as what is left of it between breaks."""
    (begin, _), *_ = stretches
    return tuple(Duty(person, from_us, until_us, begin, from_us) for from_us, until_us in stretches)


def model(name: str = "v1") -> Arm:
    """A model that rejects above 0.5."""
    return Arm(name, "model", name, 0.5, 0.5)


def band(name: str = "v1") -> Arm:
    """A model that rejects above 0.7, passes up to 0.3 and asks a human between them."""
    return Arm(f"{name} + review", "model", name, 0.3, 0.7)


def by_humans(**more: Any) -> Route:
    return Route(HUMANS, **more)


def by_model(name: str = "v1", **more: Any) -> Route:
    return Route(model(name), **more)


def looks(log: InspectionLog) -> list[tuple[Any, ...]]:
    """Return (phone, kind, station, server, enter, start, end, verdict) of every look, by phone, in words."""
    table = log.looks
    return [
        (
            int(table.phone[i]), Look(table.kind[i]).name.lower(), log.stations[table.station[i]], int(table.server[i]),
            int(table.enter_us[i]), int(table.start_us[i]), int(table.end_us[i]), Verdict(table.verdict[i]).name.lower(),
        )
        for i in range(len(table.phone))
    ]  # fmt: skip


def times(log: InspectionLog) -> list[tuple[int, int, int, int]]:
    """Return (phone, enter, start, end) of every look."""
    table = log.looks
    return list(
        zip(table.phone.tolist(), table.enter_us.tolist(), table.start_us.tolist(), table.end_us.tolist(), strict=True)
    )


def decided(log: InspectionLog) -> list[tuple[int, str, str, int]]:
    """Return (release, decided by, verdict, when) of every phone, in words."""
    table = log.phones
    return [
        (int(release), DecidedBy(how).name.lower(), Verdict(verdict).name.lower(), int(when))
        for release, how, verdict, when in zip(
            table.release_us, table.decided_by, table.verdict, table.verdict_us, strict=True
        )
    ]


def moments(line: Any) -> list[tuple[int, int]]:
    """Return since when each person is on shift, and since when rested."""
    if line.name == "simpy":
        return [(server.on_since, server.rested_at) for server in line.humans.servers]
    people = line._state.servers[line._state.stations[-2]["first"] :]
    return [(int(server["on_since"]), int(server["rested_at"])) for server in people]
