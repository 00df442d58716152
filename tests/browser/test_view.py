"""The view in a real browser: a page of one file, with a recorded run and a host that only echoes."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.apps.answer import answer_of
from sim.apps.quickstart import Bench, Settings, scenario_of
from sim.apps.reel import reel_of
from sim.apps.view import script
from sim.experiment.run import trained

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGE = Path(__file__).with_name("view_page.html")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SEEN = "said.leaks_most=manual"  #: of a visitor who has made a prediction


def _knob(name: str, label: str, values: list[str], start: str, retrains: bool = False) -> dict[str, Any]:
    says = [value.replace("%", " %") for value in values]
    return {
        "name": name,
        "label": label,
        "hint": "",
        "values": values,
        "says": says,
        "start": start,
        "retrains": retrains,
    }


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the quickstart's sandbox twice, and write a page that holds it all."""
    scenario, bench = scenario_of(Settings()), Bench()
    versions = trained(scenario)
    reels = {}
    for strategy in scenario.strategies:
        reel = reel_of(scenario, strategy, versions, 0, "simpy")
        reels[strategy.title] = {"told": reel.message, "bytes": base64.b64encode(reel.packed.data).decode()}
    names = [strategy.title for strategy in scenario.strategies]
    question = {
        "name": "leaks_most",
        "ask": "Which leaks most?",
        "options": [*({"value": n, "say": n} for n in names), {"value": "", "say": "cannot be told"}],
    }
    story = {
        "name": "lamp", "title": "A lamp fails", "about": "Who notices?", "seed": 8, "shows": "canary",
        "strategies": names, "questions": [question],
        "try": [{"say": "Let it fail a little", "set": {"lamp": "80%"}, "notice": "Hardly anybody notices."}],
        "knobs": [
            _knob("lamp", "Lamp brightness", [f"{each}%" for each in range(10, 101, 5)], "20%"),
            _knob("people", "Inspectors", ["1", "2", "3", "4"], "2", retrains=True),
        ],
    }  # fmt: skip
    said = {"questions": {"leaks_most": {"answer": "blue_green", "say": "It was blue green."}}}
    data = {
        "hello": {"kind": "hello", "horizon_s": 57_600, "story": story},
        "answer": answer_of(bench.answer(Settings())) | said,
        "other": answer_of(bench.answer(Settings(lamp=80))) | said,
        "reels": reels,
    }
    page = PAGE.read_text(encoding="utf-8").replace("MODULE", script().replace("</script", "<\\/script"))
    place = tmp_path_factory.mktemp("view") / "page.html"
    place.write_text(page.replace("DATA", json.dumps(data).replace("</", "<\\/")), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """A page that is open, and what it said and asked for that it should not have."""

    def __init__(self, browser: Any, place: Path, query: str = "", **more: Any) -> None:
        self.faults: list[str] = []
        self.page = browser.new_page(**({"viewport": {"width": 1280, "height": 720}} | more))
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda said: self.faults.append(said.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._asked)
        self.open(place, query)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "blob:", "data:")):
            self.faults.append(f"asked for {request.url}")

    def open(self, place: Path, query: str = "") -> None:
        self.page.goto(f"{place.as_uri()}?{query}")
        self.page.wait_for_function("document.querySelector('.dl-root')?.driftline?.reel")

    def app(self, expression: str) -> Any:
        return self.page.evaluate(
            f"(() => {{ const app = document.querySelector('.dl-root').driftline; return {expression}; }})()"
        )

    def slider(self, name: str) -> Any:
        return self.page.get_by_role("slider", name=name, exact=True)

    def settled(self) -> None:
        """Wait until the host has answered the last move, and the address holds the moment at which the clock rests."""
        self.page.wait_for_function(
            """() => { const { told, serial, clock, state } = document.querySelector('.dl-root').driftline;
            return told.serial === serial && (clock.playing || Number(state.get('clock')) === Math.round(clock.t)); }"""
        )


@pytest.fixture
def visit(browser: Any, recorded: Path) -> Iterator[Visit]:
    visit = Visit(browser, recorded, SEEN)
    yield visit
    assert visit.faults == []
    visit.page.close()


def test_the_headline_is_there_and_the_line_moves(visit: Visit) -> None:
    assert "leak" in visit.page.locator(".dl-message").inner_text()
    first = visit.app("app.clock.t")
    visit.page.wait_for_timeout(400)
    assert visit.app("app.clock.t") > first
    assert visit.app("app.line.drawn") > 10


def test_every_picture_is_drawn_and_every_chart_has_words(visit: Visit) -> None:
    for name in ("leakage", "dashboard", "traffic", "latency", "cost"):
        chart = visit.page.locator(f".dl-{name}")
        assert chart.locator("svg path").count() >= 1, name
        assert len(chart.locator(".dl-words").inner_text()) > 20, name
    assert visit.page.locator(".dl-camera svg.dl-frame").count() == 2
    assert visit.page.locator("canvas").get_attribute("aria-label")


def test_an_arrow_key_moves_a_knob_and_asks_once_for_another_answer(visit: Visit) -> None:
    before = visit.page.evaluate("sent.filter((each) => each.kind === 'show').length")
    visit.slider("Lamp brightness").press("ArrowRight")
    visit.settled()
    assert visit.slider("Lamp brightness").get_attribute("aria-valuetext") == "25 %"
    asked = visit.page.evaluate("sent.filter((each) => each.kind === 'show')")
    assert len(asked) == before + 1
    assert asked[-1]["state"]["lamp"] == "25%"


def test_every_knob_goes_to_both_ends_by_keyboard(visit: Visit) -> None:
    for name, first, last in (("Lamp brightness", "10 %", "100 %"), ("Inspectors", "1", "4")):
        visit.slider(name).press("Home")
        assert visit.slider(name).get_attribute("aria-valuetext") == first
        visit.slider(name).press("End")
        assert visit.slider(name).get_attribute("aria-valuetext") == last
    visit.settled()


def test_keys_reach_a_knob_where_a_page_around_takes_arrow_keys_away(visit: Visit) -> None:
    visit.page.evaluate("document.addEventListener('keydown', (event) => event.preventDefault(), true)")
    visit.slider("Lamp brightness").press("ArrowLeft")
    assert visit.slider("Lamp brightness").get_attribute("aria-valuetext") == "15 %"
    visit.page.get_by_role("button", name="Pause").click()
    visit.slider("Time").press("PageUp")
    assert visit.app("app.clock.t") >= 0.05 * 57_600
    visit.settled()


def test_every_control_has_a_name_and_is_reached_by_tab(visit: Visit) -> None:
    nameless = visit.page.evaluate(
        """[...document.querySelectorAll('button, input, select, textarea, summary')].filter((each) => each.offsetParent
        && !each.getAttribute('aria-label') && !each.labels?.length && !each.textContent.trim()).map((each) => each.outerHTML)"""
    )
    assert nameless == []
    visit.page.locator("body").click(position={"x": 1, "y": 1})
    met = set()
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        met.add(
            visit.page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.id ?? ''")
        )
    assert {"Time", "Another seed", "Speed: simulated time in a second"} <= met


def test_play_pause_step_and_scrub(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    resting = visit.app("app.clock.t")
    visit.page.wait_for_timeout(200)
    assert visit.app("app.clock.t") == resting
    visit.page.get_by_role("button", name="Step on one phone").click()
    one = visit.app("app.clock.t")
    visit.page.get_by_role("button", name="Step on one phone").click()
    assert 17 < visit.app("app.clock.t") - one < 23  # a phone comes every 20 s, give or take a tenth
    visit.slider("Time").press("End")
    assert visit.app("app.clock.t") == 57_600
    visit.page.get_by_role("button", name="Play").click()
    visit.page.wait_for_timeout(100)
    assert visit.app("app.clock.t") < 1000


def test_what_the_line_counts_at_the_end_is_what_was_measured(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Pause").click()
    visit.slider("Time").press("End")
    for strategy in visit.app("app.told.strategies.map((each) => each.name)"):
        visit.page.get_by_role("radio", name=f"Show the phones of {strategy.replace('_', ' ')}").check()
        visit.page.wait_for_function(f"document.querySelector('.dl-root').driftline.reel.strategy === '{strategy}'")
        counted = visit.app("app.reel.tallies.escaped.at(-1)")
        assert counted == visit.app(
            f"app.told.strategies.find((each) => each.name === '{strategy}').time.escaped.at(-1)"
        )


def test_the_address_holds_all_that_was_set(browser: Any, recorded: Path) -> None:
    visit = Visit(browser, recorded, SEEN)
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
    again = Visit(browser, recorded, query)
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


def test_a_prediction_comes_before_the_answer(browser: Any, recorded: Path) -> None:
    visit = Visit(browser, recorded)
    assert "leaks" not in visit.page.locator(".dl-message").inner_text()
    assert visit.page.locator(".dl-first").evaluate("(node) => node.inert")
    visit.page.get_by_role("radio", name="canary", exact=True).check()
    assert "leaks" in visit.page.locator(".dl-message").inner_text()
    assert "It was blue green." in visit.page.locator(".dl-question").inner_text()
    assert not visit.page.locator(".dl-first").evaluate("(node) => node.inert")
    assert visit.faults == []
    visit.page.close()


def test_that_it_cannot_be_told_is_a_prediction_too(browser: Any, recorded: Path) -> None:
    visit = Visit(browser, recorded)
    visit.page.get_by_role("radio", name="cannot be told").check()
    assert "leaks" in visit.page.locator(".dl-message").inner_text()
    visit.page.get_by_role("button", name="Pause").click()
    visit.settled()
    again = Visit(browser, recorded, visit.page.evaluate("location.search")[1:])
    assert again.page.get_by_role("radio", name="cannot be told").is_checked()
    assert visit.faults == again.faults == []
    visit.page.close()
    again.page.close()


def test_a_teacher_hides_parts_and_locks_knobs(browser: Any, recorded: Path) -> None:
    visit = Visit(browser, recorded, f"{SEEN}&hide=knob.lamp,truth,try&fix=people,seed")
    assert not visit.slider("Lamp brightness").is_visible()
    assert not visit.page.get_by_role("checkbox", name="Reveal the truth").is_visible()
    assert not visit.page.get_by_text("Try this").is_visible()
    assert visit.slider("Inspectors").is_disabled()
    assert visit.page.get_by_role("button", name="Another seed").is_disabled()
    assert visit.faults == []
    visit.page.close()


def test_an_older_answer_does_not_overwrite_a_newer_one(visit: Visit) -> None:
    visit.slider("Lamp brightness").press("End")
    visit.settled()
    newest = visit.page.locator(".dl-message").inner_text()
    visit.page.evaluate("tell({...document.querySelector('.dl-root').driftline.told, serial: 1, title: 'old'})")
    assert visit.page.locator(".dl-message").inner_text() == newest


def test_more_runs_are_asked_for_once_nothing_moves(visit: Visit) -> None:
    visit.slider("Lamp brightness").press("ArrowRight")
    visit.page.wait_for_function("sent.at(-1).kind === 'refine'")
    assert visit.page.evaluate("sent.at(-1).state.lamp") == "25%"
    assert visit.page.evaluate("sent.at(-1).serial") == visit.app("app.serial")


def test_a_refusal_and_progress_are_shown(visit: Visit) -> None:
    visit.page.evaluate("tell({kind: 'progress', say: 'training v2', share: 0.4})")
    assert visit.page.get_by_text("training v2").is_visible()
    visit.page.get_by_role("button", name="Cancel").click()
    assert visit.page.evaluate("sent.at(-1).kind") == "cancel"
    visit.page.evaluate("tell({kind: 'refused', say: 'lamp: 17% is not on the grid; nearest: 15%'})")
    assert visit.page.get_by_role("alert").filter(has_text="nearest: 15%").is_visible()


def test_yaml_is_shown_and_a_wrong_one_is_refused_where_it_was_written(visit: Visit) -> None:
    visit.page.get_by_text("Take it along").click()
    visit.page.get_by_role("button", name="Show YAML").click()
    area = visit.page.get_by_role("textbox", name="The scenario as YAML")
    assert area.input_value().startswith("driftline: 1")
    area.fill("driftline: 1\nsed: 8\n")
    visit.page.get_by_role("button", name="Load", exact=True).click()
    visit.page.get_by_role("alert").filter(has_text="did you mean 'seed'").wait_for()


def test_figures_and_data_are_taken_along(visit: Visit) -> None:
    visit.page.get_by_text("Take it along").click()
    for button, end, begins in (
        ("SVG", "svg", b"<svg"),
        ("PNG", "png", b"\x89PNG"),
        ("Data (CSV)", "csv", b"strategy,metric"),
    ):
        with visit.page.expect_download() as download:
            visit.page.get_by_role("button", name=button, exact=True).click()
        assert download.value.suggested_filename.endswith(end)
        assert Path(download.value.path()).read_bytes().startswith(begins)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(browser: Any, recorded: Path, width: int) -> None:
    visit = Visit(browser, recorded, SEEN, viewport={"width": width, "height": 720})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 1280:  # the line, its clock and every knob without scrolling
        for name in (".dl-knob >> nth=-1", ".dl-line", ".dl-scrub", ".dl-leakage .dl-stage"):
            box = visit.page.locator(name).bounding_box()
            assert box["y"] + box["height"] <= 720, name
    assert visit.faults == []
    visit.page.close()


def test_a_dark_page_is_dark_and_reduced_motion_stands_still(browser: Any, recorded: Path) -> None:
    visit = Visit(browser, recorded, SEEN, color_scheme="dark", reduced_motion="reduce")
    assert (
        visit.page.locator(".dl-root").evaluate("(node) => getComputedStyle(node).backgroundColor") == "rgb(22, 24, 29)"
    )
    assert visit.app("app.clock.playing") is False
    assert visit.faults == []
    visit.page.close()


def test_what_is_ended_leaves_nothing_running(visit: Visit) -> None:
    visit.page.evaluate("window.app = document.querySelector('.dl-root').driftline")
    visit.page.evaluate("end()")
    resting = visit.page.evaluate("app.clock.t")
    visit.page.wait_for_timeout(200)
    assert visit.page.evaluate("app.clock.t") == resting
    assert visit.page.locator(".dl-root").count() == 0


def test_the_animation_has_time_to_spare(visit: Visit) -> None:
    visit.page.get_by_role("combobox", name="Speed: simulated time in a second").select_option("1 h a second")
    visit.page.wait_for_timeout(500)
    costs = visit.page.evaluate(
        """async () => { const { line, clock } = document.querySelector('.dl-root').driftline; const costs = [];
        clock.listen(() => costs.push(line.cost)); await new Promise((done) => setTimeout(done, 2000)); return costs; }"""
    )
    assert visit.app("app.line.drawn") > 150
    # Sixty frames a second leave 16.7 ms each; how many come here depends on who else is at work.
    assert sorted(costs)[len(costs) // 2] < 8


def test_modules_have_no_name_in_common() -> None:
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", script(), re.MULTILINE)
    assert len(names) == len({*names})
    assert "http" not in script().replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org", "")
