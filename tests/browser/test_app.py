"""`driftline app` in a real browser: every story opens and can be played, and its page asks nobody else for anything."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
from served import CHROMIUM, Served, served

from sim import shipped
from sim.apps.stories import load_story

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Seconds for a first answer on a busy machine: its models are trained first.
START_S = 40.0


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as server:
        yield server
        code, said = server.end()
        assert (code, said) == (130, "Ctrl-C ends it\nended\n")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM)
        yield browser
        browser.close()


class Page:
    """A page of the server, and what it said and asked for that it should not have."""

    def __init__(self, browser: Any, server: Served, query: str, **more: Any) -> None:
        self.faults: list[str] = []
        self.server = server
        self.context = browser.new_context(**({"viewport": {"width": 1280, "height": 720}} | more))
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda said: self.faults.append(said.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._asked)
        self.page.on("websocket", self._asked)
        self.page.goto(server.address + query)

    def _asked(self, request: Any) -> None:
        ours = request.url.split("//")[-1].split("/")[0] == self.server.address.split("/")[2]
        if not ours and not request.url.startswith(("data:", "blob:")):
            self.faults.append(f"asked for {request.url}")

    def until(self, expression: str, seconds: float = START_S) -> None:
        """Wait until something is so. (The page's own rules forbid what Playwright would wait with.)"""
        deadline = time.monotonic() + seconds
        while not self.app(expression):
            assert time.monotonic() < deadline, f"never: {expression}\n{self.faults}"
            time.sleep(0.03)

    def app(self, expression: str) -> Any:
        return self.page.evaluate(
            "(() => { const app = document.querySelector('.dl-root')?.driftline; if (!app) return null; "
            f"return {expression}; }})()"
        )

    def settled(self) -> None:
        self.until("app.told && app.told.serial === app.serial && app.told.done !== false && app.reel")

    def mapping(self) -> dict[str, str]:
        return dict(self.app("app.state.mapping()"))

    def slider(self, name: str) -> Any:
        return self.page.get_by_role("slider", name=name, exact=True)

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)

    def end(self) -> None:
        self.context.close()
        assert self.faults == []


def opened(browser: Any, server: Served, query: str, **more: Any) -> Page:
    page = Page(browser, server, query, **more)
    page.settled()
    return page


def test_the_first_page_lists_every_story_and_each_is_a_link(browser: Any, server: Served) -> None:
    page = Page(browser, server, "")
    stories = [load_story(name) for name in shipped.stories()]
    assert page.page.get_by_role("heading", level=2).all_inner_texts() == [story.title for story in stories]
    page.page.get_by_role("link", name=stories[0].title).click()
    page.settled()
    assert page.page.title() == f"{stories[0].title} · driftline"
    page.page.get_by_role("link", name="All stories").click()
    page.page.get_by_role("link", name=stories[-1].title).wait_for()
    page.end()


#: Of each kind of knob and of first picture one; with this variable set, every story, as before a release.
DRIVEN = (
    list(shipped.stories())
    if os.environ.get("DRIFTLINE_EVERY_STORY")
    else ["lamp", "believe", "capacity", "shadow", "people"]
)


@pytest.mark.parametrize("name", DRIVEN)
def test_a_story_opens_and_each_of_its_knobs_goes_to_both_ends_by_keyboard(
    browser: Any, server: Served, name: str
) -> None:
    page = opened(browser, server, f"?story={name}", reduced_motion="reduce")
    story = load_story(name)
    assert page.page.locator("html").get_attribute("lang") == "en"
    assert page.app("app.line.drawn") is not None
    assert page.page.locator(".dl-first .dl-chart svg path").count() > 0
    for knob in story.knobs.values():
        for key, at in (("Home", 0), ("End", -1)):
            if knob.kind == "choices":
                page.page.get_by_role("radiogroup", name=knob.label).get_by_role("radio").nth(at).press(" ")
            else:
                page.slider(knob.label).press(key)
            page.settled()
            assert page.mapping().get(knob.name, knob.start) == knob.values[at]
            assert page.app("app.told.state")["story"] == name
    page.button("Reset").click()
    page.settled()
    assert page.mapping() == {"story": name}
    page.end()


def test_a_number_in_the_table_is_stepped_by_keyboard_again_and_again(browser: Any, server: Served) -> None:
    """Each answer made the table anew, and whoever stepped a number in it lost their place after the first key."""
    page = opened(browser, server, "?story=lamp&hide=questions", reduced_motion="reduce")
    page.page.locator(".dl-how .dl-live").first.focus()
    values = load_story("lamp").knobs["canary"].values
    first = values.index(page.mapping().get("canary", load_story("lamp").knobs["canary"].start))
    for steps in (1, 2):
        page.page.keyboard.press("ArrowRight")
        page.settled()
        assert page.mapping().get("canary") == values[first + steps]
    page.end()


def test_play_pause_and_scrub(browser: Any, server: Served) -> None:
    page = opened(browser, server, "?story=lamp")
    page.until("app.clock.playing && app.clock.t > 0")
    page.button("Pause").click()
    resting = page.app("app.clock.t")
    page.page.wait_for_timeout(200)
    assert page.app("app.clock.t") == resting
    page.slider("Time").press("End")
    assert page.app("app.clock.t") == page.app("app.clock.horizon")
    page.slider("Time").press("Home")
    page.button("Play").click()
    page.until("app.clock.t > 0", 5.0)
    page.end()


def test_its_address_opens_the_same_page_elsewhere(browser: Any, server: Served) -> None:
    page = opened(browser, server, "?story=lamp", reduced_motion="reduce")
    page.page.get_by_role("radio", name="canary", exact=True).first.check()
    page.page.get_by_role("checkbox", name="Reveal the truth").check()
    page.slider("Inspectors on duty").press("End")
    page.settled()
    page.button("Pin this run").click()
    page.slider("Lamp's brightness after it fails").press("ArrowRight")
    page.settled()
    held = page.mapping()
    assert held["pin"] == "inspectors=4&seed=8"
    assert held.keys() == {"story", "said.leaks_most", "reveal", "inspectors", "lamp", "pin"}
    query = page.page.url.partition("?")[2]
    again = opened(browser, server, f"?{query}", reduced_motion="reduce")
    again.until("app.ghost")
    assert again.mapping() == held
    for each in (page, again):
        each.until("app.told.replications === 10")  # more runs may have another headline
    titles = [each.page.locator(".dl-message").inner_text() for each in (page, again)]
    assert titles[0] == titles[1]
    page.end()
    again.end()


def test_a_text_that_is_wrong_is_told_and_one_that_is_right_takes_the_storys_place(
    browser: Any, server: Served
) -> None:
    page = opened(browser, server, "?story=lamp&lamp=60%25", reduced_motion="reduce")
    page.page.get_by_text("Show me without a prediction").click()
    page.page.get_by_text("Take it along").click()
    page.button("Show YAML").click()
    area = page.page.get_by_role("textbox", name="The scenario as YAML")
    area.wait_for()
    page.page.wait_for_timeout(200)
    text = area.input_value()
    assert "to: 60%" in text
    area.fill(text.replace("horizon:", "horizn:"))
    page.button("Load").click()
    page.page.get_by_role("alert").filter(has_text="did you mean 'horizon'").wait_for()
    area.fill(text.replace("horizon: 16h", "horizon: 10h"))
    page.button("Load").click()
    page.until("app.story.name === 'own' && app.told")
    page.settled()
    page.slider("Lamp's brightness after it fails").press("Home")
    page.settled()
    assert page.app("app.told.world.horizon_s") == 36_000
    held = page.mapping()
    assert held["story"] == "own"
    page.page.reload()
    page.settled()
    assert page.mapping() == held, "a text of one's own outlives a reload of its page"
    page.end()


@pytest.mark.parametrize("sign", ["x", "光"])
def test_a_file_that_is_too_large_is_refused_in_words_and_the_page_goes_on(
    browser: Any, server: Served, sign: str
) -> None:
    page = opened(browser, server, "?story=lamp&said.leaks_most=canary", reduced_motion="reduce")
    large = {"name": "large.yaml", "mimeType": "text/yaml", "buffer": f"title: {sign * 1_200_000}".encode()}
    page.page.locator("input[type=file]").set_input_files(large)
    page.page.get_by_role("alert").filter(has_text="at most 400,000 are read").wait_for()
    page.slider("Lamp's brightness after it fails").press("End")
    page.settled()
    assert not page.page.get_by_text("connection to the server").is_visible()
    page.end()


def test_an_address_that_is_wrong_still_opens_the_story(browser: Any, server: Served) -> None:
    page = opened(browser, server, "?story=lamp&lamp=61%25&lmp=2", reduced_motion="reduce")
    assert page.mapping() == {"story": "lamp"}
    page.end()


def test_a_server_that_comes_back_answers_what_was_asked_meanwhile(browser: Any) -> None:
    with served() as first:
        port = first.address.rstrip("/").rpartition(":")[2]
        page = opened(browser, first, "?story=lamp", reduced_motion="reduce")
        assert first.end()[0] == 130
        page.slider("Lamp's brightness after it fails").press("End")
        page.page.get_by_role("status").filter(has_text=re.compile("connection to the server is lost")).wait_for()
        with served("--port", port):
            page.button("Try now").click()
            page.settled()
            assert page.app("app.told.state.lamp") == "100%"
            assert not page.page.get_by_text("connection to the server").is_visible()
        assert all("WebSocket" in each for each in page.faults), "a browser says itself that nobody answered"
        page.context.close()


def test_a_page_without_a_network_says_so_and_sends_what_was_moved_when_it_is_back(browser: Any) -> None:
    with served("--host", "127.0.0.2") as server:
        query = f"?{server.address.partition('?')[2]}&story=lamp"
        server.address = server.address.partition("?")[0]
        page = opened(browser, server, query, reduced_motion="reduce")
        note = page.page.get_by_role("status").filter(has_text=re.compile("No connection: what you move is kept"))
        page.context.set_offline(True)
        note.wait_for()
        assert note.bounding_box()["height"] < 60, "one line"
        page.slider("Lamp's brightness after it fails").press("End")
        page.context.set_offline(False)
        page.settled()
        assert page.app("app.told.state.lamp") == "100%"
        note.wait_for(state="hidden")
        page.end()


def test_a_server_on_this_machine_needs_no_network(browser: Any, server: Served) -> None:
    page = opened(browser, server, "?story=lamp", reduced_motion="reduce")
    page.page.evaluate("window.dispatchEvent(new Event('offline'))")
    assert not page.page.get_by_text("No connection").is_visible()
    page.end()


def test_an_exposed_page_wants_its_token_and_keeps_it_out_of_the_address(browser: Any) -> None:
    with served("--host", "0.0.0.0") as server:
        token = server.address.partition("?token=")[2]
        server.address = server.address.partition("?")[0]
        page = opened(browser, server, f"?token={token}&story=lamp&lamp=60%25", reduced_motion="reduce")
        assert page.mapping() == {"story": "lamp", "lamp": "60%"}
        assert "token" not in page.page.url
        page.end()
        stranger = browser.new_page()
        assert stranger.goto(f"{server.address}?story=lamp").status == 403
        stranger.close()


def test_a_page_without_javascript_says_what_is_missing(browser: Any, server: Served) -> None:
    page = Page(browser, server, "?story=lamp", java_script_enabled=False)
    assert "JavaScript, which is switched off" in page.page.locator("noscript").inner_text()
    page.end()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("query", ["", "?story=lamp"])
def test_nothing_is_wider_than_the_window(browser: Any, server: Served, query: str, width: int) -> None:
    page = (opened if query else Page)(browser, server, query, viewport={"width": width, "height": 720})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    page.end()
