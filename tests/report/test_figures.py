"""What figures say and how they are laid out; that they draw whatever comes is in their contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from drawn_text import written
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.result import History, Result, RouteChange, StrategyResult
from sim.line.route import Arm, Route
from sim.measure.deciders import Decider
from sim.report.drawing.bins import ENOUGH, merge, merged_starts
from sim.report.drawing.lanes import Mark, pack
from sim.report.drawing.layout import spread, text_width, wrap
from sim.report.drawing.phases import MOST_PHASES, phases_of
from sim.report.drawing.style import BLUE, Look
from sim.report.figure import FIGURES
from sim.report.figures.latency import latency_title
from sim.report.figures.leakage_over_time import leakage_lines, leakage_title


def test_title_tells_who_leaks_least_and_most_after_the_drift(six: Result) -> None:
    title = leakage_title(six)
    assert title.startswith("Partial automation leaks 1")
    assert "after “lamp fails”" in title
    assert "full automation leaks 4" in title


def test_title_claims_no_winner_without_one(make_result: Callable[..., Result]) -> None:
    twins = make_result(("manual", "shadow"))
    assert leakage_title(twins).startswith("No strategy leaks measurably less")
    assert "in this one run" in leakage_title(make_result(replications=1))
    assert "undefined" in leakage_title(make_result(defect_rate=0.0))
    assert "undefined" in latency_title(make_result(latency=False))


def test_equal_latencies_are_said_once(make_result: Callable[..., Result]) -> None:
    title = latency_title(make_result(("manual", "shadow")))
    assert title == "95 % of the phones have their verdict within 10.0 min in every strategy"


def test_strategies_with_the_same_numbers_share_a_line(six: Result) -> None:
    assert leakage_lines(six)[0].names == ("manual", "shadow")
    assert len(leakage_lines(six)) == 5


def test_bins_are_merged_until_they_hold_enough_and_cut_at_drift() -> None:
    starts = merged_starts(np.full(60, 40), cuts=[20])
    counts = merge(np.full((1, 60), 40), starts)[0]
    assert 20 in starts
    assert counts.sum() == 60 * 40
    assert np.median(counts) >= ENOUGH


@given(st.lists(st.integers(0, 300), min_size=1, max_size=80), st.lists(st.integers(0, 90)))
def test_merged_bins_lose_no_phone(events: list[int], cuts: list[int]) -> None:
    starts = merged_starts(np.array(events), cuts)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    assert merge(np.array([events]), starts).sum() == sum(events)


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=20))
def test_spread_labels_keep_their_order_and_distance(targets: list[float]) -> None:
    placed = spread(targets, 0.3, 0.0, 10.0)
    order = np.argsort(targets, kind="stable")
    assert (np.diff(np.array(placed)[order]) >= 0.3 - 1e-9).all()
    assert min(placed) >= -1e-9


@given(st.lists(st.tuples(st.floats(0.0, 24.0), st.text("abc ", min_size=1, max_size=40)), max_size=25))
def test_labels_of_a_lane_never_touch(events: list[tuple[float, str]]) -> None:
    width = 8.0
    lane = pack("world", [Mark(hours, f"x{text}", Look(BLUE), 1) for hours, text in events], 24.0, width, 3)
    spans: dict[int, list[tuple[float, float]]] = {}
    for mark, row, flipped in zip(lane.marks, lane.rows, lane.flipped, strict=True):
        if row is not None:
            x, long = width * mark.hours / 24.0, text_width(mark.text, 9.5) + 0.1
            spans.setdefault(row, []).append((x - long, x) if flipped else (x, x + long))
    for row in spans.values():
        row.sort()
        assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(row))


def test_wrapped_text_fits() -> None:
    text = "a rather long headline about a canary that was aborted on the third day of the run"
    for line in wrap(text, 3.0, 12).split("\n"):
        assert text_width(line, 12) <= 3.0


def test_weights_that_move_are_one_phase(six: Result) -> None:
    phases = phases_of(six["canary"])
    assert [phase.start_us // 3_600_000_000 for phase in phases] == [0, 24, 56]
    weights = {arm.name: weights for arm, weights in phases[1].deciders}
    assert weights == {"v1": (95.0, 75.0, 50.0), "v2": (5.0, 25.0, 50.0)}


def test_too_many_phases_leave_out_the_middle(six: Result) -> None:
    v1, v2 = Arm("v1", "model", "v1"), Arm("v2", "model", "v2")
    routes = tuple(RouteChange(i, Route(v1, ((v2, 5.0),) if i % 2 else ())) for i in range(12))
    phases = phases_of(replace(six["canary"], histories=(History((), routes),)))
    assert len(phases) == MOST_PHASES
    assert phases[2].left_out == 9
    assert phases[-1].start_us == 11


@pytest.mark.parametrize("name", ["humans_v2", "review_net"])
def test_no_picture_takes_a_model_for_people(name: str, make_result: Callable[..., Result]) -> None:
    """The same run under other names: boxes, bands and titles differ in the name alone."""

    def said(model: str) -> tuple[list[str], list[str]]:
        result = make_result(("full_automation",), replications=2)
        strategies = tuple(renamed(strategy, model) for strategy in result.strategies)
        figures = (FIGURES[figure].draw(replace(result, strategies=strategies)) for figure in ("traffic", "deployment"))
        first, second = (
            [text.replace(model.replace("_", " "), "it").replace(model, "it") for text, _ in written(figure)]
            for figure in figures
        )
        return first, second

    assert said(name) == said("plain")


def renamed(strategy: StrategyResult, model: str) -> StrategyResult:
    """Return a strategy whose second model has another name."""

    def arm(given: Arm) -> Arm:
        return replace(given, name=given.name.replace("v2", model), version=given.version.replace("v2", model))

    routes = tuple(
        replace(change, route=replace(change.route, stable=arm(change.route.stable))) for change in strategy.routes
    )
    decided_by = {
        Decider("model", model) if decider == Decider("model", "v2") else decider: counts
        for decider, counts in strategy.timeline.decided_by.items()
    }
    return replace(
        strategy,
        histories=(History(strategy.events, routes),),
        timeline=replace(strategy.timeline, decided_by=decided_by),
    )
