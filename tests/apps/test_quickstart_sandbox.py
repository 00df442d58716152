"""The quickstart's sandbox: its numbers are the simulator's, and a slider changes only what it is about."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text

import sim
from sim.apps.quickstart import Bench, Quickstart, Settings, scenario_of
from sim.apps.quickstart import bench as runs
from sim.apps.quickstart.bench import KNOBS
from sim.apps.quickstart.picture import QuickstartPicture
from sim.apps.quickstart.words import message, summary, watch_of, watchers
from sim.experiment.run import trained
from sim.report.drawing.style import strategy_looks

START = Settings()
ENDS = [
    pytest.param(replace(START, **{knob.setting: end}), id=f"{knob.setting}={end}")
    for knob in KNOBS
    for end in (knob.low, knob.high)
]


@pytest.fixture(scope="module")
def bench() -> Bench:
    """One bench for all: the model is trained once, as behind the sliders."""
    return Bench()


@pytest.mark.parametrize("settings", [START, replace(START, lamp=55, fails_at=4, inspectors=1)], ids=["start", "moved"])
def test_the_numbers_are_those_of_sim_run(bench: Bench, settings: Settings) -> None:
    bench.answer(replace(settings, review=0))  # so that some runs come from memory
    answered, run = bench.answer(settings), sim.run(scenario_of(settings), workers=1)
    assert answered.scenario.model_dump() == run.scenario.model_dump()
    assert answered.world_events == run.world_events
    for mine, theirs in zip(answered.strategies, run.strategies, strict=True):
        assert (mine.name, mine.events, mine.routes) == (theirs.name, theirs.events, theirs.routes)
        for metric, samples in theirs.samples.items():
            np.testing.assert_array_equal(mine.samples[metric], samples, err_msg=f"{mine.name}, {metric}")
        np.testing.assert_array_equal(mine.timeline.escaped, theirs.timeline.escaped)


@pytest.mark.parametrize("settings", ENDS)
def test_no_slider_touches_what_the_model_was_trained_on(settings: Settings) -> None:
    def history(of: Settings) -> tuple[object, ...]:
        scenario = scenario_of(of)
        # Who is on duty plays no part in training: labels come from how inspectors judge, not how many there are.
        return scenario.factory, scenario.inspectors.model_copy(update={"count": 1}), scenario.models, scenario.seed

    assert history(settings) == history(START)


def test_a_model_trained_for_other_inspectors_on_duty_is_the_same() -> None:
    one, four = (trained(scenario_of(replace(START, inspectors=count)))["v2"] for count in (1, 4))
    np.testing.assert_array_equal(one.ranked.scores, four.ranked.scores)


def test_a_move_runs_only_the_strategies_it_can_change(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def counted(scenario: sim.Scenario, strategies: list[object], *rest: object) -> object:
        asked.append([strategy.pattern for strategy in strategies])  # type: ignore[attr-defined]
        return original(scenario, strategies, *rest)  # type: ignore[arg-type]

    original = runs.replicate
    bench.answer(START)
    monkeypatch.setattr(runs, "replicate", counted)
    bench.answer(replace(START, canary=37))
    bench.answer(replace(START, review=38))
    bench.answer(START)
    bench.answer(replace(START, lamp=85))
    assert asked[:2] == [["canary"], ["partial_automation"]]
    assert asked[2:] == [[strategy.pattern for strategy in scenario_of(START).strategies]]


def test_memory_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bench, "MOST", 7)
    for weight in range(1, 5):
        bench.answer(replace(START, canary=weight))
    assert len(bench._runs) == 7


def test_what_it_is_there_to_teach(bench: Bench) -> None:
    """At the start positions a canary notices and blue/green does not; earlier both do, later neither."""
    noticed = {
        hour: [watch_of(bench.answer(replace(START, fails_at=hour))[name])[1] for name in ("canary", "blue_green")]
        for hour in (5, START.fails_at, 12)
    }
    assert noticed == {
        5: ["rolled back", "rolled back"],
        START.fails_at: ["rolled back", "promoted"],
        12: ["promoted", "promoted"],
    }
    leak = {s.name: float(s.samples["escape_rate"][0]) for s in bench.answer(START).strategies}
    assert leak["canary"] < 0.6 * leak["full_automation"]
    healthy = {s.name: float(s.samples["escape_rate"][0]) for s in bench.answer(replace(START, lamp=100)).strategies}
    assert healthy["full_automation"] < 0.6 * healthy["manual"]


@pytest.mark.parametrize("settings", ENDS)
def test_who_analyses_a_candidate_is_shown_watching_whatever_the_run_shows(bench: Bench, settings: Settings) -> None:
    assert watchers(bench.answer(settings)) == ("canary", "blue_green")


def test_the_message_names_the_least_and_the_most(bench: Bench) -> None:
    result = bench.answer(START)
    leaks = {s.name: round(100 * float(s.samples["escape_rate"][0])) for s in result.strategies}
    said = message(result)
    assert f"{min(leaks.values())} %" in said
    assert said.endswith(f"{max(leaks.values())} %")
    assert max(leaks, key=lambda name: leaks[name]).replace("_", " ") in said


def test_a_headline_stays_short_when_many_are_level(bench: Bench) -> None:
    result = bench.answer(START)

    def level(*leaks: float) -> str:
        strategies = tuple(
            replace(s, samples={"escape_rate": np.array([leak])})
            for s, leak in zip(result.strategies, leaks, strict=True)
        )
        return message(replace(result, strategies=strategies))

    assert level(0.2, 0.2, 0.2, 0.2, 0.2) == "Every strategy leaks 20 %"
    assert level(0.2, 0.2, 0.5, 0.5, 0.3) == "Two strategies leak 20 %, two strategies 50 %"
    assert level(0.2, 0.2, 0.2, 0.2, 0.5) == "Four strategies leak 20 %, full automation 50 %"
    assert level(0.2, 0.2, 0.3, 0.3, 0.5) == "Manual and canary leak 20 %, full automation 50 %"


@pytest.mark.parametrize("settings", [START, *ENDS, replace(START, lamp=10, fails_at=0, inspectors=1)])
def test_the_picture_stays_in_its_frame(bench: Bench, settings: Settings) -> None:
    """At every end stop: no text leaves the picture, no two texts of a group touch, and limits stay."""
    picture = QuickstartPicture(bench.answer(START))
    picture.show(bench.answer(START))
    picture.show(bench.answer(settings))
    figure = picture.live.figure
    assert picture.live.full_draws == 1
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = {}
    for text in [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]:
        if text.get_text():
            box = text.get_window_extent(renderer)
            boxes[text.get_text(), box.y0, box.x0] = box
            assert box.x0 >= 0, text.get_text()
            assert box.x1 <= figure.bbox.width, text.get_text()
            assert box.y1 <= figure.bbox.height, text.get_text()
    names = list(boxes)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            # Line boxes include the room for descenders, which neighbouring rows may share.
            assert not boxes[one].shrunk(0.8, 0.8).overlaps(boxes[other].shrunk(0.8, 0.8)), (one[0], other[0])


def test_the_picture_says_of_a_latency_that_it_is_more_than_it_looks(bench: Bench) -> None:
    settings = replace(START, inspectors=1)
    result = bench.answer(settings)
    crowded = [s for s in result.strategies if result.is_more_than(s, "latency_p95_s")]
    picture = QuickstartPicture(result)
    picture.show(result)
    said = [text.get_text() for text in picture.live.figure.findobj(Text)]
    assert crowded, "one inspector does not keep up"
    assert sum(text.startswith("> ") for text in said) == len(crowded)


def test_strategies_look_as_in_every_report(bench: Bench) -> None:
    result = bench.answer(START)
    picture = QuickstartPicture(result)
    picture.show(result)
    for name, look in strategy_looks((s.name, s.pattern) for s in result.strategies).items():
        assert picture._lines._lines[name].get_color() == look.colour


class TestWidgets:
    """The widgets, driven from Python as the page drives them."""

    @pytest.fixture
    def sandbox(self, bench: Bench) -> Quickstart:
        pytest.importorskip("ipywidgets")
        return Quickstart(bench=bench)

    def test_five_sliders_with_units_in_their_labels(self, sandbox: Quickstart) -> None:
        labels = [slider.description for slider in sandbox.sliders.values()]
        assert len(labels) == 5
        assert all("(%)" in label or "(hours)" in label or "Inspectors" in label for label in labels)

    def test_a_move_changes_picture_and_words(self, sandbox: Quickstart) -> None:
        image, words = sandbox.picture.value, sandbox.words
        sandbox.sliders["fails_at"].value = 3
        assert sandbox.picture.value != image
        assert sandbox.words != words
        assert "After 3 h" in sandbox.words
        assert 'aria-live="polite"' in sandbox.words
        assert sandbox.scenario.drift == scenario_of(replace(START, fails_at=3)).drift

    def test_the_same_position_is_the_same_picture(self, sandbox: Quickstart) -> None:
        before = sandbox.picture.value
        sandbox.sliders["lamp"].value = 70
        sandbox.sliders["lamp"].value = START.lamp
        assert sandbox.picture.value == before

    def test_several_moves_at_once_are_one_run(self, sandbox: Quickstart, monkeypatch: pytest.MonkeyPatch) -> None:
        answered: list[Settings] = []
        answer = Bench.answer
        monkeypatch.setattr(Bench, "answer", lambda self, s: (answered.append(s), answer(self, s))[1])
        sandbox.set(lamp=50, fails_at=2, canary=20)
        assert answered == [replace(START, lamp=50, fails_at=2, canary=20)]

    def test_new_seed_and_reset(self, sandbox: Quickstart) -> None:
        start = sandbox.picture.value
        sandbox.new_seed()
        assert sandbox.scenario.seed == START.seed + 1
        assert f"seed {START.seed + 1}" not in sandbox.words  # the picture says it; the training message is gone
        sandbox.sliders["review"].value = 0
        sandbox.reset()
        assert sandbox.settings == START
        assert sandbox.picture.value == start
        assert {name: slider.value for name, slider in sandbox.sliders.items()} == {
            knob.setting: getattr(START, knob.setting) for knob in KNOBS
        }

    def test_the_garbage_collector_is_back_after_a_move(self, sandbox: Quickstart) -> None:
        sandbox.sliders["canary"].value = 12
        assert gc.isenabled()


def test_the_words_of_a_lamp_that_stays(bench: Bench) -> None:
    settings = replace(START, lamp=100)
    assert "The lamp does not fail." in summary(bench.answer(settings), settings)
