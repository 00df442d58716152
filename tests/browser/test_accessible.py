"""What axe-core has to say of the views, light and dark, wide and narrow: nothing serious. It comes from npm when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.open_pages import SEEN, OpenPage, findings

pytestmark = [pytest.mark.browser, pytest.mark.slow]


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
