"""The sandbox in a real JupyterLab: keys move its knobs, its pictures follow, and nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from sim.apps.lab import arguments
from tests.support.jupyter import free_port, jupyterlab
from tests.support.open_pages import findings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = {
    "empty": ["1 + 1"],
    "two": ["from sim.apps.notebook import sandbox", 'sandbox("lamp", lamp="60%", hide=["questions"], fix=["canary"])',
            'sandbox("lamp", hide=["questions"], height=700)'],
    "again": ["from sim.apps.notebook import sandbox", 'shown = sandbox("lamp")\nshown', "shown"],
}  # fmt: skip
PATIENCE = 60_000  #: ms
TITLE = "document.querySelectorAll('.dl-root')[%d]?.driftline"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("jupyterlab")
    place = tmp_path_factory.mktemp("lab")
    for name, cells in CELLS.items():
        notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
        notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        (place / "notebooks").mkdir(exist_ok=True)
        nbformat.write(notebook, place / "notebooks" / f"{name}.ipynb")
    port = free_port()
    with jupyterlab(place, arguments(place / "notebooks", port, browser=False), port) as address:
        yield address


class Lab:
    """A notebook that is open in JupyterLab, and what is said on its console."""

    def __init__(self, browser: Any, address: str, name: str) -> None:
        self.said: list[str] = []
        self.page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.page.set_default_timeout(30_000)
        self.page.on("console", lambda said: self.said.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.asked_outside: list[str] = []
        self.page.on("request", lambda asked: asked.url.startswith(("http", "ws")) and not asked.url.startswith(address)
                     and self.asked_outside.append(asked.url))  # fmt: skip
        self.page.goto(f"{address}lab/tree/{name}.ipynb?reset", timeout=PATIENCE)
        self.page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=PATIENCE)
        self.page.locator(".jp-CodeCell").first.wait_for(timeout=PATIENCE)
        self.page.get_by_text("(ipykernel) | Idle").wait_for(timeout=PATIENCE)
        self.run_all()

    def run_all(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def app(self, number: int, expression: str) -> Any:
        return self.page.evaluate(f"(() => {{ const app = {TITLE % number}; return {expression}; }})()")

    def settled(self, number: int) -> None:
        self.page.evaluate("async () => { for (const _ of [1, 2]) await new Promise(requestAnimationFrame); }")
        self.page.wait_for_function(
            f"(() => {{ const app = {TITLE % number}; return app?.told && app.told.serial === app.serial && app.told.done; }})()",
            timeout=PATIENCE,
        )

    def slider(self, number: int, name: str) -> Any:
        knobs = self.page.locator("input")  # the text's live numbers are sliders too
        return self.page.locator(".dl-root").nth(number).get_by_role("slider", name=name).and_(knobs)


@pytest.fixture(scope="module")
def lab(browser: Any, address: str) -> Iterator[Lab]:
    lab = Lab(browser, address, "two")
    lab.page.wait_for_function("document.querySelectorAll('.dl-root h1').length === 2", timeout=PATIENCE)
    for number in (0, 1):
        lab.settled(number)
    yield lab
    lab.page.close(run_before_unload=True)


LAMP = "Lamp's brightness after it fails"


@pytest.mark.parametrize(
    ("key", "value"), [("ArrowRight", "65 %"), ("ArrowUp", "70 %"), ("ArrowLeft", "65 %"), ("Home", "10 %")]
)
def test_a_key_moves_a_knob_and_the_picture_follows(lab: Lab, key: str, value: str) -> None:
    before = lab.app(0, "app.charts[0].svg.outerHTML")
    lab.slider(0, LAMP).focus()
    lab.page.keyboard.press(key)  # once: a locator presses again where it has waited for long
    lab.settled(0)
    assert lab.slider(0, LAMP).get_attribute("aria-valuetext") == value
    assert lab.app(0, "app.told.state.lamp") == value.replace(" ", "")
    assert lab.app(0, "app.charts[0].svg.outerHTML") != before


def test_two_sandboxes_of_a_notebook_know_nothing_of_each_other(lab: Lab) -> None:
    held = lab.app(1, "app.state.mapping()")
    lab.slider(0, LAMP).press("ArrowRight")
    lab.page.locator(".dl-root").nth(0).get_by_role("radio", name="Show the phones of manual").check()
    lab.settled(0)
    assert lab.app(0, "app.state.get('strategy')") == "manual"
    assert lab.page.locator(".dl-root").nth(1).get_by_role("radio", name="Show the phones of canary").is_checked()
    assert {**lab.app(1, "app.state.mapping()"), "clock": ""} == {**held, "clock": ""}
    assert lab.app(0, "app.id") != lab.app(1, "app.id")


def test_what_the_cell_says_is_kept(lab: Lab) -> None:
    assert lab.slider(0, "The canary's share").is_disabled()
    assert not lab.page.get_by_text("Predict first").first.is_visible()
    height = "document.querySelectorAll('.dl-root')[1].parentElement.getBoundingClientRect().height"
    assert lab.page.evaluate(height) == 700
    wider = "[...document.querySelectorAll('.dl-root')].filter((root) => root.scrollWidth > root.clientWidth).length"
    assert lab.page.evaluate(wider) == 0


def test_the_line_and_its_phones_come(lab: Lab) -> None:
    lab.page.wait_for_function(f"{TITLE % 1}?.reel?.phones > 2000")
    assert lab.app(1, "app.line.drawn >= 0")


def test_who_only_listens_plays_the_inspector_to_the_end_by_keyboard_and_the_notebook_hears_none_of_its_keys(
    lab: Lab,
) -> None:
    cells = lab.page.locator(".jp-Cell").count()
    trial = lab.page.locator(".dl-trial").nth(1)
    lab.page.locator(".dl-root").nth(1).get_by_role("button", name="Be the inspector").press("Enter")
    trial.get_by_role("button", name="Start").and_(lab.page.locator(":enabled")).wait_for(timeout=PATIENCE)
    trial.get_by_label("No time limit").press(" ")
    trial.get_by_role("button", name="Start").press("Enter")
    for number in range(80):
        if number == 40:
            trial.get_by_role("button", name="Go on").press("Enter")
        words = trial.locator(f".dl-seen[data-phone='{number}']")
        words.wait_for(state="attached")
        bad = "larger than" in words.text_content()
        lab.page.keyboard.press((("f", "j"), ("ArrowLeft", "ArrowRight"))[number % 2][bad])
        if number == 20:
            lab.page.keyboard.press("p")
            trial.get_by_text("The phone is covered").wait_for()
            lab.page.keyboard.press("p")
    heading = trial.get_by_role("heading", name="You inspect with a d′ of")
    heading.wait_for(timeout=PATIENCE)
    assert float(heading.inner_text().partition("d′ of ")[2].split()[0]) > 1.0
    trial.get_by_role("button", name="Let me work on the line").press("Enter")
    lab.settled(1)
    assert "you" in lab.app(1, "app.told.strategies.map((each) => each.name)")
    lab.page.locator(".dl-root").nth(1).get_by_role("button", name="Leave the line").press("Enter")
    lab.settled(1)
    assert lab.page.locator(".jp-Cell").count() == cells
    assert lab.page.locator(".jp-Dialog").count() == 0


def test_the_time_from_key_to_picture_is_told(lab: Lab, record_property: Any) -> None:
    lab.page.evaluate(
        f"""() => {{ window.times = []; const app = {TITLE % 0}; app.echoes.length = 0; let pressed = null; let from = 0;
        document.querySelector('.dl-root').addEventListener('input', (event) => {{
          pressed = event.timeStamp; from = app.serial; }}, true);
        const [chart] = app.charts; const again = chart.again;
        chart.again = () => {{ again(); if (pressed !== null && app.told.serial > from) {{
          window.times.push(performance.now() - pressed); pressed = null; }} }}; }}"""
    )
    for count, key in enumerate(["Home", *["ArrowRight"] * 16], start=1):
        lab.slider(0, LAMP).press(key)
        lab.page.wait_for_function(f"window.times.length >= {count}")
        lab.settled(0)
    for name, times in (("echo", lab.app(0, "app.echoes")), ("picture", lab.page.evaluate("times"))):
        times = sorted(times)
        told = f"median {times[len(times) // 2]:.0f} ms, p90 {times[int(0.9 * len(times))]:.0f} ms of {len(times)} keys"
        record_property(name, told)
        print(f"\nkey to {name}: {told}")


def test_axe_finds_nothing_serious_in_our_part_of_the_page(lab: Lab, axe: Path) -> None:
    lab.page.evaluate("document.querySelectorAll('.dl-root').forEach((root) => root.driftline.clock.play(false))")
    assert findings(lab.page, axe) == []


def test_a_notebook_says_no_more_on_its_console_than_an_empty_one(lab: Lab, browser: Any, address: str) -> None:
    empty = Lab(browser, address, "empty")
    empty.page.locator(".jp-OutputArea-output").get_by_text("2").wait_for(timeout=PATIENCE)
    assert [said for said in lab.said if said not in empty.said and said.startswith(("error", "warning"))] == []
    assert lab.asked_outside == empty.asked_outside == []
    empty.page.close(run_before_unload=True)


def test_a_cell_that_is_run_again_shows_what_asked_for_no_run(browser: Any, address: str) -> None:
    """A prediction, a pin and the moment were lost until the next move."""
    lab = Lab(browser, address, "again")
    lab.page.wait_for_function("document.querySelectorAll('.dl-root h1').length === 2", timeout=PATIENCE)
    for number in (0, 1):
        lab.settled(number)
    first = lab.page.locator(".dl-root").first
    lab.page.evaluate("document.querySelectorAll('.dl-root').forEach((root) => root.driftline.clock.play(false))")
    told = "app.host.send = ((send) => (message) => (send(message), app.stood = message))(app.host.send)"
    for number, at in ((1, 60), (0, 7200)):  # the other view rests first: what is remembered is the last that was said
        lab.app(number, f"({told}, app.state.set({{ clock: '{at}' }}), 1)")
        lab.page.wait_for_function(f"{TITLE % number}.stood?.state?.clock === '{at}'")
    first.get_by_role("radio", name="canary", exact=True).first.check()
    first.get_by_role("button", name="Pin this run").click()
    lab.page.wait_for_function(f"{TITLE % 0}.stood?.kind === 'stand' && {TITLE % 0}.stood.state.pin")
    held = lab.app(0, "app.state.mapping()")
    assert {"pin", "said.leaks_most"} <= held.keys()
    before = lab.app(1, "app.id")
    lab.page.locator(".jp-CodeCell").last.locator(".cm-content").click()
    lab.page.keyboard.press("Shift+Enter")
    lab.page.wait_for_function(f"![undefined, '{before}'].includes({TITLE % 1}?.id)", timeout=PATIENCE)
    assert lab.app(1, "app.state.mapping()") == held
    lab.page.close(run_before_unload=True)


def test_a_kernel_that_starts_anew_is_told_and_the_cell_brings_it_back(lab: Lab) -> None:
    lab.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    lab.page.get_by_role("menuitem", name="Restart Kernel").first.click()
    lab.page.locator(".jp-Dialog button.jp-mod-accept").click()
    lab.page.get_by_text("Run this cell again").first.wait_for()
    lab.run_all()
    lab.page.get_by_text("Run this cell again").first.wait_for(state="detached")
    lab.settled(0)
    assert lab.slider(0, LAMP).get_attribute("aria-valuetext") == "60 %"
