"""How long does it take from a key to the changed picture in the sandbox, and does a held key or the line ever stutter?

`python tests/proofs/moves_in_the_app.py [STORY ...] [--moves 40]` serves the sandbox, opens each story (all that are shipped,
if none is named) in a real Chromium, and moves its sliders by keyboard, only to settings that have not been shown before.
It prints for each story, in milliseconds as median / 90 %: from the key to its echo (the control's own words), to the first
strategies' picture and to that of the whole comparison, for knobs that train nothing; how long a move that trains models
took; the longest frame while a key was held down; and the frames a second of the moving line with the number of phones
on it. Nothing is judged: a machine that does other things is slower.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from sim import shipped
from sim.apps.stories import Story, load_story
from sim.apps.stories.knobs import Knob
from tests.support.served import CHROMIUM, served

APP = "document.querySelector('.dl-root').driftline"
#: What the page keeps of each move: [ms to the first picture that is newer than the key, ms to the whole comparison].
WATCH = f"""() => {{
  const app = {APP}; window.moves = []; app.echoes.length = 0; let pressed = null, from = 0, first = null;
  document.querySelector('.dl-root').addEventListener('input', (event) => {{
    pressed = event.timeStamp; from = app.serial; first = null; }}, true);
  const [chart] = app.charts; const again = chart.again;
  chart.again = () => {{ again(); if (pressed === null || app.told.serial <= from) return;
    first ??= performance.now() - pressed;
    if (app.told.done !== false) {{ window.moves.push([first, performance.now() - pressed]); pressed = null; }} }};
}}"""
FRAMES = """(ms) => new Promise((tell) => { const gaps = []; let before = performance.now(); const until = before + ms;
  const step = (now) => { gaps.push(now - before); before = now; now < until ? requestAnimationFrame(step) : tell(gaps.slice(1)); };
  requestAnimationFrame(step); })"""
PATIENCE = 60_000


def drive(page: Any, address: str, story: Story, count: int) -> None:
    page.goto(f"{address}?story={story.name}&hide=questions", timeout=PATIENCE)
    _until(page, f"document.querySelector('.dl-root')?.driftline?.told && {APP}.told.done !== false")
    page.wait_for_timeout(1500)
    gaps = page.evaluate(FRAMES, 2000)
    phones = page.evaluate(f"{APP}.line.drawn")
    page.evaluate(f"{APP}.clock.play(false)")
    page.evaluate(WATCH)
    sliders = [knob for knob in story.knobs.values() if knob.kind != "choices"]
    quick = [knob for knob in sliders if not knob.retrains]
    moves = _moved(page, quick, count)
    echoes = page.evaluate(f"{APP}.echoes")
    trained = _moved(page, [knob for knob in sliders if knob.retrains], 4)
    print(f"{story.name:<12}", end="")
    if moves:
        first, whole = np.array(moves).T
        print(f" echo {_told(echoes)}   first {_told(first)}   whole {_told(whole)}   {len(moves)} moves", end="")
        print(f"   held {_held(page, quick[0]):.0f} ms", end="")
    if trained:
        print(f"   training {max(whole for _, whole in trained):.0f} ms at most", end="")
    print(f"   {1000 / float(np.mean(gaps)):.0f} frames/s", f"{phones} phones" if phones else "", flush=True)


def _moved(page: Any, knobs: list[Knob], count: int) -> list[list[float]]:
    """Move knob after knob from end to end, like a row of ploughs: no combination comes twice; return what it took."""
    found: list[list[float]] = []
    for turn in range(4):
        for knob in knobs:
            slider = page.get_by_role("slider", name=knob.label, exact=True)
            for _ in range(len(knob.values)):
                if len(found) >= count:
                    return found
                before, moved = slider.input_value(), len(page.evaluate("moves"))
                slider.press("ArrowRight" if turn % 2 == 0 else "ArrowLeft")
                if slider.input_value() == before:
                    break
                _until(page, f"moves.length > {moved}")
                found.append(page.evaluate("moves.at(-1)"))
    return found


def _until(page: Any, condition: str) -> None:
    """Wait in the page: a page that allows no text to become code can't be waited for otherwise."""
    waiting = f"(async () => {{ while (!({condition})) await new Promise((go) => setTimeout(go, 5)); }})()"
    page.evaluate(waiting)


def _held(page: Any, knob: Knob) -> float:
    """Hold a key down as a system repeats it, thirty times a second; return the longest frame in milliseconds."""
    slider = page.get_by_role("slider", name=knob.label, exact=True)
    slider.press("Home")
    page.evaluate(f"window.gaps = ({FRAMES})(1500)")
    for number in range(40):
        page.keyboard.down("ArrowRight" if number < 20 else "ArrowLeft")
        page.wait_for_timeout(33)
    page.keyboard.up("ArrowRight")
    page.keyboard.up("ArrowLeft")
    return float(max(page.evaluate("window.gaps")))


def _told(times: Any) -> str:
    half, most = np.quantile(times, [0.5, 0.9])
    return f"{half:.0f} / {most:.0f}"


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stories", nargs="*", metavar="STORY")
    parser.add_argument("--moves", type=int, default=40, help="of each story, at most")
    chosen = parser.parse_args()
    stories = [load_story(name) for name in chosen.stories or shipped.stories()]
    print(f"load {os.getloadavg()[0]:.1f}")
    with served() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        for story in stories:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            drive(page, server.address, story, chosen.moves)
            page.close()
        browser.close()
    print(f"load {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
