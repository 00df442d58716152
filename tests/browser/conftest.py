"""What the browser tests share: a Chromium, and a page of one file with a recorded run and a host that only echoes."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.apps.stories import load_story
from sim.apps.view import script
from sim.apps.visit import Visit
from tests.support.open_pages import FLAGS, SEEN, NoAxe, OpenPage, axe_core

PAGE = Path(__file__).with_name("view_page.html")


def _knob(name: str, label: str, values: list[str], start: str, **more: Any) -> dict[str, Any]:
    says = [value.replace("%", " %") for value in values]
    plain = {"hint": "", "kind": "range", "says": says, "retrains": False}
    return {"name": name, "label": label, "values": values, "start": start} | plain | more


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the lamp's story twice, and write a page that holds it all."""
    story = load_story("lamp")
    visit = Visit(story)
    names = list(story.strategies)
    reels = {}
    for name in names:
        (said,) = visit.take({"kind": "reel", "state": {"strategy": name}})
        reels[name] = {"told": said.message, "bytes": base64.b64encode(said.buffers[0]).decode()}
    question = {
        "name": "leaks_most",
        "ask": "Which leaks most?",
        "options": [*({"value": n, "say": n} for n in names), {"value": "", "say": "cannot be told"}],
        "asked": "Asked of the run with which the story begins.",
    }
    told = {
        "name": "lamp", "title": "A lamp fails", "about": "At 20 %: who notices?", "seed": 8,
        "about_parts": ["At ", {"knob": "lamp"}, ": who notices?"], "shows": "canary",
        "aim": "Say who notices.", "read_next": [{"say": "the tutorial", "href": None}],
        "strategies": names, "questions": [question],
        "try": [{"say": "Let it fail a little", "set": {"lamp": "80%"}, "notice": "At 80 % nobody notices.", "notice_parts": ["At ", {"knob": "lamp"}, " nobody notices."]}],
        "knobs": [
            _knob("lamp", "Lamp brightness", [f"{each}%" for each in range(10, 101, 5)], "20%", moves={"drift": [0]}),
            _knob("people", "Inspectors", ["1", "2", "3", "4"], "2", retrains=True),
            _knob("full", "When a queue is full", ["block", "ship"], "block", kind="choices", says=["the line stops", "it ships"]),
            _knob("odd", "Odd, values", ["a,b:c;d&e=f%", "ü + 20%"], "a,b:c;d&e=f%"),
        ],
    }  # fmt: skip
    said = {"questions": {"leaks_most": {"answer": "blue_green", "say": "It was blue green."}}}
    *_, answer = visit.take({"kind": "show"})
    *_, other = visit.take({"kind": "show", "state": {"lamp": "80%"}})
    data = {
        "hello": {"kind": "hello", "horizon_s": 57_600, "story": told},
        "answer": {**answer.message, **said},
        "other": {**other.message, **said},
        "reels": reels,
    }
    page = PAGE.read_text(encoding="utf-8").replace("MODULE", script().replace("</script", "<\\/script"))
    place = tmp_path_factory.mktemp("view") / "page.html"
    place.write_text(page.replace("DATA", json.dumps(data).replace("</", "<\\/")), encoding="utf-8")
    return place


@pytest.fixture(scope="module")  # another module may start a Playwright of its own
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


@pytest.fixture
def visit(browser: Any, recorded: Path) -> Iterator[OpenPage]:
    """Open the page as somebody who has made a prediction; nothing may be on its console afterwards."""
    visit = OpenPage(browser, recorded, SEEN)
    yield visit
    assert visit.faults == []
    visit.page.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return axe-core's script."""
    try:
        return axe_core(tmp_path_factory.mktemp("axe"))
    except NoAxe as why:
        pytest.skip(str(why))
