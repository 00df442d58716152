"""What goes where: our results to stdout, all else to stderr, whoever prints it; and what if nobody can read it.

A package's code may print what it likes, in Python or below: the results stay a document that a program can read.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from select import select
from typing import Any, TextIO

import click


class StdoutGone(Exception):
    """What should go to stdout can't: its reader has gone, its disk is full, its terminal was closed.

    Not an OSError, which libraries catch and treat in their own ways.
    """

    def __init__(self, trouble: OSError) -> None:
        super().__init__(trouble.strerror)
        self.reader_gone = isinstance(trouble, BrokenPipeError)


_RESULTS: list[TextIO] = []
"""Where results go while a command runs; the last one counts."""


def results() -> TextIO:
    """Return the stream for results."""
    return _RESULTS[-1] if _RESULTS else sys.stdout


def say(text: str = "", nl: bool = True) -> None:
    """Print a result.

    Examples
    --------
    >>> say("3 strategies")
    3 strategies
    """
    click.echo(text, file=results(), nl=nl)


@contextmanager
def streams_of_a_command() -> Iterator[None]:
    """Take stdout for results alone, and lose messages that stderr can't take rather than the work."""
    _open_what_is_closed()
    with ExitStack() as stack:
        messages = _own(sys.stderr, 2, _Messages, stack)
        stack.enter_context(redirect_stderr(messages))
        ours = _own(sys.stdout, 1, _Results, stack)
        if ours is not sys.stdout:
            os.dup2(2, 1)  # what is printed below Python
            stack.callback(os.dup2, ours.fileno(), 1)
        stack.enter_context(redirect_stdout(ours))
        _RESULTS.append(ours)
        stack.callback(_RESULTS.pop)
        yield


@contextmanager
def prints_of_others_to_stderr() -> Iterator[None]:
    """Let `print` write to stderr; `say` and the console still write results."""
    with redirect_stdout(sys.stderr):
        yield


class _Results(io.FileIO):
    _gone = False

    def write(self, data: Any) -> int:
        if self._gone:
            return len(data)  # what is still in some buffer when all is over
        try:
            while (written := super().write(data)) is None:
                select([], [self], [])  # whoever started us made it one that does not wait
        except OSError as trouble:
            self._gone = True
            raise StdoutGone(trouble) from None
        return written


class _Messages(io.FileIO):
    def write(self, data: Any) -> int:
        with suppress(OSError):
            super().write(data)
        return len(data)


def _own(stream: TextIO | None, descriptor: int, kind: Callable[[int, str], io.FileIO], until: ExitStack) -> TextIO:
    """Return a stream of our own to where a standard one goes; the same one, if that is no file of the system's."""
    if stream is None:  # closed by whoever started us
        return until.enter_context(open(os.devnull, "w", encoding="utf-8"))
    try:
        if stream.fileno() != descriptor:
            return stream
    except io.UnsupportedOperation:  # a notebook's, or a test's
        return stream
    with suppress(OSError):
        stream.flush()
    raw = kind(os.dup(descriptor), "w")
    # A terminal that can't show a letter shows its code instead of a traceback.
    text = io.TextIOWrapper(
        io.BufferedWriter(raw), stream.encoding, "backslashreplace", line_buffering=descriptor == 2 or raw.isatty()
    )
    return until.enter_context(text)


def _open_what_is_closed() -> None:
    """Let no file of ours get the number of a standard stream that whoever started us has closed."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
