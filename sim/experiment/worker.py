"""One worker process: hears numbers, leaves each answer as a file, and says when it is there.

Only a few bytes at once go through pipes, which no killed process can leave half written; what is large is a file, and
gets its name when it is whole. A worker ends as soon as nobody can send it numbers any more, however that came about.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple

from sim.libraries import library

PARCEL = "parcel"
#: A line through a pipe is whole or not there if it is no longer than this, on any system.
_WHOLE = 512


class WorkersUnready(RuntimeError):
    """A worker process can't do its work: it does not find a module, say, or has no room for its answers."""


class Answer(NamedTuple):
    """What became of a number, in types that every process can read."""

    value: bytes | None  #: None: it failed
    error: bytes | None  #: the exception, if it can be sent
    told: str  #: the exception in one line
    where: str  #: its traceback


def answer_file(folder: Path, number: int) -> Path:
    """Return where the answer to a number is left."""
    return folder / f"answer-{number}"


def serve(folder: Path) -> None:
    """Answer the numbers that come through stdin, for as long as somebody can send them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to answer: it ends us
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    heard, said = _pipes_of_our_own()
    numbers: SimpleQueue[int] = SimpleQueue()
    writing = Lock()
    Thread(target=_hear, args=(heard, numbers, writing, folder), daemon=True).start()
    ask = _unpacked(folder)
    while True:
        number = numbers.get()
        answer = _answer(ask, number)
        with writing:
            line = _leave(answer, answer_file(folder, number), number)
        try:
            os.write(said, line)
        except BrokenPipeError:
            os._exit(0)  # nobody listens


def _pipes_of_our_own() -> tuple[int, int]:
    """Move the pipes out of sight: whatever a package or a C library prints goes to stderr and into no answer."""
    try:
        os.fstat(2)
    except OSError:
        os.open(os.devnull, os.O_WRONLY)  # the lowest number that is free: 2
    heard, said = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return heard, said


def _hear(heard: int, numbers: SimpleQueue[int], writing: Lock, folder: Path) -> None:
    with os.fdopen(heard, "rb", buffering=0) as lines:
        for line in lines:
            numbers.put(int(line))
    # Nobody is left who could ask, or tidy up.
    with writing:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


def _unpacked(folder: Path) -> Callable[[int], Any]:
    try:
        with (folder / PARCEL).open("rb") as sealed:
            ask: Callable[[int], Any] = pickle.load(sealed).unpack()
    except BaseException as error:  # a notebook's or a package's code, which can fail in any way
        why = f"a worker process can't be used ({_told(error)}): try one worker"

        def ask(number: int) -> Any:
            raise WorkersUnready(why)

    return ask


def _answer(ask: Callable[[int], Any], number: int) -> Answer:
    pickling = library("cloudpickle", needed_by="a worker process")
    try:
        return Answer(pickling.dumps(ask(number)), None, "", "")
    except BaseException as error:  # the same
        where = "".join(traceback.format_exception(error))
        try:
            sent = pickling.dumps(error)
        except Exception:  # its words travel, if it can't
            sent = None
        return Answer(None, sent, _told(error), where)


def _told(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # even that is a package's code
        return type(error).__name__


def _leave(answer: Answer, file: Path, number: int) -> bytes:
    """Write an answer, and return the line that says so: the number, and what prevented it, if anything did."""
    part = file.with_suffix(".part")
    try:
        part.write_bytes(pickle.dumps(tuple(answer)))
        part.replace(file)
    except OSError as error:
        return f"{number} {error.strerror}"[: _WHOLE - 1].encode(errors="replace")[: _WHOLE - 1] + b"\n"
    return b"%d\n" % number
