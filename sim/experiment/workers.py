"""Numbered work over processes: any order, and a killed worker costs only the number that it held.

One protocol for everything that is handed to workers: a parcel goes to each of them once and is unpacked there; then
numbers go out, and answers come back. Each worker holds one number and has pipes of its own, so that none waits for
another one, or reads what another one was cut off from; `sim.experiment.worker` is the other end.
"""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, Protocol, TypeVar

from sim.experiment.worker import PARCEL, Answer, answer_file
from sim.experiment.worker import WorkersUnready as WorkersUnready
from sim.libraries import library
from sim.workplace import workplace

Value = TypeVar("Value")
Answered = TypeVar("Answered", covariant=True)

#: Workers that may die of one number before we believe that it is the work that kills them.
MOST_DEATHS = 3
#: Seconds after which we look who is alive, should a pipe not have told.
LOOK_S = 1.0
#: Seconds that a killed process may take to be gone.
GONE_S = 5.0
_PREFIX = "driftline-workers-"
_PATH = "path.json"
#: With our own search path before anything is imported: a worker finds what we find.
_START = f"""
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
try:
    sys.path[:] = json.loads((folder / "{_PATH}").read_text())
except FileNotFoundError:
    sys.exit()  # whoever started us has ended already
from sim.experiment.worker import serve
serve(folder)
"""


class WorkersDied(RuntimeError):
    """Worker processes were killed again and again, most likely for lack of memory."""


class WorkFailed(RuntimeError):
    """The work raised an exception that can't be sent between processes: this one has its words."""


class Parcel(Protocol[Answered]):
    """What a worker is sent once, and what it makes of it: a function from a number to its answer."""

    def unpack(self) -> Callable[[int], Answered]: ...


def over_processes(parcel: Parcel[Value], count: int, workers: int) -> Generator[tuple[int, Value], None, None]:
    """Yield (number, its answer) for numbers 0 to count - 1, in the order in which they are done.

    Closing the iterator, or an interrupt, ends all workers. They end too when this process does, however it does.

    Parameters
    ----------
    parcel : Parcel
        Sent to each worker process once, and unpacked there.
    count : int
        How many numbers.
    workers : int
        Processes.

    Raises
    ------
    WorkersDied
        If a number's workers died three times.
    WorkersUnready
        If a worker could not unpack the parcel, or there is no room for parcel and answers.
    WorkFailed
        If a number's exception can't be sent; one that can is raised as it is.
    """
    sealed = library("cloudpickle", needed_by="more than one worker").dumps(parcel)
    crew: list[_Worker] = []
    with _folder_with(sealed) as folder:
        try:
            yield from _answers(folder, count, workers, crew)
        finally:
            _end(crew)


@contextmanager
def _folder_with(sealed: bytes) -> Iterator[Path]:
    with ExitStack() as stack:
        with _room():
            folder = stack.enter_context(workplace(Path(tempfile.gettempdir()), _PREFIX))
            (folder / PARCEL).write_bytes(sealed)
            (folder / _PATH).write_text(json.dumps(sys.path))
        yield folder


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _no_room(str(error)) from error


def _no_room(why: str) -> WorkersUnready:
    return WorkersUnready(f"the system has no room for worker processes or their files ({why}): try one worker")


def _answers(folder: Path, count: int, workers: int, crew: list[_Worker]) -> Iterator[tuple[int, Any]]:
    left = deque(range(count))
    deaths: Counter[int] = Counter()
    said: SimpleQueue[_Said] = SimpleQueue()
    while left or any(worker.number is not None for worker in crew):
        while len(crew) < workers and len(left) > sum(worker.number is None for worker in crew):
            with _room():
                crew.append(_Worker(folder, said))
        for worker in crew:
            if worker.number is None and left:
                worker.give(left.popleft())
        worker, refusal = _next(said, crew)
        number = worker.number
        if worker not in crew or number is None:
            continue  # it had been given up before it was heard, or nobody waits for it
        if refusal is None:
            crew.remove(worker)
            _end([worker])
            left.appendleft(number)
            deaths[number] += 1
            if deaths[number] >= MOST_DEATHS:
                raise WorkersDied(
                    f"worker processes died {deaths.total()} times (out of memory?);"
                    " try fewer --workers or a shorter horizon"
                )
        elif refusal:
            raise _no_room(refusal)
        else:
            worker.number = None
            if left:  # before the answer is read: no worker waits for that
                worker.give(left.popleft())
            yield number, _read(answer_file(folder, number))


class _Worker:
    """A process that holds one number at most."""

    def __init__(self, folder: Path, said: SimpleQueue[_Said]) -> None:
        with _interrupts_held_back():
            self.process = subprocess.Popen(
                # -P: no file of the folder where we are may stand in for a module that a worker starts with.
                [sys.executable, "-P", "-c", _START, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self.number: int | None = None
        Thread(target=self._listen, args=(said,), daemon=True).start()

    def give(self, number: int) -> None:
        self.number = number
        assert self.process.stdin is not None
        with suppress(OSError):  # it has died, and we are about to hear it
            self.process.stdin.write(b"%d\n" % number)

    def _listen(self, said: SimpleQueue[_Said]) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                said.put(_Said(self, line.decode().strip().partition(" ")[2]))
        said.put(_Said(self, None))


class _Said(NamedTuple):
    worker: _Worker
    refusal: str | None  #: empty: the answer is there; None: the worker has died


def _next(said: SimpleQueue[_Said], crew: list[_Worker]) -> _Said:
    while True:
        try:
            return said.get(timeout=LOOK_S)
        except Empty:
            # A process that a worker started can hold the worker's pipe open: then nothing tells that it died.
            for worker in crew:
                if worker.process.poll() is not None:
                    return _Said(worker, None)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """A process that starts now does not hear Ctrl-C: its parent decides what an interrupt means."""
    if not hasattr(signal, "pthread_sigmask"):
        yield  # Windows: it is in a group of its own
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(crew: list[_Worker]) -> None:
    for worker in crew:
        worker.process.kill()
    for worker in crew:
        with suppress(subprocess.TimeoutExpired):
            worker.process.wait(GONE_S)
        assert worker.process.stdin is not None
        worker.process.stdin.close()


def _read(file: Path) -> Any:
    answer = Answer(*pickle.loads(file.read_bytes()))
    file.unlink()
    try:
        if answer.value is not None:
            return pickle.loads(answer.value)
        error = None if answer.error is None else pickle.loads(answer.error)
    except Exception as unreadable:  # an exception's or an answer's class is a package's code
        if answer.value is not None:
            raise WorkFailed(f"a worker's answer can't be read: {type(unreadable).__name__}: {unreadable}") from None
        error = None
    there = _There(f"\n{answer.where}")
    if isinstance(error, BaseException):
        raise error from there
    raise WorkFailed(answer.told) from there


class _There(Exception):
    """The traceback in the worker process, as the cause of what is raised here."""
