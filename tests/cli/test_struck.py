"""Runs that are killed, or told to end, by anybody and at any moment: nothing hangs, nothing stays, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import kills
import pytest

from sim.cli.interrupts import Interrupted, ending_as_by_ctrl_c
from sim.cli.progress import progress

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[kills.Run]:
    """A run of two workers, which are at work; long, so that nothing ends by itself."""
    run = kills.Run(tmp_path, "--workers", "2", "--replications", "2000")
    yield run
    run.ended(0.0)


@pytest.mark.parametrize(
    "strike",
    [
        "SIGTERM to the parent",
        "SIGHUP to all",
        "kill -9 of the parent",
        *(pytest.param(f"{name} to {whom}", marks=pytest.mark.slow) for name, whom in (
            ("SIGTERM", "all"), ("SIGHUP", "the parent"), ("SIGINT", "all"), ("SIGINT", "the parent"),
        )),
    ],
)  # fmt: skip
def test_who_strikes_a_run_at_work_leaves_nothing_of_it(strike: str, started: kills.Run) -> None:
    assert started.until(lambda: started.listens() and len(started.workers()) == 2)
    kills.STRIKES[strike][0](started)
    assert kills.wrong_after(started, strike) == []
    assert started.process.returncode != 0
    assert kills.litter(started) == []
    assert not (started.folder / "results").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_without_workers_ends_in_the_same_way(number: signal.Signals, tmp_path: Path) -> None:
    run = kills.Run(tmp_path, "--workers", "1", "--replications", "2000")
    assert run.until(run.listens)
    run.until(lambda: "compiling" in run.said(), 3.0)  # somewhere in the middle, wherever that is
    run.process.send_signal(number)
    assert run.ended(kills.ENDS_IN_S) == kills.INTERRUPTED
    assert run.said().splitlines()[-1] == "interrupted: nothing is left half written"
    assert kills.litter(run) == []


@pytest.mark.slow
def test_a_worker_that_is_killed_as_soon_as_it_is_there_changes_nothing(tmp_path: Path) -> None:
    run = kills.Run(tmp_path, "--workers", "2")
    assert run.until(run.workers)
    kills.a_worker_killed(run)
    assert kills.wrong_after(run, "kill -9 of a worker") == []


def test_a_hangup_that_whoever_started_us_has_silenced_stays_silent(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        run = kills.Run(tmp_path, "--workers", "1", "--replications", "2000", hears=False)
    finally:
        signal.signal(signal.SIGHUP, before)
    try:
        assert run.until(run.listens)
        run.process.send_signal(signal.SIGHUP)
        assert not run.until(lambda: False, 0.5)
        assert run.process.poll() is None
    finally:
        run.process.terminate()
    assert run.ended(kills.ENDS_IN_S) == kills.INTERRUPTED


def test_an_interrupt_in_code_that_is_made_from_text_leaves_the_exit_code_to_us(tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text("""
from sim.cli.interrupts import ending_as_by_ctrl_c

with ending_as_by_ctrl_c():
    try:
        exec("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    except KeyboardInterrupt:
        raise SystemExit(7)
""")
    done = subprocess.run(
        [sys.executable, "-m", "made"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(kills.ROOT), str(tmp_path)])},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
        timeout=60,
    )
    assert done.returncode == 7


class Finalised:
    """Is told to end at the worst moment: what a handler raises in a finaliser, Python drops."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("quiet", [False, True])
def test_who_is_told_to_end_while_python_cleans_up_ends_after_the_part_in_hand(
    quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: dropped.append(told.exc_type))
    with ending_as_by_ctrl_c(), progress("line", 4, quiet) as tick:
        tick(0, 4)
        Finalised()
        assert dropped == [Interrupted]
        with pytest.raises(Interrupted):
            tick(1, 4)
    with ending_as_by_ctrl_c(), progress("line", 4, quiet) as tick:
        tick(0, 4)  # the next command was not asked
