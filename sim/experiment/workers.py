"""Numbered tasks over worker processes: any order, a bounded window, and a killed worker costs only what it held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Any, TypeVar

Value = TypeVar("Value")

#: Tasks handed out per worker: enough that nobody waits, few enough that an interrupt loses little.
AHEAD = 2
#: Pools that may break before we believe that it is the work that kills them.
MOST_BREAKS = 3


class WorkersDied(RuntimeError):
    """Worker processes were killed again and again, most likely for lack of memory."""


def over_processes(
    task: Callable[[int], Value],
    count: int,
    workers: int,
    initializer: Callable[..., None],
    arguments: tuple[Any, ...],
) -> Iterator[tuple[int, Value]]:
    """Yield (number, task(number)) for numbers 0 to count - 1, in the order in which they are done.

    Each worker process calls ``initializer(*arguments)`` once. Closing the iterator, or an interrupt, ends all workers.

    Raises
    ------
    WorkersDied
        If the pool broke three times.
    """
    from loky import ProcessPoolExecutor

    left = list(range(count))
    breaks = 0
    while left:
        executor = ProcessPoolExecutor(max_workers=workers, initializer=initializer, initargs=arguments)
        try:
            for number, value in _as_done(executor, task, tuple(left), AHEAD * workers):
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


def _as_done(
    executor: Executor, task: Callable[[int], Value], numbers: Sequence[int], window: int
) -> Iterator[tuple[int, Value]]:
    waiting: dict[Future[Value], int] = {executor.submit(task, number): number for number in numbers[:window]}
    todo = iter(numbers[window:])
    while waiting:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield waiting.pop(future), future.result()
            for number in todo:
                waiting[executor.submit(task, number)] = number
                break
