"""Every snippet and command of the documentation, the README and CONTRIBUTING does what its page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, Block, blocks, commands

PAGES = sorted([
    *(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
])  # fmt: skip
SLOW = {ROOT / "README.md"}
RUN = ("python", "sh", "console", "yaml")


def ran(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a page as a reader would from top to bottom, in a process of its own: what it registers ends with it."""
    path = [str(ROOT), str(ROOT / "sim" / "_alias"), str(ROOT / "tests" / "support"), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, str(ROOT / "tests" / "support" / "pages.py"), str(page)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path)), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.relative_to(ROOT).as_posix(), marks=pytest.mark.slow if page in SLOW else ())
        for page in PAGES
        if any(block.language in RUN and not block.skip for block in blocks(page))
    ],
)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    done = ran(page, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_says_its_language(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    opened = [line for number, line in enumerate(re.findall(r"^ *```.*$", text, flags=re.M)) if number % 2 == 0]
    assert [line for line in opened if line.strip() == "```"] == []


PAGE = """
```python
def doubled(x):
    return 2 * x
```
```yaml
# mine.yaml
driftline: 1
horizon: 2h
strategies: [{pattern: manual}]
```
```sh
driftline validate mine.yaml          # its own file
```
<!-- skip: another program -->
```sh
pip install driftline
```
```python
assert doubled(2) == 4
```
"""


def test_a_page_shares_its_names_and_its_folder(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    done = ran(page, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("doubled(2) == 4", "doubled(2) == 5", "page.md:20:"),
        ("validate mine.yaml", "validate yours.yaml", "yours.yaml"),
        ("horizon: 2h", "horizon: 2 hourz", "hourz"),
        ("<!-- skip: another program -->", "", "only driftline is run here"),
    ],
)
def test_a_page_that_does_not_do_what_it_says_is_caught(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace(right, wrong), encoding="utf-8")
    done = ran(page, tmp_path)
    assert done.returncode == 1
    assert said in done.stderr


def test_commands_end_at_their_comment_and_go_on_after_a_backslash() -> None:
    block = Block("sh", "driftline run a.yaml \\\n  --seed 1   # once\n\n# nothing\n", 1, "")
    assert list(commands(block)) == [["driftline", "run", "a.yaml", "--seed", "1"]]
    assert list(commands(Block("console", "$ driftline list\nan answer\n", 1, ""))) == [["driftline", "list"]]
