"""One computing process: takes a visitor's message, says its answers one by one, and can be told to leave off."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import NamedTuple, Protocol

from sim.apps.talk import Heard, Said, Stale, refused


class Work(Protocol):
    """What a process does with messages: it is made once in each, and sent there by pickling what makes it."""

    def __call__(self, message: Heard, stale: Stale) -> Iterator[Said]: ...


class Ready(NamedTuple):
    """The process has imported what it needs."""


class End(NamedTuple):
    """The answer is complete."""


LEAVE_OFF = "leave off"
#: Bytes that a process may take: several times what a story needs, and less than would harm others on its machine.
MOST_BYTES = 2_500_000_000
#: How far behind others a process is put: the system's own measure, of 19.
BEHIND = 15


def serve(pipe: Connection, make: Callable[[], Work]) -> None:
    """Answer what comes through the pipe for as long as somebody is at its other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to answer: it ends us
    _take_no_more_than(MOST_BYTES)
    Thread(target=_end_with_the_parent, daemon=True).start()
    work = make()
    pipe.send(Ready())
    while True:
        try:
            message = pipe.recv()
            if message == LEAVE_OFF:
                continue  # it came when the answer was complete
            for said in _answers(work, message, _left_off(pipe)):
                pipe.send(said)
            pipe.send(End())
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def work_behind(task: Callable[[], None]) -> None:
    """Do something that nobody waits for: every other process goes first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(BEHIND)
    _take_no_more_than(MOST_BYTES)
    Thread(target=_end_with_the_parent, daemon=True).start()
    task()


def _answers(work: Work, message: Heard, stale: Stale) -> Iterator[Said]:
    """Yield what the work says; a mistake of ours costs its visitor this answer, and nobody else anything."""
    try:
        yield from work(message, stale)
    except MemoryError:
        too_much = "this takes more memory than a sandbox has: give the scenario to `driftline run`"
        yield refused(message, too_much)
    except Exception as error:  # else the process would end, and all that it keeps for others with it
        logging.getLogger(__name__).exception("a page's message could not be answered")
        broken = (
            f"driftline failed at this ({type(error).__name__}): whoever serves this page finds the details in its log"
        )
        yield refused(message, broken)


def _left_off(pipe: Connection) -> Stale:
    """Return whether we were told to leave off: nothing else is sent to us before the answer's end."""
    told = False

    def stale() -> bool:
        nonlocal told
        if not told and pipe.poll():
            told = pipe.recv() == LEAVE_OFF
        return told

    return stale


def _take_no_more_than(most_bytes: int) -> None:
    """Let what asks for more fail here, before the system ends whatever process it likes."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes if hard < 0 else min(most_bytes, hard), hard))


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)
