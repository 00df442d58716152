"""A page of `driftline export` in a real browser, from a disk and from a web server: all of it works, and it asks nobody."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.apps.static.grid import Grid, grid_of
from sim.apps.static.page import index_page, story_page
from sim.apps.static.record import record
from sim.apps.stories import load_story
from sim.apps.web.pages import Listed
from tests.support.exported import STORY
from tests.support.open_pages import findings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SEEN = "said.leaks_most=manual"


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Grid:
    file = tmp_path_factory.mktemp("story") / "small.yaml"
    file.write_text(STORY)
    return grid_of(load_story(file))


@pytest.fixture(scope="session")
def room(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("room")
    story = grid.story
    (folder / "small.html").write_text(story_page(record(grid, 2, 3), "index.html"), encoding="utf-8")
    (folder / "index.html").write_text(
        index_page((Listed(story.name, story.spec, story.about),), {story.name: "small.html"}), encoding="utf-8"
    )
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def served(room: Path) -> Iterator[str]:
    """Serve the folder as any web server does."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(room))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/small.html"
        server.shutdown()


@pytest.fixture(params=["file", "http"])
def address(request: pytest.FixtureRequest, room: Path) -> str:
    if request.param == "file":
        return (room / "small.html").as_uri()
    return str(request.getfixturevalue("served"))


class Page:
    """A page that is open, and what it said and asked for that it should not have."""

    def __init__(self, browser: Any, address: str, query: str = SEEN, **more: Any) -> None:
        self.faults: list[str] = []
        self.address = address
        context = {"viewport": {"width": 1280, "height": 720}, "reduced_motion": "reduce"} | more
        self.page = browser.new_page(**context)
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda said: self.faults.append(said.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._asked)
        self.page.goto(f"{address}#{query}")
        self.settled()

    def _asked(self, request: Any) -> None:
        if request.url.split("#")[0] != self.address and not request.url.startswith(("blob:", "data:")):
            self.faults.append(f"asked for {request.url}")

    def app(self, expression: str) -> Any:
        return self.page.evaluate(
            "(() => { const app = document.querySelector('.dl-root')?.driftline; if (!app) return null; "
            f"return {expression}; }})()"
        )

    def until(self, expression: str) -> None:
        for _ in range(500):
            if self.app(expression):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"never: {expression}\n{self.faults}")

    def settled(self) -> None:
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.until("app.told && app.told.serial === app.serial && app.reel?.serial === app.serial")

    def state(self) -> dict[str, str]:
        return dict(self.app("app.state.mapping()"))

    def slider(self, name: str) -> Any:
        return self.page.get_by_role("slider", name=name, exact=True)

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)

    def end(self) -> None:
        self.page.close()
        assert self.faults == []


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Page]:
    page = Page(browser, address)
    yield page
    page.end()


def test_each_knob_goes_to_both_ends_by_keyboard(page: Page, grid: Grid) -> None:
    knobs = list(grid.story.knobs.values())
    for knob in (knob for knob in knobs if knob.kind != "choices"):
        slider = page.slider(knob.label)
        slider.focus()
        for key, value in (("Home", knob.values[0]), ("End", knob.values[-1])):
            page.page.keyboard.press(key)
            page.settled()
            assert page.state().get(knob.name, knob.start) == value
            assert slider.get_attribute("aria-valuetext").replace(" ", "") == value
            assert page.app("app.told.replications") == 3
    for radio in page.page.get_by_role("radiogroup").get_by_role("radio").all():
        radio.check()
        page.settled()
    assert page.state()["people"] == "3"


def test_knobs_that_go_together_stay_and_one_that_moves_alone_puts_them_back(page: Page) -> None:
    page.slider("Brightness afterwards").press("End")
    page.slider("It fails after").press("End")
    page.settled()
    assert page.state() == {"lamp": "100%", "at": "25min", **page.state()}
    page.slider("The canary's share").press("End")
    page.settled()
    assert {"share": "50"}.items() <= page.state().items()
    assert page.state().keys().isdisjoint({"lamp", "at"})
    went = page.page.get_by_text("Back at the start: “Brightness afterwards”, “It fails after”.")
    assert went.is_visible()
    page.slider("Brightness afterwards").press("Home")
    page.settled()
    assert page.state().keys().isdisjoint({"share"})
    assert page.page.get_by_text("Back at the start: “The canary's share”.").is_visible()
    assert page.page.get_by_text("“Brightness afterwards” and “It fails after” go together in any way.").is_visible()


def test_what_there_is_to_try_is_there_though_it_moves_knobs_that_do_not_go_together(page: Page) -> None:
    page.page.get_by_role("button", name="A little darker and a larger share.").click()
    page.settled()
    assert {"lamp": "85%", "share": "30"}.items() <= page.state().items()
    assert page.page.get_by_text("Hardly anybody sees it.").is_visible()
    page.button("Reset").click()
    page.settled()
    assert page.state().keys().isdisjoint({"lamp", "share"})


def test_it_plays_pauses_steps_and_scrubs(page: Page) -> None:
    page.button("Play").click()
    page.until("app.clock.t > 20")
    page.button("Pause").click()
    at = page.app("app.clock.t")
    page.button("Step on one phone").click()
    page.until(f"app.clock.t > {at}")
    page.slider("Time").press("End")
    page.until("app.clock.t === app.clock.horizon")
    page.page.get_by_role("radio", name="Show the phones of manual").check()
    page.until("app.reel.strategy === 'manual'")
    assert page.app("app.reel.phones") == 179


def test_a_seed_is_one_of_the_pages_and_the_dice_know_no_other(page: Page) -> None:
    assert page.page.get_by_label("Seed", exact=True).locator("option").all_inner_texts() == ["8", "9"]
    before = page.app("app.told.title + app.told.words")
    for seed in ("9", "8", "9"):
        page.button("Another seed").click()
        page.settled()
        assert page.app("app.told.seed") == int(seed)
    assert page.app("app.told.title + app.told.words") != before


def test_the_address_holds_everything_and_brings_it_back(page: Page, browser: Any) -> None:
    page.button("Pin this run").click()
    page.slider("Brightness afterwards").press("End")
    page.page.get_by_label("Reveal the truth").check()
    page.page.get_by_label("Seed", exact=True).select_option("9")
    page.slider("Time").press("End")
    page.settled()
    page.until("app.state.get('clock') === '1800'")
    there, saw = page.state(), page.app("app.told.title")
    assert {"lamp", "seed", "pin", "reveal", "clock", SEEN.split("=")[0]} <= there.keys()
    other = Page(browser, page.address, page.page.url.split("#")[1])
    other.until("app.ghost")
    assert (other.state(), other.app("app.told.title")) == (there, saw)
    assert other.app("app.ghost.seed") == 8
    other.end()


def test_who_types_another_address_is_taken_there(page: Page) -> None:
    with page.page.expect_event("load"):
        page.page.evaluate(f"window.location.hash = '{SEEN}&lamp=100%25'")
    page.until("app.state.get('lamp') === '100%'")
    page.settled()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("lamp=35%25", "lamp: there is no “35%” in this page; there is: 10%, 20%, 50%, 85%, 100%"),
        ("seed=77", "seed: there is no “77” in this page; there is: 8, 9"),
        ("lmap=20%25", "lmap: this page has no such setting; it has: seed, lamp, at, share, people, story"),
        ("__proto__=1", "__proto__: this page has no such setting"),
        ("hasOwnProperty=lamp", "hasOwnProperty: this page has no such setting"),
        ("pin=toString%3D1", "pin: toString: this page has no such setting"),
        ("lamp=100%25&people=3", "These settings together are not in this page."),
        ("pin=lamp%3D35%2525", "pin: lamp: there is no “35%” in this page"),
        ("strategy=blue", "strategy: there is no “blue” in this page; there is: manual, canary"),
        ("hide=everything", "hide: there is no “everything” in this page; there is: knob.lamp"),
    ],
)
def test_what_is_not_in_the_page_is_refused_in_words_and_the_story_begins(
    browser: Any, room: Path, query: str, says: str
) -> None:
    page = Page(browser, (room / "small.html").as_uri(), query)
    assert page.page.get_by_role("alert").filter(has_text=says).is_visible()
    assert page.state() == {"story": "small"}
    page.end()


def test_a_prediction_comes_before_the_answer(browser: Any, address: str) -> None:
    page = Page(browser, address, "")
    assert page.page.get_by_text("What do you expect?").is_visible()
    page.page.get_by_role("radio", name="manual").first.check()
    page.until("app.told.questions.leaks_most.say")
    assert page.page.get_by_text(page.app("app.told.questions.leaks_most.say")).is_visible()
    page.end()


def test_a_teacher_hides_and_fixes_by_the_address(browser: Any, room: Path) -> None:
    page = Page(browser, (room / "small.html").as_uri(), f"{SEEN}&hide=truth,knob.people&fix=lamp,seed&lamp=85%25")
    assert page.slider("Brightness afterwards").is_disabled()
    assert page.button("Another seed").is_disabled()
    assert not page.page.get_by_label("Reveal the truth").is_visible()
    page.slider("It fails after").press("End")
    page.settled()
    assert {"lamp": "85%", "at": "25min"}.items() <= page.state().items()
    page.slider("The canary's share").press("End")  # which goes with the lamp at its start only
    alert = page.page.get_by_role("alert").filter(has_text="These settings together are not in this page.")
    alert.wait_for()
    page.end()


def test_scenario_figure_and_data_can_be_taken_along_and_loading_is_said_to_need_the_app(page: Page) -> None:
    page.slider("Brightness afterwards").press("End")
    page.settled()
    page.page.get_by_text("Take it along").click()
    assert page.page.get_by_text("load it into the sandbox (driftline app small)").is_visible()
    assert page.button("Load YAML").count() == 0
    for name, ending in (("Data (CSV)", "csv"), ("SVG", "svg"), ("PNG", "png")):
        with page.page.expect_download() as told:
            page.button(name).click()
        assert told.value.suggested_filename.endswith(ending)
        assert Path(told.value.path()).stat().st_size > 500
    page.button("Show YAML").click()
    text = page.page.get_by_role("textbox", name="The scenario as YAML")
    page.page.wait_for_timeout(0)
    text.wait_for()
    assert "to: 100%" in text.input_value()
    assert not text.is_editable()
    page.button("Close").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("query", ["", f"{SEEN}&reveal=1"], ids=["asked", "seen"])
def test_axe_finds_nothing_serious(browser: Any, room: Path, axe: Path, query: str, width: int, scheme: str) -> None:
    look = {"viewport": {"width": width, "height": 720}, "color_scheme": scheme}
    # The page's own rules let nothing in, axe neither.
    page = Page(browser, (room / "small.html").as_uri(), query, bypass_csp=True, **look)
    assert findings(page.page, axe, "body") == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    page.end()


def test_the_list_leads_to_the_story_and_back(browser: Any, room: Path) -> None:
    page = browser.new_page()
    page.goto((room / "index.html").as_uri())
    page.get_by_role("link", name="A small line with a lamp that fails").click()
    page.get_by_role("heading", level=1, name="A small line with a lamp that fails").wait_for()
    page.get_by_role("link", name="All stories").click()
    page.get_by_role("heading", level=1, name="What would this rollout do to the factory?").wait_for()
    page.close()


def test_a_window_narrower_than_a_chart_is_no_fault(browser: Any, room: Path) -> None:
    page = Page(browser, (room / "small.html").as_uri())
    page.page.set_viewport_size({"width": 180, "height": 500})
    page.slider("Brightness afterwards").press("End")
    page.settled()
    page.end()
