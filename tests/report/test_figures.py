"""Every figure draws whatever the result is like, and no text lies on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.experiment.result import Result, RouteChange, StrategyResult
from sim.line.route import Arm, Route
from sim.measure.deciders import Decider
from sim.report.figures import FIGURES
from sim.report.figures.bins import ENOUGH, merge, merged_starts
from sim.report.figures.deployment_phases import MOST_PHASES, phases_of
from sim.report.figures.lanes import Mark, pack
from sim.report.figures.latency_dots import latency_title
from sim.report.figures.layout import spread, text_width, wrap
from sim.report.figures.leakage_lines import leakage_lines, leakage_title
from sim.report.figures.style import BLUE, Look, png

SIX = ("manual", "shadow", "canary", "blue_green", "partial_automation", "full_automation")
FIFTEEN = tuple(f"{pattern}_{i}" for i in range(3) for pattern in SIX)[:15]
LONG = tuple(f"a strategy with a very long name, variant number {i}" for i in range(3))
CASES = {
    "six": {},
    "one strategy": {"strategies": ("canary",)},
    "one replication": {"replications": 1},
    "two replications": {"replications": 2},
    "fifteen strategies": {"strategies": FIFTEEN, "patterns": tuple(name[:-2] for name in FIFTEEN)},
    "no drift": {"drift": False},
    "no defectives": {"defect_rate": 0.0},
    "one defective in a thousand": {"defect_rate": 0.001, "replications": 2},
    "no latency": {"latency": False},
    "many events": {"world_events": 20},
    "long names": {"strategies": LONG, "patterns": ("canary", "canary", "mystery")},
    "half a day": {"days": 0.5, "bins": 12, "drift": False},
    "a quarter": {"days": 90, "bins": 72, "replications": 2},
    "one bin": {"days": 1, "bins": 1, "drift": False},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.filterwarnings("error")
def test_every_figure_draws(name: str, case: str, make_result: Callable[..., Result]) -> None:
    assert png(FIGURES[name](make_result(**CASES[case])), dpi=50)


@pytest.mark.parametrize("case", ["six", "one replication", "many events", "long names", "fifteen strategies"])
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_lies_on_another_or_leaves_the_picture(
    name: str, case: str, make_result: Callable[..., Result]
) -> None:
    figure = FIGURES[name](make_result(**CASES[case]))
    texts = written(figure)
    assert overlapping(texts) == []
    outside = [
        text for text, (left, low, right, high) in texts
        if left < -1 or low < -1 or right > figure.bbox.width + 1 or high > figure.bbox.height + 1
    ]  # fmt: skip
    assert outside == []


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_large_enough_to_project(name: str, six: Result) -> None:
    figure = FIGURES[name](six)
    png(figure, dpi=50)
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()]
    assert min(sizes) >= 9


Box = tuple[float, float, float, float]


def written(figure: Figure) -> list[tuple[str, Box]]:
    """Return every text that is really drawn, with its place in pixels."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    hidden = {id(text) for axes in figure.findobj(Axes) for text in not_drawn(axes)}
    found = []
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible() or id(text) in hidden:
            continue
        # Without the arrow or box of an annotation: only the letters count.
        box = Text.get_window_extent(text, renderer)
        found.append((text.get_text(), (box.x0, box.y0, box.x1, box.y1)))
    return found


def not_drawn(axes: Axes) -> Iterator[Text]:
    """Yield the texts of axes that are switched off, and of ticks outside the limits."""
    for axis in (axes.xaxis, axes.yaxis):
        drawn = {id(tick) for tick in axis._update_ticks()} if axes.axison else set()
        for tick in (*axis.majorTicks, *axis.minorTicks):
            if id(tick) not in drawn:
                yield from (tick.label1, tick.label2)
        if not axes.axison:
            yield axis.label


def overlapping(texts: list[tuple[str, Box]]) -> list[tuple[str, str]]:
    return [
        (one, other)
        for (one, a), (other, b) in combinations(texts, 2)
        if min(a[2], b[2]) - max(a[0], b[0]) > 1.5 and min(a[3], b[3]) - max(a[1], b[1]) > 1.5
    ]


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
    phases = phases_of(replace(six["canary"], routes=routes))
    assert len(phases) == MOST_PHASES
    assert phases[2].left_out == 9
    assert phases[-1].start_us == 11


@pytest.mark.parametrize("name", ["humans_v2", "review_net"])
def test_no_picture_takes_a_model_for_people(name: str, make_result: Callable[..., Result]) -> None:
    """The same run under other names: boxes, bands and titles differ in the name alone."""

    def said(model: str) -> tuple[list[str], list[str]]:
        result = make_result(("full_automation",), replications=2)
        strategies = tuple(renamed(strategy, model) for strategy in result.strategies)
        figures = (FIGURES[figure](replace(result, strategies=strategies)) for figure in ("traffic", "deployment"))
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
    return replace(strategy, routes=routes, timeline=replace(strategy.timeline, decided_by=decided_by))
