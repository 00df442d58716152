"""A computing process as its server sees it: how it starts, our end of its pipe, and its place behind others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread, Timer
from typing import TYPE_CHECKING

from sim.apps.web.worker import BEHIND, Work, serve, work_behind

if TYPE_CHECKING:  # the second is not there on Windows
    from multiprocessing.context import ForkServerContext, SpawnContext


#: One starts at a time: where what they are copied from has died, Python forgets its address in one thread's way to it.
_one_starts = Lock()


class Process:
    """A computing process and our end of its pipe."""

    def __init__(self, make: Callable[[], Work]) -> None:
        self.ready = False  #: it has imported what it needs, which is nobody's work
        context = how_they_start()
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, make), daemon=True)
        with _one_starts, interrupts_held_back():
            self._process.start()
        theirs.close()

    @property
    def has_ended(self) -> bool:
        return not self._process.is_alive()

    def bring(self, message: object, limit_s: float) -> bool:
        """Send a message; return whether it was read in time: else the process is ended, which ends our waiting too."""
        begun = time.monotonic()
        late = Timer(limit_s, self._process.kill)
        late.daemon = True
        late.start()
        try:
            self.pipe.send(message)
        except OSError:
            if time.monotonic() - begun < limit_s:
                raise
            return False
        finally:
            late.cancel()
        return True

    def worked_s(self) -> float:
        """Return for how long it has worked; where the system tells nobody, for how long we have."""
        try:
            told = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return time.monotonic()
        return sum(map(int, told.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def fall_behind(self) -> None:
        """Let every other process go first, where the system knows of that."""
        if hasattr(os, "setpriority") and self._process.pid is not None:
            with suppress(ProcessLookupError):  # it has just ended
                os.setpriority(os.PRIO_PROCESS, self._process.pid, BEHIND)

    def kill(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()


@contextmanager
def beside(task: Callable[[], None]) -> Iterator[None]:
    """Let a process do something behind all others meanwhile; what it has not done at the end is left.

    Where the system knows of no order among processes it would be in everybody's way: there it is left as a whole.

    Parameters
    ----------
    task : callable
        Importable.
    """
    process = how_they_start().Process(target=work_behind, args=(task,), daemon=True)

    def begin() -> None:
        with (
            suppress(EOFError, OSError),
            _one_starts,
            interrupts_held_back(),
        ):  # where there is no room for one, nobody misses it
            process.start()

    # The first process waits until the one that it is a copy of has imported all; nobody else has to.
    if hasattr(os, "nice"):
        Thread(target=begin, daemon=True).start()
    try:
        yield
    finally:
        if process.pid is not None:  # one that has not begun by now ends with us
            process.kill()
            process.join()


def how_they_start() -> SpawnContext | ForkServerContext:
    """Return how processes start: as copies of one that has imported all, which then takes its memory once.

    Elsewhere than on Linux a copy of a process that has used its libraries is not safe: there each imports anew.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sim.apps.web.imported"])
    return context


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Start processes that a Ctrl-C in the terminal does not reach: while they import they would print tracebacks."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # or it would start in here, and let interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
