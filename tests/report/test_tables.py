"""What is printed and exported: complete, strict, never cut."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import made_results
import numpy as np
import pytest
from made_results import DAY, HOUR
from rich.console import Console

from sim.deployment.events import ANALYSIS, AlarmRaised, Noted, Reason, RolledBack
from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS
from sim.report.answer import answer
from sim.report.data.export import CSV_COLUMNS, as_csv, as_json
from sim.report.figures.cost_leakage import cost_title
from sim.report.figures.latency import latency_title
from sim.report.figures.leakage_over_time import leakage_title
from sim.report.findings import finding, verdicts
from sim.report.text.tables import FIRST_EVENTS, MOST_EVENTS, TITLES, print_result, print_summary

LONG = ("a strategy with a very long name, variant 1", "an_unbroken_name_that_goes_on_and_on_and_on_for_ever")


def printed(result: Result, width: int, detail: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    print_result(result, console, detail)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_tables_fit_their_width_and_cut_nothing(width: int, make_result: Callable[..., Result]) -> None:
    for result in (make_result(), make_result(LONG, patterns=("canary", "canary"))):
        for text in (printed(result, width), printed(result, width, detail=True)):
            tables = text[text.index("Rollouts") :]
            assert "…" not in (tables if result.strategies[0].name == LONG[0] else text)
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


def test_what_moved_has_three_answers_with_their_reason(six: Result) -> None:
    text = printed(six, 160)
    table = " ".join(text[text.index("What measurably moved") : text.index("x: features")].split())
    for said in ("moved 0.31", "contrast_scratch", "cannot tell", "too few defects: 41 and 38", "no (< 0.0011)"):
        assert said in table
    assert '"moved": by chance in 0.1% of cases at most, any of 4 in 0.4%.' in " ".join(text.split())
    (drift,) = as_json(six)["drift"]
    assert [each["answer"] for each in drift["moved"]] == ["moved", "moved", "cannot tell", "did not move"]
    assert drift["moved"][2]["reason"] == "too few defects: 41 and 38"
    assert drift["moved"][3]["at_most"] < drift["moved"][3]["matters_from"]


def test_how_rollouts_ended_is_counted_with_an_exact_interval(six: Result) -> None:
    text = printed(six, 120, detail=True)
    table = text[text.index("Rollouts: how they ended") : text.index(TITLES["quality"])]
    rows = {line.split()[0]: line.split() for line in table.splitlines() if line.strip()}
    assert "manual" not in rows, "who rolls nothing out is not in it"
    assert rows["canary"][1:] == ["0", "of", "10", "10", "of", "10", "0", "of", "10", "50.0", "h", "800", "12"]
    assert "(69–100 %)" in table
    assert "What happened (strategies: in replication 0, the median by when rollouts ended)" in text


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
    assert printed(make_result(replications=1), 100, detail=True).count("One replication can't tell") == 1


def test_names_are_never_taken_for_markup(make_result: Callable[..., Result]) -> None:
    assert "[bold]x[/bold]" in printed(make_result(("manual", "[bold]x[/bold]")), 160)


def test_of_very_many_events_the_important_are_kept(make_result: Callable[..., Result]) -> None:
    result, events = make_result(world_events=60), 60 + 2 + 4 + 3 + 1
    text = printed(result, 100)
    assert "lamp fails: camera.contrast to 0.5 (data drift, sudden)" in text
    assert f"and {events - FIRST_EVENTS} less important events" in text
    assert events <= MOST_EVENTS
    assert "less important" not in printed(result, 100, detail=True)


def test_what_happens_again_and_again_hides_nothing_that_happens_once(make_result: Callable[..., Result]) -> None:
    """A detector that cried wolf all week left no line for the one that saw the drift."""
    result = make_result(("canary",))
    noisy = [AlarmRaised(time_us=hour * HOUR, alarm="wolf", metric="brightness", value=1.0) for hour in range(60)]
    quiet = AlarmRaised(time_us=4 * DAY, alarm="the other one", metric="brightness", value=1.0)
    for history in result["canary"].histories:
        object.__setattr__(history, "events", (*noisy, *history.events, quiet))
    happened = printed(result, 100)
    assert "canary: wolf: alarm" in happened
    assert "canary: the other one: alarm" in happened


def test_why_somebody_was_rolled_back_is_never_left_out(make_result: Callable[..., Result]) -> None:
    result = make_result(("canary",), world_events=30)
    back = next(event for event in result["canary"].events if isinstance(event, RolledBack))
    why = Noted(time_us=back.time_us, topic=ANALYSIS, reason=Reason.said("evidence against v2"))
    for history in result["canary"].histories:
        object.__setattr__(history, "events", (*history.events, why))
    text = printed(result, 100)
    assert "less important event" in text
    assert "evidence against v2" in text


def test_leakage_before_and_after_a_drift_is_printed_of_everybody(make_result: Callable[..., Result]) -> None:
    """When the model starts to leak was to be seen in figures only, unless somebody retrained."""
    text = printed(make_result(("manual", "full_automation")), 80)
    table = text[text.index("Leakage before and after the drift") : text.index("Before: until the first drift")]
    rows = [line.split() for line in table.splitlines() if "%" in line]
    assert [row[0] for row in rows] == ["manual", "full"]
    assert "back after" not in table, "nobody had a way back"
    assert "Leakage before and after" not in printed(make_result(("manual",), drift=False), 80)
    assert "±" not in printed(make_result(("manual",), replications=1), 80)
    retrained = printed(make_result(("retrained",)), 80)
    assert "back after" in retrained[retrained.index("Leakage before and after") :]


@pytest.mark.parametrize("width", [80, 120])
def test_the_answer_is_a_line_a_metric_with_six_strategies_too(width: int, six: Result) -> None:
    text = printed(six, width)
    said = text[text.index("The answer") : text.index("Rollouts")].strip().splitlines()[1:]
    assert [line.split(":")[0] for line in said] == ["• Leakage", "• Overkill", "• Latency p95", "• Cost"]
    assert re.match(r"• Leakage: partial automation 11.0 % ±1.\d best; all others worse by ≥ \d.\d pt", said[0])


def test_a_short_answer_says_of_everybody_where_he_stands(make_result: Callable[..., Result]) -> None:
    assert re.search(r" best; worse by ≥ \d.\d pt: canary$", answer(make_result(("canary", "blue_green")))[0])
    assert answer(make_result(("manual", "shadow")))[0].endswith(" and shadow cannot be told apart")
    close = shifted(make_result(("partial_automation", "canary")), 0.0021, own=0.0001)
    assert "best; too close to matter: canary" in answer(close)[2]
    for line in answer(make_result(LONG, patterns=("canary", "canary")), room=78)[:4]:
        assert len(line) <= 78, line


def test_no_patterns_name_is_cut_on_a_narrow_page(make_result: Callable[..., Result]) -> None:
    result = make_result()
    # Nobody can be told from anybody: who leads has to be named all the same.
    for metric in ("escape_rate", "overkill_rate"):
        for strategy in result.strategies:
            strategy.samples[metric][:] = result["partial_automation"].samples[metric]
    for room in (74, 78, 118):
        for line in answer(result, room=room)[:4]:
            assert "…" not in line
            assert len(line) <= room


def test_with_little_room_names_go_before_nobody_is_lost(six: Result) -> None:
    for room in (60, 78, 118, 300):
        leakage = answer(six, room=room)[0]
        assert "others worse" in leakage or all(name in leakage for name in ("manual", "shadow", "canary")), leakage


def test_detail_is_named_in_the_last_line_and_then_printed(six: Result) -> None:
    short, long = printed(six, 200), printed(six, 200, detail=True)
    last = short.strip().splitlines()[-1]
    assert last.startswith("With --detail (in Python: detail=True) also: each strategy's verdict with the bound")
    assert "With --detail" not in long
    for part in ("The verdicts", "Hsu's comparison", "first-pass yield", "(69–100 %)", "lost in a crash"):
        assert part not in short, part
        assert part in long, part


def test_columns_of_what_went_wrong_are_no_detail(make_result: Callable[..., Result]) -> None:
    result = make_result(("manual", "canary"))
    assert "line stopped" not in printed(result, 100)
    result["canary"].samples["line_stopped_share"][:] = 0.03
    result["canary"].samples["not_started"][:] = 12.0
    text = printed(result, 100)
    assert "line stopped" in text
    assert "not started" in text
    assert "not started = phones due before the horizon that the line never took" in " ".join(text.split())
    assert "decided  " in text[text.index("Phones") :], "of how many"
    assert "overflowed" not in text


def test_what_strategies_share_is_said_once(six: Result) -> None:
    latency = next(line for line in verdicts(six) if line.startswith("Latency"))
    assert latency.count("measurably worse") == 1
    reasons = re.findall(r"\(([^)]*)\)", latency)[1:]
    assert len(reasons) == len(set(reasons))


def test_the_answer_names_the_best_and_what_cannot_be_told_apart(six: Result) -> None:
    leakage, overkill, latency, cost, method = verdicts(six)
    assert leakage.startswith("Leakage (defective phones shipped / defective phones decided): partial automation")
    assert "is best" in leakage
    assert "cannot be told apart: any of them may be best" in overkill
    assert "full automation" in latency
    assert "canary" in cost
    assert "Hsu" in method


def test_identical_strategies_cannot_be_told_apart(make_result: Callable[..., Result]) -> None:
    twins = make_result(("manual", "shadow"))
    assert finding(twins, "escape_rate").best == ("manual", "shadow")
    assert "cannot be told apart: any of them may be best" in verdicts(twins)[0]


def test_a_verdict_is_printed_with_the_bound_that_made_it(make_result: Callable[..., Result]) -> None:
    """For two strategies it is one-sided: a two-sided interval of the same difference could contain 0."""
    two = make_result(("canary", "blue_green"))
    verdict = two.against_best("escape_rate")["canary"]
    least = f"{100 * verdict.bound:.1f}"
    assert f"canary 18.7 % ({100 * verdict.gap:.1f} pt more, at least {least})" in verdicts(two)[0]
    one_sided, two_sided = verdict.bound, two.difference("canary", "blue_green", "escape_rate").low
    assert 0 < two_sided < one_sided


def shifted(result: Result, by: float, own: float = 0.0) -> Result:
    """Return two strategies of which the second's latency is so many seconds longer in every replication, about."""
    first, second = result.strategies
    noise = own * np.random.default_rng(3).normal(size=result.replications)
    second.samples["latency_p95_s"][:] = first.samples["latency_p95_s"] + by + noise
    return result


def test_two_milliseconds_crown_nobody(make_result: Callable[..., Result]) -> None:
    tiny = shifted(make_result(("partial_automation", "canary")), 0.0021, own=0.0001)
    latency = next(line for line in verdicts(tiny) if line.startswith("Latency"))
    assert (
        "partial automation 1.5 s leads; too close to matter (less than 0.5s): canary 1.5 s (2.1 ms more, at least"
        in latency
    )
    ranking = finding(tiny, "latency_p95_s")
    assert (ranking.worse, ranking.close, ranking.tied) == ((), ("canary",), True)
    assert latency_title(tiny).endswith("in every strategy")


def test_what_matters_is_the_scenarios_to_say(make_result: Callable[..., Result]) -> None:
    tiny = shifted(make_result(("partial_automation", "canary")), 0.0021, own=0.0001)
    tiny.scenario.matters = {"latency_p95_s": "1ms"}  # type: ignore[misc]
    latency = next(line for line in verdicts(tiny) if line.startswith("Latency"))
    assert "partial automation 1.5 s is best; measurably worse: canary 1.5 s (2.1 ms more, at least 2" in latency


def test_a_strategy_that_only_uncertainty_keeps_among_the_best_is_named_apart(
    make_result: Callable[..., Result],
) -> None:
    """18.1 and 21.7 may be best and 19.0 is worse: differences to the first are known very differently well."""
    result = make_result(("manual", "canary", "blue_green"))
    base = np.linspace(600.0, 640.0, 10)
    spread = np.resize([60.0, -60.0], 10)
    for name, values in (("manual", base), ("canary", base + 9.0), ("blue_green", base + 30.0 + spread)):
        result[name].samples["cost_per_1000"][:] = values
    cost = verdicts(result)[3]
    ranking = finding(result, "cost_per_1000")
    assert (ranking.best, ranking.doubtful, ranking.worse) == (("manual", "blue_green"), ("blue_green",), ("canary",))
    assert ranking.leaders == ("manual",)
    assert "manual $620 is best; too uncertain to exclude: blue green $650 ($30.00 more, perhaps $" in cost
    assert "measurably worse: canary $629 ($9.00 more, at least $9.00)" in cost


def test_titles_say_what_the_answer_says(make_result: Callable[..., Result]) -> None:
    """Whoever a title calls best may be best, and it claims no winner where the answer has none."""
    for seed in range(12):
        result = make_result(("canary", "blue_green", "full_automation"), days=0.4, replications=4, seed=seed)
        leak, cost = finding(result, "escape_rate"), finding(result, "cost_per_1000")
        title, both = leakage_title(result), cost_title(result)
        assert title.startswith("No strategy leaks measurably less") == leak.tied
        assert ("leaks least" in both) == (len(leak.leaders) == 1 and not leak.tied)
        assert ("is cheapest" in both) == (len(cost.leaders) == 1 and not cost.tied)


def test_the_answer_is_printed_first(six: Result) -> None:
    text = printed(six, 100)
    places = [text.index(part) for part in ("The answer", "Quality", "Flow", "Work and money", "What happened")]
    assert places == sorted(places)


def test_names_that_somebody_gave_stand_in_quotes(make_result: Callable[..., Result]) -> None:
    named = make_result(("manual", "none"), patterns=("manual", "canary"), replications=16)
    assert "“none” 20.2 % is best" in verdicts(named)[0]
    assert leakage_title(named) == "“none” leaks 20 % of the defective phones; manual leaks 23 %"


def test_nobody_looks_best_whose_value_is_printed_like_all_others(make_result: Callable[..., Result]) -> None:
    """Of one run with equal values it said that the first one looks best, and of 5.6 % that it leaks more than 5.6 %."""
    result = make_result(("manual", "canary", "full_automation"), drift=False, replications=1)
    equal = made_results.with_escapes(result, {"manual": [120], "canary": [120], "full_automation": [120]}, [1000])
    assert verdicts(equal)[0].endswith(": all 12.0 % in this one run.")
    assert answer(equal)[0] == "Leakage: all 12.0 % in this one run"
    assert cost_title(equal).endswith("; all leak 12.0 % in this one run")
    two = made_results.with_escapes(
        result, {"manual": [560_100], "canary": [560_000], "full_automation": [900_000]}, [10_000_000]
    )
    assert verdicts(two)[0].endswith(": canary and manual 5.6 % look best in this one run.")
    assert "manual and canary leak least (5.6 %) in this one run" in cost_title(two)
    assert set(finding(two, "escape_rate").leaders) == {"manual", "canary"}


def test_undefined_metrics_have_no_winner(make_result: Callable[..., Result]) -> None:
    assert "undefined in every strategy" in verdicts(make_result(defect_rate=0.0))[0]


def test_one_strategy_has_nothing_to_be_compared_with(make_result: Callable[..., Result]) -> None:
    assert "nothing to compare" in verdicts(make_result(("canary",)))[0]


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
