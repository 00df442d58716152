"""What axe-core has to say of the views, light and dark, wide and narrow: nothing serious. It comes from npm when asked for."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.open_pages import SEEN, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return axe-core's script."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine")
    place = tmp_path_factory.mktemp("axe")
    asked = subprocess.run(
        [npm, "pack", "--silent", "axe-core@4"], cwd=place, capture_output=True, text=True, timeout=120
    )
    if asked.returncode:
        pytest.skip(f"npm has no axe-core for us: {asked.stderr[-200:]}")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "query", ["", f"{SEEN}&reveal=1", f"{SEEN}&fix=people,seed,reveal&lamp=80%25"], ids=["asked", "seen", "fixed"]
)
def test_axe_finds_nothing_serious(
    browser: Any, recorded: Path, axe: Path, query: str, width: int, scheme: str
) -> None:
    visit = OpenPage(
        browser, recorded, query, viewport={"width": width, "height": 720}, color_scheme=scheme, reduced_motion="reduce"
    )
    visit.settled()
    if "fix" in query:
        visit.page.get_by_text("Take it along").click()
        visit.page.get_by_role("button", name="Show YAML").click()
        visit.page.get_by_role("textbox", name="The scenario as YAML").wait_for()
    assert findings(visit.page, axe) == []
    visit.page.close()


def test_axe_sees_what_is_broken(browser: Any, recorded: Path, axe: Path) -> None:
    visit = OpenPage(browser, recorded, SEEN, reduced_motion="reduce")
    visit.page.evaluate("document.querySelectorAll('label').forEach((label) => label.removeAttribute('for'))")
    assert any(said.startswith("label") for said in findings(visit.page, axe))
    visit.page.close()
