"""The quickstart in a real browser: the picture comes, a key moves a slider, the picture and its words change."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "00_quickstart.ipynb"
LABELS = (
    "Lamp brightness after it fails (%)",
    "The lamp fails after (hours)",
    "Canary's share of the phones (%)",
    "Review band (%)",
    "Inspectors on duty",
)
PATIENCE = 90_000  #: ms: the page comes when every cell has run


def _browser() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the notebook by Voilà on the loopback; afterwards nothing of it is left."""
    pytest.importorskip("voila")
    _browser()
    folder = tmp_path_factory.mktemp("voila")
    port = _free_port()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(ROOT), str(ROOT / "sim" / "_alias"), os.environ.get("PYTHONPATH")])
        ),
    }
    command = [
        sys.executable, "-m", "voila", str(NOTEBOOK), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1",
        "--MappingKernelManager.cull_idle_timeout=120", "--MappingKernelManager.cull_interval=30",
        "--VoilaExecutor.timeout=90",
        # Jupyter Notebook's own extension, which comes with `jupyter`, doesn't run in Voilà and says so on the console.
        "--VoilaConfiguration.extension_denylist=@jupyter-notebook/lab-extension",
    ]  # fmt: skip
    log = (folder / "log").open("w+")
    # A session of its own: the kernels that it starts can then be ended with it, and nothing else.
    server = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        _wait_until_open(port, server, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        for wish in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(server.pid, wish)
                server.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        log.close()


def _wait_until_open(port: int, server: subprocess.Popen[bytes], log: Any, seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
                continue
        break
    log.seek(0)
    pytest.fail(f"Voilà did not come up:\n{log.read()[-3000:]}")


@pytest.fixture(scope="module")
def faults() -> list[str]:
    """What went wrong on the page: exceptions, and errors on the console about our own server's files."""
    return []


@pytest.fixture(scope="module")
def page(address: str, faults: list[str]) -> Iterator[Any]:
    """Open the notebook's page; it is up when the picture is."""
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_browser(),
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
        )
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.set_default_timeout(30_000)
            # The page's base asks a public host for two style sheets; a test does not depend on that host.
            page.route(lambda url: not url.startswith(address), lambda route: route.abort())
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on(
                "console",
                lambda said: (
                    faults.append(said.text)
                    if said.type == "error" and said.location.get("url", address).startswith(address)
                    else None
                ),
            )
            page.goto(address, timeout=PATIENCE)
            page.locator(".driftline-quickstart img").wait_for(timeout=PATIENCE)
            page.locator(".driftline-quickstart .noUi-handle").nth(len(LABELS) - 1).wait_for(timeout=PATIENCE)
            yield page
            page.close(run_before_unload=True)  # so that Voilà ends the kernel
        finally:
            browser.close()


def _slider(page: Any, label: str) -> Any:
    row = page.locator(".driftline-quickstart .widget-hslider").filter(has=page.get_by_text(label, exact=True))
    return row.locator(".noUi-handle")


def _words(page: Any) -> str:
    return str(page.locator(".driftline-summary").inner_text())


def _pixels(page: Any) -> str:
    return hashlib.sha256(page.locator(".driftline-quickstart img").screenshot()).hexdigest()


def _await_words(page: Any, text: str) -> None:
    page.locator(".driftline-summary", has_text=text).wait_for()


def test_the_picture_is_there_with_its_words(page: Any) -> None:
    image = page.locator(".driftline-quickstart img")
    assert image.evaluate("image => image.complete && image.naturalWidth > 0")
    box = image.bounding_box()
    assert (round(box["width"]), round(box["height"])) == (860, 620)
    assert "leak" in _words(page)


@pytest.mark.parametrize("label", LABELS)
def test_a_slider_has_a_visible_label_and_the_keyboard_reaches_it(page: Any, label: str) -> None:
    assert page.locator(".driftline-quickstart").get_by_text(label, exact=True).is_visible()
    page.locator(".driftline-quickstart .noUi-handle").first.focus()
    for _ in range(3 * len(LABELS)):  # a slider and its typed value are two stops
        focused = page.evaluate("document.activeElement.closest('.widget-hslider')?.innerText ?? ''")
        if page.evaluate("document.activeElement.getAttribute('role')") == "slider" and label in focused:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach '{label}'")


def test_a_key_moves_the_picture_and_its_words(page: Any) -> None:
    slider = _slider(page, "The lamp fails after (hours)")
    hour, words, pixels = int(float(slider.get_attribute("aria-valuenow"))), _words(page), _pixels(page)
    place = page.locator(".driftline-quickstart img").bounding_box()
    slider.press("ArrowRight")
    _await_words(page, f"After {hour + 1} h")
    assert _words(page) != words
    assert _pixels(page) != pixels
    assert page.locator(".driftline-quickstart img").bounding_box() == place, "the page must not jump"
    slider.press("ArrowLeft")
    _await_words(page, f"After {hour} h")
    assert _words(page) == words
    assert _pixels(page) == pixels, "the same setting gives the same picture"


def test_of_a_held_key_the_last_value_wins(page: Any) -> None:
    slider = _slider(page, "Lamp brightness after it fails (%)")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    value = int(float(slider.get_attribute("aria-valuenow")))
    _await_words(page, f"falls to {value} %")
    page.get_by_role("button", name="Reset all").click()
    _await_words(page, "falls to 20 %")
    assert float(slider.get_attribute("aria-valuenow")) == 20


def test_the_time_from_key_to_picture_is_told(page: Any, record_property: Any) -> None:
    page.evaluate(
        """() => {
            window.pressed = 0; window.answered = [];
            document.addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
            document.querySelector('.driftline-quickstart img').addEventListener('load', () => {
                window.answered.push(performance.now() - window.pressed); });
        }"""
    )
    # Moves that change the picture in any case: it shows the lamp's brightness and its hour.
    for label, key in ((LABELS[0], "ArrowRight"), (LABELS[1], "ArrowLeft")):
        page.evaluate("window.answered = []")
        slider = _slider(page, label)
        for count in range(1, 9):
            slider.press(key)
            page.wait_for_function(f"window.answered.length >= {count}")
        times = sorted(page.evaluate("window.answered"))
        times_in_words = (
            f"median {times[len(times) // 2]:.0f} ms, p90 {times[int(0.9 * len(times))]:.0f} ms, {len(times)} keys"
        )
        record_property(label, times_in_words)
        print(f"\n{label}: key to picture {times_in_words}")


def test_nothing_went_wrong_on_the_page(page: Any, faults: list[str]) -> None:
    assert page.locator(".driftline-quickstart").is_visible()
    assert not faults, faults
