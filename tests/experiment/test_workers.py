"""Work over processes: nobody waits for a worker that can't begin, or has died; real processes are really killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock, Thread
from types import ModuleType
from typing import Any

import pytest

import sim
from sim.experiment import workers
from sim.experiment.workers import WorkersDied, WorkersUnready, WorkFailed, over_processes

needs_kill = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No test may hang, or leave anything in the folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    if hasattr(signal, "alarm"):
        before = signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(90)
    yield tmp_path / "temporary"
    if hasattr(signal, "alarm"):
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert list((tmp_path / "temporary").iterdir()) == []


def _too_long(*_: object) -> None:
    raise TimeoutError("it hangs")


class Squares:
    """A parcel larger than a pipe holds."""

    def __init__(self) -> None:
        self.load = bytes(1_000_000)

    def unpack(self) -> Callable[[int], int]:
        return _square


def _square(number: int) -> int:
    return number**2


class Broken(Squares):
    def unpack(self) -> Callable[[int], int]:
        raise OSError("the camera's licence is missing")


def test_every_number_is_answered() -> None:
    assert dict(over_processes(Squares(), 5, 2)) == {number: number**2 for number in range(5)}


def test_what_can_not_be_unpacked_is_said_and_nothing_hangs() -> None:
    with pytest.raises(WorkersUnready, match="the camera's licence is missing"):
        list(over_processes(Broken(), 3, 2))


def test_a_module_that_workers_do_not_find_is_said_and_nothing_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    here_only = ModuleType("here_only")
    here_only.Parcel = type("Parcel", (Squares,), {"__module__": "here_only"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "here_only", here_only)
    # Cloudpickle sends a class by name if its module has a file, and workers look for the file.
    here_only.__file__ = "/nowhere/here_only.py"
    with pytest.raises(WorkersUnready, match="No module named 'here_only'"):
        list(over_processes(here_only.Parcel(), 3, 2))


class Asked(Squares):
    """A parcel with a function of the test's own; what processes may know of one another is in a folder."""

    def __init__(self, function: Callable[[int], Any], once: Path) -> None:
        super().__init__()
        self.function = function
        self.once = once

    def unpack(self) -> Callable[[int], Any]:
        return self.function


def first(once: Path) -> bool:
    """Return whether no process has asked this before."""
    try:
        once.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@needs_kill
def test_a_worker_that_is_killed_at_work_costs_only_its_number(tmp_path: Path) -> None:
    def ask(number: int) -> int:
        if number == 2 and first(tmp_path / "once"):
            kill_myself()
        return number**2

    assert dict(over_processes(Asked(ask, tmp_path), 5, 2)) == {number: number**2 for number in range(5)}


@needs_kill
def test_a_worker_that_is_killed_before_it_has_read_its_parcel_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def killed_at_once(*arguments: Any, **settings: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **settings))
        if len(started) == 1:
            started[0].kill()
        return started[-1]

    monkeypatch.setattr(workers.subprocess, "Popen", killed_at_once)
    assert dict(over_processes(Squares(), 5, 2)) == {number: number**2 for number in range(5)}
    assert len(started) == 3


@needs_kill
def test_an_answer_that_is_cut_off_is_asked_for_again(tmp_path: Path) -> None:
    def ask(number: int) -> bytes:
        def kill_in_mid_write() -> None:
            while not list(Path(sys.argv[1]).glob("*.part")):
                pass
            kill_myself()

        if number == 1 and first(tmp_path / "once"):
            Thread(target=kill_in_mid_write).start()
        return bytes(50_000_000)

    answers = dict(over_processes(Asked(ask, tmp_path), 3, 2))
    assert (tmp_path / "once").exists()
    assert {number: len(answer) for number, answer in answers.items()} == dict.fromkeys(range(3), 50_000_000)


@needs_kill
def test_work_that_kills_every_worker_ends_with_one_message(tmp_path: Path) -> None:
    def ask(number: int) -> int:
        if number == 1:
            kill_myself()
        return number

    with pytest.raises(WorkersDied, match="died 3 times"):
        list(over_processes(Asked(ask, tmp_path), 3, 2))


@needs_kill
def test_workers_that_hold_their_pipes_open_by_a_child_are_missed_too(tmp_path: Path) -> None:
    def ask(number: int) -> int:
        if first(tmp_path / "once"):
            if os.fork() == 0:
                time.sleep(10)
                os._exit(0)
            kill_myself()
        return number

    began = time.monotonic()
    assert dict(over_processes(Asked(ask, tmp_path), 3, 2)) == {0: 0, 1: 1, 2: 2}
    assert time.monotonic() - began < 10


class Odd(Exception):
    """Can be pickled, and not be read again."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def test_an_exception_that_cannot_be_sent_is_told_in_its_own_words(tmp_path: Path) -> None:
    def ask(number: int) -> int:
        raise Odd(1, 2)

    with pytest.raises(WorkFailed, match=r"^Odd: 1 and 2$") as raised:
        list(over_processes(Asked(ask, tmp_path), 3, 2))
    assert "raise Odd(1, 2)" in str(raised.value.__cause__)


def test_an_exception_that_can_be_sent_is_raised_as_it_is_and_says_where(tmp_path: Path) -> None:
    def ask(number: int) -> float:
        return number / 0

    with pytest.raises(ZeroDivisionError, match="division by zero") as raised:
        list(over_processes(Asked(ask, tmp_path), 3, 2))
    assert "return number / 0" in str(raised.value.__cause__)


def test_an_answer_that_cannot_be_sent_is_said(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        list(over_processes(Asked(lambda number: Lock(), tmp_path), 3, 2))


def test_what_work_prints_is_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def ask(number: int) -> int:
        print("from Python")
        os.write(1, b"from below Python\n")
        return number

    assert len(dict(over_processes(Asked(ask, tmp_path), 2, 2))) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert (err.count("from Python\n"), err.count("from below Python\n")) == (2, 2)


def test_no_room_for_answers_is_said(tmp_path: Path) -> None:
    def ask(number: int) -> int:
        # As a full disk does: no new file can be made.
        Path(sys.argv[1], f"answer-{number}.part").mkdir()
        return number

    with pytest.raises(WorkersUnready, match=r"no room for worker processes or their files \(Is a directory\)"):
        list(over_processes(Asked(ask, tmp_path), 2, 2))


def test_no_room_for_the_parcel_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(WorkersUnready, match=r"no room .*gone"):
        list(over_processes(Squares(), 2, 2))


PARENT = """
import os, sys, time
from pathlib import Path
from sim.experiment.workers import over_processes

class Parcel:
    load = bytes(1_000_000)
    def unpack(self):
        def ask(number):
            Path({pids!r}, str(os.getpid())).touch()
            time.sleep(60)
        return ask

list(over_processes(Parcel(), 4, 2))
"""


def gone(process: int) -> bool:
    """Return whether a process has ended, be it that nobody has asked how."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_workers_end_with_their_parent_and_take_their_files_along(nothing_left: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(pids=str(pids))],
        env={**os.environ, "PYTHONPATH": str(Path(sim.__file__).parents[1]), "TMPDIR": str(nothing_left)},
        stderr=subprocess.PIPE,
    )
    assert until(lambda: len(list(pids.iterdir())) == 2, 60)
    parent.kill()
    assert until(lambda: all(gone(int(each.name)) for each in pids.iterdir()), 2)
    assert parent.communicate(timeout=10) == (None, b"")


@needs_kill
def test_the_next_run_sweeps_what_a_killed_one_left(nothing_left: Path) -> None:
    code = "import os; from sim.experiment.workers import _folder_with\nwith _folder_with(b''): os.kill(os.getpid(), 9)"
    left = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(sim.__file__).parents[1]), "TMPDIR": str(nothing_left)},
        timeout=60,
    )
    assert left.returncode == -signal.SIGKILL
    assert len(list(nothing_left.iterdir())) == 1
    assert dict(over_processes(Squares(), 1, 1)) == {0: 0}
