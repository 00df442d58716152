"""Who asks us to end, by whatever signal, is answered as Ctrl-C is: what was begun is taken back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Of a process that is asked to end, and of one whose terminal was closed; Windows knows the first only.
_LIKE_CTRL_C = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def ending_as_by_ctrl_c() -> Iterator[None]:
    """Raise KeyboardInterrupt for every signal that asks to end, except those that whoever started us has silenced."""
    if threading.current_thread() is not threading.main_thread():
        yield  # a signal reaches the main thread only
        return
    ours = [number for number in _LIKE_CTRL_C if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) is signal.default_int_handler:
                signal.signal(number, signal.SIG_DFL)


def hear_no_more() -> None:
    """Ignore all that asks us to end: we are about to."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, *_LIKE_CTRL_C):
            signal.signal(number, signal.SIG_IGN)
