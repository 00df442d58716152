"""Numbered work over processes: any order, a bounded window, and a killed worker costs only what it held.

One protocol for everything that is handed to workers: a parcel goes to each of them once and is unpacked there; then
numbers go out, and answers come back.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Any, Protocol, TypeVar

from sim.libraries import library

Value = TypeVar("Value")
Answer = TypeVar("Answer", covariant=True)

#: Tasks handed out per worker: enough that nobody waits, few enough that an interrupt loses little.
AHEAD = 2
#: Pools that may break before we believe that it is the work that kills them.
MOST_BREAKS = 3


class WorkersDied(RuntimeError):
    """Worker processes were killed again and again, most likely for lack of memory."""


class WorkersUnready(RuntimeError):
    """A worker process could not unpack what it was sent: it does not find a module, say."""


class Parcel(Protocol[Answer]):
    """What a worker is sent once, and what it makes of it: a function from a number to its answer."""

    def unpack(self) -> Callable[[int], Answer]: ...


def over_processes(parcel: Parcel[Value], count: int, workers: int) -> Iterator[tuple[int, Value]]:
    """Yield (number, its answer) for numbers 0 to count - 1, in the order in which they are done.

    Closing the iterator, or an interrupt, ends all workers.

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
        If the pool broke three times.
    WorkersUnready
        If a worker could not unpack the parcel.
    """
    pools = library("loky", needed_by="more than one worker")
    # As bytes, which no process can fail to read: one that ends while it still reads would leave us waiting for ever.
    sealed = bytes(library("loky.backend.reduction", needed_by="more than one worker").dumps(parcel))
    left = list(range(count))
    breaks = 0
    while left:
        executor = pools.ProcessPoolExecutor(max_workers=workers, initializer=_begin, initargs=(sealed,))
        try:
            for number, value in _as_done(executor, tuple(left), AHEAD * workers):
                left.remove(number)
                yield number, value
        except BrokenExecutor as error:
            breaks += 1
            if breaks >= MOST_BREAKS:
                raise WorkersDied(
                    f"worker processes died {breaks} times (out of memory?); try fewer --workers or a shorter horizon"
                ) from error
        finally:
            executor.shutdown(wait=True, kill_workers=True)


def _as_done(executor: Executor, numbers: Sequence[int], window: int) -> Iterator[tuple[int, Any]]:
    waiting: dict[Future[Any], int] = {executor.submit(_answer, number): number for number in numbers[:window]}
    later = iter(numbers[window:])
    while waiting:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield waiting.pop(future), future.result()
            for number in later:
                waiting[executor.submit(_answer, number)] = number
                break


_UNPACKED: list[Callable[[int], Any]] = []
"""In a worker process: what its parcel held."""


def _begin(sealed: bytes) -> None:
    try:
        parcel: Parcel[Any] = pickle.loads(sealed)
        _UNPACKED[:] = [parcel.unpack()]
    except Exception as error:  # a notebook's or a package's code, which can fail in any way
        _UNPACKED[:] = [_Unready(f"{type(error).__name__}: {error}")]


class _Unready:
    """Stands where a parcel's content should be: every number hears why it is not there."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __call__(self, number: int) -> Any:
        raise WorkersUnready(f"a worker process can't be used ({self._why}): try one worker")


def _answer(number: int) -> Any:
    return _UNPACKED[0](number)
