"""Does anything hang, stay or break when processes of a run are killed or told to end, whenever that is?

`python tests/proofs/kills.py [--times 100] [--seed 1]` runs a scenario with two workers again and again into one folder,
and strikes each run once, in one of nine ways, at a random moment. After each: did it end in time, with the code that it
should, without a traceback; is no worker left after two seconds; is the result whole, with the bytes of an undisturbed
run, or not there; is nothing left in the folder for temporary files and beside the result? Only a parent that is killed
may leave something, for the next run to sweep. `tests/cli/test_struck.py` runs a few such strikes.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Set
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """\
driftline: 1
seed: 4
replications: 8
horizon: 1d
strategies:
  - {pattern: manual}
  - {pattern: canary, hold: 1h}
"""
#: Seconds that a run may take to end once it was told to; a machine that does other things too needs some.
ENDS_IN_S = 20.0
#: Seconds that a whole run may take.
RUN_S = 120.0
#: Seconds after which no worker may be left.
ORPHANS_S = 2.0
INTERRUPTED = 130


def _hear_all() -> None:
    # Whoever runs this in the background of a shell, or by nohup, hands signals down to us that are ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Run:
    """A run of driftline in a session of its own."""

    def __init__(self, folder: Path, *options: str, hears: bool = True) -> None:
        self.folder = folder
        self.temporary = folder / "temporary"
        self.temporary.mkdir(exist_ok=True)
        (folder / "line.yaml").write_text(SCENARIO)
        self.found = set(places(folder))
        self._said = (folder / "said.txt").open("w+")
        command = [sys.executable, "-m", "sim.cli.main", "run", "line.yaml", "--out", "results/out", *options]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)},
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
            preexec_fn=_hear_all if hears else None,
        )

    def workers(self) -> list[int]:
        """Return the processes of the session that live, but for the first."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                state, _, _, session = (place / "stat").read_text().rpartition(")")[2].split()[:4]
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has just ended
            if int(session) == self.process.pid and state != "Z" and int(place.name) != self.process.pid:
                found.append(int(place.name))
        return sorted(found)

    def listens(self) -> bool:
        """Return whether driftline has begun to answer signals itself: before, Python starts."""
        caught = [line.split()[1] for line in self._status() if line.startswith("SigCgt")]
        return bool(caught) and bool(int(caught[0], 16) & 1 << (signal.SIGTERM - 1))

    def _status(self) -> list[str]:
        try:
            return Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        except FileNotFoundError:
            return []

    def until(self, true: Callable[[], object], seconds: float = RUN_S) -> bool:
        """Wait until something is true or the run has ended; return whether it is true."""
        end = time.monotonic() + seconds
        while not true():
            if self.process.poll() is not None or time.monotonic() > end:
                return bool(true())
            time.sleep(0.001)
        return True

    def ended(self, seconds: float) -> int | None:
        """Return the exit code, None if it hangs: then all of it is killed."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return None

    def left(self, seconds: float = ORPHANS_S) -> list[int]:
        """Return the workers that are left after so many seconds."""
        end = time.monotonic() + seconds
        while (found := self.workers()) and time.monotonic() < end:
            time.sleep(0.01)
        return found

    def said(self) -> str:
        self._said.seek(0)
        return self._said.read()


def a_worker_killed(run: Run) -> None:
    for worker in run.workers()[:1]:
        os.kill(worker, signal.SIGKILL)


def the_parent(number: signal.Signals) -> Callable[[Run], None]:
    return lambda run: run.process.send_signal(number)


def all_of_them(number: signal.Signals) -> Callable[[Run], None]:
    return lambda run: os.killpg(run.process.pid, number)


#: How a run is struck, and with which codes it may end; 0 where it was done before, or goes on.
STRIKES: Mapping[str, tuple[Callable[[Run], None], tuple[int, ...]]] = {
    "kill -9 of a worker": (a_worker_killed, (0,)),
    "kill -9 of the parent": (the_parent(signal.SIGKILL), (0, -signal.SIGKILL)),
    "kill -9 of all": (all_of_them(signal.SIGKILL), (0, -signal.SIGKILL)),
    "SIGINT to the parent": (the_parent(signal.SIGINT), (0, INTERRUPTED)),
    "SIGINT to all": (all_of_them(signal.SIGINT), (0, INTERRUPTED)),
    "SIGTERM to the parent": (the_parent(signal.SIGTERM), (0, INTERRUPTED)),
    "SIGTERM to all": (all_of_them(signal.SIGTERM), (0, INTERRUPTED)),
    "SIGHUP to the parent": (the_parent(signal.SIGHUP), (0, INTERRUPTED)),
    "SIGHUP to all": (all_of_them(signal.SIGHUP), (0, INTERRUPTED)),
}


def wrong_after(run: Run, strike: str, whole: Mapping[str, bytes] | None = None) -> list[str]:
    """Return what is wrong with a run that was struck; `whole`: the files of an undisturbed run."""
    _, codes = STRIKES[strike]
    goes_on = strike == "kill -9 of a worker"
    code = run.ended(RUN_S if goes_on else ENDS_IN_S)
    wrong = []
    if code not in codes:
        wrong.append("it hangs" if code is None else f"it ended with {code}")
    if left := run.left():
        wrong.append(f"workers left: {left}")
    said = run.said()
    if "Traceback" in said or "Exception ignored" in said:
        wrong.append(f"it said: {said[-2000:]}")
    out = run.folder / "results" / "out"
    if whole is not None and out.exists() and bytes_of(out) != whole:
        wrong.append("the result differs")
    if code != -signal.SIGKILL:
        wrong += litter(run, run.found)  # it may have ended before it swept
    return wrong


def litter(run: Run, found: Set[str] = frozenset()) -> list[str]:
    """Return what is left where nothing should be, but for what a run has found there."""
    return [f"left: {name}" for name in places(run.folder) if name not in found]


def places(folder: Path) -> list[str]:
    """Return all in the folder for temporary files, and all beside the result."""
    found = [place for place in (folder / "temporary", folder / "results") if place.exists()]
    return sorted(entry.name for place in found for entry in place.iterdir() if entry.name != "out")


def bytes_of(out: Path) -> dict[str, bytes]:
    return {place.relative_to(out).as_posix(): place.read_bytes() for place in out.rglob("*") if place.is_file()}


def undisturbed(folder: Path) -> tuple[float, dict[str, bytes]]:
    """Run once without a strike; return how long it took and what it wrote. Anything left over is an error."""
    began = time.monotonic()
    run = Run(folder, "--workers", "2")
    code = run.ended(RUN_S)
    wrong = litter(run)
    if code != 0 or wrong:
        raise AssertionError(f"the undisturbed run ended with {code}: {wrong}; {run.said()}")
    return time.monotonic() - began, bytes_of(folder / "results" / "out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    bad = 0
    ends: Counter[tuple[str, int | None]] = Counter()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        undisturbed(folder)  # what is compiled once
        seconds, whole = undisturbed(folder)
        print(f"undisturbed: {seconds:.1f} s, {len(whole)} files", flush=True)
        for number in range(chosen.times):
            strike = list(STRIKES)[number % len(STRIKES)]
            moment = chance.uniform(0.0, seconds)
            began = time.monotonic()
            run = Run(folder, "--workers", "2")
            run.until(run.listens)
            time.sleep(max(0.0, began + moment - time.monotonic()))
            if strike == "kill -9 of a worker":
                run.until(run.workers)
            STRIKES[strike][0](run)
            wrong = wrong_after(run, strike, whole)
            ends[strike, run.process.returncode] += 1
            bad += bool(wrong)
            for each in wrong:
                print(f"{number}: {strike} after {moment:.3f} s: {each}", flush=True)
        undisturbed(folder)  # it sweeps what killed parents left, or says so
    for (strike, code), count in sorted(ends.items(), key=str):
        print(f"{strike:24} ended with {code!s:>4}: {count}")
    print(f"{chosen.times} strikes, {bad} with something wrong")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
