"""The documentation builds without a warning, links to what is there, and asks no other machine for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the extra 'docs' is not installed")

ROOT = Path(__file__).parents[2]
#: What a browser fetches by itself when it meets one of these: element -> attribute.
FETCHED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "use": "href",
}
#: A link element that only says where something is.
ONLY_SAID = {"canonical", "next", "prev", "search", "index", "author", "license"}
_IN_STYLE = re.compile(r"url\(\s*['\"]?(https?:)?//|@import\s+['\"](https?:)?//")


class Requests(HTMLParser):
    """Collects what a page would fetch from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.elsewhere: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        target = found.get(FETCHED.get(tag, ""), "")
        said = tag == "link" and set(found.get("rel", "").split()) <= ONLY_SAID
        if not said and re.match(r"(https?:)?//", target):
            self.elsewhere.append(target)
        if _IN_STYLE.search(found.get("style", "")):
            self.elsewhere.append(found["style"])


def requests(site: Path) -> Iterator[tuple[str, str]]:
    """Yield, for every page and style sheet, what it would fetch from another machine."""
    for page in sorted(site.rglob("*.html")):
        reader = Requests()
        reader.feed(page.read_text(encoding="utf-8"))
        yield from ((page.name, target) for target in reader.elsewhere)
    for sheet in sorted(site.rglob("*.css")):
        if found := _IN_STYLE.search(sheet.read_text(encoding="utf-8")):
            yield sheet.name, found[0]


def built(folder: Path) -> Path:
    """Build the pages, as strictly as can be, and return where they are."""
    strictly = ["-W", "--keep-going", "-q", "-d", str(folder / "doctrees")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *strictly, str(ROOT / "docs"), str(folder / "html")],
        capture_output=True,
        text=True,
        timeout=900,
        env={"DRIFTLINE_NOTEBOOKS": "first", **os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
    )
    assert done.returncode == 0, done.stderr[-8000:]
    return folder / "html"


@pytest.mark.slow
def test_it_builds_without_a_warning_is_complete_and_asks_no_other_machine(tmp_path: Path) -> None:
    # One test, since a build takes a minute: two at once would write the same pages of modules.
    site = built(tmp_path)
    assert list(requests(site)) == []
    the_executed_pages_show_what_they_computed(site)
    the_format_and_the_command_are_complete(site)


def the_executed_pages_show_what_they_computed(site: Path) -> None:
    for page in ("notebooks/00_quickstart.html", "tutorial/first-comparison.html", "tutorial/your-strategy.html"):
        text = (site / page).read_text(encoding="utf-8")
        assert 'class="output' in text, page
        assert "Traceback" not in text, page


def the_format_and_the_command_are_complete(site: Path) -> None:
    from sim.cli.main import cli
    from sim.scenario import json_schema

    command = (site / "reference" / "command.html").read_text(encoding="utf-8")
    for verb in cli.list_commands(None):  # type: ignore[arg-type]  # ours need no context
        assert f'id="driftline-{verb}"' in command, verb
    pages = [(site / "reference" / f"{name}.html").read_text(encoding="utf-8") for name in FORMAT]
    schema = json_schema()
    for name in schema["$defs"]:
        assert any(f'id="format-{name.lower().replace("_", "-")}"' in page for page in pages), name
    for key in schema["properties"]:
        assert f'<span class="pre">{key}</span>' in pages[0], key


FORMAT = ("scenario", "strategies", "analysis", "alarms")


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/x.css">',
        '<img src="http://elsewhere.example/x.png">',
        '<p style="background: url(https://elsewhere.example/x.png)">',
    ],
)
def test_a_request_would_be_seen(html: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<html><a href='https://fine.example'>a link</a>{html}</html>")
    assert len(list(requests(tmp_path))) == 1
