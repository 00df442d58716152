"""Does the page that `driftline export` writes of each story work, all of it, with nothing but a browser?

`python tests/proofs/every_export.py [STORY ...] [--out DIR] [--there]` exports stories (all that are shipped, if none is
named) as they are exported unless somebody says otherwise, and opens each page in a real Chromium, from the disk and from a
plain web server. There it answers every question wrongly and rightly, moves every knob to both ends by keyboard, tries what
there is to try, plays, pauses, steps and scrubs, pins, reveals the truth, shows every strategy's phones, takes everything
along, reads the scenario back, opens the address that came of it elsewhere, and a few that are wrong. axe-core looks at the
page in the dark and in the light at 1280 pixels, and at 390. `--there` drives pages that an earlier run left in DIR.

It prints each page's size, how long its export and its drive took, and what was driven; and it ends with 1 if anything was
wrong: a page of 20 MB, a knob that changes nothing, a word on the console, a request to anybody, a serious finding.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from sim import shipped
from sim.apps.static.grid import grid_of
from sim.apps.stories import Story, load_story
from sim.apps.stories.own import own_story
from tests.support.open_pages import FLAGS, NoAxe, axe_core, findings

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 20_000_000
#: How a page is looked at: its width, and the scheme.
LOOKS = ((1280, "dark"), (1280, "light"), (390, "dark"))
#: What an address may hold that no page has; each is to be refused in words.
WRONG = (
    "seed=77777", "seed=1e999", "lmap=20%25", "__proto__=1", "toString=1", "hasOwnProperty=", "clock=-1", "story=%00",
    "pin=__proto__%3D1", "hide=%F0%9F%93%B1", f"strategy={'x' * 5000}",
)  # fmt: skip
#: What is measured of each strategy.
NUMBERS = "JSON.stringify(app.told.strategies.map((each) => [each.name, each.measures, each.time]))"
#: All that is told: a knob may only change when something happens.
ANSWER = "JSON.stringify({ ...app.told, serial: 0, state: 0 })"


class Driver:
    """A page of an export in a browser: what it said, whom it asked, and what was done there."""

    def __init__(self, browser: Any, address: str, query: str = "", **look: Any) -> None:
        self.wrong: list[str] = []
        self.done: Counter[str] = Counter()
        self.address = address
        # Without the view's animations, so that a moment is a moment; axe may enter, which the page's own rules forbid.
        context = {"viewport": {"width": 1280, "height": 720}, "reduced_motion": "reduce", "bypass_csp": True} | look
        self.page = browser.new_page(**context)
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda said: self.wrong.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", self._asked)
        self.page.goto(f"{address}#{query}")
        self.settled()

    def _asked(self, request: Any) -> None:
        if request.url.split("#")[0] != self.address and not request.url.startswith(("blob:", "data:")):
            self.wrong.append(f"asked for {request.url}")

    def app(self, expression: str) -> Any:
        return self.page.evaluate(
            "(() => { const app = document.querySelector('.dl-root')?.driftline; if (!app) return null; "
            f"return {expression}; }})()"
        )

    def until(self, expression: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not self.app(expression):
            if time.monotonic() > deadline:
                raise AssertionError(f"never: {expression}")
            self.page.wait_for_timeout(15)

    def settled(self) -> None:
        """Wait until the newest move is answered, or refused in words."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.until("(app.told && app.told.serial === app.serial) || !document.querySelector('.dl-fault').hidden")

    def refused(self) -> str:
        return str(
            self.app("(({ hidden, textContent }) => hidden ? '' : textContent)(document.querySelector('.dl-fault'))")
        )

    def state(self) -> dict[str, str]:
        return dict(self.app("app.state.mapping()"))

    def expect(self, what: str, true: object) -> None:
        if not true:
            self.wrong.append(what)

    def slider(self, name: str) -> Any:
        return self.page.locator("input").and_(self.page.get_by_role("slider", name=name, exact=True))

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)


def questions(page: Driver, _: Story) -> None:
    """Go to the run of each question and answer it wrongly, then rightly; before the first answer nothing is to be seen."""
    page.expect("the answer is to be seen before a prediction", page.app("document.querySelector('.dl-veil').inert"))
    for asked in page.app("app.story.questions"):
        group = page.page.get_by_role("group", name=asked["ask"], exact=True)
        way = group.get_by_role("button").and_(group.get_by_text("Go to it").or_(group.get_by_text("Back to it")))
        if way.is_visible():
            way.press("Enter")
            page.settled()
            page.expect(f"{asked['name']}: its run is refused: {page.refused()}", not page.refused())
            page.done["ways to a question's run"] += 1
        right = page.app(f"app.told.questions[{json.dumps(asked['name'])}]")
        options = [option["value"] for option in asked["options"]]
        page.expect(f"{asked['name']}: no option is right", right["answer"] in options)
        for value in sorted(options, key=lambda value: value == right["answer"]):
            group.get_by_role("radio").nth(options.index(value)).check()
            page.expect(f"{asked['name']}: its answer is not told", group.get_by_text(right["say"]).is_visible())
            marked = group.locator(".dl-wrong").count()
            page.expect(f"{asked['name']}: {value} is marked {marked}", marked == (value != right["answer"]))
        page.done["questions"] += 1
    page.expect("the answer stays veiled", not page.app("document.querySelector('.dl-veil').inert"))


def knobs(page: Driver, story: Story) -> None:
    """Move each knob to both ends by keyboard: another answer, or a limit that is said."""
    for knob in grid_of(story).story.knobs.values():
        page.button("Reset").press("Enter")
        page.settled()
        saw = []
        for key, value in (("Home", knob.values[0]), ("End", knob.values[-1])):
            if knob.kind == "choices":
                options = page.page.get_by_role("radiogroup", name=knob.label, exact=True).get_by_role("radio")
                options.nth(knob.values.index(value)).press(" ")
            else:
                page.slider(knob.label).press(key)
            page.settled()
            page.expect(f"{knob.name}: {key} is not {value}", page.state().get(knob.name, knob.start) == value)
            saw.append(page.refused() or page.app(ANSWER))
            page.done["limits" if page.refused() else "ends"] += 1
        page.expect(f"{knob.name}: from {knob.values[0]} to {knob.values[-1]} nothing changes", saw[0] != saw[1])
        page.done["knobs"] += 1
    page.button("Reset").press("Enter")
    page.settled()
    page.expect(f"not as at the start: {page.state()}", not {*story.knobs, "seed"} & page.state().keys())


def seeds(page: Driver, story: Story) -> None:
    """Roll the dice: another seed of the page's, and other phones."""
    before = page.app(NUMBERS)
    page.button("Another seed").press("Enter")
    page.settled()
    page.expect("another seed, and the same numbers", page.app(NUMBERS) != before)
    page.page.get_by_label("Seed", exact=True).select_option(str(story.seed))
    page.settled()
    page.expect("the same seed, and other numbers", page.app(NUMBERS) == before)


def tries(page: Driver, story: Story) -> None:
    """Try each thing there is to try: it is answered, and what to notice is said."""
    for number, one in enumerate(story.tries):
        page.page.locator(".dl-suggestion").nth(number).press("Enter")
        page.settled()
        page.expect(f"try {number}: {page.refused()}", not page.refused())
        at = {name: page.state().get(name, story.start[name]) for name in one.settings}
        page.expect(f"try {number}: at {at}", at == dict(one.settings))
        page.expect(f"try {number}: nothing to notice", page.page.locator(".dl-notice").inner_text())
        page.done["tries"] += 1
    page.button("Reset").press("Enter")
    page.settled()


def clock(page: Driver, _: Story) -> None:
    """Play, pause, step, scrub."""
    page.slider("Time").press("Home")
    page.button("Play").press("Enter")
    page.until("app.clock.playing && app.clock.t > app.clock.horizon / 500")
    page.button("Pause").press("Enter")
    at = page.app("app.clock.t")
    page.page.wait_for_timeout(100)
    page.expect("it goes on while it stands", page.app("app.clock.t") == at)
    page.button("Step on one phone").press("Enter")
    page.until(f"app.clock.t > {at}")
    at = page.app("app.clock.t")
    page.button("Step back one phone").press("Enter")
    page.until(f"app.clock.t < {at}")
    at = page.app("app.clock.t")
    page.slider("Time").press("PageUp")
    page.until(f"app.clock.t > {at}")
    page.slider("Time").press("End")
    page.until("app.clock.t === app.clock.horizon")
    page.until("app.state.get('clock') === String(Math.round(app.clock.horizon))")


def views(page: Driver, story: Story) -> None:
    """Reveal the truth, and show every strategy's phones."""
    page.page.get_by_role("checkbox", name="Reveal the truth").press(" ")
    page.expect("the truth is not revealed", page.state().get("reveal") == "1")
    for name in story.strategies:
        page.page.locator(f'.dl-strategies input[value="{name}"]').press(" ")
        page.until(f"app.reel && app.reel.strategy === {json.dumps(name)}")
        page.expect(f"no phones of {name}", page.app("app.reel.phones") > 100)
        page.done["reels"] += 1


def pin_and_address(page: Driver, story: Story) -> None:
    """Pin, move, and open the address elsewhere: the same page, to the last number."""
    page.button("Pin this run").press("Enter")
    first = next(knob for knob in grid_of(story).story.knobs.values() if knob.kind != "choices")
    page.slider(first.label).press("End" if first.start != first.values[-1] else "Home")
    page.settled()
    page.expect("a moved knob has no pin beside it", page.app("Boolean(app.ghost)"))
    there, saw = page.state(), page.app(NUMBERS)
    page.until(f"location.hash.includes({json.dumps(first.name)})")
    other = Driver(page.page.context.browser, page.address, page.page.url.split("#")[1])
    other.until("app.ghost && app.reel")
    page.expect(f"elsewhere the address is {other.state()}, not {there}", other.state() == there)
    page.expect("elsewhere the address has other numbers", other.app(NUMBERS) == saw)
    page.wrong += other.wrong
    other.page.close()
    page.button("Unpin").press("Enter")


def take_along(page: Driver, story: Story) -> None:
    """Download every figure in both forms, the numbers and the scenario, which driftline reads again."""
    page.page.get_by_text("Take it along").click()
    figure = page.page.get_by_label("Which figure")
    for name in figure.locator("option").all_inner_texts():
        figure.select_option(name)
        for button in ("SVG", "PNG"):
            page.expect(f"{name} as {button} is empty", len(_downloaded(page, button)) > 1000)
    page.expect("the numbers are few", _downloaded(page, "Data (CSV)").count(b"\n") > 20)
    page.button("Show YAML").press("Enter")
    page.page.get_by_role("textbox", name="The scenario as YAML").wait_for()
    text = _downloaded(page, "Save as file").decode()
    page.button("Close").press("Enter")
    own_story(text, story, may_name_files=False)
    page.expect("no word that another scenario needs the app", page.page.get_by_text("this page runs nothing").count())


def _downloaded(page: Driver, button: str) -> bytes:
    with page.page.expect_download() as told:
        page.button(button).press("Enter")
    page.done["downloads"] += 1
    return Path(told.value.path()).read_bytes()


def wrong_addresses(page: Driver, story: Story) -> None:
    """Open addresses that no page has: the story as it begins, and a word of why."""
    knob = next(iter(story.knobs))
    for query in (*WRONG, f"{knob}=%00", f"{knob}=1e999", f"{knob}={'9' * 3000}"):
        other = Driver(page.page.context.browser, page.address, query)
        page.expect(f"#{query[:40]} is taken without a word", other.refused())
        page.expect(f"#{query[:40]}: begins at {other.state()}", other.state() == {"story": story.name})
        page.wrong += [f"#{query[:40]}: {each}" for each in other.wrong]
        page.done["wrong addresses"] += 1
        other.page.close()
    twice = Driver(page.page.context.browser, page.address, f"seed=77777&seed={story.seed + 1}")
    page.expect("of a key that is there twice not the last counts", twice.state().get("seed") == str(story.seed + 1))
    page.wrong += twice.wrong
    twice.page.close()


DRIVES: tuple[Callable[[Driver, Story], None], ...] = (
    questions, knobs, seeds, tries, clock, views, pin_and_address, take_along, wrong_addresses,
)  # fmt: skip


def drive(browser: Any, address: str, story: Story) -> tuple[list[str], Counter[str]]:
    """Do all that can be done with a page; return what is wrong, and what was done."""
    page = Driver(browser, address)
    for each in DRIVES:
        try:
            each(page, story)
        except Exception as error:  # what comes after it can be driven all the same
            page.wrong.append(f"{each.__name__}: {type(error).__name__}: {str(error)[:300]}")
    page.page.close()
    return page.wrong, page.done


def looked_at(browser: Any, address: str, axe: Path) -> list[str]:
    """Return what axe finds that is serious, before a prediction and after it."""
    wrong = []
    for width, scheme in LOOKS:
        page = Driver(browser, address, viewport={"width": width, "height": 720}, color_scheme=scheme)
        for _ in range(2):
            wrong += [f"axe at {width}, {scheme}: {each}" for each in findings(page.page, axe, "body")]
            page.expect(f"wider than {width}", page.page.evaluate("document.documentElement.scrollWidth") <= width)
            page.page.get_by_role("button", name="Show me without a prediction").or_(page.button("Reset")).first.click()
        wrong += page.wrong
        page.page.close()
    return wrong


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Serve a folder as any web server does."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def exported(name: str, out: Path) -> float:
    """Export a story, and return how many seconds that took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "sim", "export", name, "--out", str(out), "--quiet"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.monotonic() - began


def told(name: str, size: int, took: str, drove: float, done: Counter[str], wrong: list[str]) -> str:
    what = ", ".join(f"{count} {each}" for each, count in done.items())
    faults = "".join(f"\n  {each}" for each in wrong)
    return f"{name:<11} {size / 1e6:5.1f} MB  {took:>5}  driven in {drove:.0f} s: {what}; {len(wrong)} wrong{faults}"


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stories", nargs="*", metavar="STORY")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the pages go, and stay")
    parser.add_argument("--there", action="store_true", help="the pages are in DIR already")
    chosen = parser.parse_args()
    if chosen.there and chosen.out is None:
        parser.error("--there: name the folder with --out")
    bad = 0
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        out = (chosen.out or Path(place, "pages")).absolute()
        try:
            axe = axe_core(Path(place))
        except NoAxe as why:
            parser.error(f"{why}: what is accessible can't be seen")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name in chosen.stories or shipped.stories():
            story = load_story(name)
            took = "there" if chosen.there else f"{exported(name, out):.0f} s"
            file = out / f"{story.name}.html"
            size, began = file.stat().st_size, time.monotonic()
            wrong = [f"a page of {size:,} bytes"] if size >= MOST_BYTES else []
            done: Counter[str] = Counter()
            with web_server(out) as served:
                for address in (file.as_uri(), f"{served}{quote(file.name)}"):
                    faults, drove = drive(browser, address, story)
                    wrong += [f"{address.partition(':')[0]}: {each}" for each in faults]
                    done.update(drove)
            wrong += looked_at(browser, file.as_uri(), axe)
            bad += len(wrong)
            print(told(story.name, size, took, time.monotonic() - began, done, wrong), flush=True)
        browser.close()
    print(f"{bad} wrong")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
