"""Numbers in sentences: a knob's is dragged and stepped, a moment is gone to, a result shows where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.open_pages import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def number(visit: OpenPage, within: str) -> Any:
    return visit.page.locator(f"{within} .dl-live").first


def test_a_number_of_a_sentence_is_the_knob_itself(visit: OpenPage) -> None:
    live = number(visit, ".dl-about")
    assert visit.page.locator(".dl-about").inner_text() == "At 20\u00a0%: who notices?"
    assert live.get_attribute("role") == "slider"
    assert live.get_attribute("aria-label") == "Lamp brightness, in the text"
    live.focus()
    for key, value in (
        ("ArrowRight", "25 %"),
        ("End", "100 %"),
        ("Home", "10 %"),
        ("PageUp", "20 %"),
        ("ArrowUp", "25 %"),
    ):
        live.press(key)
        assert live.get_attribute("aria-valuetext") == value
        assert visit.slider("Lamp brightness").get_attribute("aria-valuetext") == value
    visit.settled()
    assert visit.page.evaluate("sent.filter((each) => each.kind === 'show').at(-1).state.lamp") == "25%"
    visit.page.locator(".dl-knobs input[type=range]").first.press("End")
    assert live.inner_text() == "100\u00a0%"
    visit.settled()


def test_a_number_is_dragged_even_while_its_sentence_is_made_anew(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Let it fail a little").click()
    visit.settled()
    live = number(visit, ".dl-notice")
    assert live.inner_text() == "80\u00a0%"
    live.scroll_into_view_if_needed()
    box = live.bounding_box()
    visit.page.mouse.move(box["x"] + 8, box["y"] + 8)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 28, box["y"] + 8, steps=4)
    visit.app("(app.prose.forEach((each) => each.tell([])), 1)")
    visit.page.mouse.move(box["x"] + 2000, box["y"] + 8, steps=4)
    visit.page.mouse.up()
    assert visit.app("app.state.get('lamp')") == "100%"
    visit.page.mouse.move(0, 0)
    assert visit.app("app.state.get('lamp')") == "100%"
    visit.settled()


def test_the_notice_stays_for_whoever_moves_a_number_in_it(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Let it fail a little").click()
    visit.settled()
    number(visit, ".dl-notice").press("ArrowLeft")
    visit.settled()
    assert visit.page.locator(".dl-notice").inner_text() == "At 75\u00a0% nobody notices."
    visit.page.locator(".dl-knobs input[type=range]").first.press("ArrowLeft")
    assert visit.page.locator(".dl-notice").inner_text() == ""
    visit.settled()


def test_the_seed_of_the_headline_is_stepped(visit: OpenPage) -> None:
    seed = visit.page.get_by_role("spinbutton", name="Seed, in the text")
    assert seed.inner_text() == "8"
    seed.press("ArrowUp")
    visit.settled()
    assert visit.app("app.state.get('seed')") == "9"


def test_what_a_teacher_has_fixed_or_hidden_is_a_number_and_no_control(visit: OpenPage, recorded: Any) -> None:
    for query in ("fix=lamp", "hide=knob.lamp"):
        visit.open(recorded, query + "&said.leaks_most=manual")
        assert number(visit, ".dl-about").count() == 0
        assert "20" in visit.page.locator(".dl-about").inner_text()


def test_a_result_shows_whose_line_it_is_and_a_moment_is_gone_to(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    result = visit.page.locator(".dl-message .dl-computed").last
    result.hover()
    dim = "[...new Set([...app.root.querySelectorAll('.dl-leakage .dl-dim')].map((each) => each.dataset.who))].sort().join()"
    assert visit.app(dim) == "blue_green,full_automation,manual,partial_automation"
    visit.page.mouse.move(0, 0)
    assert visit.app(dim) == ""
    visit.page.get_by_role("checkbox", name="Reveal the truth").check()
    moment = visit.page.locator(".dl-dashboard .dl-moment")
    assert moment.inner_text() == "8\u00a0h"
    moment.focus()
    assert visit.app("app.clock.hover") == 28_800
    moment.press("Enter")
    assert visit.app("app.clock.t") == 28_800
    visit.settled()


def test_a_number_that_starts_something_shows_when_in_every_chart(visit: OpenPage) -> None:
    number(visit, ".dl-about").hover()
    assert visit.app("app.clock.hover") == 28_800
    assert "dl-linked" in visit.page.locator(".dl-knob").first.get_attribute("class")
