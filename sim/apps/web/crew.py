"""Processes that compute for visitors: fair, the newest move wins, and a run beyond reason costs its own visitor only.

Each visitor holds one place in the queue, however often they move: a message takes the place of the visitor's waiting
one of the same kind, and one that is under way is left off after the part in hand, which is shown: who holds a key down
sees the picture move. What only refines an answer waits until nobody else does, and what follows a move is for the
process that answered it: it has the models and runs at hand.
A process that takes longer than the limit over one part of an answer, or dies, is replaced, and the visitor is told.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from threading import Condition, Thread

from sim.apps.talk import REEL, REFINE, Heard, Said
from sim.apps.waiting import PATIENT, UnderWay, Waiting
from sim.apps.web.worker import LEAVE_OFF, End, Ready, Work, serve

#: Seconds that one part of an answer may take; the longest of a shipped story's, a training, takes two.
LIMIT_S = 20.0
#: Seconds that a process may take to start: once on a machine it compiles.
START_S = 180.0
#: Kinds of messages that are about what the last move came to.
FOLLOWING = frozenset({REEL, REFINE})
#: Seconds after which we look again whether what is under way is still wanted.
LOOK_S = 0.02

Say = Callable[[Said], None]
"""Takes one answer to a visitor; called on a thread of the crew's."""


@dataclass(eq=False)
class Visitor:
    """Somebody who asks: what they wait for, by kind, and how they are answered."""

    say: Say
    waiting: Waiting = field(default_factory=Waiting)
    busy: bool = False  #: a process has a message of theirs: nobody is served by two
    gone: bool = False
    lead: int | None = None  #: whose process answered them last


class Crew:
    """A few processes, and the queue before them.

    Parameters
    ----------
    make : callable
        Importable; makes in each process what answers messages.
    count : int
        Processes.
    limit_s : float, optional
        Seconds that one part of an answer may take.
    start_s : float, optional
        Seconds that a process may take to start.
    """

    def __init__(
        self, make: Callable[[], Work], count: int, limit_s: float = LIMIT_S, start_s: float = START_S
    ) -> None:
        self._make, self._limit_s, self._start_s = make, limit_s, start_s
        self._changed = Condition()
        self._visitors: list[Visitor] = []  # who was served last stands last
        self._closed = False
        self._leads = [
            Thread(target=self._lead, args=(number,), name=f"crew-{number}", daemon=True) for number in range(count)
        ]
        for lead in self._leads:
            lead.start()

    def enter(self, say: Say) -> Visitor:
        """Return a new visitor, who is answered through `say`."""
        visitor = Visitor(say)
        with self._changed:
            self._visitors.append(visitor)
        return visitor

    def leave(self, visitor: Visitor) -> None:
        """Forget a visitor: what is under way for them is left off."""
        with self._changed:
            visitor.gone = True
            visitor.waiting.clear()
            self._visitors.remove(visitor)

    def ask(self, visitor: Visitor, message: Heard) -> None:
        """Queue a message of a visitor's."""
        with self._changed:
            visitor.waiting.put(message)
            self._changed.notify_all()

    def close(self) -> None:
        """End all processes; what they had in hand is lost."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for lead in self._leads:
            lead.join()

    def _lead(self, number: int) -> None:
        """Lead one process: from message to message, until the crew is closed."""
        process = self._started()
        while (taken := self._take(number)) is not None:
            visitor, under_way = taken
            if process is None or process.has_ended:  # while it had nothing to do: nobody's fault
                process = self._started()
            if process is None:
                trouble: str | None = "the server can't start a process now: try again in a while"
            else:
                trouble = self._accompany(number, process, visitor, under_way)
            with self._changed:
                visitor.busy = False
                if (rest := under_way.rest()) is not None and not visitor.gone and trouble is None:
                    visitor.waiting.put_back(rest)
                self._changed.notify_all()
            if trouble is not None and not self._closed:
                if not visitor.gone:
                    serial = under_way.message.get("serial")
                    visitor.say(Said({"kind": "refused", "serial": serial, "say": trouble}))
                if process is not None:
                    process.kill()
                process = self._started()
        if process is not None:
            process.kill()

    def _started(self) -> _Process | None:
        """Start a process; where the machine has no room for one, there is none, and the next message tries again."""
        try:
            return _Process(self._make)
        except OSError:
            logging.getLogger(__name__).exception("a process that computes can't be started")
            return None

    def _take(self, number: int) -> tuple[Visitor, UnderWay] | None:
        """Wait for a message that nobody works on, and take it; None when the crew is closed."""
        with self._changed:
            while not self._closed:
                for patient in (False, True):
                    for visitor in self._visitors:
                        if (kind := _next(visitor, number, patient)) is not None:
                            visitor.busy, visitor.lead = True, number
                            self._visitors.remove(visitor)
                            self._visitors.append(visitor)
                            return visitor, UnderWay(visitor.waiting.pop(kind))
                self._changed.wait()
        return None

    def _accompany(self, number: int, process: _Process, visitor: Visitor, under_way: UnderWay) -> str | None:
        """Bring a message to a process and its answers to the visitor; return what went wrong, if anything did."""
        begun = time.monotonic()
        try:
            process.pipe.send(under_way.message)
            while not self._closed:
                if process.pipe.poll(LOOK_S):
                    said = process.pipe.recv()
                    if isinstance(said, End):
                        return None
                    begun = time.monotonic()
                    if isinstance(said, Ready):
                        process.ready = True
                        continue
                    under_way.heard(said)
                    if not visitor.gone and not visitor.waiting.cancelled:
                        visitor.say(said)
                if time.monotonic() - begun > (self._limit_s if process.ready else self._start_s):
                    return (
                        f"this takes more than {self._limit_s:g} s: it was ended"
                        if process.ready
                        else f"the process that should compute this did not start within {self._start_s:g} s"
                    )
                if not under_way.left_off and self._is_stale(number, visitor, under_way.kind):
                    under_way.left_off = True
                    process.pipe.send(LEAVE_OFF)
            return "the server ends"
        except (EOFError, OSError):
            return "the process that computed this has ended (out of memory?)"

    def _is_stale(self, number: int, visitor: Visitor, kind: str) -> bool:
        with self._changed:
            if visitor.gone or visitor.waiting.makes_stale(kind):
                return True
            return kind in PATIENT and any(_next(other, number, patient=False) for other in self._visitors)


def _next(visitor: Visitor, lead: int, patient: bool) -> str | None:
    """Return the kind of a visitor's message that a lead can take now, None if there is none."""
    kind = None if visitor.busy else visitor.waiting.next_kind(patient)
    return None if kind in FOLLOWING and visitor.lead not in (None, lead) else kind


class _Process:
    """A computing process and our end of its pipe."""

    def __init__(self, make: Callable[[], Work]) -> None:
        self.ready = False  #: it has imported what it needs, which is nobody's work
        context = multiprocessing.get_context("spawn")
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, make), daemon=True)
        with _interrupts_held_back():
            self._process.start()
        theirs.close()

    @property
    def has_ended(self) -> bool:
        return not self._process.is_alive()

    def kill(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
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
