"""A picture and the printed answer tell the same: what a reader of the one could not find in the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from drawn_text import written
from matplotlib.text import Text

from sim.deployment.events import Promoted, Reason, RolledBack, WentOut
from sim.experiment.result import History, Result, RouteChange
from sim.line.route import HUMANS, NOBODY, Arm, Route
from sim.measure.deciders import Decider
from sim.measure.events import Drifted
from sim.report.drawing.layout import headline, name_within, text_width
from sim.report.drawing.milestones import ROLLED_BACK, counted, milestones
from sim.report.drawing.phases import Phase, Shares
from sim.report.drawing.style import Picture
from sim.report.figure import FIGURES
from sim.report.figures.cost_leakage import _subtitle, cost_title, points_of, who_may_be_best
from sim.report.figures.deployment import deployment_title, entries
from sim.report.figures.lifecycle import stations
from sim.report.figures.traffic import _looked
from sim.report.findings import Finding
from sim.report.happenings import which

HOUR = 3_600_000_000


def otherwise_ended(six: Result) -> Result:
    """Return the usual case, but the canary, which is rolled back, is promoted in six of its ten replications."""
    canary = six["canary"]
    back = canary.histories[0]
    assert back.ending is not None
    v2 = Arm("v2", "model", "v2")
    events = (Promoted(time_us=56 * HOUR, arm=v2),)
    routes = (*back.routes[:-1], RouteChange(56 * HOUR, Route(v2)))
    promoted = History(events, routes, replace(back.ending, how="promoted"))
    mixed = replace(canary, histories=tuple(promoted if number > 3 else back for number in range(10)))
    return replace(six, strategies=tuple(mixed if s is canary else s for s in six.strategies))


def drawn(name: str, result: Result) -> list[str]:
    return [text.replace("\n", " ") for text, _ in written(FIGURES[name].draw(result))]


@pytest.mark.parametrize("name", ["traffic", "leakage_over_time", "overview"])
def test_a_rollout_that_ends_otherwise_elsewhere_says_in_how_many_replications(name: str, six: Result) -> None:
    """The canary of the replication shown was rolled back; nothing told that it was promoted in six of ten."""
    assert not [text for text in drawn(name, six) if "of 10" in text]
    (said, *_) = [text for text in drawn(name, otherwise_ended(six)) if "of 10" in text]
    assert said in ("promoted in 6 of 10, rolled back in 4", "rolled back in 4 of 10", "rolled back in 4 of 10 replications")  # fmt: skip


def test_a_diagrams_headline_says_whose_end_it_tells_where_replications_end_otherwise(six: Result) -> None:
    assert "of replication" not in deployment_title(six)
    assert deployment_title(otherwise_ended(six)).startswith("In the end of replication 0 most phones")


def decided_by_humans(result: Result, part: int) -> Result:
    """Return a comparison in which humans decided one in `part` of the only strategy's phones; none for 0."""
    (strategy,) = result.strategies
    everybody = sum(strategy.timeline.decided_by.values())
    taken = everybody // part if part else 0 * everybody
    timeline = replace(
        strategy.timeline,
        decided_by={Decider("model", "v1"): everybody - taken, Decider("humans"): taken},
        assigned={"v1": everybody},
    )
    return replace(result, strategies=(replace(strategy, timeline=timeline),))


def test_humans_who_stood_in_for_a_model_that_was_down_are_drawn(make_result: Callable[..., Result]) -> None:
    """The diagram said: v2, all phones, the whole time. Humans had decided six percent of them."""
    result = make_result(("kept",), patterns=("standard",), drift=False)
    assert {"all phones", "the whole time"} <= {*drawn("deployment", decided_by_humans(result, 0))}
    said = drawn("deployment", decided_by_humans(result, 16))
    assert any(text.startswith("6.") and text.endswith("%, model down") for text in said)
    assert not {"all phones", "the whole time"} & {*said}


def test_the_share_of_a_review_is_told(make_result: Callable[..., Result]) -> None:
    result = make_result(("partial_automation",), drift=False)
    assert [text for text in drawn("deployment", result) if " % + " in text and text.endswith("% review")]
    assert any("Shares are of all of a phase's phones" in text for text in drawn("deployment", result))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([50.0], "46.0 % + 4.0 % review"),
        ([5.0, 25.0, 50.0], "→ 50 %, 4.0 % review"),
        ([100.0], "96.0 % + 4.0 % review"),
    ],
)
def test_a_review_beside_a_part_of_the_phones_is_no_share_of_that_part(weights: list[float], said: str) -> None:
    """Of "50 %, 4 % review" a reader took four percent of the half."""
    v2 = Arm("v2", "model", "v2", low=0.2, high=0.6)
    deciders = ((v2, tuple(weights)),)
    phase = Phase(0, deciders, (), NOBODY, (), shares=Shares(reviewed=0.04))
    assert [entry.said for entry in entries(phase, room=1.6)] == [said]


def test_what_has_no_room_for_a_decimal_loses_it_and_no_letter() -> None:
    """Of "46.0 % + 4.0 % review" the last letters were cut in a narrow box."""
    v2 = Arm("v2", "model", "v2", low=0.2, high=0.6)
    phase = Phase(0, ((v2, (50.0,)),), (), NOBODY, (), shares=Shares(reviewed=0.04))
    assert [entry.said for entry in entries(phase, room=1.5)] == ["46 % + 4 % review"]


def test_shares_of_a_phase_add_up_where_people_also_stood_in_for_the_model() -> None:
    """94 % and 5.6 % review beside 6.3 % with the model down were 105.9 % of the phones."""
    v2 = Arm("v2", "model", "v2", low=0.2, high=0.6)
    shares = Shares(reviewed=0.04, stood_in=0.06)
    said = [entry.said for entry in entries(Phase(0, ((v2, (100.0,)),), (), HUMANS, (), shares=shares), room=2.0)]
    assert said == ["90.0 % + 4.0 % review", "6.0 %, model down"]


def test_parts_of_a_box_are_rounded_alike() -> None:
    """94 % and 6.3 % were 100.3 %, and beside another strategy's 93.7 % the same model seemed to decide more."""
    v2 = Arm("v2", "model", "v2")
    for shares, said in (
        (Shares(unseen=0.0625), ["93.8 % + 6.2 % unseen"]),
        (Shares(stood_in=0.0625), ["93.8 %", "6.2 %, model down"]),
        (Shares(unseen=0.25), ["75 % + 25 % unseen"]),
    ):
        phase = Phase(0, ((v2, (100.0,)),), (), HUMANS, (), shares=shares)
        assert [entry.said for entry in entries(phase, room=2.0)] == said


def test_what_sorted_and_advised_mean_is_said(make_result: Callable[..., Result]) -> None:
    """Of "humans by v1, 77 % sorted" a reader took it that v1 had decided 77 %."""
    triage = " ".join(drawn("deployment", make_result(("triage",), drift=False)))
    assert "Sorted: people decide, and take first what the model suspects most" in triage
    assisted = " ".join(drawn("deployment", make_result(("assisted",), drift=False)))
    assert "Advised: people decide, and know what the model says" in assisted


def test_that_unseen_phones_count_as_no_wait_is_said(make_result: Callable[..., Result]) -> None:
    """A quarter of the phones shipped unseen after 0 s, and p50 and p95 were read as times of those inspected."""
    result = make_result(("manual",), drift=False)
    manual = result["manual"]
    (counts,) = manual.timeline.decided_by.values()
    quarter = {Decider("humans"): counts - counts // 4, Decider("nobody"): counts // 4}
    crowded = replace(manual, timeline=replace(manual.timeline, decided_by=quarter))
    told = " ".join(drawn("latency", replace(result, strategies=(crowded,)))).replace("\xa0", " ")
    assert "Phones shipped unseen count as 0 s (manual)." in told
    assert "unseen" not in " ".join(drawn("latency", result))


def test_promotions_without_room_are_told_beside_the_next(make_result: Callable[..., Result]) -> None:
    """Two symbols of a ladder had no name: promoted of whom?"""
    result = make_result(("canary",), replications=1, drift=False)
    arms = [Arm(name, "model", "v2") for name in ("humans + good", "good + review", "good")]
    events = tuple(Promoted(time_us=(20 + number) * HOUR, arm=arm) for number, arm in enumerate(arms))
    climber = replace(result["canary"], histories=(History(events, result["canary"].routes),))
    said = drawn("leakage_over_time", replace(result, strategies=(climber,)))
    assert "promoted in turn: humans + good, good + review, good" in said


def test_many_promotions_without_room_are_told_by_the_first_and_the_last(make_result: Callable[..., Result]) -> None:
    """Of eight triangles the last alone had a name."""
    result = make_result(("canary",), replications=1, drift=False)
    arms = [Arm(f"version_number_{number}", "model", "v2") for number in range(1, 9)]
    events = tuple(Promoted(time_us=(12 + number) * HOUR, arm=arm) for number, arm in enumerate(arms))
    climber = replace(result["canary"], histories=(History(events, result["canary"].routes),))
    said = drawn("leakage_over_time", replace(result, strategies=(climber,)))
    assert "promoted in turn: version_number_1 … version_number_8" in said


def test_a_symbol_at_the_end_has_its_name_before_it(make_result: Callable[..., Result]) -> None:
    """The last of some versions, promoted an hour before the end, had none."""
    result = make_result(("canary",), replications=1, drift=False)
    last = Promoted(time_us=result.scenario.horizon - HOUR // 4, arm=Arm("v7", "model", "v7"))
    climber = replace(result["canary"], histories=(History((last,), result["canary"].routes),))
    figure = FIGURES["leakage_over_time"].draw(replace(result, strategies=(climber,)))
    (label,) = [text for text in figure.findobj(Text) if text.get_text() == "v7 promoted"]
    assert label.get_ha() == "right"


def test_a_version_that_goes_out_where_another_was_rolled_back_does_not_lie_on_it(
    make_result: Callable[..., Result],
) -> None:
    result = make_result(("canary",), replications=1, drift=False)
    v1 = Arm("v1", "model", "v1")
    out = WentOut(time_us=5 * HOUR + 1000, version="v3")
    events = (RolledBack(time_us=5 * HOUR, arm=v1, reason=Reason("worse", "worse")), out)
    climber = replace(result["canary"], histories=(History(events, result["canary"].routes),))
    assert [mark.kind for mark in milestones(result, climber)] == [ROLLED_BACK]


def test_the_version_that_is_rolled_back_later_is_named(make_result: Callable[..., Result]) -> None:
    """Of "rolled back" after several retrained versions nobody knew which."""
    result = make_result(("canary",), replications=1, drift=False)
    v1 = Arm("v1", "model", "v1")
    worse = Reason("worse", "worse")
    events = (
        RolledBack(time_us=2 * HOUR, arm=v1, reason=worse),
        WentOut(time_us=5 * HOUR, version="v1.3"),
        RolledBack(time_us=9 * HOUR, arm=v1, reason=worse),
    )
    climber = replace(result["canary"], histories=(History(events, result["canary"].routes),))
    assert [mark.text for mark in milestones(result, climber)] == ["rolled back", "v1.3 out", "v1.3 rolled back"]


def test_a_later_rollback_says_of_how_many_replications_it_is(make_result: Callable[..., Result]) -> None:
    """One replication's cross stood over the curve of six, which falls there: the rollback seemed to have cured it."""
    result = make_result(("canary",), replications=2, drift=False)
    canary = result["canary"]
    tenth = result.scenario.horizon // 10
    out = WentOut(time_us=tenth, version="v1.3")
    end = RolledBack(time_us=3 * tenth, arm=Arm("v1", "model", "v1"), reason=Reason("worse", "worse"))
    routes = canary.routes
    both = tuple(History((out, end) if n == canary.shown else (out,), routes) for n in range(2))
    climber = replace(canary, histories=both)
    assert "v1.3 rolled back in 1 of 2 replications" in drawn(
        "leakage_over_time", replace(result, strategies=(climber,))
    )
    assert "v1.3 rolled back (1 of 2)" in stations(climber)
    alike = replace(canary, histories=(History((out, end), routes),) * 2)
    assert "v1.3 rolled back" in drawn("leakage_over_time", replace(result, strategies=(alike,)))
    assert "v1.3 rolled back" in stations(alike)


def test_a_symbol_beside_which_only_a_version_stands_is_explained(make_result: Callable[..., Result]) -> None:
    """A cross with "v1.3" beside it: what became of it?"""
    result = make_result(("canary",), replications=1, drift=False)
    tenth = result.scenario.horizon // 10
    end = RolledBack(time_us=3 * tenth, arm=Arm("v1", "model", "v1"), reason=Reason("worse", "worse"))
    events = (
        WentOut(time_us=2 * tenth, version="v1.3"),
        end,
        Promoted(time_us=4 * tenth, arm=Arm("b" * 30, "model", "b")),
    )
    climber = replace(result["canary"], histories=(History(events, result["canary"].routes),))
    said = drawn("leakage_over_time", replace(result, strategies=(climber,)))
    assert "v1.3 rolled back" not in said
    assert {"v1.3", "rolled back"} <= {*said}


def test_no_row_of_a_diagram_is_cut_under_a_long_headline(six: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last row left the picture when the headline took four lines."""
    monkeypatch.setattr(
        "sim.report.figures.deployment.deployment_title", lambda result: "most phones are decided " * 12
    )
    (axes,) = [each for each in FIGURES["deployment"].draw(six).axes if each.patches]
    assert min(patch.get_window_extent().y0 for patch in axes.patches) > 0.0


def test_no_replication_is_called_the_median_of_rollouts_where_there_are_none(
    make_result: Callable[..., Result],
) -> None:
    said = which(make_result(("manual",), drift=False))
    assert said == "replication 0, as good as any"


def test_a_name_that_has_no_room_loses_its_middle() -> None:
    assert name_within("one inspector kept", 3.0, 10.0) == "one inspector kept"
    short = name_within("a canary with very small steps, variant 2", 2.0, 10.0)
    assert short.endswith("variant 2")
    assert text_width(short, 10.0, bold=True) <= 2.0


def test_no_half_of_a_headline_is_lost_in_a_narrow_panel() -> None:
    """What leaks least was cut from a title: '"full crew kept" and "one inspector...'."""
    picture = Picture(4.4, 3.0)
    title = "“full crew kept” and “one inspector kept” leak 1.7 % of the defective phones; manual leaks 24 %"
    headline(picture, title, compact=True)
    (said,) = [text.get_text() for text in picture.texts]
    assert " ".join(said.split()) == " ".join(title.split())


def test_who_may_be_cheapest_is_one_list() -> None:
    """The title read: all but shadow and partial automation may be cheapest, perhaps partial automation."""
    means = dict.fromkeys(("manual", "shadow", "canary", "full_automation", "partial_automation"), 1.0)
    best = ("manual", "canary", "full_automation", "partial_automation")
    ranking = Finding("cost_per_1000", True, best, ("shadow",), means, doubtful=("partial_automation",))
    assert who_may_be_best(ranking) == "all but shadow (partial automation only perhaps)"


def test_who_is_close_is_not_told_as_who_may_be_best(six: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that are measurably dearer, by less than matters, "may be cheapest" beside the one that is."""
    means = {"manual": 1293.0, "shadow": 1297.0, "canary": 1321.0}
    found = {
        metric: Finding(metric, True, ("manual",), ("canary",), means, close=("shadow",))
        for metric in ("cost_per_1000", "escape_rate")
    }
    monkeypatch.setattr("sim.report.figures.cost_leakage.finding", lambda result, metric: found[metric])
    said = cost_title(six)
    assert "may" not in said
    assert said.startswith("Manual is cheapest ($1,293; too close to matter: shadow); manual leaks least (")


def test_a_diagram_says_in_how_many_replications_a_rollout_ended_as_drawn(six: Result) -> None:
    assert "rolled back in 4 of 10" in drawn("deployment", otherwise_ended(six))
    assert not [text for text in drawn("deployment", six) if "of 10" in text]


def test_the_words_under_a_lifes_axis_are_in_the_picture(
    make_result: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a headline of two lines "simulated time" was cut through."""
    result = make_result(("retrained", "kept"), patterns=("retrained", "manual"))
    for title in ("Back", "The leakage is back after so many days " * 5):
        monkeypatch.setattr("sim.report.figures.lifecycle.lifecycle_title", lambda result, title=title: title)
        picture = FIGURES["lifecycle"].draw(result)
        picture.draw_without_rendering()
        (words,) = [axes.xaxis.label for axes in picture.axes if axes.get_xlabel().startswith("simulated time")]
        assert words.get_window_extent().y0 > 0.0


def test_a_version_that_was_rolled_back_is_told_among_those_that_went_out(six: Result) -> None:
    """Seven versions out, and six in the lane beneath: one had gone back."""
    strategy = six["canary"]
    assert "v2 rolled back" in stations(
        replace(strategy, histories=(History((*life(), *strategy.events), strategy.routes),))
    )


def life() -> tuple[WentOut, ...]:
    return (WentOut(time_us=HOUR, version="v2"),)


def test_the_overview_explains_its_cost_as_the_single_picture_does(
    six: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had "only perhaps" and a dashed line, and only the single picture said what they mean."""
    means = {"manual": 0.1, "shadow": 0.2, "blue_green": 0.25, "canary": 0.3, "triage": 0.4}
    doubtful = Finding(
        "escape_rate", True, ("manual", "canary"), ("shadow", "triage"), means, ("blue_green",), ("canary",)
    )
    monkeypatch.setattr("sim.report.figures.cost_leakage.finding", lambda result, metric: doubtful)
    for compact in (False, True):
        said = _subtitle(six, points_of(six), True, compact)
        assert said.endswith(
            "Perhaps: varies too much to exclude; shadow and blue green, though nearer, vary less and are excluded. "
            "Dashed: whom nobody beats on both."
        )


def test_who_leaves_no_doubt_is_passed_over_by_nobody() -> None:
    means = {"manual": 0.1, "shadow": 0.2, "canary": 0.3}
    judged = Finding("escape_rate", True, ("manual", "canary"), ("shadow",), means, doubtful=("canary",))
    assert judged.passed_over == ("shadow",)
    assert replace(judged, doubtful=(), best=("manual",), worse=("shadow", "canary")).passed_over == ()


@pytest.mark.parametrize("name", ["latency", "leakage_over_time", "lifecycle"])
def test_a_yellow_band_is_explained(name: str, six: Result) -> None:
    """A reader took it for how long the dust lay; it is how long it was still coming."""

    def lasting(lasts_us: int | None) -> Result:
        events = (replace(each, lasts_us=lasts_us) if isinstance(each, Drifted) else each for each in six.world_events)
        return replace(six, world_events=tuple(events))

    assert not [text for text in drawn(name, lasting(None)) if "ellow" in text]
    assert [text for text in drawn(name, lasting(9 * HOUR)) if "ellow: while it drifts" in text]


def test_a_mirror_that_begins_within_a_bin_has_not_looked_at_a_part(make_result: Callable[..., Result]) -> None:
    """Dashes at 40 % read as if it had looked at two phones in five."""
    result = make_result(("shadow",), replications=1, drift=False)
    shadow = result["shadow"]
    edges = shadow.timeline.edges_us
    v1, v2 = Arm("v1", "model", "v1"), Arm("v2", "model", "v2")
    begun = int(edges[3]) + 1
    routes = (RouteChange(0, Route(v1)), RouteChange(begun, Route(v1, mirrors=((v2, 100.0),))))
    histories = tuple(replace(history, routes=routes) for history in shadow.histories)
    (share,) = _looked(replace(shadow, histories=histories)).values()
    assert np.isnan(share[3])
    assert np.isfinite(share[4:]).any()


@pytest.mark.parametrize(
    ("second", "said"), [(range(12, 20), "dashed: v3, then v2 looks too"), (range(4, 9), "dashed: v3 and v2 look too")]
)
def test_mirrors_are_named_in_the_order_in_which_they_look(
    make_result: Callable[..., Result], second: range, said: str
) -> None:
    """Two names beside one dashed line did not say who looked before the change and who after it."""
    result = make_result(("shadow",), replications=1, drift=False)
    timeline = result["shadow"].timeline
    looked = {name: np.zeros_like(timeline.defective) for name in ("v2", "v3")}
    looked["v3"][:, 2:9] = 3
    looked["v2"][:, list(second)] = 3
    shadow = replace(result["shadow"], timeline=replace(timeline, mirrored=looked))
    assert said in drawn("traffic", replace(result, strategies=(shadow,)))


def test_a_mirror_that_looks_at_all_is_not_hidden_by_the_frame(make_result: Callable[..., Result]) -> None:
    result = make_result(("shadow",), replications=1, drift=False)
    for axes in FIGURES["traffic"].draw(result).axes:
        if axes.get_title("left") == "shadow":
            assert axes.get_ylim()[1] > 1.0
            assert max(np.nanmax(patch.get_data().values) for patch in axes.patches) == 1.0


def test_who_ships_what_nobody_saw_is_said_beside_the_colours(make_result: Callable[..., Result]) -> None:
    result = make_result(("manual",), drift=False)
    timeline = result["manual"].timeline
    (counts,) = timeline.decided_by.values()
    open_line = replace(timeline, decided_by={Decider("nobody"): counts})
    said = drawn("traffic", replace(result, strategies=(replace(result["manual"], timeline=open_line),)))
    assert "nobody: shipped unseen" in said


def test_a_latency_of_nothing_is_told_where_an_axis_has_no_place_for_it(make_result: Callable[..., Result]) -> None:
    """Phones that ship at once have a p50 of 0 s: its mark was missing, and the curve had a hole."""
    result = make_result(("manual",), replications=2, drift=False)
    manual = result["manual"]
    at_once = {"latency_p50_s": np.zeros(2), "latency_p95_s": np.zeros(2)}
    curve = np.array(manual.timeline.latency_p50_s)
    curve[:, :3] = 0.0
    timeline = replace(manual.timeline, latency_p50_s=curve)
    said = drawn(
        "latency",
        replace(result, strategies=(replace(manual, samples={**manual.samples, **at_once}, timeline=timeline),)),
    )
    assert "← p50, p95: 0 s" in said
    assert "over time: p95 thick, p50 thin; on the frame below: 0 s" in said


def test_a_name_lies_nearer_to_its_own_mark_than_to_another(six: Result) -> None:
    """A label right above another strategy's mark was read as that one's."""
    from sim.report.figures.cost_leakage import _badness

    def bad(others: list[tuple[float, float]]) -> float:
        return _badness((1.0, 1.0, 2.0, 1.2), [], [], (0.84, 1.1), others, (6.0, 4.0))

    assert bad([(1.5, 1.45)]) == bad([]) == pytest.approx(0.16)
    assert bad([(1.5, 1.28)]) > 4.0


def test_who_decides_nothing_has_no_unseen_phones() -> None:
    """A stable arm whose phones all went to the candidate was told to decide minus 6 %."""
    v1, v2 = Arm("v1", "model", "v1"), Arm("v2", "model", "v2")
    phase = Phase(0, ((v1, (0.0,)), (v2, (100.0,))), (), NOBODY, (), shares=Shares(unseen=0.25))
    assert [entry.said for entry in entries(phase)] == ["no phones", "75 % + 25 % unseen"]


def test_a_promotion_of_what_is_rolled_back_later_does_not_count_the_rollbacks(
    make_result: Callable[..., Result],
) -> None:
    result = make_result(("canary",), replications=2, drift=False)
    canary = result["canary"]
    out = WentOut(time_us=HOUR, version="v1.3")
    promoted = Promoted(time_us=2 * HOUR, arm=Arm("v1.3", "model", "v1.3"))
    back = RolledBack(time_us=5 * HOUR, arm=Arm("v1", "model", "v1"), reason=Reason("worse", "worse"))
    routes = canary.routes
    both = tuple(History((out, promoted, back) if n == canary.shown else (out, promoted), routes) for n in range(2))
    told = [mark.text for mark in counted(result, replace(canary, histories=both))]
    assert told == ["v1.3 promoted", "v1.3 rolled back in 1 of 2 replications"]
