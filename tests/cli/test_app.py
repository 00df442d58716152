"""`driftline app`: what it refuses, where it listens, and how it ends."""

from __future__ import annotations

import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from served import Served, served

from sim.cli import apps

pytest.importorskip("uvicorn")


def test_a_story_that_is_wrong_is_refused_as_elsewhere(call: Any, tmp_path: Path) -> None:
    code, out, err = call("app", "lmap")
    assert (code, out) == (2, "")
    assert "no shipped story of this name; did you mean 'lamp', a shipped one?" in err
    call("new", "--story")
    (tmp_path / "story.yaml").write_text((tmp_path / "story.yaml").read_text().replace("label:", "lable:", 1))
    code, _, err = call("app", "story.yaml")
    assert code == 2
    assert err.startswith("story.yaml:")
    call("new")
    code, _, err = call("app", "scenario.yaml")
    assert code == 2
    assert "this is a scenario, and driftline app takes a story; give it to: driftline run scenario.yaml" in err


def test_a_missing_library_is_told_with_the_extra_that_brings_it(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, out, err = call("app", "lamp")
    assert (code, out) == (1, "")
    assert err == "driftline: driftline app needs the library uvicorn: pip install 'driftline[app]'\n"


def test_a_port_that_somebody_asked_for_and_that_is_taken_is_refused(call: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, out, err = call("app", "--port", str(taken.getsockname()[1]), "--no-browser")
    assert (code, out) == (2, "")
    assert "in use; take another --port, or none" in err


def test_a_host_that_is_not_this_machines_is_refused(call: Any) -> None:
    code, _, err = call("app", "--host", "203.0.113.9", "--no-browser")
    assert code == 2
    assert "take another --host, 127.0.0.1 is this machine alone" in err


def test_where_the_usual_port_is_taken_it_finds_another_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(apps, "PORT", taken.getsockname()[1])
        with apps._listening("127.0.0.1", None) as listening:
            other = listening.getsockname()[1]
    assert capsys.readouterr().err == f"port {apps.PORT} is taken: port {other} it is\n"


def test_it_opens_a_browser_at_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.part && mv {opened}.part {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    with served("lamp", browser=True) as server:
        _until(opened.exists)
        assert opened.read_text().strip() == server.address
        assert urlopen(server.address).url == f"{server.address}?story=lamp"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after_s", [0.0, 0.3, 3.0])
def test_who_asks_it_to_end_is_obeyed_and_nothing_stays_behind(number: int, after_s: float) -> None:
    with served("--processes", "2") as server:
        time.sleep(after_s)  # while its processes start, or when they are there
        children = _children(server)
        code, said = server.end(number)
        assert code == 130
        assert said in ("Ctrl-C ends it\nended\n", "ended\n")
        _until(lambda: not any(_alive(pid) for pid in children))


def test_its_processes_end_with_it_when_it_is_killed() -> None:
    with served("--processes", "2") as server:
        _until(lambda: len(_children(server)) >= 2)
        children = _children(server)
        server.process.kill()
        _until(lambda: not any(_alive(pid) for pid in children))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_folder_of_a_server_outlives_the_next_one(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with served("lamp") as first:
        (own,) = tmp_path.glob("driftline-server-*")
        first.end(number)
    assert own.exists() is (number == signal.SIGKILL)
    with served("lamp") as second:
        (other,) = tmp_path.glob("driftline-server-*")
        assert other != own
        second.end(number=signal.SIGTERM)
    assert list(tmp_path.glob("driftline-*")) == []


def _children(server: Served) -> list[int]:
    task = Path(f"/proc/{server.process.pid}/task")
    return [int(pid) for thread in task.iterdir() for pid in (thread / "children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(happens: Any) -> None:
    deadline = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)
