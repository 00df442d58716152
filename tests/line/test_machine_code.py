"""Machine code that is kept: what is damaged, or may be others', is never run, and where nothing can be kept runs go on."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from toy_kernel import ASK, ROOT, python, written_to

pytest.importorskip("numba")

from sim.line.engines.compiled import machine_code
from sim.line.engines.compiled.machine_code import FOR_THIS_RUN, read, risk_of, write

COMPILED, LOADED = ["101.5"], ["101.5", "1"]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(FOR_THIS_RUN, raising=False)
    return written_to(tmp_path)


def asked(toy: Path, code: str = ASK) -> subprocess.CompletedProcess[str]:
    """Ask the kernel for 101.5, in a process of its own."""
    told = python(code, ROOT, toy, HOME=str(toy))
    assert told.returncode == 0, told.stderr
    return told


def answer(told: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what the kernel said, and "1" if its code was loaded."""
    return told.stdout.split()[:-1]


def kept(toy: Path) -> Path:
    (file,) = (toy / ".cache" / "driftline").iterdir()
    return file


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def garble(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "something").write_text("in the way")


def test_a_compilation_is_announced_if_and_only_if_there_is_one(toy: Path) -> None:
    def told_and_said() -> tuple[list[str], int]:
        told = asked(toy)
        return answer(told), told.stderr.count("compiling ")

    assert told_and_said() == (COMPILED, 1)
    later = time.time() + 3600.0
    os.utime(toy / "toy.py", (later, later))  # as after a fresh checkout
    assert told_and_said() == (LOADED, 0)


def test_it_is_known_beforehand_whether_there_is_something_to_load(toy: Path) -> None:
    """A server loads what is kept before it copies its processes, and must not compile there."""
    ask = "import toy; print(toy.toy._cache.is_kept)"
    assert asked(toy, ask).stdout.split()[-1] == "False"
    asked(toy)
    assert asked(toy, ask).stdout.split()[-1] == "True"
    (toy / ".cache" / "driftline").chmod(0o777)
    assert asked(toy, ask).stdout.split()[-1] == "False"


def test_damaged_code_is_deleted_and_compiled_again(toy: Path) -> None:
    assert answer(asked(toy)) == COMPILED
    file = kept(toy)
    garble(file)
    told = asked(toy)
    assert answer(told) == COMPILED
    assert f"{file}: it " in told.stderr
    assert told.stderr.count("deleted, and compiled again") == 1
    again = asked(toy)
    assert (answer(again), again.stderr) == (LOADED, "")


@pytest.mark.parametrize("damage", [cut, garble, empty, a_folder])
def test_whatever_damaged_it_makes_room_for_what_is_whole(
    damage: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "some.code"
    write(file, bytes(1000))
    assert read(file) == bytes(1000)
    damage(file)
    with caplog.at_level(logging.WARNING, "driftline"):
        assert read(file) is None
    (record,) = caplog.records
    assert f"{file}: it " in record.getMessage()
    assert "deleted, and compiled again" in record.getMessage()
    write(file, b"whole")
    assert read(file) == b"whole"


def test_a_home_that_cannot_be_written_is_no_obstacle(toy: Path) -> None:
    """The kernel is compiled for this run and for the processes that it starts, and nothing is left behind."""
    (toy / "home").write_text("a file, in which nobody can make a folder")
    child = f"import subprocess, sys; {ASK}; sys.stdout.flush(); subprocess.run([sys.executable, '-c', {ASK!r}])"
    told = python(child, ROOT, toy, HOME=str(toy / "home"))
    assert told.returncode == 0, told.stderr
    assert told.stderr.count("compiled for this run only") == 1
    assert str(toy / "home" / ".cache" / "driftline") in told.stderr
    own, its_childs = (line.split() for line in told.stdout.splitlines())
    assert (own[0], its_childs[0]) == ("101.5", "101.5")
    assert (Path(own[-1]).parent, its_childs[1:-1]) == (Path(its_childs[-1]).parent, ["1"])
    assert "driftline-" in own[-1]
    assert not Path(own[-1]).parent.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind there")
def test_where_there_is_no_room_at_all_it_runs_and_leaves_no_empty_folder(toy: Path) -> None:
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); {ASK}"
    told = asked(toy, full)
    assert told.stdout.split()[0] == "101.5"
    assert told.stderr.count("compiled for this run only") == 1
    assert not (toy / ".cache").exists()


def test_what_cannot_be_written_whole_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "there", tmp_path / "not" / "there"):
        with pytest.raises(OSError, match="No space left"):
            write(folder / "some.code", b"code")
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="homes are their owners' alone there")
def test_code_that_others_may_have_written_is_not_run(toy: Path) -> None:
    asked(toy)
    folder = kept(toy).parent
    folder.chmod(0o770)
    told = asked(toy)
    assert answer(told) == COMPILED
    assert f"{folder}: others can write to it" in told.stderr
    assert "chmod go-w" in told.stderr
    folder.chmod(0o700)
    kept(toy).chmod(0o666)  # the folder is ours alone, and yet others could write to the file
    told = asked(toy)
    assert answer(told) == COMPILED
    assert "others can write to it: deleted, and compiled again" in told.stderr
    assert answer(asked(toy)) == LOADED


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="homes are their owners' alone there")
def test_a_folder_of_another_user_is_a_risk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert risk_of(tmp_path / "nowhere") is None
    tmp_path.chmod(0o700)
    assert risk_of(tmp_path) is None
    if os.getuid() == 0:
        os.chown(tmp_path, 1234, -1)
    else:
        monkeypatch.setattr(machine_code.os, "getuid", lambda: 4321)
    assert str(risk_of(tmp_path)).startswith("it belongs to another user")


def test_two_processes_at_once_keep_one_whole_file(toy: Path) -> None:
    with ThreadPoolExecutor(2) as both:
        for told in both.map(lambda _: asked(toy), range(2)):
            assert told.stdout.startswith("101.5")
            assert "damaged" not in told.stderr
    assert read(kept(toy)) is not None
    assert answer(asked(toy)) == LOADED
    shutil.rmtree(toy / ".cache")
