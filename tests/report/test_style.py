"""Looks keep their meaning, values read well, and the same picture gives the same bytes."""

from __future__ import annotations

import doctest
from itertools import combinations, pairwise

import matplotlib
import pytest

from sim.experiment.result import Result
from sim.measure.deciders import Decider
from sim.report.data import export
from sim.report.drawing import bins, colour, lanes, layout, style
from sim.report.drawing.colour import READABLE, WHITE, contrast
from sim.report.drawing.style import decider_looks, png, strategy_looks
from sim.report.figure import FIGURES
from sim.report.text import values
from sim.report.text.values import brief, show, show_difference, show_interval
from sim.stats.intervals import Interval

NAN = float("nan")
SIX = ("manual", "shadow", "canary", "blue_green", "partial_automation", "full_automation")


@pytest.mark.parametrize("module", [style, colour, values, export, bins, lanes, layout])
def test_the_examples_in_the_docstrings_run(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_patterns_differ_in_colour_and_in_more_than_colour() -> None:
    looks = strategy_looks((name, name) for name in (*SIX, "stay"))
    assert len({look.colour for look in looks.values()}) == 7
    assert len({look.marker for look in looks.values()}) == 7


def test_a_pattern_looks_the_same_whatever_it_is_compared_with() -> None:
    alone, among = strategy_looks([("fast", "canary")]), strategy_looks((name, name) for name in SIX)
    assert alone["fast"] == among["canary"]


def test_many_strategies_of_one_pattern_are_still_told_apart() -> None:
    looks = strategy_looks((f"c{i}", "canary") for i in range(9))
    assert len({look.colour for look in looks.values()}) == 9
    assert len({look.marker for look in looks.values()}) == 9
    assert all(contrast(look.text, WHITE) >= READABLE for look in looks.values()), "names are readable on white"


def test_a_pattern_gives_the_family_and_the_order_in_the_file_the_shade() -> None:
    three = strategy_looks([("a", "full_automation"), ("b", "full_automation"), ("c", "full_automation")])
    assert three["a"] == strategy_looks([("x", "full_automation")])["x"]
    assert [look.colour for look in three.values()] == list(style._FAMILIES["vermillion"][:3])
    for one, other in combinations(three.values(), 2):
        assert contrast(one.colour, other.colour) > 1.4, "light and dark, whatever the eye makes of hues"


def test_no_colour_has_two_meanings() -> None:
    """Of strategies, of deciders and of the world: nothing is in two palettes, and nothing twice in one."""
    strategies = [shade for family in style._FAMILIES.values() for shade in family]
    people = [look.colour for look in style._ROLES.values()]
    models = [tint for lineage in style._LINEAGES for tint in lineage]
    world = [style.TAG, style.SPAN]
    everything = [*strategies, *set(people), *models, *world]
    assert len(set(everything)) == len(everything)
    assert min(contrast(shade, WHITE) for shade in strategies) >= 1.8, "seen on white from the last row"


def test_a_version_looks_other_than_its_neighbours_in_time_and_than_every_other_of_its_lineage() -> None:
    versions = [Decider("model", "v1"), *(Decider("model", f"v1.{number}") for number in range(1, 13))]
    looks = decider_looks([*versions, Decider("model", "v2"), Decider("humans")])
    assert len({(look.colour, look.hatch) for look in looks.values()}) == len(looks)
    for one, other in pairwise(versions):
        assert looks[one].colour != looks[other].colour
        assert looks[one].hatch != looks[other].hatch
    kin = {looks[version].colour for version in versions}
    assert looks[Decider("model", "v2")].colour not in kin, "another model has another hue"


def test_what_is_written_on_a_band_is_readable() -> None:
    models = [Decider("model", f"v{base}{more}") for base in range(1, 6) for more in ("", ".1", ".2")]
    for look in decider_looks([*models, Decider("humans"), Decider("review"), Decider("nobody")]).values():
        assert contrast(look.ink, look.colour) >= READABLE
        assert contrast(look.stroke, look.colour) > 1.3, "a hatch is seen: white on white is none"


NEW = ("sequential_canary", "assisted", "triage", "progressive_automation", "ab_test", "champion_challenger", "bandit")


@pytest.mark.parametrize("pattern", [*NEW, "argo_canary", "one_of_mine"])
@pytest.mark.parametrize("beside", [*SIX, "stay"])
def test_no_other_pattern_takes_a_colour_that_is_taken(pattern: str, beside: str) -> None:
    for order in ((pattern, beside), (beside, pattern)):
        looks = strategy_looks((name, name) for name in order)
        assert looks[pattern].colour != looks[beside].colour
        assert looks[beside] == strategy_looks([(beside, beside)])[beside], "it keeps its own"


def test_seven_new_patterns_have_seven_colours_and_more_than_seven_are_still_told_apart() -> None:
    looks = strategy_looks((name, name) for name in NEW)
    assert len({look.colour for look in looks.values()}) == 7
    everybody = strategy_looks((name, name) for name in (*SIX, "stay", *NEW, "argo_canary", "flagger", "mine"))
    assert len({look.colour for look in everybody.values()}) == len(everybody)


def test_deciders_keep_their_look_and_versions_count_as_numbers() -> None:
    newer, older = Decider("model", "v10"), Decider("model", "v9")
    looks = decider_looks([newer, older, Decider("humans"), Decider("nobody"), Decider("review")])
    assert looks[older].colour == style._LINEAGES[0][0], "v9 comes before v10"
    assert looks[older].colour != looks[newer].colour
    assert len(set(looks.values())) == 5


@pytest.mark.parametrize("name", ["humans_v2", "review_net", "assisted.1", "nobody-2", "inspector"])
def test_a_model_is_drawn_as_a_model_whatever_it_is_called(name: str) -> None:
    model = Decider("model", name)
    people = [Decider("humans"), Decider("review"), Decider("assisted"), Decider("nobody")]
    looks = decider_looks([model, *people])
    assert looks[model].colour == style._LINEAGES[0][0]
    assert len(set(looks.values())) == 5


def test_no_yellow() -> None:
    assert "#F0E442" not in {colour.upper() for colour in vars(style).values() if isinstance(colour, str)}


def test_drawing_leaves_the_settings_of_matplotlib_alone(six: Result) -> None:
    before = dict(matplotlib.rcParams)
    png(FIGURES["latency"].draw(six), dpi=60)
    assert dict(matplotlib.rcParams) == before


def test_a_notebook_can_show_a_figure(six: Result) -> None:
    assert six.plot()._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.2341, "share", "23.4 %"),
        (0.0042, "share", "0.42 %"),
        (0.32, "s", "320 ms"),
        (21.34, "s", "21.3 s"),
        (252.0, "s", "4.2 min"),
        (9000.0, "s", "2.5 h"),
        (4812.3, "ppm", "4,812"),
        (412.3, "$", "$412"),
        (3.5, "$", "$3.50"),
        (-3.5, "$", "−$3.50"),
        (NAN, "s", "–"),
    ],
)
def test_values_read_as_people_write_them(value: float, unit: str, text: str) -> None:
    assert show(value, unit) == text


def test_intervals_and_differences() -> None:
    assert show_interval(Interval(0.234, 0.226, 0.242, 10), "share") == "23.4 % ±0.8"
    assert show_interval(Interval(2.0, NAN, NAN, 1), "s") == "2.0 s"
    assert show_difference(Interval(0.02, 0.016, 0.024, 10), "share") == "+2.0 pt ±0.4"
    assert show_difference(Interval(0.0, 0.0, 0.0, 10), "share") == "same"
    assert show_difference(Interval(NAN, NAN, NAN, 0), "share") == "–"


def test_a_short_name_keeps_its_end() -> None:
    name = brief("a strategy with a very long name, variant number 2", 30)
    assert len(name) <= 30
    assert name.endswith("number 2")
