"""What figures say and how they are laid out; that they draw whatever comes is in their contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import made_results
import numpy as np
import pytest
from drawn_text import written
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle, StepPatch
from matplotlib.text import Text

from sim.deployment.events import AlarmRaised, Promoted
from sim.experiment.result import History, Result, RouteChange, StrategyResult
from sim.line.route import Arm, Route
from sim.measure.deciders import Decider
from sim.report.drawing.bins import ENOUGH, borders, common_starts, merge, merged_starts
from sim.report.drawing.lanes import Mark, pack
from sim.report.drawing.layout import spread, text_width, wrap
from sim.report.drawing.phases import MOST_PHASES, phases_of
from sim.report.drawing.style import BLUE, Look
from sim.report.figure import FIGURES
from sim.report.figures.cost_leakage import points_of
from sim.report.figures.deployment import deployment_title
from sim.report.figures.latency import latency_title
from sim.report.figures.leakage_over_time import leakage_lines, leakage_title
from sim.report.figures.lifecycle import lanes_of
from sim.report.figures.traffic import mean_borders, shares_of, traffic_title


def test_title_tells_who_leaks_least_and_most(six: Result) -> None:
    title = leakage_title(six)
    assert title.startswith("Partial automation leaks 11 %")
    assert "full automation leaks 26 %" in title


def test_blame_falls_on_all_that_are_equally_bad(six: Result) -> None:
    assert latency_title(six).endswith("10.0 min in manual and shadow")


def test_blame_falls_on_all_whose_leakage_prints_alike(make_result: Callable[..., Result]) -> None:
    """Canary was blamed for 23 % beside manual and shadow with 23 %."""
    result = make_result(("full_automation", "manual", "canary"), drift=False)
    totals = [1000] * 10
    leaks = {"full_automation": [20] * 10, "manual": [233, 234] * 5, "canary": [234] * 10}
    title = leakage_title(made_results.with_escapes(result, leaks, totals))
    assert title == "Full automation leaks 2.0 % of the defective phones; manual and canary leak 23 %"


def test_a_headline_of_one_run_sets_nobody_against_an_equal(make_result: Callable[..., Result]) -> None:
    """The headline read: keeps the old leaks 12 %, all but keeps the old leak 12 %. Nobody can read a winner from that."""
    result = make_result(("manual", "canary", "full_automation"), drift=False, replications=1)
    leaks = {"manual": [120], "canary": [121], "full_automation": [122]}
    title = leakage_title(made_results.with_escapes(result, leaks, [1000]))
    assert title == "All leak 12 % of the defective phones in this one run"


def test_a_headline_has_as_many_digits_as_what_was_measured_needs(make_result: Callable[..., Result]) -> None:
    result = make_result(("full_automation", "manual"), drift=False)
    leaks = {"full_automation": [1160, 1161] * 5, "manual": [1239, 1240] * 5}
    title = leakage_title(made_results.with_escapes(result, leaks, [10_000] * 10))
    assert title == "Full automation leaks 11.6 % of the defective phones; manual leaks 12.4 %"


def test_who_gives_most_phones_to_others_begins_a_bin(make_result: Callable[..., Result]) -> None:
    """A line fell hours before the promotion that made it fall."""
    result = make_result(("manual", "blue_green"), drift=False, bins=120)
    (promoted,) = [event for event in result["blue_green"].events if isinstance(event, Promoted)]
    assert promoted.time_us / 3.6e9 in borders(result, common_starts(result)).tolist()


def test_every_line_of_the_picture_of_cost_is_explained(six: Result) -> None:
    drawn = FIGURES["cost_leakage"].draw(six)
    dashed = [line for line in largest(drawn).lines if line.get_linestyle() not in ("-", "None")]
    said = " ".join(" ".join(text.split()) for text, _ in written(drawn))
    assert bool(dashed) == ("Dashed: whom nobody beats on both." in said)


def test_a_diagram_names_the_few_that_are_otherwise(make_result: Callable[..., Result]) -> None:
    result = make_result(("full_automation", "a", "b", "c", "manual"), patterns=("full_automation",) * 4 + ("manual",))
    assert deployment_title(result) == "In the end most phones are decided by v2 in all but manual"


def test_no_headline_says_that_nobody_does_nothing(make_result: Callable[..., Result]) -> None:
    assert traffic_title(make_result(("canary", "blue_green"))) == "Models decide all phones in every strategy"


def test_a_few_reviewed_phones_make_no_headline_that_humans_decide_none(make_result: Callable[..., Result]) -> None:
    result = make_result(("full_automation", "canary"))
    full = result["full_automation"].timeline.decided_by
    full[Decider("humans")][:] = 0
    full[Decider("review")] = np.zeros_like(full[Decider("humans")])
    full[Decider("review")][:, 0] = 1
    assert traffic_title(result) == "Models decide nearly all phones in every strategy"


def test_the_headline_does_not_let_nobody_decide(make_result: Callable[..., Result]) -> None:
    result = make_result(("full_automation", "canary"))
    (nobody, unseen), model = (Decider("nobody"), 5), Decider("model", "v2")
    for strategy in result.strategies:
        decided = strategy.timeline.decided_by
        shape = decided[model].shape
        decided.clear()
        decided |= {model: np.zeros(shape, dtype=np.int64), nobody: np.full(shape, unseen)}
    assert traffic_title(result) == "No phone is decided by a person or a model"
    result["canary"].timeline.decided_by[model][:] = 3
    assert traffic_title(result) == "v2 decides all phones that anybody decides in every strategy"


def test_a_mirror_that_looked_only_while_no_phone_was_decided_draws_no_line(make_result: Callable[..., Result]) -> None:
    """On a line that stands still a model may have looked on at the phones that nobody has decided yet."""
    result = make_result(("shadow",))
    timeline = result["shadow"].timeline
    looked = np.zeros_like(timeline.defective)
    looked[:, 0] = 4
    for counts in timeline.decided_by.values():
        counts[:, 0] = 0
    shown = replace(result["shadow"], timeline=replace(timeline, mirrored={"v2": looked}))
    texts = [text for text, _ in written(FIGURES["traffic"].draw(replace(result, strategies=(shown,))))]
    assert not [text for text in texts if "look" in text]
    usual = [text for text, _ in written(FIGURES["traffic"].draw(result))]
    assert "dashed: v2 looks too" in usual


def test_what_happened_is_told_of_strategies_that_leak_alike_too(make_result: Callable[..., Result]) -> None:
    """A candidate that was rolled back before it had decided anything leaks as if there had been none."""
    result = make_result(("full_automation", "blue_green"), patterns=("full_automation", "blue_green"))
    twin = replace(result["blue_green"], timeline=result["full_automation"].timeline)
    same = replace(result, strategies=(result["full_automation"], twin))
    assert len(leakage_lines(same)) == 1
    said = [text for text, _ in written(FIGURES["leakage_over_time"].draw(same))]
    assert "blue green" in said
    assert "full automation" in said


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
    assert phases[4].hidden == ("v1", "v1", "v1", "v1", "v1")
    assert phases[-1].start_us == 11


def test_who_is_stable_and_candidate_at_once_takes_part_once(six: Result) -> None:
    v1 = Arm("v1", "model", "v1")
    routes = (RouteChange(0, Route(v1, ((v1, 25.0),))), RouteChange(6, Route(v1)))
    (phase,) = phases_of(replace(six["canary"], histories=(History((), routes),)))
    assert phase.deciders == ((v1, (100.0,)),)


def test_phones_that_nobody_looked_at_are_told_where_humans_decide_all(make_result: Callable[..., Result]) -> None:
    result = make_result(("manual",))
    timeline = result["manual"].timeline
    (humans,) = timeline.decided_by
    counts = timeline.decided_by[humans]
    quarter = {humans: counts - counts // 4, Decider("nobody"): counts // 4}
    crowded = replace(result["manual"], timeline=replace(timeline, decided_by=quarter))
    texts = [text for text, _ in written(FIGURES["deployment"].draw(replace(result, strategies=(crowded,))))]
    assert [text for text in texts if text.endswith(" unseen")] == ["75 % + 25 % unseen"]


def test_a_ladder_of_eight_phases_is_drawn_whole(six: Result) -> None:
    v1, v2 = Arm("v1", "model", "v1"), Arm("v2", "model", "v2")
    routes = tuple(RouteChange(i * 3_600_000_000, Route(v1, ((v2, 5.0),) if i % 2 else ())) for i in range(8))
    climber = replace(six["canary"], histories=(History((), routes),))
    texts = [text for text, _ in written(FIGURES["deployment"].draw(replace(six, strategies=(climber,))))]
    assert sum(text.startswith("from ") for text in texts) == 8
    assert not any("…" in text or "more phase" in text for text in texts)


def test_a_life_shows_those_without_a_way_back_too_and_no_empty_lane(make_result: Callable[..., Result]) -> None:
    result = make_result(("retrained", "kept"), patterns=("retrained", "manual"))
    texts = [text for text, _ in written(FIGURES["lifecycle"].draw(result))]
    assert {"retrained", "kept", "no way back: nobody watches"} <= {*texts}
    assert texts.count("decides") == 2
    assert texts.count("training") == 1
    assert texts.count("pictures darken, 1 x") == 1


def test_detectors_have_lanes_of_their_own_and_many_are_counted(make_result: Callable[..., Result]) -> None:
    def names(*alarms: str) -> list[str]:
        events = tuple(AlarmRaised(time_us=i, alarm=name, metric="x", value=None) for i, name in enumerate(alarms))
        strategy = make_result(("kept",), replications=1)["kept"]
        return [lane.name for lane in lanes_of(replace(strategy, histories=(History(events, strategy.routes),)))]

    assert names("a", "b", "a") == ["a, 2 x", "b, 1 x", "decides"]
    assert names(*"abcdefghijka") == ["11 detectors, 12 x", "decides"]


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


def steps(axes: Axes, edges: int) -> list[StepPatch]:
    """Return the lines that are drawn as steps, without the fills."""
    return [patch for patch in axes.patches if isinstance(patch, StepPatch) and len(patch.get_data().edges) == edges
            and not patch.get_fill()]  # fmt: skip


def largest(figure: Figure) -> Axes:
    return max(figure.findobj(Axes), key=lambda axes: axes.bbox.width * axes.bbox.height)


def test_leakage_is_drawn_as_steps_with_an_edge_at_each_drift_and_outage(
    make_result: Callable[..., Result],
) -> None:
    result = make_result(world_events=1, bins=47)  # whose edges are not where anything happens
    axes = largest(FIGURES["leakage_over_time"].draw(result))
    starts = common_starts(result)
    edges = borders(result, starts)
    drawn = steps(axes, len(edges))
    assert len(drawn) == len(leakage_lines(result))
    assert all(np.array_equal(patch.get_data().edges, edges) for patch in drawn)
    assert {event.time_us / 3.6e9 for event in result.world_events} <= {*edges.tolist()}, "no step before its cause"
    assert (np.diff(edges) > 0).all()
    assert not [line for line in axes.lines if len(line.get_xdata()) > 2], "no slope over an event"


def test_only_the_intervals_of_who_leaks_least_and_most_are_shaded_and_none_is_cut(six: Result) -> None:
    axes = largest(FIGURES["leakage_over_time"].draw(six))
    shaded = [patch for patch in axes.patches if isinstance(patch, StepPatch) and patch.get_fill()]
    assert len(shaded) == 2
    assert max(patch.get_data().values.max() for patch in shaded) <= axes.get_ylim()[1]


def test_an_outage_is_shaded_as_long_as_it_lasts(make_result: Callable[..., Result]) -> None:
    result = make_result(world_events=1, drift=False)
    (event,) = result.world_events
    axes = largest(FIGURES["leakage_over_time"].draw(result))
    spans = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [(round(span.get_x(), 3), round(span.get_width(), 3)) for span in spans] == [
        (round(event.time_us / 3.6e9, 3), round(10 / 60, 3))
    ]


def test_pictures_say_which_replication_their_events_are_from(six: Result) -> None:
    for name in ("leakage_over_time", "traffic"):
        texts = " ".join(" ".join(text.split()) for text, _ in written(FIGURES[name].draw(six)))
        assert "replication 0, the median by when rollouts ended" in texts


def _with_routes(result: Result, decided: dict[Decider, np.ndarray], routes: int) -> Result:
    """Return a result of one strategy whose phones are decided so, with so many routes in its last replication alone."""
    strategy = result.strategies[0]
    timeline = replace(strategy.timeline, decided_by=decided)
    begun = [replace(history, routes=history.routes[:1]) for history in strategy.histories]
    begun[-1] = replace(begun[-1], routes=begun[-1].routes * routes)
    changed = replace(strategy, timeline=timeline, histories=tuple(begun), shown=0)
    return replace(result, strategies=(changed,))


def test_traffic_shows_one_replication_and_the_mean_of_all(make_result: Callable[..., Result]) -> None:
    """Of three replications two give every phone to v1 and one to v2: the border is at two thirds in the mean."""
    result = make_result(("canary",), replications=3)
    model, other = Decider("model", "v1"), Decider("model", "v2")
    counts = result["canary"].timeline.defective * 0 + 10
    decided = {model: counts.copy(), other: counts * 0}
    decided[model][2], decided[other][2] = 0, 10
    shown = _with_routes(result, decided, routes=2)
    assert (shares_of(shown.strategies[0])[model] == 1.0).all(), "pooled it would be two thirds"
    (border,) = mean_borders(shown.strategies[0])
    assert border == pytest.approx(2 / 3)
    told = "Lines on the bands: their borders in the mean of all 3 replications."
    assert any(told in text.replace("\n", " ") for text, _ in written(FIGURES["traffic"].draw(shown)))
    axes = FIGURES["traffic"].draw(shown).axes[0]
    lines = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    assert any(np.allclose(line.get_data().values, 2 / 3) for line in lines)


def test_where_no_replication_moves_a_route_chance_draws_no_mean(make_result: Callable[..., Result]) -> None:
    result = make_result(("canary",), replications=3)
    fixed = _with_routes(result, dict(result["canary"].timeline.decided_by), routes=1)
    assert mean_borders(fixed.strategies[0]) == []
    assert not [text for text, _ in written(FIGURES["traffic"].draw(fixed)) if "Lines on the bands" in text]


def test_nobody_is_hatched_in_the_picture_as_in_its_key(make_result: Callable[..., Result]) -> None:
    figure = FIGURES["traffic"].draw(make_result(("sampling",)))
    bands = [patch for patch in figure.findobj(StepPatch) if patch.get_hatch() == "xxx"]
    keys = [patch for patch in figure.findobj(Rectangle) if patch.get_hatch() == "xxx"]
    assert bands
    assert keys
    for patch in (*bands, *keys):
        assert to_hex(patch.get_edgecolor()) != to_hex(patch.get_facecolor()), "white on white is not seen"


def test_marks_on_each_other_share_a_label_and_can_all_be_seen_at_their_own_places(
    make_result: Callable[..., Result],
) -> None:
    result = make_result(("manual", "shadow", "canary"))
    manual = result["manual"]
    same = replace(result["shadow"], samples=manual.samples, quotients=manual.quotients)
    figure = FIGURES["cost_leakage"].draw(replace(result, strategies=(manual, same, result["canary"])))
    assert "manual, shadow" in [text for text, _ in written(figure)]
    marks = [line for line in largest(figure).lines if line.get_marker() in ("o", "s")]
    assert len({float(line.get_xdata()[0]) for line in marks}) == 1  # what they cost, and nothing beside it
    assert len({line.get_markersize() for line in marks}) == 2


def test_whiskers_of_cost_and_leakage_are_paired_differences_to_the_first(six: Result) -> None:
    points = {point.names[0]: point for point in points_of(six)}
    assert not np.isfinite(points["manual"].cost.half_width), "the reference has none"
    for metric, side in (("cost_per_1000", "cost"), ("escape_rate", "leakage")):
        gap = six.difference("canary", "manual", metric)
        assert getattr(points["canary"], side).half_width == pytest.approx(gap.half_width)


def test_a_mark_at_0_percent_is_whole(make_result: Callable[..., Result]) -> None:
    axes = largest(FIGURES["cost_leakage"].draw(make_result()))
    assert axes.get_ylim()[0] < 0.0
    assert min(axes.get_yticks()) >= 0.0


def test_latency_is_also_drawn_over_time_for_each_strategy_and_no_whisker_leaves_the_axis(six: Result) -> None:
    figure = FIGURES["latency"].draw(six)
    small = [axes for axes in figure.findobj(Axes) if steps(axes, 61)]
    assert len(small) == 6
    for axes, strategy in zip(small, six.strategies, strict=True):
        p50, p95 = steps(axes, 61)
        assert np.array_equal(p95.get_data().values, np.median(strategy.timeline.latency_p95_s, axis=0))
        assert p50.get_linewidth() < p95.get_linewidth()
    wide = largest(figure)
    low, high = wide.get_xlim()
    assert all(low <= x <= high for line in wide.lines if line.get_marker() in ("|", "s") for x in line.get_xdata())


@pytest.mark.parametrize("case", [{}, {"strategies": ("assisted", "triage", "sampling", "partial_automation")}])
def test_no_box_of_the_deployment_cuts_its_words(case: dict[str, Any], make_result: Callable[..., Result]) -> None:
    assert not [text for text, _ in written(FIGURES["deployment"].draw(make_result(**case))) if "…" in text]


SCREEN = 1280 / 96, 720 / 96  #: inches of a projector's picture, at a browser's hundred per cent


def too_small(figure: Figure) -> dict[str, float]:
    """Return the texts below nine points, once the figure is shrunk to a projector's picture, with their sizes."""
    wide, tall = figure.get_size_inches()
    scale = min(1.0, SCREEN[0] / wide, SCREEN[1] / tall)
    sizes = {text.get_text(): text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()}
    return {said: size * scale for said, size in sizes.items() if size * scale < 8.995}


@pytest.mark.parametrize("name", FIGURES.ours())
def test_no_letter_is_below_9_points_on_a_projector(name: str, six: Result, make_result: Callable[..., Result]) -> None:
    retrained = make_result(("retrained", "kept"), patterns=("retrained", "manual"))
    own = {"lifecycle": retrained, "people": make_result(("manual", "canary"), people=True)}
    assert too_small(FIGURES[name].draw(own.get(name, six))) == {}


def test_a_rollout_with_many_versions_is_folded_until_it_fits_a_screen(six: Result) -> None:
    v1, v2 = Arm("v1", "model", "v1"), Arm("v2", "model", "v2")
    routes = tuple(RouteChange(i * 3_600_000_000, Route(v1, ((v2, 5.0),) if i % 2 else ())) for i in range(9))
    climber = replace(six["canary"], histories=(History((), routes),))
    climbers = tuple(replace(climber, name=strategy.name) for strategy in six.strategies)
    result = replace(six, strategies=climbers)
    assert too_small(FIGURES["deployment"].draw(result)) == {}
    texts = [text for text, _ in written(FIGURES["deployment"].draw(result))]
    assert sum("6 more phases" in text.replace("\n", " ") for text in texts) == 6
