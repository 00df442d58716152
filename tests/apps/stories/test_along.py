"""A knob from end to end: the numbers are those of a run at each of its values, and the picture shows each strategy."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes
from story_runs import STORIES

import sim
from sim.apps.stories.along import OF_A_KNOB, Along, along, placed
from sim.document import ScenarioError


@pytest.fixture(scope="module")
def lamp() -> Along:
    return along(STORIES["lamp"], "lamp", values=["20%", "100%"], replications=2, review="0%")


def test_each_value_is_what_a_run_of_its_scenario_is(lamp: Along) -> None:
    whole = sim.run(STORIES["lamp"].scenario({"lamp": "100%", "review": "0%"}), replications=2, workers=1)
    for one in whole.strategies:
        assert one.samples["escape_rate"].tolist() == lamp.results["100%"][one.name].samples["escape_rate"].tolist()


def test_it_says_both_ends_of_every_strategy(lamp: Along) -> None:
    said = lamp.says()
    assert [line.split(":")[0] for line in said] == [
        "Manual",
        "Canary",
        "Blue green",
        "Partial automation",
        "Full automation",
    ]
    assert all(" at 20 %, " in line and line.endswith(" at 100 %.") for line in said)


def test_the_picture_has_a_line_and_a_name_for_every_strategy(lamp: Along) -> None:
    (axes,) = lamp.plot().axes
    assert isinstance(axes, Axes)
    assert len(axes.lines) == len([text for text in axes.texts if text.get_text()]) == 5
    assert axes.get_ylabel() == "leakage, %"


def test_a_long_knob_is_run_at_some_of_its_values_both_ends_among_them() -> None:
    story = STORIES["lamp"]
    told = list(along(story, "canary", replications=1).results)
    assert len(told) == OF_A_KNOB
    assert (told[0], told[-1]) == (story.knobs["canary"].values[0], story.knobs["canary"].values[-1])


@pytest.mark.parametrize(
    ("knob", "more", "says"),
    [
        ("lump", {}, "no knob is called 'lump'.*did you mean 'lamp'"),
        ("lamp", {"values": ["17%"]}, "the knob has no value '17%'"),
        ("lamp", {"metric": "escaperate"}, "there is no metric 'escaperate'.*did you mean 'escape_rate'"),
    ],
)
def test_what_there_is_not_is_refused_with_the_nearest(knob: str, more: dict[str, object], says: str) -> None:
    with pytest.raises(ScenarioError, match=f"(?s){says}"):
        along(STORIES["lamp"], knob, **more)  # type: ignore[arg-type]


def test_values_lie_as_far_apart_as_they_are() -> None:
    """At equal steps, 2 h, 6 h, 12 h and a day bent a straight line."""
    assert placed(["2h", "6h", "12h", "18h", "1d"]) == ([2.0, 6.0, 12.0, 18.0, 24.0], False)
    assert placed(["1s", "3s", "5s"]) == ([1.0, 3.0, 5.0], False)
    assert placed(["$1", "$10", "$1000"]) == ([1.0, 10.0, 1000.0], True)
    assert placed(["0%", "1%", "50%"]) == ([0.0, 1.0, 2.0], False), "neither axis tells them apart"
    assert placed(["3", "1"]) == ([0.0, 1.0], False), "as the story has them"
    assert placed(["30%"]) == ([0.0], False)


def test_no_name_of_a_line_lies_on_the_axis(lamp: Along) -> None:
    (axes,) = lamp.plot().axes
    assert min(text.xy[1] for text in axes.texts) >= 0.03 * axes.get_ylim()[1]  # type: ignore[attr-defined]
