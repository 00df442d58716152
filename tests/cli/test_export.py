"""`driftline export`: what it writes and says, and what it refuses before any work is done."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sim.apps.static import record as recording
from tests.support.exported import STORY, HeldPage

QUICK = ("--seeds", "1", "--replications", "1", "--values", "2", "--workers", "1")


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(STORY)
    return file


def test_one_story_becomes_one_page_and_its_size_is_told(call: Any, story: Path) -> None:
    code, out, err = call("export", story.name, "--out", "room", *QUICK)
    assert code == 0
    page = Path("room/small.html")
    assert os.listdir("room") == ["small.html"]
    assert out.startswith(f"room/small.html  {page.stat().st_size / 1e6:.1f} MB  18 settings, seeds: 1, runs: 1  ")
    assert err.startswith("small: 5 of 18 positions")
    assert err.endswith("small: 18 of 18 positions\nopen room/small.html\n")
    assert len(HeldPage(page).data["there"]) == 18


def test_several_get_a_list_in_front(call: Any, story: Path) -> None:
    other = story.with_name("an other.yaml")
    other.write_text(STORY.replace("A small line", "Another line"))
    code, out, err = call("export", story.name, other.name, "--out", "room", "-q", *QUICK)
    assert (code, len(out.splitlines()), err) == (0, 2, "open room/index.html\n")
    assert sorted(os.listdir("room")) == ["an-other.html", "index.html", "small.html"]
    index = Path("room/index.html").read_text()
    assert index.index("href='small.html'") < index.index("href='an-other.html'")
    assert '<a class="to-menu" href="index.html">All stories</a>' in Path("room/small.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "room"], "name stories, such as lamp, or take --all; not both"),
        (["lamp", "--all", "--out", "room"], "name stories, such as lamp, or take --all; not both"),
        (["lamp"], "Missing option '--out'"),
        (["lmap", "--out", "room"], "no shipped story of this name; did you mean 'lamp', a shipped one?"),
        (["lamp", "lamp", "--out", "room"], "its page would be lamp.html, which is there already"),
        (["lamp", "--out", "room", "--seeds", "0"], "'--seeds': 0 is not in the range 1<=x<=20"),
        (["lamp", "--out", "file"], "file is a file, and pages are put into a folder: choose another DIR"),
        (["lamp", "--out", "own"], "own/lamp.html is there, and `driftline export` has not written it: move it, or"),
        (["quickstart.yaml", "--out", "room"], "this is a scenario, and driftline export takes a story; give it to"),
        (["lamp", "index.yaml", "--out", "room"], "its page would be index.html, which is there already"),
    ],
)
def test_what_is_wrong_is_told_before_any_work_is_done(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "quickstart.yaml").write_text("driftline: 1\n")
    (tmp_path / "index.yaml").write_text(STORY)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "lamp.html").write_text("my lamp")
    monkeypatch.delattr(recording, "Visit")
    code, out, err = call("export", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert (tmp_path / "own" / "lamp.html").read_text() == "my lamp"
    assert not (tmp_path / "room").exists()


def test_a_story_too_large_for_a_page_names_the_remedy(call: Any, story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_BYTES", 10_000)
    code, out, err = call("export", story.name, "--out", "room", "-q", *QUICK)
    assert (code, out) == (2, "")
    assert "take fewer --seeds or --values, or a shorter horizon in the story" in err
    assert not Path("room").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent")
def test_a_kill_leaves_an_earlier_page_as_it_was(story: Path, tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (room / "small.html").write_text('<meta name="generator" content="driftline export">')
    command = [sys.executable, "-m", "sim", "export", str(story), "--out", str(room), "--replications", "50"]
    work = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while len(os.listdir(room)) == 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    work.kill()
    work.communicate()
    assert (room / "small.html").read_text() == '<meta name="generator" content="driftline export">'


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
def test_a_full_disk_is_the_machines_trouble(call: Any, story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from sim.apps.static import folder

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder.os, "replace", full)
    Path("room").mkdir()
    code, _, err = call("export", story.name, "--out", "room", "-q", *QUICK)
    assert (code, err) == (1, "driftline: can't write room: No space left on device\n")
    assert os.listdir("room") == []
