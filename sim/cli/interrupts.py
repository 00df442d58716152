"""Who asks us to end, by whatever signal, is answered as Ctrl-C is: what was begun is taken back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

#: The exit code.
INTERRUPTED = 130
#: Of a process that is asked to end, and of one whose terminal was closed; Windows knows the first only.
_LIKE_CTRL_C = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))

_asked = threading.Event()


class Interrupted(KeyboardInterrupt):
    """A KeyboardInterrupt that leaves the exit code to us.

    Once a plain one has passed code that was made from text, as a dataclass's is, Python ends the process by SIGINT
    in place of its exit code, whoever caught it.
    """


@contextmanager
def ending_as_by_ctrl_c() -> Iterator[None]:
    """Raise KeyboardInterrupt for every signal that asks to end, except those that whoever started us has silenced."""
    if threading.current_thread() is not threading.main_thread():
        yield  # a signal reaches the main thread only
        return
    _asked.clear()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *_LIKE_CTRL_C)}
    ours = [number for number, how in before.items() if how in (signal.SIG_DFL, signal.default_int_handler)]
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) is _interrupt:
                signal.signal(number, before[number])


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    _asked.set()
    raise Interrupted


def end_if_asked() -> None:
    """Raise once more what may have been lost: long work asks between its parts.

    What a handler raises goes nowhere if Python is just then in a finaliser, a callback of the garbage collector's, or
    a library's callback from C: about one signal in a hundred that reaches a run at work.

    Raises
    ------
    Interrupted
        If somebody asked us to end.
    """
    if _asked.is_set():
        raise Interrupted


def hear_no_more() -> None:
    """Ignore all that asks us to end: we are about to."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, *_LIKE_CTRL_C):
            signal.signal(number, signal.SIG_IGN)
