"""A page of the sandbox in a browser, and what it said and asked for that it should not have."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SEEN = "said.leaks_most=manual"  #: of a visitor who has made a prediction


class OpenPage:
    """A page that is open, and what it said and asked for that it should not have."""

    unfolded = True  #: whether all pictures are in view

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
        if self.unfolded:
            self.page.evaluate("document.querySelector('.dl-more').open = true")

    def app(self, expression: str) -> Any:
        return self.page.evaluate(
            f"(() => {{ const app = document.querySelector('.dl-root').driftline; return {expression}; }})()"
        )

    def slider(self, name: str) -> Any:
        return self.page.get_by_role("slider", name=name, exact=True)

    def settled(self) -> None:
        """Wait until the host has answered the last move, and the address holds the moment at which the clock rests."""
        self.frames(2)  # a move is asked about in the next frame
        self.page.wait_for_function(
            """() => { const { told, serial, clock, state } = document.querySelector('.dl-root').driftline;
            return told.serial === serial && (clock.playing || Number(state.get('clock')) === Math.round(clock.t)); }"""
        )

    def frames(self, number: int) -> None:
        """Let the page draw a number of frames, however long that takes."""
        self.page.evaluate(
            "async (number) => { for (; number; number--) await new Promise(requestAnimationFrame); }", number
        )


class NoAxe(Exception):
    """axe-core is not to be had on this machine."""


def axe_core(place: Path) -> Path:
    """Put axe-core's script into a folder and return its file: npm brings it."""
    npm = shutil.which("npm")
    if npm is None:
        raise NoAxe("no npm on this machine")
    asked = subprocess.run(
        [npm, "pack", "--silent", "axe-core@4"], cwd=place, capture_output=True, text=True, timeout=120
    )
    if asked.returncode:
        raise NoAxe(f"npm has no axe-core for us: {asked.stderr[-200:]}")
    with tarfile.open(place / asked.stdout.split()[-1]) as packed:
        packed.extract("package/axe.min.js", place, filter="data")
    return place / "package" / "axe.min.js"


def findings(page: Any, axe: Path, within: str = ".dl-root") -> list[str]:
    """Return what is serious or worse in a part of a page."""
    page.add_script_tag(path=str(axe))
    found = page.evaluate("async (within) => (await axe.run(within)).violations", within)
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:4]]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
