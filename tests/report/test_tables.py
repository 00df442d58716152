"""What is printed and exported: complete, strict, never cut."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import made_results
import pytest
from rich.console import Console

from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS
from sim.report.data.export import CSV_COLUMNS, as_csv, as_json
from sim.report.figures.leakage_over_time import leakage_title
from sim.report.findings import answer, finding
from sim.report.text.tables import MOST_EVENTS, print_result, print_summary

LONG = ("a strategy with a very long name, variant 1", "an_unbroken_name_that_goes_on_and_on_and_on_for_ever")


def printed(result: Result, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    print_result(result, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_tables_fit_their_width_and_cut_nothing(width: int, make_result: Callable[..., Result]) -> None:
    for result in (make_result(), make_result(LONG, patterns=("canary", "canary"))):
        text = printed(result, width)
        assert "…" not in text
        assert max(len(line.rstrip()) for line in text.splitlines()) <= width


def test_every_part_is_there(six: Result) -> None:
    text = printed(six, 100)
    words = " ".join(text.split())
    for part in ("Quality", "Flow", "Work and money", "What happened", "What measurably moved", "The answer"):
        assert part in text
    assert "leakage = defective phones shipped / defective phones decided" in words
    assert "day 3 06:00 lamp fails: camera.contrast to 0.5 (data drift, sudden)" in words
    assert "day 3 08:00 canary: analysis failed" in words
    assert (
        text.index("5 % of the phones to v2") < text.index("lamp fails: camera") < text.index("slow; rolled back to v1")
    )


def test_how_rollouts_ended_is_counted_with_an_exact_interval(six: Result) -> None:
    text = printed(six, 120)
    table = text[text.index("Rollouts: how they ended") : text.index("What happened")]
    rows = {line.split()[0]: line.split() for line in table.splitlines() if line.strip()}
    assert "manual" not in rows, "who rolls nothing out is not in it"
    assert rows["canary"][1:] == ["0", "of", "10", "10", "of", "10", "0", "of", "10", "50.0", "h", "800", "12"]
    assert "(69–100 %)" in table
    assert "What happened (strategies: in replication 0, the median one)" in text


def test_differences_that_exclude_0_are_marked(six: Result) -> None:
    text = printed(six, 160)
    quality = text[text.index("Quality") :]
    row = quality[quality.index("partial automation") :].split("\n")
    assert "pt ±" in row[1]
    assert "*" in row[1]
    assert "same" in text


def test_one_replication_prints_no_interval(make_result: Callable[..., Result]) -> None:
    text = printed(make_result(replications=1), 100)
    assert "±" not in text
    assert "*" not in text
    assert "One replication can't tell" in text


def test_names_are_never_taken_for_markup(make_result: Callable[..., Result]) -> None:
    assert "[bold]x[/bold]" in printed(make_result(("manual", "[bold]x[/bold]")), 160)


def test_of_very_many_events_the_important_are_kept(make_result: Callable[..., Result]) -> None:
    text = printed(make_result(world_events=60), 100)
    assert "lamp fails: camera.contrast to 0.5 (data drift, sudden)" in text
    assert f"and {60 + 2 + 4 + 3 + 1 - MOST_EVENTS} less important events" in text


def test_the_answer_names_the_best_and_what_cannot_be_told_apart(six: Result) -> None:
    leakage, latency, cost, method = answer(six)
    assert leakage.startswith("Leakage (defective phones shipped / defective phones decided): partial automation")
    assert "full automation" in latency
    assert "is best" in latency
    assert "canary" in cost
    assert "Hsu" in method


def test_identical_strategies_cannot_be_told_apart(make_result: Callable[..., Result]) -> None:
    twins = make_result(("manual", "shadow"))
    assert finding(twins, "escape_rate").best == ("manual", "shadow")
    assert "cannot be told apart: any of them may be best" in answer(twins)[0]


def test_undefined_metrics_have_no_winner(make_result: Callable[..., Result]) -> None:
    assert "undefined in every strategy" in answer(make_result(defect_rate=0.0))[0]


def test_one_strategy_has_nothing_to_be_compared_with(make_result: Callable[..., Result]) -> None:
    assert "nothing to compare" in answer(make_result(("canary",)))[0]


def test_json_is_strict_and_complete(make_result: Callable[..., Result]) -> None:
    for result in (make_result(), make_result(replications=1, defect_rate=0.0, latency=False)):
        data = json.loads(json.dumps(as_json(result), allow_nan=False))
        assert list(data)[:6] == ["scenario", "seed", "replications", "engine", "version", "strategies"]
        for strategy in data["strategies"]:
            assert list(strategy) == [
                "name", "pattern", "stable", "metrics", "versus_first", "recovery", "rollout", "events",
            ]  # fmt: skip
            assert list(strategy["metrics"]) == list(TRUE_METRICS)
            assert list(strategy["versus_first"]) == list(TRUE_METRICS)
            for name, metric in strategy["metrics"].items():
                assert list(metric) == ["mean", "low", "high", "unit", "more_than"]
                assert metric["unit"] == TRUE_METRICS[name].unit
            for event in strategy["events"]:
                assert list(event)[:5] == ["time_s", "kind", "text", "event", "strategy"]
                assert event["strategy"] == strategy["name"]
    assert data["strategies"][0]["metrics"]["latency_p95_s"]["mean"] is None


def test_csv_has_a_line_per_strategy_and_metric(six: Result) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(six))))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 6 * len(TRUE_METRICS)
    assert "nan" not in as_csv(six)
    by_metric = {(row["strategy"], row["metric"]): row for row in rows}
    leak = by_metric["full_automation", "escape_rate"]
    gap = float(leak["mean"]) - float(by_metric["manual", "escape_rate"]["mean"])
    assert float(leak["versus_first_mean"]) == pytest.approx(gap)


@pytest.mark.parametrize("width", [80, 100, 160])
def test_summary_of_several_scenarios(width: int, make_result: Callable[..., Result]) -> None:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_summary([make_result(), make_result(name="calm [week]", drift=False, replications=1)], console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "calm [week]" in text
    assert "partial" in text
    assert "?" in text
    assert "…" not in text


def test_a_share_without_an_escape_is_printed_as_a_bound(make_result: Callable[..., Result]) -> None:
    defective = [12] * 6 + [10] * 4
    few = made_results.with_escapes(make_result(("manual", "canary"), drift=False), {"canary": [0] * 10}, defective)
    text = " ".join(printed(few, 160).split())
    assert "0 of 112: ≤ 2.6 %" in text
    assert "0.0 % ±" not in text
    cells = as_json(few)["strategies"][1]["metrics"]["escape_rate"]
    assert cells["low"] == 0.0
    assert cells["high"] == pytest.approx(0.0264, abs=1e-4)


def test_table_files_and_figures_pool_replications_in_the_same_way(make_result: Callable[..., Result]) -> None:
    """One replication has no defective phone at all, another one that leaked: neither is the whole story."""
    made = make_result(("manual",), replications=3, drift=False)
    result = made_results.with_escapes(made, {"manual": [1, 0, 1]}, defective=[1, 0, 9])
    assert as_json(result)["strategies"][0]["metrics"]["escape_rate"]["mean"] == 0.2
    assert finding(result, "escape_rate").means["manual"] == 0.2
    assert "20.0 % (" in printed(result, 160)
    assert leakage_title(result).startswith("Manual leaks 20 %")
