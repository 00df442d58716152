"""Processes that compute for visitors: fair, the newest move wins, and a run beyond reason costs its own visitor only.

Each visitor holds one place in the queue, however often they move: a message takes the place of the visitor's waiting
one of the same kind, and one that is under way is left off after the part in hand, which is shown: who holds a key
down sees the picture move. Moves go before the phones of somebody else's, and what only refines an answer waits until
nobody waits for anything else, and of several processes one is kept from it, so that the next move finds it free.
What follows a move is for the process that answered it, which has the models and runs at hand; so is the visitor's
next move, unless it has waited for a while and another process is free.
A process that takes long over one part of an answer is put aside: it goes on behind all others, and another one takes
its place. One that takes longer than the limit, or dies, is replaced, and the visitor is told.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Thread

from sim.apps.talk import OTHERS_WAIT, REEL, REFINE, Heard, Said, refused
from sim.apps.waiting import PATIENT, RANKS, UnderWay, Waiting
from sim.apps.web.process import Process
from sim.apps.web.worker import LEAVE_OFF, End, Ready, Work

#: Seconds that one part of an answer may take; the longest of a shipped story's, a training, takes two.
LIMIT_S = 20.0
#: Seconds that a process may take to start: once on a machine it compiles.
START_S = 180.0
#: Kinds of messages that are about what the last move came to.
FOLLOWING = frozenset({REEL, REFINE})
#: Seconds that a process may work on one part of an answer beside others: then it is put behind them. It loses what it
#: keeps, so a story's training on a busy machine is not enough.
ASIDE_S = 2.0
#: Seconds that a move waits for the process that answered its visitor's last one, if another is free.
LOYAL_S = 0.1
#: Seconds that phones wait for moves at most: then it is their turn.
LONG_S = 1.0
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
    patient: bool = False  #: and it is one that can wait
    gone: bool = False
    lead: int | None = None  #: whose process answered them last
    since: float = 0.0  #: when they asked for what they wait for longest


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
    aside_s : float, optional
        Seconds of work on one part of an answer after which a process is put aside.
    """

    def __init__(
        self,
        make: Callable[[], Work],
        count: int,
        limit_s: float = LIMIT_S,
        start_s: float = START_S,
        aside_s: float = ASIDE_S,
    ) -> None:
        self._make, self._limit_s, self._start_s, self._aside_s = make, limit_s, start_s, aside_s
        self._changed = Condition()
        self._visitors: list[Visitor] = []  # who was served last stands last
        self._closed = False
        # Half of the leads have a place; the others take those of the leads whose processes are put aside.
        self._count, self._places = count, set(range(count))
        self._leads = [
            Thread(target=self._lead, args=(number,), name=f"crew-{number}", daemon=True) for number in range(2 * count)
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
            if visitor.waiting.is_empty:
                visitor.since = time.monotonic()
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
        process = self._started() if number < self._count else None
        while (taken := self._take(number)) is not None:
            visitor, under_way = taken
            if process is None or process.has_ended:  # while it had nothing to do: nobody's fault
                process = self._started()
            if process is None:
                trouble: str | None = "the server can't start a process now: try again in a while"
            else:
                trouble = self._accompany(number, process, visitor, under_way)
            with self._changed:
                visitor.busy = visitor.patient = False
                if (rest := under_way.rest()) is not None and not visitor.gone and trouble is None:
                    visitor.waiting.put_back(rest)
                has_a_place = number in self._places
                self._changed.notify_all()
            if not has_a_place and process is not None and trouble is None:
                process.kill()  # it stays behind all others for ever
                process = None
            if trouble is not None and not self._closed:
                if not visitor.gone:
                    visitor.say(refused(under_way.message, trouble))
                if process is not None:
                    process.kill()
                process = self._started() if has_a_place else None
        if process is not None:
            process.kill()

    def _started(self) -> Process | None:
        """Start a process; where the machine has no room for one, there is none, and the next message tries again."""
        try:
            return Process(self._make)
        except (EOFError, ConnectionError):  # what they are copied from has ended: by a signal to the whole group, say
            return None
        except OSError:
            logging.getLogger(__name__).exception("a process that computes can't be started")
            return None

    def _take(self, number: int) -> tuple[Visitor, UnderWay] | None:
        """Wait for a message that nobody works on, and take it; None when the crew is closed."""
        with self._changed:
            while not self._closed:
                if number in self._places or len(self._places) < self._count:
                    if (found := self._first_for(number)) is not None:
                        visitor, kind = found
                        self._places.add(number)
                        visitor.busy, visitor.patient, visitor.lead = True, kind in PATIENT, number
                        self._visitors.remove(visitor)
                        self._visitors.append(visitor)
                        others_wait = any(each.waiting.hurries for each in self._visitors if not each.busy)
                        under_way = UnderWay({**visitor.waiting.pop(kind), OTHERS_WAIT: others_wait})
                        visitor.since = time.monotonic()
                        return visitor, under_way
                    waits = any(not (each.busy or each.waiting.is_empty) for each in self._visitors)
                    self._changed.wait(LOYAL_S if waits else None)
                else:
                    self._changed.wait()
        return None

    def _first_for(self, number: int) -> tuple[Visitor, str] | None:
        """Return whose message a lead takes next, and of which kind: their own visitors' first, and those who wait."""
        now, best = time.monotonic(), None
        refining = sum(each.patient and each.lead in self._places for each in self._visitors)
        for visitor in self._visitors:
            kind = None if visitor.busy else visitor.waiting.first_kind()
            if kind is None or (kind in PATIENT and refining >= max(1, self._count - 1)):
                continue
            rank: float = RANKS.get(kind, 0)
            waited_s = now - visitor.since
            if visitor.lead in self._places and visitor.lead != number:
                if kind in FOLLOWING or waited_s < LOYAL_S:
                    continue
                rank = RANKS[REEL] + 0.5  # our own visitors' phones go before others' moves
            elif kind == REEL and waited_s > LONG_S:
                rank = 0
            if best is None or rank < best[0]:
                best = rank, visitor, kind
        return None if best is None else best[1:]

    def _accompany(self, number: int, process: Process, visitor: Visitor, under_way: UnderWay) -> str | None:
        """Bring a message to a process and its answers to the visitor; return what went wrong, if anything did."""
        begun, worked_s, brought = time.monotonic(), process.worked_s(), False
        try:
            while not self._closed:
                if process.ready and not brought:  # who imports reads nothing, and a large text waits to be read
                    if self._is_stale(visitor, under_way.kind):
                        under_way.left_off = True
                        return None
                    if not process.bring(under_way.message, self._limit_s):
                        return f"the process that should compute this did not take this within {self._limit_s:g} s"
                    begun, worked_s, brought = time.monotonic(), process.worked_s(), True
                if process.pipe.poll(LOOK_S):
                    said = process.pipe.recv()
                    if isinstance(said, End):
                        return None
                    begun, worked_s = time.monotonic(), process.worked_s()
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
                late = time.monotonic() - begun > self._aside_s
                if process.ready and late and process.worked_s() - worked_s > self._aside_s:
                    self._put_aside(number, process)
                if brought and not under_way.left_off and self._is_stale(visitor, under_way.kind):
                    under_way.left_off = True
                    process.pipe.send(LEAVE_OFF)
            return "the server ends"
        except (EOFError, OSError):
            return "the process that computed this has ended (out of memory?)"
        except Exception as error:  # else its lead would end too, and everybody else's messages wait for ever
            logging.getLogger(__name__).exception(
                "a page's message could not be brought to a process, or its answer back"
            )
            return f"driftline failed at this ({type(error).__name__}): the details are in the server's log"

    def _put_aside(self, number: int, process: Process) -> None:
        """Let a process that takes long go on behind all others, and give its place to another lead."""
        with self._changed:
            if number in self._places:
                self._places.remove(number)
                process.fall_behind()
                self._changed.notify_all()

    def _is_stale(self, visitor: Visitor, kind: str) -> bool:
        with self._changed:
            if visitor.gone or visitor.waiting.makes_stale(kind):
                return True
            return kind in PATIENT and any(not other.busy and other.waiting.hurries for other in self._visitors)
