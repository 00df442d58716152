"""What is wrong with a story is told at its place in the story's file, all at once, with a remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.apps.stories import load_story
from sim.document import ScenarioError

STORY = """
story: 1
title: A small one
about: A line.
aim: Say something.
scenario:
  horizon: 2h
  strategies: [{pattern: manual}, {pattern: canary, steps: [20], hold: 1h}]
knobs:
  share: {path: strategies.canary.steps.0, label: share, from: 10, to: 50, step: 10}
try:
  - {say: More., set: {share: 50}}
questions:
  most: {ask: Who leaks most?, highest: escape_rate}
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "mine.yaml") -> Path:
        file = tmp_path / name
        file.write_text(text.lstrip(), encoding="utf-8")
        return file

    return write


def refused(file: Path) -> str:
    with pytest.raises(ScenarioError) as error:
        load_story(file)
    return str(error.value).replace(f"{file.parent}/", "")


def test_a_small_story_starts_where_its_scenario_is(write: Callable[..., Path]) -> None:
    story = load_story(write(STORY))
    assert story.start == {"share": "20"}
    assert story.knobs["share"].values == ("10", "20", "30", "40", "50")
    assert story.scenario({"share": "50"}).strategies[1].settings()["steps"] == (50.0,)
    assert (story.name, story.seed, story.shows) == ("mine", 1, "manual")


def test_the_value_of_a_knob_stands_in_a_sentence_that_names_it(write: Callable[..., Path]) -> None:
    text = STORY.replace("A line.", "'{{A line}}, {share} % of it, seed {seed}.'")
    text = text.replace("say: More.,", "say: 'More: {share} %.', notice: 'Now {share} %.',")
    story = load_story(write(text))
    assert story.about == "{A line}, 20 % of it, seed 1."
    assert [(each.say, each.notice) for each in story.tries] == [("More: 50 %.", "Now 50 %.")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("path: strategies.canary.steps.0", "path: strategies.canery.steps.0", "mine.yaml:9:17: error: nothing in strategies is called 'canery'; did you mean 'canary'?"),
        ("path: strategies.canary.steps.0", "path: inspectors.cuont", "mine.yaml:9:17: error: unknown key 'cuont' in inspectors; did you mean 'count'?"),
        ("to: 50, step: 10", "to: 150, step: 10", "mine.yaml:9:72: error: the scenario refuses 150: "),
        ("from: 10, to: 50, step: 10", "from: 15, to: 45, step: 10", "mine.yaml:9:10: error: the scenario has 20, which is none of the knob's values: take 15 there, or other values"),
        ("from: 10, to: 50, step: 10", "from: 1, to: 99, step: 1", "that are 99 values, and at most 64 are possible: take a larger step"),
        ("from: 10, to: 50, step: 10", "from: 10, to: 55, step: 10", "steps of 10 from 10 do not end at 55, but at 50"),
        ("from: 10, to: 50, step: 10", "from: 10, to: 50%, step: 10", "from, to and step are in one unit, found '10', '50%' and '10'"),
        ("from: 10, to: 50, step: 10", "from: 10, to: 50", "a knob has either from, to and step, or values, or choices"),
        ("from: 10, to: 50, step: 10", "values: [20]", "a knob has two values or more"),
        ("share: {path", "seed: {path", "a page's address has 'seed' for something else: give the knob another name"),
        ("highest: escape_rate", "highest: escape_rat", "mine.yaml:13:41: error: unknown true metric 'escape_rat': did you mean 'escape_rate'?"),
        ("highest: escape_rate", "more: [escape_rate, manual, canery]", "unknown strategy 'canery': did you mean 'canary'?"),
        ("highest: escape_rate", "options: {a: A, b: B}", "options need to say which of them is right"),
        ("highest: escape_rate", "highest: escape_rate, at: {share: 55}", "mine.yaml:13:66: error: '55' is not among the knob's values; the nearest is 50"),
        ("highest: escape_rate", "highest: escape_rate, at: {shore: 50}", "mine.yaml:13:66: error: unknown knob 'shore': did you mean 'share'?"),
        ("set: {share: 50}", "set: {share: 55}", "mine.yaml:11:31: error: '55' is not among the knob's values; the nearest is 50"),
        ("set: {share: 50}", "set: {shore: 50}", "unknown knob 'shore': did you mean 'share'?"),
        ("about: A line.", "about: A share of {shore} %.", "mine.yaml:3:8: error: unknown knob 'shore': did you mean 'share'?"),
        ("say: More.", "say: 'More: {shore} %.'", "mine.yaml:11:11: error: unknown knob 'shore': did you mean 'share'?"),
        ("say: More.", "say: More., notice: 'At {} %'", "mine.yaml:11:26: error: unknown knob ''"),
        ("about: A line.", "about: 'A set {1, 2'", "mine.yaml:3:8: error: a { that belongs to no name: write {{ for a brace"),
        ("horizon: 2h", "horizon: 2 hrs", "mine.yaml:6:12: error: "),
        ("pattern: canary,", "pattern: canery,", "mine.yaml:7:45: error: unknown pattern 'canery' in strategies.1"),
        ("title: A small one", "titel: A small one", "unknown key 'titel'"),
        ("knobs:\n", "shows: canery\nknobs:\n", "unknown strategy 'canery': did you mean 'canary'?"),
        ("knobs:\n", "answers: [{say: 'It ships {escape_rat of canary}', more: [[escape_rate, canary, manual]]}]\nknobs:\n", "mine.yaml:8:17: error: unknown metric 'escape_rat': did you mean 'escape_rate'?"),
        ("knobs:\n", "answers: [{say: 'It ships {escape_rate of canery}', more: [[escape_rate, canary, manual]]}]\nknobs:\n", "unknown strategy 'canery': did you mean 'canary'?"),
        ("knobs:\n", "answers: [{say: 'It ships {escape_rate}', more: [[escape_rate, canary, manual]]}]\nknobs:\n", "{escape_rate} names no strategy: write {escape_rate of manual}"),
        ("knobs:\n", "answers: [{say: 'It ships {', more: [[escape_rate, canary, manual]]}]\nknobs:\n", "a brace that belongs to no value"),
        ("knobs:\n", "answers: [{say: It ships more}]\nknobs:\n", "say under `more` or `alike` what has to be measured for this to be told"),
        ("knobs:\n", "answers: [{say: It ships more, more: [[escape_rate, canery, manual]]}]\nknobs:\n", "mine.yaml:8:53: error: unknown strategy 'canery': did you mean 'canary'?"),
        ("knobs:\n", "answers: [{say: It ships more, more: [[escape_rate now, canary, manual]]}]\nknobs:\n", "'now' after a metric: use 'before' or 'then'"),
        ("knobs:\n", "answers: [{say: It ships more, more: [[latency_p95_s then, canary, manual]]}]\nknobs:\n", "latency_p95_s is known of whole runs only; of a part of them escape_rate is"),
        ("knobs:\n", "answers: [{say: Alike, alike: [[rolled_back, canary, manual]]}]\nknobs:\n", "rolled_back says who has more, not who is alike: use `more`"),
        ("knobs:\n", "set: {inspectors.cuont: 3}\nknobs:\n", "mine.yaml:8:25: error: unknown key 'cuont' in inspectors"),
        ("knobs:\n", "set: {strategies.canery.hold: 1h}\nknobs:\n", "mine.yaml:8:7: error: nothing in strategies is called 'canery'"),
        ("scenario:\n  horizon: 2h\n  strategies: [{pattern: manual}, {pattern: canary, steps: [20], hold: 1h}]", "scenario: quickstat", "mine.yaml:5:11: error: unknown shipped scenario 'quickstat': did you mean 'quickstart'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(write: Callable[..., Path], old: str, new: str, said: str) -> None:
    assert old in STORY
    assert said in refused(write(STORY.replace(old, new)))


def test_all_mistakes_are_told_in_one_pass_in_the_order_of_the_file(write: Callable[..., Path]) -> None:
    text = STORY.replace("path: strategies.canary", "path: strategies.canery").replace("share: 50", "share: 55")
    text = text.replace("highest: escape_rate", "highest: escape_rat")
    text = text.replace("knobs:\n", "knobs:\n  odd: {label: odd, path: seed, values: [1]}\n")
    lines = [line.split(":")[1] for line in refused(write(text)).splitlines() if line.startswith("mine.yaml:")]
    assert lines == ["9", "10", "12", "14"]


def test_mistakes_in_the_scenario_and_in_a_knob_are_told_together(write: Callable[..., Path]) -> None:
    text = STORY.replace("horizon: 2h", "horizon: 2 hrs").replace("from: 10, to: 50", "from: 10, to: 55")
    said = refused(write(text))
    assert "mine.yaml:6:12" in said
    assert "mine.yaml:9:10" in said


def test_a_scenario_in_another_file_has_its_mistakes_there(write: Callable[..., Path]) -> None:
    write("driftline: 1\nhorizon: never\n", "line.yaml")
    head, _, tail = STORY.partition("scenario:\n")
    file = write(f"{head}scenario: ./line.yaml\n{tail[tail.index('knobs') :]}")
    assert "line.yaml:2:10: error:" in refused(file)


def test_what_a_story_sets_takes_the_place_of_the_scenarios_own(write: Callable[..., Path]) -> None:
    story = load_story(write(STORY.replace("knobs:\n", "set: {inspectors.count: 3, seed: 9}\nknobs:\n")))
    assert (story.scenario().inspectors.count, story.seed) == (3, 9)


def test_a_knob_may_start_at_a_default_or_at_another_spelling(write: Callable[..., Path]) -> None:
    text = STORY.replace("hold: 1h", "hold: 60min").replace(
        "try:", "  hold: {path: strategies.canary.hold, label: hold, from: 0.5h, to: 1.5h, step: 0.5h}\n"
        "  staff: {path: inspectors.count, label: staff, from: 1, to: 3, step: 1}\ntry:",
    )  # fmt: skip
    assert load_story(write(text)).start == {"share": "20", "hold": "1h", "staff": "2"}


def test_whether_a_knob_retrains_is_found_out(write: Callable[..., Path]) -> None:
    text = STORY.replace(
        "try:", "  threshold: {path: models.v1.reject_share, label: threshold, values: [5%, 9%]}\n"
        "  lesson: {path: models.v1.training.phones, label: lesson, values: [20000, 9000]}\ntry:",
    )  # fmt: skip
    knobs = load_story(write(text)).knobs
    assert [name for name, knob in knobs.items() if knob.retrains] == ["lesson"]


def test_a_run_that_nobody_would_wait_for_is_refused(write: Callable[..., Path]) -> None:
    assert "give the scenario to `driftline run`" in refused(write(STORY.replace("horizon: 2h", "horizon: 2000d")))


def test_who_gives_a_scenario_or_a_wrong_name_is_told(write: Callable[..., Path]) -> None:
    assert "this is a scenario, and a story is wanted" in refused(write("driftline: 1\n"))
    assert "did you mean 'lamp', a shipped one?" in refused(Path("lmp"))
