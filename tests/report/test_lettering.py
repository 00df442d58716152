"""Names in any script: a figure draws them with the fonts that there are, or spells them, and never warns."""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib
import pytest
from drawn_text import written
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.font_manager import fontManager

from sim.document.characters import refused_character
from sim.experiment.result import Result
from sim.report.drawing import lettering
from sim.report.drawing.layout import balanced, text_width
from sim.report.drawing.lettering import HOUSE, drawable, families, spelled
from sim.report.drawing.style import Picture, house_style, png, svg
from sim.report.figure import FIGURES

NAMES = {
    "Arabic": "كناري بطيء",
    "Hebrew": "קנרית 5 %",
    "Hindi": "हिन्दी कैनरी",
    "Chinese": "金丝雀发布",
    "Japanese": "カナリア リリース 試",
    "Korean": "카나리아",
    "Thai": "ไทย",
    "emoji": "🚀 👩🏽‍🔧 ❤️ 🇩🇪",
    "Greek, Cyrillic": "καναρίνι канарейка",
    "marks": "ça va? n\u0303 Å ﬁ Ａ１",
    "markup": "<a> & -- ]]> \"'$x_1$\\n",
    "no name": "\ue000 \U000f0000",
}


@pytest.fixture(autouse=True)
def _only_the_house_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have no font installed but those that come with matplotlib."""
    own = Path(matplotlib.get_data_path())
    monkeypatch.setattr(fontManager, "ttflist", [f for f in fontManager.ttflist if own in Path(f.fname).parents])
    for kept in (families, drawable, lettering.has_font, lettering._letters, text_width):
        kept.cache_clear()
    yield
    for kept in (families, drawable, lettering.has_font, lettering._letters, text_width):
        kept.cache_clear()


@pytest.mark.parametrize("script", NAMES)
def test_every_figure_draws_names_in_any_script_without_a_warning(
    script: str, make_result: Callable[..., Result]
) -> None:
    names = (NAMES[script], f"{NAMES[script]} 2")
    result = make_result(names, patterns=("retrained", "canary"), replications=2, people=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in FIGURES.ours():
            picture = FIGURES[figure].draw(result)
            assert png(picture, dpi=40)
            ET.fromstring(svg(picture))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12))
def test_whatever_name_is_accepted_can_be_drawn(name: str) -> None:
    if refused_character(name) or "\n" in name or "\t" in name:
        return
    with house_style(), warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = Picture(2.0, 1.0)
        picture.text(0.1, 0.5, name)
        picture.text(0.1, 0.1, name, weight="bold")
        assert png(picture, dpi=30)
        ET.fromstring(svg(picture))


def test_names_that_differ_are_spelled_differently() -> None:
    said = [spelled(name, lettering.has_font) for name in NAMES.values()]
    assert len({*said}) == len(said)
    assert drawable("金丝雀") == "U+91D1·4E1D·96C0"
    assert drawable("हिन्दी") == "hindii"
    assert drawable("카나리아") == "kanaria"
    assert drawable("🚀 v2") == "[rocket] v2"
    assert drawable(NAMES["Arabic"]) == NAMES["Arabic"], "there is a font for it: shaped, and from right to left"


def test_a_figure_writes_the_spelled_name_wherever_the_name_is(make_result: Callable[..., Result]) -> None:
    result = make_result(("カナリア", "manual"), patterns=("canary", "manual"), replications=2)
    for figure in ("leakage_over_time", "traffic", "latency", "cost_leakage", "deployment", "overview"):
        texts = " ".join(text for text, _ in written(FIGURES[figure].draw(result)))
        assert "kanaria" in texts, figure
        assert "カ" not in texts, figure


def test_fonts_that_are_not_installed_are_not_asked_for() -> None:
    assert families() == (HOUSE,)


def test_a_title_has_no_last_line_of_one_word() -> None:
    title = "95 % of the phones have their verdict within 18.0 s in full automation, 35.2 s in manual and shadow"
    first, second = balanced(title, 12.0, 16.0, bold=True).split("\n")
    assert f"{first} {second}" == title
    assert 0.7 < text_width(second, 16.0, bold=True) / text_width(first, 16.0, bold=True) < 1.4
