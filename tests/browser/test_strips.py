"""What a rollout measured, in strips under what the team sees: drawn, named, in words, and not before a prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.open_pages import SEEN, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_chosen_strategys_own_measurements_stand_under_what_everybody_sees(visit: OpenPage) -> None:
    dashboard = visit.page.locator(".dl-dashboard")
    told = visit.app("app.told.strategies.find((each) => each.name === 'canary').strips")
    assert len(told) == 2
    assert dashboard.locator(".dl-measured").count() == 2
    for strip in told:
        assert strip["say"] in dashboard.locator("svg").text_content()
        assert strip["limits"][0]["say"] in dashboard.locator("svg").text_content()
    assert dashboard.locator(".dl-held").count() == sum(len(strip["limits"]) for strip in told)
    order = "[...app.root.querySelectorAll('.dl-dashboard svg .dl-name')].map((each) => each.textContent)"
    names = visit.app(order)
    assert names.index("Brightness of the pictures") < names.index(told[0]["say"]) < names.index("only the truth knows")
    visit.page.get_by_role("radio", name="Show the phones of manual").check()
    assert dashboard.locator(".dl-measured").count() == 0


def test_each_strip_is_a_sentence_too(visit: OpenPage) -> None:
    looks = visit.page.get_by_role("list", name="What the rollout measured")
    said = [text.replace("\u00a0", " ") for text in looks.locator("li").all_inner_texts()]
    assert said == visit.app(
        "app.told.strategies.find((each) => each.name === 'canary').strips.map((each) => each.tell)"
    )
    assert any("against at least 90.0 %" in text for text in said)


def test_nothing_is_measured_before_somebody_has_predicted(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded)
    hidden = "app.root.querySelectorAll('.dl-measured, .dl-looks li').length"
    assert visit.app("app.open")
    assert visit.app(hidden) == 0
    visit.page.locator(".dl-option").first.click()
    assert visit.app(hidden) == 4
    assert visit.faults == []
    visit.page.close()


def test_the_page_is_as_high_under_a_strategy_that_measures_nothing(visit: OpenPage) -> None:
    high = "app.root.querySelector('.dl-dashboard .dl-stage').getBoundingClientRect().height"
    before = visit.app(high)
    visit.page.get_by_role("radio", name="Show the phones of manual").check()
    assert visit.app(high) == before


def test_the_cursor_reads_the_latest_look(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    read = "app.told.strategies.find((each) => each.name === 'canary').strips[0].lines[0].value_say.at(-1)"
    at = "app.told.strategies.find((each) => each.name === 'canary').strips[0].lines[0].at_s.at(-1)"
    visit.app(f"(app.clock.point({at} + 1), 1)")
    visit.frames(3)
    beside = visit.page.locator(".dl-dashboard .dl-read").first
    assert beside.text_content().replace("\u00a0", " ") == visit.app(read)
    visit.app("(app.clock.point(null), 1)")
    visit.frames(3)
    assert beside.text_content() == ""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_of_limits_stay_within_the_picture(browser: Any, recorded: Path, width: int, scheme: str) -> None:
    visit = OpenPage(browser, recorded, SEEN, viewport={"width": width, "height": 800}, color_scheme=scheme)
    outside = """(() => { const stage = app.root.querySelector('.dl-dashboard .dl-stage').getBoundingClientRect();
        return [...app.root.querySelectorAll('.dl-measured text')].filter((each) => { const box = each.getBoundingClientRect();
        return box.right > stage.right + 8 || box.left < stage.left - 8; }).map((each) => each.textContent); })()"""
    assert visit.app("app.root.querySelectorAll('.dl-measured text').length") > 4
    assert visit.app(outside) == []
    assert visit.faults == []
    visit.page.close()
