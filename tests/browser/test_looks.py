"""What can be seen in the views is whole: names, marks of events, a pinned run's settings, and nothing lies on anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.open_pages import SEEN, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = ("checks and watches", "model and a reviewer", "looks beside the line", "compares the escapes", "keeps the old")
NAMED = f"(app.told.strategies.forEach((each, n) => {{ each.say = {list(LONG)}[n]; }}), app.again(), 1)"
PHONE = {"width": 390, "height": 844}


def test_a_long_name_at_the_end_of_a_line_is_written_in_two_lines_and_whole(visit: OpenPage) -> None:
    visit.app(NAMED)
    names = "[...app.root.querySelectorAll('.dl-leakage .dl-name, .dl-latency .dl-name')]"
    said = visit.app(f"{names}.map((each) => [...each.children].map((line) => line.textContent).join(' '))")
    assert sorted(said) == sorted(2 * LONG)
    past = f"{names}.filter((each) => each.getBoundingClientRect().right > each.closest('.dl-card').getBoundingClientRect().right - 2).length"
    assert visit.app(past) == 0
    visit.settled()


def test_on_a_phone_the_names_of_lines_are_rows_above_them_and_none_is_cut(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, SEEN, viewport=PHONE)
    visit.app(NAMED)
    for chart in ("leakage", "latency", "cost"):
        rows = f"[...app.root.querySelectorAll('.dl-{chart} .dl-legend li')]"
        assert visit.app(f"{rows}.map((each) => each.textContent)") == list(LONG), chart
        assert visit.app(
            f"{rows}.every((each) => each.scrollWidth <= each.clientWidth + 1 && each.querySelector('path'))"
        )
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.page.close()


def test_lines_that_lie_on_one_another_are_still_seen_to_be_several(visit: OpenPage) -> None:
    visit.app(
        "(app.told.strategies.forEach((each) => { each.time.leakage = each.time.leakage.map(() => 0.1); }), app.again(), 1)"
    )
    places = visit.app(
        "[...app.root.querySelectorAll('.dl-leakage svg > path[transform][data-who]')].map((each) => each.getAttribute('transform').split(')')[0])"
    )
    assert len(places) >= 5
    assert len(places) == len({*places})


def test_a_pinned_run_says_what_it_has_otherwise(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    visit.page.get_by_role("button", name="Pin this run").click()
    pinned = visit.page.locator(".dl-leakage .dl-pinned")
    assert pinned.inner_text() == "Pinned run (dotted): the same settings"
    visit.slider("Lamp brightness").press("End")
    visit.settled()
    visit.app("(app.told = { ...app.told, state: { lamp: '80%', people: '4', seed: '9' } }, app.again(), 1)")
    for chart in ("leakage", "latency", "cost"):
        told = visit.page.locator(f".dl-{chart} .dl-pinned").inner_text().replace("\xa0", " ")
        assert told == "Pinned run (dotted): Lamp brightness 20 %; Inspectors 2; seed 8", chart
    visit.page.get_by_role("button", name="Unpin").click()
    assert not pinned.is_visible()
    visit.settled()


def test_what_befell_the_pinned_run_only_is_drawn_as_its_own(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    visit.page.get_by_role("button", name="Pin this run").click()
    own = visit.page.locator(".dl-leakage .dl-pinned-event")
    assert own.count() == 0
    visit.app("(app.told = structuredClone(app.told), app.told.world.events[0].felt = false, app.again(), 1)")
    assert own.count() == 1
    assert visit.page.locator(".dl-event", has_text="lamp fails, pinned run").count() == 1
    assert visit.page.locator(".dl-event.dl-void").count() == 2
    visit.settled()


def test_what_the_story_is_not_about_is_a_click_away_and_can_be_taken_along_all_the_same(
    browser: Any, recorded: Path
) -> None:
    """Seven pictures in view at once had no first one; what is folded away has not been drawn, and is by who saves it."""
    visit = OpenPage(browser, recorded, SEEN)
    visit.page.evaluate("document.querySelector('.dl-more').open = false")
    visit.page.reload()
    visit.page.wait_for_function("document.querySelector('.dl-root')?.driftline?.reel")
    more = visit.page.locator(".dl-more")
    assert (
        more.locator("summary").inner_text() == "More pictures: how long phones wait, who decides, cost against leakage"
    )
    assert not any(visit.page.locator(f".dl-{name} .dl-stage").is_visible() for name in ("latency", "traffic", "cost"))
    assert all(visit.page.locator(f".dl-{name} .dl-stage").is_visible() for name in ("leakage", "dashboard"))
    visit.page.get_by_text("Take it along").click()
    visit.page.get_by_label("Which figure").select_option("cost")
    with visit.page.expect_download() as kept:
        visit.page.get_by_role("button", name="SVG").click()
    assert "manual" in Path(kept.value.path()).read_text(encoding="utf-8")
    assert more.evaluate("(node) => node.open")
    assert visit.faults == []


def test_the_phone_in_view_is_drawn_beside_the_belt_and_inside_its_card(browser: Any, recorded: Path) -> None:
    """Beside the belt there is room for two pictures, above and below none: on a phone's screen they are below it."""
    wide = OpenPage(browser, recorded, SEEN)
    boxes = "['.dl-line', '.dl-phones', '.dl-camera', '.dl-stagecard'].map((name) => app.root.querySelector(name).getBoundingClientRect())"
    told = f"(([line, phones, words, card]) => ({{ beside: phones.left >= line.right - 1 && phones.bottom <= words.top + 1, inside: phones.right <= card.right && words.bottom <= card.bottom }}))({boxes})"
    assert wide.app(told) == {"beside": True, "inside": True}
    narrow = OpenPage(browser, recorded, SEEN, viewport={"width": 390, "height": 844})
    assert narrow.app(told) == {"beside": False, "inside": True}


def test_what_each_strategy_does_is_said_in_a_sentence(visit: OpenPage) -> None:
    """Nobody knew what a strategy's name stands for: "never looks" leaked more than a fifth of the phones can."""
    hows = visit.page.locator(".dl-how")
    assert hows.count() == visit.app("app.told.strategies.length")
    assert hows.first.inner_text() == "Human inspectors decide every phone; nothing is rolled out."
    assert hows.nth(1).inner_text().startswith("Raise the candidate")


def test_an_axis_that_holds_a_pinned_run_too_has_even_ticks_over_all_of_it(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    visit.page.get_by_role("button", name="Pin this run").click()
    wide = "(app.ghost = structuredClone(app.ghost), app.ghost.axes.cost.low = 90, app.ghost.axes.cost.high = 41_000, app.again(), 1)"
    visit.app(wide)
    ticks = "[...app.root.querySelectorAll('.dl-cost .dl-tick')].filter((each) => each.textContent.startsWith('$'))"
    assert visit.app(f"{ticks}.map((each) => each.textContent)") == [
        "$0",
        "$20,000",
        "$40,000",
    ]
    visit.settled()


@pytest.mark.parametrize("width", [1280, 390])
def test_marks_of_events_touch_neither_each_other_nor_the_edge_of_their_lane(
    browser: Any, recorded: Path, width: int
) -> None:
    visit = OpenPage(browser, recorded, SEEN, viewport={"width": width, "height": 844})
    visit.page.get_by_role("button", name="Pause").click()
    crowd = "[0, 20_000, 20_100, 20_200, 20_300, 28_700, 57_500].map((at_s) => ({ at_s, kind: 'rolled back', say: 'rolled back', brief: '' }))"
    visit.app(f"(app.told.strategies.forEach((each) => {{ each.milestones = {crowd}; }}), app.again(), 1)")
    boxes = visit.app(
        """[...app.root.querySelectorAll('.dl-event')].map((each) => { const [one, all] = [each.getBoundingClientRect(), each.parentNode.getBoundingClientRect()];
        return [one.left - all.left, one.top - all.top, all.right - one.right, all.bottom - one.bottom, one.width, one.height]; })"""
    )
    assert len(boxes) >= 4
    assert all(min(box[:4]) >= -1 for box in boxes)
    for n, (left, top, _, _, wide, high) in enumerate(boxes):
        for other in boxes[n + 1 :]:
            apart = left + wide <= other[0] + 1 or other[0] + other[4] <= left + 1
            assert apart or top + high <= other[1] + 1 or other[1] + other[5] <= top + 1
    visit.page.close()


def test_a_mark_of_the_rollout_says_whose_it_is(visit: OpenPage) -> None:
    chosen = visit.app("app.told.strategies.find((each) => each.name === app.state.get('strategy')).say")
    mark = visit.page.locator(".dl-event:not(.dl-world)").first
    assert mark.inner_text().strip().startswith(("✕", "▲", "＋", "❙", "●"))
    assert f"{chosen}: " in mark.inner_text()


def test_who_decides_is_a_sentence_where_nothing_changes(visit: OpenPage) -> None:
    traffic = visit.page.locator(".dl-traffic")
    assert traffic.locator(".dl-stage").is_visible()
    visit.page.get_by_role("radio", name="Show the phones of manual").check()
    assert not traffic.locator(".dl-stage").is_visible()
    said = traffic.locator(".dl-words").inner_text()
    assert said.startswith(
        "Under manual all phones are decided by inspectors, the whole time. Busy, of their time: inspectors "
    )
    visit.page.get_by_role("radio", name="Show the phones of canary").check()
    assert traffic.locator(".dl-stage svg path").count() > 1


def test_who_looks_on_is_named_beside_the_picture_and_not_on_it(visit: OpenPage) -> None:
    visit.page.get_by_role("radio", name="Show the phones of manual").check()
    looked = "each.steady = false; each.time.mirrored = { v2: each.time.in_system.map((_, n) => (n < 20 ? 1 : null)) };"
    visit.app(f"(app.told.strategies.forEach((each) => {{ {looked} }}), app.again(), 1)")
    name = visit.page.locator(".dl-traffic .dl-name", has_text="v2 looks on")
    assert name.count() == 1
    right = visit.app("[...app.root.querySelectorAll('.dl-traffic path')][0].getBoundingClientRect().right")
    assert name.bounding_box()["x"] > right


def with_picture(visit: OpenPage, picture: str) -> None:
    state = "state: { 'said.leaks_most': 'manual' }"
    visit.page.evaluate(f"tell({{ ...hello, story: {{ ...hello.story, picture: '{picture}' }}, {state} }})")
    visit.page.wait_for_function("document.querySelector('.dl-root').driftline.reel")


def test_a_story_about_luck_begins_with_every_run(visit: OpenPage) -> None:
    with_picture(visit, "runs")
    first = visit.page.locator(".dl-first .dl-chart")
    assert "dl-runs" in first.get_attribute("class")
    told = visit.app("app.told.strategies.map((each) => each.runs.escape_rate.filter((one) => one !== null).length)")
    assert first.locator(".dl-run").count() == sum(told) > 0
    assert visit.page.locator(".dl-grid .dl-leakage").count() == 1  # over time it is there as well


def test_a_story_about_capacity_begins_with_how_busy_the_busiest_is_and_keeps_what_was(visit: OpenPage) -> None:
    with_picture(visit, "load")
    first = visit.page.locator(".dl-first .dl-chart")
    assert "dl-load" in first.get_attribute("class")
    assert first.locator(".dl-been").count() == 0
    knob = visit.page.locator(".dl-knobs input[type=range]").first
    knob.press("ArrowRight")
    visit.settled()
    assert first.locator(".dl-been").count() > 0
    knob.press("ArrowLeft")
    visit.settled()
    first.locator("svg").wait_for()
    assert first.locator(".dl-been").count() > 0


def test_the_signs_that_are_there_are_explained(visit: OpenPage) -> None:
    signs = visit.page.locator(".dl-marks li")
    assert "wrong: a defective phone ships" not in signs.all_inner_texts()
    visit.page.get_by_role("checkbox", name="Reveal the truth").check()
    assert {"it was rejected", "wrong: a defective phone ships", "the world changes"} <= set(signs.all_inner_texts())


def test_a_story_about_waiting_begins_with_its_chart_and_its_column(visit: OpenPage) -> None:
    first = visit.page.locator(".dl-first .dl-chart")
    column = visit.page.locator(".dl-strategies thead th").nth(1)
    assert "dl-leakage" in first.get_attribute("class")
    assert column.inner_text() == "leaks overall"
    visit.page.evaluate(
        "tell({ ...hello, story: { ...hello.story, outcome: 'latency_p95_s' }, state: { 'said.leaks_most': 'manual' } })"
    )
    visit.page.wait_for_function("document.querySelector('.dl-root').driftline.reel")
    assert "dl-latency" in first.get_attribute("class")
    assert column.inner_text() == "95 % within"
    assert visit.page.locator(".dl-grid .dl-leakage").count() == 1


def test_on_a_phone_a_tap_on_something_to_try_brings_the_chart_and_where_to_look(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, SEEN, viewport=PHONE, reduced_motion="reduce")
    button = visit.page.get_by_role("button", name="Let it fail a little")
    button.evaluate("button => button.scrollIntoView({ block: 'end' })")  # what is to be tried stands before the charts
    chart = visit.page.locator(".dl-leakage .dl-stage")
    assert chart.bounding_box()["y"] + chart.bounding_box()["height"] > 844
    button.click()
    visit.settled()
    box, notice = chart.bounding_box(), visit.page.get_by_text("nobody notices.").bounding_box()
    assert 0 <= notice["y"] < box["y"]
    assert box["y"] + box["height"] <= 844
    visit.page.close()


def test_where_the_chart_is_in_view_a_try_leaves_the_page_where_it_is(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, SEEN, viewport={"width": 1280, "height": 1000})
    visit.page.get_by_role("button", name="Let it fail a little").click()
    visit.settled()
    assert visit.page.evaluate("window.scrollY") == 0
    assert visit.page.locator(".dl-try").get_by_text("nobody notices.").is_visible()
    visit.page.close()


def test_a_run_that_is_pinned_before_its_answer_is_there_is_asked_for_and_not_the_one_before(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    visit.page.evaluate("window.held = []")
    visit.slider("Lamp brightness").press("End")
    visit.page.get_by_role("button", name="Pin this run").click()
    assert visit.app("app.ghost") is None
    visit.page.evaluate("letGo()")
    visit.page.wait_for_function("document.querySelector('.dl-root').driftline.ghost")
    assert visit.page.evaluate("sent.findLast((each) => each.ghost).state.lamp") == "100%"
    assert visit.app("app.ghost.state") == visit.page.evaluate("answer.state ?? {}") | {
        "lamp": "80%"
    }  # of the recorded two
    visit.page.evaluate("tell({...answer, serial: 3, ghost: true})")
    assert visit.app("app.ghost.state.lamp") == "80%", "of a pin that stands no longer"
    visit.settled()


def test_a_seed_that_is_too_large_is_refused_with_a_word(visit: OpenPage) -> None:
    field = visit.page.locator("input[type=number]")
    field.fill("1234567")
    field.press("Enter")
    assert visit.app("app.state.get('seed')") == "1234567"
    field.fill("4294967296")
    field.press("Tab")
    assert visit.app("app.state.get('seed')") == "1234567"
    assert not field.evaluate("(field) => field.checkValidity()")
    visit.settled()


def test_an_interval_that_reaches_beyond_an_axis_ends_with_the_picture(visit: OpenPage) -> None:
    """Of three runs it went up through the sentence above the chart and over the line's events."""
    visit.app(
        "(app.told.strategies.forEach((each) => { each.time.high = each.time.leakage.map(() => 3); }), app.again(), 1)"
    )
    outside = """[...app.root.querySelectorAll('.dl-leakage path')].filter((each) => !each.closest('.dl-old')
        && each.getBoundingClientRect().top < each.closest('.dl-stage').getBoundingClientRect().top - 1).length"""
    assert visit.app(outside) == 0
    assert visit.app("app.root.querySelectorAll('.dl-leakage .dl-old path').length") == 1
    visit.settled()


def test_on_a_phone_what_a_team_holds_against_its_dashboard_is_written_within_it(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, SEEN, viewport=PHONE)
    limits = visit.page.locator(".dl-dashboard .dl-tick", has_text="at least 90.0 %")
    stage = visit.page.locator(".dl-dashboard .dl-stage").bounding_box()
    assert limits.count() >= 1
    for box in (each.bounding_box() for each in limits.all()):
        assert stage["x"] <= box["x"]
        assert box["x"] + box["width"] <= stage["x"] + stage["width"]
    visit.page.close()
