"""Two engines, one meaning: random small plants, full of ties, and whole logs compared.

`DRIFTLINE_FUZZ=2000 pytest tests/line/test_parity.py` draws as many plants as it says.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_line import moments
from whole_runs import run_strategy, whole_world

from sim import load
from sim.experiment.run import trained
from sim.experiment.world_block import expected_phones
from sim.inspectors.human.calendar import Duty
from sim.inspectors.human.detection import HumanColumns
from sim.inspectors.human.people import Crew, People
from sim.line.engines import ENGINES
from sim.line.log import InspectionLog
from sim.line.route import HUMANS, NOBODY, Advice, Arm, Route
from sim.line.rules import DecidedBy, Look, Verdict
from sim.line.shop.around import open_line
from sim.line.shop.stations import Draws, Shop, WorkStation
from sim.line.stations import Columns, Plant, Station
from sim.units import DAY, MINUTE

PLANTS = int(os.environ.get("DRIFTLINE_FUZZ", "600"))
#: Of a scenario with more phones than this only the first days are compared: those of the month at full speed, in which
#: every rollout begins and ends. The specification takes 20 microseconds a phone, and holds all of them in memory.
MOST_PHONES, FIRST_DAYS = 200_000, 4 * DAY
PEERS = [name for name in ENGINES if name != "simpy"]
SCENARIOS = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("*.yaml"))

pytestmark = pytest.mark.skipif(not PEERS, reason="numba is not installed: SimPy is the only engine here")


@dataclass(frozen=True)
class Case:
    """A plant, its phones, and a route for every stretch of time."""

    plant: Plant
    columns: Columns
    routes: tuple[Route, ...]
    until: tuple[int, ...]
    rescored: dict[int, tuple[str, Any]]  #: at a wake-up: another score of a version for all phones due later

    @classmethod
    def drawn(cls, seed: int) -> Case:
        """Draw one. Times are small whole numbers, so that everything happens at the same instant now and then."""
        rng = np.random.default_rng(seed)
        phones, scale = int(rng.integers(1, 60)), int(rng.choice([3, 10, 1000, MINUTE]))
        names = [f"v{number}" for number in range(int(rng.integers(0, 4)))]
        span = phones * int(rng.choice([1, 2, 5])) * scale // 3 + 2
        due = np.sort(rng.integers(1, span, phones)).astype(np.int64)
        horizon = int(due[-1]) + int(rng.integers(0, 20 * scale))

        def buffer() -> int | None:
            return None if rng.random() < 0.4 else int(rng.integers(0, 4))

        def outages() -> tuple[tuple[int, int], ...]:
            if rng.random() < 0.5:
                return ()
            moments = np.unique(rng.integers(0, horizon + 2, 2 * int(rng.integers(1, 4))))
            pairs = moments[: len(moments) // 2 * 2].reshape(-1, 2)
            return tuple((int(begin), int(end)) for begin, end in pairs)

        def station(name: str, fewest: int) -> Station:
            rule: Any = str(rng.choice(["block", "ship", "reject"]))
            row = Station(name, int(rng.integers(fewest, 4)), buffer(), rule, outages() if name != "humans" else ())
            if name == "humans" or rng.random() < 0.6:
                return row
            size, wait, setup = int(rng.integers(1, 5)), int(rng.integers(0, 3 * scale)), int(rng.integers(0, scale))
            return replace(row, batch=size, wait_us=wait, setup_us=setup)

        def duty(people: int) -> tuple[Duty, ...]:
            """Some moments of a person are comings, goings or changes of the shift: stretches may touch."""
            stretches = []
            for person in range(people):
                moments = np.unique(rng.integers(0, horizon + 2, int(rng.integers(0, 7)))).tolist()
                for begin, end in pairwise(moments):
                    if rng.random() < 0.6:
                        shift, back = begin - int(rng.integers(0, 9)), begin if rng.random() < 0.5 else begin - 1
                        stretches.append(Duty(person, begin, end, min(shift, back), back))
            return tuple(stretches)

        def changing(count: int) -> Crew:
            people = People(memory=float(rng.choice([1.0, 3.0])), fatigue=float(rng.choice([0.0, 0.2])))
            return people.crew(rng.standard_normal((count, 3)), 0.1)

        def arm() -> Arm:
            if not names or rng.random() < 0.3:
                return HUMANS if rng.random() < 0.8 else NOBODY
            name, low, review = str(rng.choice(names)), float(np.round(rng.random(), 1)), rng.random() < 0.5
            if rng.random() < 0.4:
                advice = Advice(low, *np.round(rng.random(2), 1).tolist()) if rng.random() < 0.6 else None
                triage = bool(advice is None or rng.random() < 0.4)
                return Arm(f"{name} for all", "model", name, -1.0, 2.0, advice, triage)
            return Arm(f"{name} + review" if review else name, "model", name, low, low + 0.3 if review else low)

        def route() -> Route:
            candidates, left = [], 100.0
            for _ in range(int(rng.integers(0, 3))):
                weight = float(np.round(rng.random() * left))
                left -= weight
                candidates.append((arm(), weight))
            mirrors = tuple(
                (Arm(name, "model", name, 0.5, 0.5), float(rng.choice([30.0, 100.0])))
                for name in names
                if rng.random() < 0.4
            )
            fallback: Any = str(rng.choice(["humans", "nobody", "reject"], p=[0.7, 0.15, 0.15]))
            return Route(arm(), tuple(candidates), mirrors, fallback)

        nobody_home = rng.random() < 0.1
        humans = station("humans", 0 if nobody_home else 1)
        if rng.random() < 0.4:
            humans = replace(humans, duty=duty(humans.servers))
        plant = Plant(
            tuple(station(name, 1) for name in names),
            humans,
            d_prime=2.0,
            criterion=0.5,
            clients=int(rng.integers(1, 9)) if rng.random() < 0.15 else None,
            crew=changing(humans.servers) if rng.random() < 0.4 else None,
        )
        human = HumanColumns(
            rng.uniform(-1.0, 1.0, phones), rng.standard_normal(phones), rng.integers(1, 4 * scale, phones),
            np.round(rng.random(phones), 1), rng.random(phones),
        )  # fmt: skip
        columns = Columns(
            due, np.round(rng.random(phones), 2), np.round(rng.random(phones), 2), human,
            {name: np.round(rng.random(phones), 1) for name in names},
            {name: rng.integers(1, 3 * scale, phones) for name in names},
            think_us=None if plant.clients is None else rng.integers(0, 2 * scale, phones),
        )  # fmt: skip
        wakes = [*sorted({int(t) for t in rng.integers(1, horizon + 1, int(rng.integers(0, 6)))}), horizon]
        again = {
            wake: (str(rng.choice(names)), np.round(rng.random(phones), 1))
            for wake in wakes
            if names and rng.random() < 0.3
        }
        case = cls(plant, columns, tuple(route() for _ in wakes), tuple(wakes), again)
        case = case.with_networks(np.random.default_rng([seed, 2]), scale)
        return case.refusing(np.random.default_rng([seed, 3])).with_stations(np.random.default_rng([seed, 1]), scale)

    def refusing(self, rng: np.random.Generator) -> Case:
        """Return it, now and then, with pictures that some version refuses to score."""
        score = dict(self.columns.score)
        for name in score:
            if rng.random() < 0.2:
                score[name] = np.where(rng.random(len(score[name])) < 0.3, np.nan, score[name])
        return replace(self, columns=replace(self.columns, score=score))

    def with_networks(self, rng: np.random.Generator, scale: int) -> Case:
        """Return it, now and then, with models that are asked over a network; those can't stop the line."""
        phones, horizon = len(self.columns.due_us), self.until[-1]

        def remote(station: Station) -> Station:
            moments = np.unique(rng.integers(0, horizon + 2, 2 * int(rng.integers(1, 4)))).tolist()
            partitions = tuple(zip(moments[::2], moments[1::2], strict=False)) if rng.random() < 0.5 else ()
            return replace(
                station,
                when_full="ship" if station.when_full == "block" else station.when_full,
                remote=True,
                timeout_us=None if rng.random() < 0.2 else int(rng.integers(1, 6 * scale)),
                partitions=partitions,
            )

        models = tuple(remote(each) if rng.random() < 0.5 else each for each in self.plant.models)
        if rng.random() < 0.5 or not any(each.remote for each in models):
            return self
        up, down = ({each.name: rng.integers(0, 2 * scale, phones) for each in models if each.remote} for _ in range(2))
        columns = replace(self.columns, up_us=up, down_us=down)
        return replace(self, plant=replace(self.plant, models=models), columns=columns)

    def with_stations(self, rng: np.random.Generator, scale: int) -> Case:
        """Return it, now and then, with work stations before inspection and after it."""
        places = [at for at in ("before", "passed", "rejected") if rng.random() < 0.2]
        if self.plant.clients is not None:  # they bring phones to inspection
            places = [at for at in places if at != "before"]
        phones = len(self.columns.due_us)

        def station(number: int, count: int, loops: bool) -> WorkStation:
            rule: Any = "pass_by" if loops or rng.random() < 0.3 else "block"  # a deadlock ends a run: see test_shop
            discipline: Any = str(rng.choice(["fifo", "lifo", "priority"]))
            urgent = 0.4 if discipline == "priority" else 0.0
            ways = ((int(rng.integers(0, count + 1)), 0.3),) if loops else ()
            return WorkStation(
                f"s{number}", int(rng.integers(1, 4)), None if rng.random() < 0.4 else int(rng.integers(0, 4)), rule,
                discipline, urgent, bool(urgent and rng.random() < 0.5), 2, ways,
            )  # fmt: skip

        def shop(count: int, loops: bool) -> Shop:
            return Shop(tuple(station(number, count, loops) for number in range(count)))

        shops = {at: shop(int(rng.integers(1, 4)), bool(rng.random() < 0.4)) for at in places}
        urgent = np.round(rng.random(phones), 1)
        draws = {
            at: Draws(urgent, rng.integers(1, 2 * scale, shape), np.round(rng.random(shape), 2))
            for at, each in shops.items()
            if (shape := (each.first_draw[-1], phones))
        }
        return replace(self, plant=replace(self.plant, shops=shops), columns=replace(self.columns, shops=draws))

    def run(self, engine: str, block: int = 10_000) -> tuple[Any, list[list[Any]]]:
        """Return the log, and what was heard at wake-ups: phones decided and mirrored looks ended, in order; how many
        phones waited for an inspector, which is the first that the conveyor has not taken up, and since when people
        are on shift and rested.

        Phones come in blocks of so many, and what is over is settled after each block.
        """
        due_us, score = self.columns.due_us, dict(self.columns.score)
        firsts = list(range(0, max(len(due_us), 1), block))
        line = open_line(engine, self.plant, self.block(firsts.pop(0), block, score), self.until[-1])
        told, parts, heard, queues, unreleased, since = [], [], [0, 0], [], [], []
        for route, until in zip(self.routes, self.until, strict=True):
            line.set_route(route)
            # Each block can be advanced to a microsecond before the next one's first phone.
            while firsts and due_us[firsts[0]] - 1 < until:
                line.advance(int(due_us[firsts[0]]) - 1)
                told.append(self.news(line, heard))
                parts.append(line.settle())
                line.feed(self.block(firsts.pop(0), block, score))
            line.advance(until)
            told.append(self.news(line, heard))
            queues.append(line.queued())
            since.append(moments(getattr(line, "line", line)))
            waiting = line.unreleased()
            unreleased.append((firsts or [len(due_us)])[0] if waiting is None else waiting)
            if until in self.rescored:
                version, anew = self.rescored[until]
                first = int(np.searchsorted(due_us, until, side="right"))
                score[version] = np.concatenate([score[version][:first], anew[first:]])
                line.rescore(version, first, anew[first:])
        phones, mirrors = ([number for one in told for number in one[i]] for i in (0, 1))
        return InspectionLog.joined([*parts, line.log()]), [phones, mirrors, queues, unreleased, since]

    def block(self, first: int, count: int, score: dict[str, Any]) -> Columns:
        cut, columns = slice(first, first + count), self.columns
        return Columns(
            columns.due_us[cut], columns.u_arm[cut], columns.u_mirror[cut],
            HumanColumns(*(getattr(columns.human, field.name)[cut] for field in fields(HumanColumns))),
            {name: column[cut] for name, column in score.items()},
            {name: column[cut] for name, column in columns.service_us.items()}, first,
            None if columns.think_us is None else columns.think_us[cut],
            shops={at: draws.rows(cut) for at, draws in columns.shops.items()},
            up_us={name: column[cut] for name, column in columns.up_us.items()},
            down_us={name: column[cut] for name, column in columns.down_us.items()},
        )  # fmt: skip

    @staticmethod
    def news(line: Any, heard: list[int]) -> tuple[list[int], list[int]]:
        decided, mirrored = line.decided_since(heard[0]).phone.tolist(), line.mirrored_since(heard[1]).phone.tolist()
        heard[0], heard[1] = heard[0] + len(decided), heard[1] + len(mirrored)
        return decided, mirrored


def looks_around(case: Case, engine: str, phone: int) -> str:
    """Return the last ten looks before and of a phone, for the message of a failure."""
    looks = case.run(engine)[0].looks
    began = looks.enter_us[looks.phone == phone].min(initial=case.until[-1])
    rows = [row for row in np.argsort(looks.enter_us, kind="stable") if looks.enter_us[row] <= began][-10:]
    table = [
        [getattr(looks, name)[row] for name in ("phone", "station", "enter_us", "start_us", "end_us", "verdict")]
        for row in rows
    ]
    return f"{engine}: " + "; ".join(" ".join(str(value) for value in line) for line in table)


@pytest.mark.parametrize("peer", PEERS)
def test_random_plants_give_equal_logs(peer: str) -> None:
    for seed in range(PLANTS):
        case = Case.drawn(seed)
        (expected, told), (found, told_by_peer) = case.run("simpy"), case.run(peer)
        if differences := expected.differences(found):
            first = next(
                (
                    phone
                    for phone in range(len(case.columns.due_us))
                    if expected.phones.verdict_us[phone] != found.phones.verdict_us[phone]
                ),
                0,
            )
            around = "\n".join(looks_around(case, engine, first) for engine in ("simpy", peer))
            pytest.fail(f"plant {seed}: {differences}\nfirst differing phone {first}\n{around}")
        assert told == told_by_peer, f"plant {seed}: another order of verdicts"


@pytest.mark.parametrize("name", list(ENGINES))
def test_blocks_of_phones_change_nothing(name: str) -> None:
    for seed in range(PLANTS // 2):
        case = Case.drawn(seed)
        expected, told = case.run(name)
        for block in (1, 2 + seed % 9):
            found, told_in_blocks = case.run(name, block)
            assert expected.differences(found) == [], f"plant {seed} in blocks of {block}"
            assert told == told_in_blocks, f"plant {seed} in blocks of {block}: another order of verdicts"


@pytest.mark.parametrize("name", list(ENGINES))
def test_remote_models_lose_no_phone_and_their_late_answers_decide_nothing(name: str) -> None:
    seen = late = 0
    for seed in range(PLANTS):
        case = Case.drawn(seed)
        if not case.columns.up_us:
            continue
        log, (told, *_) = case.run(name, 7)
        phones, looks, sent = log.phones, log.looks, log.answers
        assert sorted(told) == np.flatnonzero(phones.verdict != Verdict.NONE).tolist(), "decided once, and told once"
        for phone in np.flatnonzero(phones.decided_by == DecidedBy.ON_LINE):
            mine = (looks.phone == phone) & (looks.kind != Look.MIRROR)
            assert not len(looks.end_us[mine]) or (looks.verdict[mine] == Verdict.NONE).any(), "somebody has it in hand"
        stations = [case.plant.stations[number] for number in sent.station]
        for phone, station, sent_us, answered_us in zip(
            sent.phone, stations, sent.sent_us, sent.answered_us, strict=True
        ):
            (row,) = np.flatnonzero((looks.phone == phone) & (looks.station == case.plant.stations.index(station)))
            in_time = answered_us >= 0 and (station.timeout_us is None or answered_us <= sent_us + station.timeout_us)
            told = looks.verdict[row] in (Verdict.PASS, Verdict.REJECT, Verdict.REVIEW, Verdict.REFUSED)
            refused = looks.kind[row] == Look.MIRROR and np.isnan(
                looks.evidence[row]
            )  # then it is missing, as a late one
            assert in_time == told or refused
            if answered_us >= 0:
                down_us = case.columns.down_us[station.name][phone]
                assert answered_us == looks.end_us[row] + down_us
                assert all(end <= answered_us - down_us or answered_us < begin for begin, end in station.partitions)
            if looks.verdict[row] == Verdict.LATE:
                late += 1
                how, when = phones.decided_by[phone], phones.verdict_us[phone]
                assert how not in (DecidedBy.MODEL, DecidedBy.REVIEW, DecidedBy.ASSISTED)
                assert when == -1 or when >= sent_us + station.timeout_us
        seen += len(sent.phone)
    assert seen > PLANTS, "remote models were asked"
    assert late > PLANTS / 10, "and some answers came late"


@pytest.mark.slow
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_gives_equal_logs(path: Path) -> None:
    scenario = load(path)
    if expected_phones(scenario) > MOST_PHONES:
        scenario = scenario.model_copy(update={"horizon": FIRST_DAYS})
    versions = trained(scenario)
    block = whole_world(scenario, versions, replication=1)
    for strategy in scenario.strategies:
        expected = run_strategy(scenario, strategy, versions, block, "simpy")
        for peer in PEERS:
            found = run_strategy(scenario, strategy, versions, block, peer)
            assert expected.log.differences(found.log) == [], strategy.title
            assert (expected.events, expected.routes) == (found.events, found.routes), strategy.title
