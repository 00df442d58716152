"""A desk: answers one page's messages on a thread of its own, so that a notebook's cells never wait for a move.

The newest move wins: what nobody waits for any more is left off after the part in hand, which is shown. So who holds a
key down sees the picture move.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Condition, Thread

from sim.apps.talk import Heard, Said, Stale, refused
from sim.apps.waiting import PATIENT, RANKS, UnderWay, Waiting

Answer = Callable[[Heard, Stale], Iterator[Said]]
"""Answers one message part by part: `Visit.take`."""


class Desk:
    """Answers messages one after the other, the newest of a kind in place of an older one of the same view that waits.

    A widget may be shown several times, and each view asks for itself: what one asks leaves the others' answers alone.

    Parameters
    ----------
    answer : callable
        See `sim.apps.visit.Visit.take`.
    say : callable
        Takes each part of an answer; called on the desk's thread.

    Examples
    --------
    >>> heard = []
    >>> desk = Desk(lambda message, stale: iter([Said({"kind": "answer", "serial": message["serial"]})]), heard.append)
    >>> desk.ask({"kind": "show", "serial": 1})
    >>> desk.wait(), heard[0].message["serial"]
    (True, 1)
    >>> desk.close()
    """

    def __init__(self, answer: Answer, say: Callable[[Said], None]) -> None:
        self._answer, self._say = answer, say
        self._changed = Condition()
        self._views: dict[str, Waiting] = {}  # by the name that a view has for itself
        self._busy = self._closed = False
        self._thread: Thread | None = None

    def ask(self, message: Heard) -> None:
        """Queue a message and return at once."""
        with self._changed:
            if self._closed:
                return
            waiting = self._views.setdefault(str(message.get("view", "")), Waiting())
            waiting.put(message)
            if waiting.is_empty:  # it was cancelled: what is under way for this view sees that itself
                return
            if self._thread is None:  # a page that never asks costs no thread
                self._thread = Thread(target=self._work, name="driftline-desk", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until everything is answered; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and self._is_done, timeout_s)

    def close(self) -> None:
        """Answer nothing more; what is in hand is left off after its part."""
        with self._changed:
            self._closed = True
            for waiting in self._views.values():
                waiting.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    @property
    def _is_done(self) -> bool:
        return all(waiting.is_empty for waiting in self._views.values())

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            message, view = taken
            under_way, waiting = UnderWay(message), self._views[view]
            try:
                self._serve(under_way, waiting)
            finally:
                with self._changed:
                    self._busy = False
                    if (rest := under_way.rest()) is not None and not self._closed:
                        waiting.put_back(rest)
                    if waiting.is_empty:
                        del self._views[view]
                    self._changed.notify_all()

    def _next(self) -> tuple[Heard, str] | None:
        """Take the message that is next, of whichever view: what can wait goes last, who came first is first."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._is_done)
            if self._closed:
                return None
            self._busy = True
            ready = {view: kind for view, waiting in self._views.items() if (kind := waiting.first_kind()) is not None}
            view = min(ready, key=lambda each: RANKS.get(ready[each], 0))
            return self._views[view].pop(ready[view]), view

    def _serve(self, under_way: UnderWay, waiting: Waiting) -> None:
        """Bring a message's answers to the page; a mistake of ours ends this answer, and no other."""
        try:
            for said in self._answer(under_way.message, lambda: self._is_stale(under_way, waiting)):
                if waiting.cancelled or self._closed:
                    return
                under_way.heard(said)
                self._say(said)
        except Exception as error:  # else the thread would end, and the page hear nothing ever after
            logging.getLogger(__name__).exception("a page's message could not be answered")
            broken = f"driftline failed at this: {type(error).__name__}: {error}; please report it"
            with suppress(Exception):  # a page that can't be told anything has ended, and the next one may not have
                self._say(refused(under_way.message, broken))

    def _is_stale(self, under_way: UnderWay, waiting: Waiting) -> bool:
        with self._changed:
            hurried = under_way.kind in PATIENT and any(each.hurries for each in self._views.values())
            under_way.left_off = self._closed or hurried or waiting.makes_stale(under_way.kind)
            return under_way.left_off
