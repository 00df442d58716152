"""What a visitor sets in the view, and what becomes of it: the address, a teacher's locks, old and new answers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sim.apps.state import pin_of, pin_text
from tests.support.open_pages import SEEN, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_address_holds_all_that_was_set(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, SEEN)
    visit.page.get_by_role("button", name="Pause").click()
    visit.slider("Inspectors").press("ArrowRight")
    visit.page.get_by_role("checkbox", name="Reveal the truth").check()
    visit.page.get_by_role("button", name="lamp fails").click()
    visit.page.get_by_role("button", name="Another seed").click()
    visit.page.get_by_role("button", name="Pin this run").click()
    visit.settled()
    held = visit.app("app.state.mapping()")
    assert held.keys() == {"clock", "people", "pin", "reveal", "said.leaks_most", "seed"}
    query = visit.page.evaluate("location.search")[1:]
    again = OpenPage(browser, recorded, query)
    again.settled()
    assert again.app("app.state.mapping()") == held
    assert again.app("app.clock.t") == 28_800
    assert again.app("app.ghost.strategies.length") == 5
    again.page.get_by_role("button", name="Reset").click()
    again.settled()
    assert again.app("app.state.mapping()") == {"said.leaks_most": "manual"}
    assert visit.faults == again.faults == []
    visit.page.close()
    again.page.close()


CELL = "#cell"  #: of a notebook, whose host keeps where the page stands
STOOD = "sent.filter((each) => each.kind === 'stand').map((each) => each.state)"


def test_in_a_cell_the_host_hears_what_asks_for_no_run(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, CELL)
    visit.page.get_by_role("button", name="Pause").click()
    visit.page.get_by_role("radio", name="canary", exact=True).check()
    visit.page.get_by_role("button", name="Pin this run").click()
    visit.page.get_by_role("button", name="lamp fails").click()
    visit.page.wait_for_function(f"{STOOD}.some((state) => state.clock)")
    stood = visit.page.evaluate(STOOD)[-1]
    assert stood == visit.app("app.state.mapping()")
    assert stood.keys() == {"clock", "pin", "said.leaks_most"}
    assert visit.faults == []
    visit.page.close()


def test_a_cell_that_is_taken_away_tells_the_rest_at_once_and_a_page_with_an_address_does_not(
    browser: Any, recorded: Path
) -> None:
    for query, told in ((CELL, ["canary"]), ("", [])):
        visit = OpenPage(browser, recorded, query)
        visit.page.evaluate("document.querySelector('.dl-root').driftline.clock.play(false)")
        visit.page.get_by_role("radio", name="canary", exact=True).check()
        visit.page.evaluate("end()")
        assert [state["said.leaks_most"] for state in visit.page.evaluate(STOOD)] == told
        visit.page.close()


def test_a_cell_tells_nothing_that_a_move_has_told(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, CELL)
    visit.page.evaluate("document.querySelector('.dl-root').driftline.clock.play(false)")
    visit.page.get_by_role("radio", name="canary", exact=True).check()
    visit.slider("Lamp brightness").press("End")
    visit.frames(2)
    assert visit.page.evaluate("sent.at(-1).state.lamp") == "100%"
    visit.page.evaluate("end()")
    assert visit.page.evaluate(STOOD) == []
    visit.page.close()


def test_a_cell_tells_nothing_while_a_key_is_held_down(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, CELL)
    visit.page.get_by_role("button", name="Pause").click()
    visit.page.wait_for_function(f"{STOOD}.length")  # the pause
    visit.page.clock.install(time=datetime(2030, 1, 1))
    visit.page.clock.pause_at(datetime(2030, 1, 2))  # from here on time goes as the test says
    visit.page.get_by_role("radio", name="canary", exact=True).check()
    time = visit.page.get_by_role("slider", name="Time", exact=True)
    for _ in range(5):
        visit.page.clock.run_for(500)
        time.evaluate("(node) => (node.focus(), 1)")
        visit.page.keyboard.down("ArrowRight")
    assert visit.page.evaluate(f"{STOOD}.length") == 1
    visit.page.keyboard.up("ArrowRight")
    visit.page.clock.run_for(2_000)
    before, then = visit.page.evaluate(STOOD)
    assert then == {"said.leaks_most": "canary", "clock": visit.app("app.state.get('clock')")}
    assert then["clock"] != before["clock"]
    visit.page.close()


def test_a_prediction_comes_before_the_answer(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded)
    assert "leaks" not in visit.page.locator(".dl-message").inner_text()
    assert visit.page.locator(".dl-first").evaluate("(node) => node.inert")
    became = visit.page.locator(".dl-event:not(.dl-world)")
    assert became.count() == 0, "what became of a rollout answers the question"
    visit.page.get_by_role("radio", name="canary", exact=True).check()
    assert became.count() > 0
    assert "leaks" in visit.page.locator(".dl-message").inner_text()
    assert "It was blue green." in visit.page.locator(".dl-question").inner_text()
    assert not visit.page.locator(".dl-first").evaluate("(node) => node.inert")
    assert visit.faults == []
    visit.page.close()


def test_a_question_is_not_graded_by_a_run_of_other_settings(browser: Any, recorded: Path) -> None:
    """Who had said canary of a failing lamp was told to be right or wrong by a lamp that had been mended."""
    visit = OpenPage(browser, recorded, "said.leaks_most=canary&lamp=80%25")
    visit.page.get_by_role("button", name="Pause").click()
    visit.settled()
    question = visit.page.locator(".dl-question")
    assert "Asked of the run with which the story begins." in question.inner_text()
    assert "It was blue green." not in question.inner_text()
    assert visit.page.locator(".dl-right, .dl-wrong").count() == 0
    visit.page.get_by_role("button", name="Back to it, the run that is asked of").press(
        "Enter"
    )  # begins with what is read
    visit.settled()
    assert visit.app("app.state.mapping()").keys() - {"clock"} == {"said.leaks_most"}
    assert visit.page.evaluate("document.activeElement.value") == "canary"
    assert "Asked of" not in question.inner_text()
    assert "It was blue green." in question.inner_text()
    assert visit.page.locator(".dl-option.dl-right, .dl-option.dl-wrong").count() == 2
    visit.slider("Lamp brightness").press("End")
    visit.settled()
    assert "It was blue green." in question.inner_text(), "what came out of the run that was asked of stays"
    assert "Asked of the run with which the story begins." in question.inner_text()
    assert visit.faults == []
    visit.page.close()


def test_what_a_teacher_has_fixed_is_part_of_what_is_asked(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, "said.leaks_most=canary&lamp=80%25&fix=lamp")
    visit.settled()
    assert "It was blue green." in visit.page.locator(".dl-question").inner_text()
    assert not visit.page.get_by_role("button", name="the run that is asked of").is_visible()
    visit.page.close()


def test_that_it_cannot_be_told_is_a_prediction_too(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded)
    visit.page.get_by_role("radio", name="cannot be told").check()
    assert "leaks" in visit.page.locator(".dl-message").inner_text()
    visit.page.get_by_role("button", name="Pause").click()
    visit.settled()
    again = OpenPage(browser, recorded, visit.page.evaluate("location.search")[1:])
    assert again.page.get_by_role("radio", name="cannot be told").is_checked()
    assert visit.faults == again.faults == []
    visit.page.close()
    again.page.close()


def test_a_teacher_hides_parts_and_locks_knobs(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, f"{SEEN}&hide=knob.lamp,truth,try&fix=people,seed")
    assert not visit.slider("Lamp brightness").is_visible()
    assert not visit.page.get_by_role("checkbox", name="Reveal the truth").is_visible()
    assert not visit.page.get_by_text("Try this").is_visible()
    assert visit.slider("Inspectors").is_disabled()
    assert visit.page.get_by_role("button", name="Another seed").is_disabled()
    assert visit.faults == []
    visit.page.close()


def test_an_older_answer_does_not_overwrite_a_newer_one(visit: OpenPage) -> None:
    visit.slider("Lamp brightness").press("End")
    visit.settled()
    newest = visit.page.locator(".dl-message").inner_text()
    visit.page.evaluate("tell({...document.querySelector('.dl-root').driftline.told, serial: 1, title: 'old'})")
    assert visit.page.locator(".dl-message").inner_text() == newest


def test_a_refusal_and_progress_are_shown(visit: OpenPage) -> None:
    visit.page.evaluate("tell({kind: 'progress', say: 'training v2', share: 0.4})")
    assert visit.page.get_by_text("training v2").is_visible()
    visit.page.get_by_role("button", name="Cancel").click()
    assert visit.page.evaluate("sent.filter((each) => each.kind === 'cancel').length") == 1
    visit.page.evaluate("tell({kind: 'refused', say: 'lamp: 17% is not on the grid; nearest: 15%'})")
    assert visit.page.get_by_role("alert").filter(has_text="nearest: 15%").is_visible()


def test_something_to_try_is_tried_from_where_the_story_starts(visit: OpenPage) -> None:
    visit.slider("Inspectors").press("End")
    visit.page.get_by_role("button", name="Another seed").click()
    visit.page.get_by_role("button", name="Let it fail a little").click()
    visit.page.get_by_role("button", name="Pause").click()
    visit.settled()
    assert visit.app("app.state.mapping()").keys() - {"clock"} == {"lamp", "said.leaks_most"}
    assert visit.page.get_by_text("nobody notices.").is_visible()
    visit.slider("Lamp brightness").press("Home")
    assert not visit.page.get_by_text("nobody notices.").is_visible(), "it is said of another setting"


def test_what_a_teacher_has_fixed_is_not_tried_either(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, f"{SEEN}&fix=people,seed&people=3&seed=5")
    visit.page.get_by_role("button", name="Let it fail a little").click()
    visit.settled()
    held = visit.app("app.state.mapping()")
    assert (held["lamp"], held["people"], held["seed"]) == ("80%", "3", "5")
    visit.page.close()


def test_a_phone_that_never_gets_a_verdict_is_not_told_as_decided(visit: OpenPage) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    visit.app("(app.reel.done[100] = NaN, app.clock.at(app.clock.horizon), app.camera.look(100))")
    visit.frames(2)
    # A pause at another moment than the phone's looks for another one, so both are set.
    visit.app("(app.clock.at(app.reel.due[100] + 1e-3), app.camera.look(100))")
    visit.frames(2)
    assert "No verdict yet." in visit.page.locator(".dl-camera .dl-words").inner_text()


def test_an_answer_to_the_story_before_is_not_taken_for_one_to_this(visit: OpenPage) -> None:
    visit.slider("Lamp brightness").press("End")
    visit.settled()
    before = visit.app("app.serial")
    visit.page.evaluate("tell({ ...hello, loaded: true })")
    visit.page.evaluate("(serial) => tell({...answer, serial, title: 'of the story before'})", before)
    visit.settled()
    assert visit.app("app.serial") > before
    visit.page.evaluate("(serial) => tell({...answer, serial, title: 'of the story before'})", before)
    visit.page.evaluate("(serial) => tell({...answer, serial, ghost: true})", before)
    assert visit.page.get_by_text("of the story before").count() == 0
    assert visit.app("app.ghost") is None


def test_progress_goes_when_it_is_over(visit: OpenPage) -> None:
    line = visit.page.get_by_text("training v2")
    training = "tell({kind: 'progress', say: 'training v2', share: null, ...%s})"
    visit.page.evaluate(training % "{}")
    assert line.is_visible()
    assert visit.page.locator(".dl-progress progress").get_attribute("value") is None, "nobody knows how far it is"
    visit.page.get_by_role("button", name="Cancel").click()
    assert not line.is_visible()
    assert visit.page.get_by_text("Cancelled").is_visible()
    for more, ends in (
        ("{ghost: true}", "{...answer, ghost: true}"),
        ("{}", "{...answer, done: false}"),
        ("{}", "{kind: 'refused', say: 'no'}"),
    ):
        visit.page.evaluate(training % more)
        visit.page.evaluate(f"tell({{...{ends}, serial: document.querySelector('.dl-root').driftline.serial}})")
        assert not line.is_visible(), ends


def test_a_pin_is_the_same_text_in_the_browser_and_in_python(visit: OpenPage) -> None:
    odd = {"odd": "ü + 20%", "lamp": "a,b:c;d&e=f%\\"}
    written = visit.page.evaluate("(texts) => document.querySelector('.dl-root').driftline.state.pinText(texts)", odd)
    assert pin_of(written) == odd
    read = visit.page.evaluate(
        "(text) => document.querySelector('.dl-root').driftline.state.pinMapping(text)", f"x=1;{pin_text(odd)}"
    )
    assert read == odd


def test_a_pin_with_odd_values_comes_back(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, SEEN)
    visit.page.get_by_role("button", name="Pause").click()
    visit.slider("Odd, values").press("End")
    visit.page.get_by_role("button", name="Pin this run").click()
    visit.slider("Odd, values").press("Home")
    visit.settled()
    again = OpenPage(browser, recorded, visit.page.evaluate("location.search")[1:])
    again.settled()
    asked = again.page.evaluate("sent.findLast((each) => each.ghost).state")
    assert asked["odd"] == "ü + 20%"
    assert visit.faults == again.faults == []
    visit.page.close()
    again.page.close()


def test_what_a_teacher_has_fixed_cannot_be_moved_in_any_way(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, f"{SEEN}&fix=reveal,strategy,pin,clock,play,full&clock=28800&strategy=manual")
    page = visit.page
    for role, name in (("checkbox", "Reveal the truth"), ("radio", "Show the phones of canary"), ("button", "Pin this run"),
                       ("slider", "Time"), ("button", "Play"), ("button", "Step on one phone"), ("radio", "it ships")):  # fmt: skip
        assert page.get_by_role(role, name=name).is_disabled(), name
    page.get_by_role("button", name="lamp fails").click()
    visit.app("app.clock.at(5)")
    visit.frames(2)
    assert visit.app("app.clock.t") == 28_800
    page.get_by_role("button", name="Reset").click()
    visit.settled()
    assert visit.app("app.state.get('strategy')") == "manual"
    page.close()


def test_the_address_says_how_fast_it_plays(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, f"{SEEN}&clock=3600&play=600")
    assert visit.app("app.clock.playing")
    speed = visit.page.get_by_role("combobox", name="Speed: simulated time in a second")
    assert speed.input_value() == "600"
    speed.select_option("1 min a second")
    assert visit.app("app.state.get('play')") == "60"
    visit.page.get_by_role("button", name="Pause").click()
    visit.settled()
    assert "play" not in visit.app("app.state.mapping()")
    visit.page.get_by_role("button", name="Play").click()
    assert visit.app("app.state.mapping().play") == "60"
    again = OpenPage(browser, recorded, f"{SEEN}&play=7")
    assert again.page.get_by_role("combobox", name="Speed: simulated time in a second").input_value() == "7"
    assert visit.faults == again.faults == []
    visit.page.close()
    again.page.close()


def test_choices_are_chosen_and_not_slid(visit: OpenPage) -> None:
    group = visit.page.get_by_role("radiogroup", name="When a queue is full")
    assert group.get_by_role("radio", name="the line stops").is_checked()
    group.get_by_role("radio", name="the line stops").press("ArrowDown")
    assert group.get_by_role("radio", name="it ships").is_checked()
    visit.settled()
    assert visit.page.evaluate("sent.findLast((each) => each.kind === 'show').state.full") == "ship"


def test_the_aim_and_what_to_read_next_are_there(visit: OpenPage) -> None:
    assert visit.page.get_by_text("Say who notices.").is_visible()
    assert visit.page.get_by_text("the tutorial").is_visible()


def test_who_holds_a_key_down_sees_the_picture_move(visit: OpenPage) -> None:
    visit.page.evaluate("window.held = []")
    for number in range(3):
        visit.slider("Lamp brightness").press("ArrowRight")
        visit.page.wait_for_function(f"sent.filter((each) => each.kind === 'show').length > {number + 1}")
    first = visit.page.evaluate("sent.filter((each) => each.kind === 'show')[1].serial")
    visit.page.evaluate("held.shift()()")
    assert visit.app("app.shown") == first
    assert visit.app("app.serial") > first
    visit.page.evaluate("letGo()")
    visit.settled()
    visit.page.evaluate("(serial) => tell({...answer, serial, title: 'old'})", first)
    assert visit.page.locator(".dl-message").inner_text() != "old"


def test_what_was_wrong_with_the_address_stands_until_the_first_move(browser: Any, recorded: Path) -> None:
    visit = OpenPage(browser, recorded, SEEN)
    visit.page.evaluate("tell({...hello, state: {'said.leaks_most': 'manual'}, wrong: 'lmp: did you mean lamp?'})")
    visit.settled()
    alert = visit.page.get_by_role("alert").filter(has_text="did you mean lamp?")
    assert alert.is_visible()
    visit.slider("Lamp brightness").press("ArrowRight")
    alert.wait_for(state="hidden")
    visit.page.close()


def test_phones_that_are_too_many_to_be_sent_cost_the_line_and_not_the_page(visit: OpenPage) -> None:
    visit.page.evaluate("tell({kind: 'refused', reel: true, say: 'too many phones'})")
    assert visit.page.locator(".dl-line").get_by_text("too many phones").is_visible()
    assert visit.page.locator(".dl-message").is_visible()
    assert not visit.page.get_by_role("alert").filter(has_text="too many").is_visible()
    visit.page.get_by_role("radio", name="Show the phones of manual").check()
    visit.page.get_by_text("too many phones").wait_for(state="hidden")


def test_several_views_of_one_widget_answer_to_their_own_serials(visit: OpenPage) -> None:
    visit.page.evaluate("tell({...answer, serial: 10 ** 6, title: 'of another view'})")
    visit.page.evaluate("tell({...hello, serial: 10 ** 6, story: {...hello.story, title: 'of another view'}})")
    assert visit.page.get_by_text("of another view").count() == 0


def test_the_yaml_is_that_of_where_the_knobs_stand(visit: OpenPage) -> None:
    visit.slider("Lamp brightness").press("ArrowRight")
    visit.page.get_by_text("Take it along").click()
    visit.page.get_by_role("button", name="Show YAML").click()
    assert visit.page.evaluate("sent.findLast((each) => each.kind === 'yaml').state.lamp") == "25%"
