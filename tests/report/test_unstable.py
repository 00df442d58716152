"""A line that does not keep up: said first, its waits are bounds, and nobody is ranked by them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.console import Console

import sim
from sim.experiment.result import Result
from sim.report.answer import answer
from sim.report.data.export import as_csv, as_json
from sim.report.figures.cost_leakage import cost_title, points_of
from sim.report.figures.latency import latency_title
from sim.report.figures.leakage_over_time import leakage_title
from sim.report.findings import finding, verdicts
from sim.report.same_phones import on_the_same, same_phones
from sim.report.text.tables import print_result, print_summary
from sim.report.text.values import show_interval


def at_load(load: float) -> Result:
    return sim.run(
        sim.build(
            horizon="8h", replications=3, models={"v1": {"training": {"phones": 2000}}},
            factory={"arrivals": {"kind": "poisson", "every": "20s"}},
            inspectors={"count": 1, "service": {"law": "exponential", "mean": f"{20 * load}s"}},
            strategies=[{"pattern": "manual"}, {"pattern": "full_automation", "candidate": "v1"}],
        ),
        workers=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def overloaded() -> Result:
    return at_load(1.5)


def printed(result: Result) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    print_result(result, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_it_is_said_before_any_number(overloaded: Result) -> None:
    first, second, *_ = [line for line in printed(overloaded).splitlines() if line][1:]
    assert first.startswith("Not stable: under manual more phones come than leave.")
    assert "have no verdict" in first
    assert "lower bounds" in second


def test_nobody_is_ranked_by_latency(overloaded: Result) -> None:
    said = next(line for line in verdicts(overloaded) if line.startswith("Latency"))
    assert "not ranked: the line does not keep up under manual" in said
    assert "Latency p95: not ranked: only a lower bound under manual" in answer(overloaded)
    assert "best" not in said
    assert finding(overloaded, "latency_p95_s").refused == ("manual",)
    assert "lower bound" in latency_title(overloaded)
    console = Console(file=io.StringIO(), width=120)
    print_summary([overloaded], console)
    assert "not ranked" in console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("load", [0.5, 0.95])
def test_below_capacity_strategies_are_ranked(load: float) -> None:
    result = at_load(load)
    assert "Not stable" not in printed(result)
    assert any(line.startswith("Latency") and "full automation" in line and "best" in line for line in answer(result))


def test_table_json_and_csv_say_that_a_latency_is_more_than_it_looks(overloaded: Result) -> None:
    row = next(line for line in printed(overloaded).split("Flow")[1].splitlines() if line.strip().startswith("manual"))
    assert row.count("> ") == 3
    assert "±" not in row.split("/h")[0].rsplit(" ", 2)[0]
    manual, model = json.loads(json.dumps(as_json(overloaded), allow_nan=False))["strategies"]
    assert (manual["stable"], model["stable"]) == (False, True)
    p95 = manual["metrics"]["latency_p95_s"]
    assert p95["more_than"]
    assert p95["mean"] > 3600
    assert p95["low"] is p95["high"] is model["versus_first"]["latency_p95_s"]["mean"] is None
    assert not model["metrics"]["latency_p95_s"]["more_than"]
    assert not manual["metrics"]["escape_rate"]["more_than"]
    rows = {(row["strategy"], row["metric"]): row for row in csv.DictReader(io.StringIO(as_csv(overloaded)))}
    assert rows["manual", "latency_p95_s"]["more_than"] == "1"
    assert rows["full_automation", "latency_p95_s"]["more_than"] == "0"


def with_an_outage(at: str, model: str = "2s", kind: str = "poisson", people: str = "60s") -> Result:
    """Eight hours of a model whose server is down for an hour; one inspector does its work then, too slowly."""
    return sim.run(
        sim.build(
            horizon="8h", replications=3,
            models={"v1": {
                "training": {"phones": 2000},
                "serving": {"service": {"law": "exponential", "mean": model}, "outages": [{"at": at, "lasts": "1h"}]},
            }},
            factory={"arrivals": {"kind": kind, "every": "20s"}},
            inspectors={"count": 1, "service": {"law": "exponential", "mean": people}},
            strategies=[{"pattern": "full_automation", "candidate": "v1", "start": "0s"}],
        ),
        workers=1,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["takt", "poisson"])
@pytest.mark.parametrize("at", ["7h", "6h 30min", "4h 10min", "3h 40min", "1h"])
def test_a_backlog_after_an_outage_is_not_a_line_that_does_not_keep_up(at: str, kind: str) -> None:
    result = with_an_outage(at, kind=kind)
    assert result.unstable == ()
    assert "Not stable" not in printed(result)


@pytest.mark.parametrize("at", ["7h", "6h 30min"])
def test_an_outage_late_in_the_run_is_named_with_the_phones_that_it_left(at: str) -> None:
    text = printed(with_an_outage(at))
    assert f"Under full automation the outage of v1 at {at} left 1" in text
    assert "as many phones leave as come" in text
    assert "outage of v1" not in printed(with_an_outage("1h")).split("What happened")[0]


@pytest.mark.parametrize("kind", ["takt", "poisson"])
@pytest.mark.parametrize("model", ["30s", "60s"])
@pytest.mark.parametrize("at", ["7h", "4h", "1h"])
def test_an_outage_hides_no_line_that_does_not_keep_up(at: str, model: str, kind: str) -> None:
    assert [each.name for each in with_an_outage(at, model, kind).unstable] == ["full_automation"]


@pytest.mark.parametrize("kind", ["takt", "poisson"])
@pytest.mark.parametrize("at", ["7h", "4h", "1h"])
@pytest.mark.parametrize("model", ["10s", "19s"])
def test_a_model_with_capacity_to_spare_keeps_up_whenever_it_was_down(at: str, model: str, kind: str) -> None:
    assert with_an_outage(at, model, kind).unstable == ()


def test_cost_and_leakage_are_ranked_on_the_same_phones(overloaded: Result) -> None:
    """The model decides half as many phones again as the inspector: what it pays for is not what he pays for."""
    same = {strategy.name: on_the_same(strategy) for strategy in overloaded.strategies}
    phones = same_phones(overloaded)
    assert phones is not None
    assert phones < 0.9 * overloaded["full_automation"].samples["phones"].mean()
    for metric in ("cost_per_1000", "escape_rate"):
        ranking = finding(overloaded, metric)
        assert ranking.phones == phones
        assert ranking.means == {name: each.interval(metric).mean for name, each in same.items()}
    said = {line.split(":")[0]: line for line in answer(overloaded)}
    assert {"Leakage on the same phones", "Overkill", "Cost on the same phones"} <= {*said}
    shown = show_interval(same[finding(overloaded, "cost_per_1000").best[0]].interval("cost_per_1000"), "$")
    assert shown in said["Cost on the same phones"]
    said = {line.split(" ")[0]: line for line in verdicts(overloaded)}
    assert all(", on the " in said[word] and "every strategy decided: " in said[word] for word in ("Leakage", "Cost"))
    assert "on the" not in said["Overkill"].split(":")[0]


def test_the_picture_of_cost_and_leakage_says_and_shows_the_same_phones(overloaded: Result) -> None:
    assert cost_title(overloaded).startswith("On the same phones: ")
    assert leakage_title(overloaded).startswith("On the same phones: ")
    assert (
        points_of(overloaded)[1].cost.mean == on_the_same(overloaded["full_automation"]).interval("cost_per_1000").mean
    )
    calm = at_load(0.5)
    assert same_phones(calm) is None
    assert not cost_title(calm).startswith("On the same")
    assert points_of(calm)[1].cost.mean == calm["full_automation"].interval("cost_per_1000").mean
