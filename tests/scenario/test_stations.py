"""Work stations in a scenario: what is refused and where, which draws are whose, and what is told of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.experiment.world_block import world_blocks
from sim.line.engines import ENGINES
from sim.measure.stations import BLOCKED, WAITED
from sim.report.data.stations import stations_csv

FIXED = {"law": "fixed", "mean": "4s"}
TEST = {"name": "test", "service": {"law": "exponential", "mean": "8s"}}
PACKING = {"name": "packing", "at": "passed", "service": FIXED}

WRONG: list[tuple[list[dict[str, Any]], str, str]] = [
    ([TEST, TEST], "stations.1.name", "two stations are called 'test'"),
    ([{"name": "out"}], "stations.0.name", "the way out is called so"),
    ([{**TEST, "next": [{"to": "tets", "share": "1%"}]}], "stations.0.next.0.to", "did you mean 'test'?"),
    ([TEST, {**PACKING, "next": [{"to": "test", "share": 1}]}], "stations.1.next.0.to", "known: packing, out"),
    ([{**TEST, "next": [{"to": "test", "share": "60%"}, {"to": "out", "share": "50%"}]}], "stations.0.next", "100 %"),
    ([{**TEST, "discipline": "priority"}], "stations.0.discipline", "Add 'urgent'"),
    ([{**TEST, "urgent": "5%"}], "stations.0.urgent", "take priority"),
    ([{**TEST, "preemptive": True}], "stations.0.preemptive", "take priority"),
    ([{**TEST, "visits": 3}], "stations.0.visits", "no phone comes back here"),
    ([{**TEST, "service": {"law": "empirical", "file": "nowhere.csv"}}], "stations.0.service", "nowhere.csv"),
]


@pytest.mark.parametrize(("stations", "path", "message"), WRONG)
def test_what_is_wrong_with_stations_is_refused_at_its_place(
    stations: list[dict[str, Any]], path: str, message: str
) -> None:
    with pytest.raises(sim.ScenarioError) as caught:
        line(stations=stations)
    (problem,) = caught.value.problems
    assert problem.path.startswith(path)
    assert message in problem.message


def test_clients_bring_phones_to_inspection() -> None:
    clients = {"arrivals": {"kind": "clients"}}
    line(stations=[PACKING], factory=clients)
    with pytest.raises(sim.ScenarioError, match="no station is before inspection where clients bring phones"):
        line(stations=[TEST], factory=clients)


def line(**settings: Any) -> sim.Scenario:
    given = {"horizon": "2h", "replications": 2, "strategies": [{"pattern": "manual"}]}
    return sim.build(**{**given, **settings})


def test_another_station_moves_no_draw_of_others() -> None:
    def drawn(*stations: dict[str, Any]) -> Any:
        return next(iter(world_blocks(line(stations=stations), {}, 0, 500))).columns

    alone, among = drawn(TEST), drawn({"name": "assembly"}, TEST, PACKING)
    assert np.array_equal(alone.shops["before"].service_us[0], among.shops["before"].service_us[1])
    assert np.array_equal(alone.due_us, among.due_us)
    assert np.array_equal(alone.human.service_us, among.human.service_us)


def test_a_deadlock_ends_the_run_at_the_station() -> None:
    back = [{"to": "assembly", "share": "60%"}]
    stations = [{"name": "assembly", "buffer": 1}, {"name": "check", "buffer": 0, "next": back}]
    for engine in ENGINES:
        with pytest.raises(
            sim.ScenarioError, match=r"^stations\.0: a deadlock, .* assembly waits for a place at check"
        ):
            sim.run(line(stations=stations), engine=engine, workers=1)


def test_work_before_inspection_is_in_the_latency_and_work_behind_it_is_not() -> None:
    takt = {"arrivals": {"kind": "takt", "every": "20s"}}
    plain, before, behind = (
        sim.run(line(stations=stations, factory=takt), workers=1).strategies[0].samples["latency_p50_s"]
        for stations in ([], [{"name": "test", "service": FIXED}], [PACKING])
    )
    assert np.allclose(before, plain + 4.0, atol=0.2)
    assert np.array_equal(plain, behind)


def test_every_strategy_meets_the_same_phones_from_the_stations(tmp_path: Path) -> None:
    scenario = line(
        stations=[{**TEST, "discipline": "priority", "urgent": "20%"}, PACKING],
        strategies=[{"pattern": "manual"}, {"pattern": "canary", "start": "10min"}],
        factory={"arrivals": {"kind": "poisson", "every": "10s"}},
    )
    runs = {engine: sim.run(scenario, engine=engine, workers=1) for engine in ENGINES}
    for result in runs.values():
        manual, canary = (strategy.stations for strategy in result.strategies)
        assert manual is not None
        assert canary is not None
        assert np.array_equal(manual.sums[:, 0], canary.sums[:, 0])
        assert not np.array_equal(manual.sums[:, 1], canary.sums[:, 1])
        assert (manual.mean_s(WAITED, "test", urgent=True) < manual.mean_s(WAITED, "test", urgent=False)).all()
        assert (manual.mean_s(BLOCKED, "packing") == 0.0).all()
    assert len({stations_csv(result) for result in runs.values()}) == 1
    rows = list(csv.DictReader(io.StringIO(stations_csv(result) or "")))
    assert [row["phones"] for row in rows[:4]] == ["all", "urgent", "other", "all"]
    assert int(rows[1]["visits"]) + int(rows[2]["visits"]) == int(rows[0]["visits"])
    result.save(tmp_path / "run")
    assert (tmp_path / "run" / "stations.csv").is_file()
    assert "Work stations" in result.table(detail=True)


def test_without_stations_nothing_is_told_of_them() -> None:
    result = sim.run(line(), workers=1)
    assert result.strategies[0].stations is None
    assert stations_csv(result) is None
