"""Be the inspector, in a real browser and by keyboard alone: a trial is played well and badly, and its player works on the line."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from served import Served, served

from sim.apps.me import Me
from sim.apps.stories import load_story
from sim.apps.trial import Trial
from tests.support.open_pages import findings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCENARIO = load_story("lamp").scenario()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served("--processes", "1") as server:
        yield server


class Player:
    """Somebody at the keyboard of a page."""

    def __init__(self, browser: Any, server: Served, query: str = "", deals: int | None = None, **more: Any) -> None:
        self.faults: list[str] = []
        self.seed: int | None = None
        self.late: list[str] | None = None  # phones that are held back
        self.server = server
        # The page's own rules forbid what axe is brought in with.
        looks: dict[str, Any] = {
            "viewport": {"width": 1280, "height": 720},
            "reduced_motion": "reduce",
            "bypass_csp": True,
        }
        self.page = browser.new_page(**(looks | more))
        self.page.set_default_timeout(15_000)
        self.page.on("console", lambda said: self.faults.append(said.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._heard))
        if deals is not None:
            self.page.route_web_socket("**/talk", partial(self._deals_no_more_than, deals))
        self.page.goto(f"{server.address}?story=lamp&said.leaks_most=canary{query}")
        self.until("app.told && app.told.done !== false && app.reel")

    def _deals_no_more_than(self, most: int, page: Any) -> None:
        server, self.talk = page.connect_to_server(), page

        def bring(frame: Any) -> None:
            told = json.loads(frame) if isinstance(frame, str) else {}
            if told.get("kind") == "deal":
                self.seed = told["trial"]
                told["phones"] = told["phones"][: max(0, most - told["first"])]
                frame = json.dumps(told)
                if self.late is not None:
                    return self.late.append(frame)
            page.send(frame)

        server.on_message(bring)

    def _heard(self, frame: Any) -> None:
        if isinstance(frame, str) and (told := json.loads(frame)).get("kind") == "deal":
            self.seed = told["trial"]

    def app(self, expression: str) -> Any:
        return self.page.evaluate(
            "(() => { const app = document.querySelector('.dl-root')?.driftline; if (!app) return null; "
            f"return {expression}; }})()"
        )

    def until(self, expression: str) -> None:
        deadline = time.monotonic() + 60
        while not self.app(expression):
            assert time.monotonic() < deadline, f"never: {expression}\n{self.faults}"
            time.sleep(0.02)

    def come(self) -> None:
        """What was held back comes."""
        late, self.late = self.late, None
        for frame in late or ():
            self.talk.send(frame)

    def waits(self, for_what: Callable[[], Any]) -> None:
        while not for_what():
            self.page.wait_for_timeout(20)

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)

    def begins(self) -> Trial:
        self.button("Be the inspector").press("Enter")
        self.page.get_by_label("No time limit").press(" ")
        self.button("Start").focus()
        self.starts()
        self.waits(lambda: self.seed is not None)  # the page has it by now, and we hear of it
        return Trial.of(SCENARIO, self.seed)

    def starts(self) -> None:
        """With the focus on "Start": once, for a locator presses again where its element is gone by then."""
        self.until("document.activeElement.matches('.dl-go')")
        self.page.keyboard.press("Enter")
        self.until("document.querySelector('.dl-onstage')")  # the first phones are there

    def plays(self, rejects: Callable[[int], bool], numbers: range, keys: str = "fj") -> None:
        """Judge phones, each when it is there."""
        for number in numbers:
            self.until(f"document.querySelector('.dl-seen')?.dataset.phone === '{number}'")
            pair = ("f", "j") if keys == "fj" else ("ArrowLeft", "ArrowRight")
            self.page.keyboard.press(pair[int(rejects(number))])

    def looks_away(self, away: bool) -> None:
        """Go to another tab, or come back."""
        self.page.evaluate(
            f"Object.defineProperty(document, 'hidden', {{ value: {str(away).lower()}, configurable: true }}); "
            "document.dispatchEvent(new Event('visibilitychange'))"
        )

    def ends(self) -> None:
        assert self.faults == []
        self.page.close()


def test_who_sees_every_defect_becomes_an_inspector_who_leaks_less(browser: Any, server: Served) -> None:
    player = Player(browser, server)
    trial = player.begins()
    player.plays(lambda number: bool(trial.defective[number]), range(40))
    player.button("Go on").press("Enter")
    player.plays(lambda number: bool(trial.advice[number]), range(40, 80), "arrows")
    player.button("Let me work on the line").wait_for()
    said = player.page.locator(".dl-trial").inner_text()
    assert "You inspect with a d′ of" in said
    assert "Automation bias: you rejected" in said
    missed = player.page.get_by_role("row", name="Without advice").get_by_role("cell").nth(1).inner_text()
    assert missed.startswith("0 of")
    player.button("Let me work on the line").press("Enter")
    player.until(
        "app.told.serial === app.serial && app.told.done !== false && app.told.strategies.some((each) => each.name === 'you')"
    )
    me = Me.read(player.app("app.state.get('me')"))
    assert me.d_prime > 2.5
    leaks = dict(player.app("app.told.strategies.map((each) => [each.name, each.measures.escape_rate.value])"))
    assert leaks["you"] < leaks["manual"]
    assert f"me={me.text}".replace(",", "%2C") in player.page.url
    player.page.reload()
    player.until("app.told && app.told.done !== false && app.reel && app.reel.strategy === 'you'")
    player.button("Leave the line").press("Enter")
    player.until("app.told.serial === app.serial && app.told.strategies.every((each) => each.name !== 'you')")
    assert "me=" not in player.page.url
    player.ends()


def test_who_rejects_what_is_good_is_told_so_and_of_a_few_phones_nothing_is_said(browser: Any, server: Served) -> None:
    player = Player(browser, server)
    trial = player.begins()
    player.plays(lambda number: not trial.defective[number], range(40))
    player.button("Stop and see").press("Enter")
    player.button("Let me work on the line").wait_for()
    assert re.search(r"d′ of −\d", player.page.locator(".dl-trial").inner_text())
    player.button("Again").press("Enter")
    player.starts()
    player.page.keyboard.press("p")
    assert "The phone is covered" in player.page.locator(".dl-onstage").inner_text()
    player.page.keyboard.press("f")  # what is covered cannot be judged
    player.button("Stop and see").press("Enter")
    player.page.get_by_text("Too few phones").wait_for()
    assert player.button("Let me work on the line").is_disabled()
    player.page.keyboard.press("Escape")
    assert player.page.locator(".dl-trial").is_hidden()
    player.ends()


def test_no_message_and_no_word_tells_the_truth_of_a_phone(browser: Any, server: Served) -> None:
    player = Player(browser, server)
    player.begins()
    player.until("document.querySelector('.dl-seen')?.dataset.phone === '0'")
    assert "defective" not in player.page.locator(".dl-seen").text_content()
    assert player.page.locator(".dl-onstage > svg").get_attribute("aria-label")
    player.page.keyboard.press("Escape")  # stops the clock
    assert player.button("Go on").is_visible()
    player.page.keyboard.press("p")
    player.until("document.querySelector('.dl-onstage svg')")
    player.ends()


def test_the_clock_runs_out_in_the_middle_of_a_phone_and_stands_while_nobody_looks(
    browser: Any, server: Served
) -> None:
    player = Player(browser, server, "&clock=0")
    player.page.clock.install()
    player.page.clock.resume()
    player.button("Be the inspector").press("Enter")
    player.starts()
    player.plays(lambda number: False, range(3))
    player.until("document.querySelector('.dl-seen')?.dataset.phone === '3'")
    player.looks_away(True)
    player.page.clock.fast_forward(600_000)
    player.looks_away(False)
    assert "The phone is covered" in player.page.locator(".dl-onstage").inner_text()
    assert int(player.page.locator(".dl-trial .dl-value-text").inner_text().split()[0]) > 30
    player.page.keyboard.press("p")
    player.until("document.querySelector('.dl-onstage svg')")
    player.page.clock.fast_forward(61_000)
    player.button("Go on").wait_for()
    player.page.keyboard.press("f")  # which nobody asks about any more
    player.button("Go on").press("Enter")
    player.until("document.querySelector('.dl-seen')?.dataset.phone === '4'")
    player.page.clock.fast_forward(61_000)
    player.page.get_by_text("Without advice you judged").wait_for()
    assert (
        player.page.get_by_role("row", name="Without advice").get_by_role("cell").nth(0).inner_text().startswith("0 of")
    )
    player.ends()


def test_escape_stops_the_clock_and_closes_what_stands(browser: Any, server: Served) -> None:
    player = Player(browser, server)
    for closes in (1, 2):
        player.button("Be the inspector").press("Enter")
        player.starts()
        player.plays(lambda number: False, range(2))
        player.page.keyboard.press("Escape")
        player.until("document.querySelector('.dl-onstage').innerText.includes('covered')")
        player.page.keyboard.press("Escape")
        player.page.locator(".dl-trial").wait_for(state="hidden")
        assert player.page.evaluate("document.activeElement.textContent") == "Be the inspector", closes
    player.ends()


def test_phones_that_come_late_take_nobodys_keys_and_start_for_who_asked(browser: Any, server: Served) -> None:
    """A space that was meant for "No time limit" pressed "Start", where the first phones came between."""
    player = Player(browser, server, deals=100)
    for asks in (False, True):
        player.late = []
        player.button("Be the inspector").press("Enter")
        player.waits(lambda: player.late)
        if asks:
            player.button("Start").press("Enter")
            player.page.get_by_text("The phones are coming").wait_for()
        else:
            player.page.get_by_label("No time limit").focus()
        player.come()
        player.until("document.querySelectorAll('.dl-trial figure').length > 3")
        begun = player.app("document.querySelector('.dl-onstage') !== null")
        at = player.page.evaluate("document.activeElement.type ?? document.activeElement.className")
        assert (begun, at) == ((True, "dl-onstage") if asks else (False, "checkbox"))
        while player.page.locator(".dl-trial").is_visible():
            player.page.keyboard.press("Escape")
    player.ends()


def test_who_is_through_with_all_phones_comes_to_an_end(browser: Any, server: Served) -> None:
    player = Player(browser, server, deals=12)
    player.begins()
    player.plays(lambda number: True, range(12))
    player.button("Go on").wait_for()
    player.button("Go on").press("Enter")
    player.page.get_by_text("Too few phones").wait_for()
    player.ends()


def test_a_teacher_can_hide_it(browser: Any, server: Served) -> None:
    player = Player(browser, server, "&hide=inspector")
    assert player.button("Be the inspector").count() == 0
    player.ends()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_serious_in_any_of_its_states(
    browser: Any, server: Served, axe: Path, scheme: str, width: int
) -> None:
    player = Player(browser, server, viewport={"width": width, "height": 720}, color_scheme=scheme)
    assert findings(player.page, axe) == []
    trial = player.begins()
    player.until("document.querySelector('.dl-seen')?.dataset.phone === '0'")
    assert findings(player.page, axe, ".dl-trial") == []
    player.plays(lambda number: bool(trial.defective[number]), range(40))
    player.button("Go on").wait_for()
    assert findings(player.page, axe, ".dl-trial") == []
    player.button("Go on").press("Enter")
    player.plays(lambda number: bool(trial.advice[number]), range(40, 50))
    assert findings(player.page, axe, ".dl-trial") == []
    player.button("Stop and see").press("Enter")
    player.button("Let me work on the line").wait_for()
    assert findings(player.page, axe, ".dl-trial") == []
    assert player.page.evaluate("document.documentElement.scrollWidth") <= width
    player.ends()
