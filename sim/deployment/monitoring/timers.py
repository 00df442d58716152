"""One queue of timers: who is to be woken, and when."""

from __future__ import annotations

from collections.abc import Callable, Hashable


class Timers:
    """Tasks by name, each with the moment at which it is due; to set a task again moves it.

    Of the tasks that are due together the one with the lowest place goes first, then the one that was set first.

    Examples
    --------
    >>> done = []
    >>> timers = Timers()
    >>> timers.set("count", 10, 2, lambda: done.append("count"))
    >>> timers.set("look", 10, 1, lambda: done.append("look"))
    >>> timers.set("sleep", 99, 0, lambda: done.append("sleep"))
    >>> timers.next_us
    10
    >>> timers.run(now_us=10)
    >>> done, timers.next_us
    (['look', 'count'], 99)
    """

    def __init__(self) -> None:
        self._tasks: dict[Hashable, tuple[int, float, int, Callable[[], None]]] = {}
        self._number = 0

    def set(self, name: Hashable, at_us: int, place: float, task: Callable[[], None]) -> None:
        """Wake `task` at `at_us`."""
        self._number += 1
        self._tasks[name] = (at_us, place, self._number, task)

    def drop(self, name: Hashable) -> None:
        """Forget a task, if there is one of that name."""
        self._tasks.pop(name, None)

    def has(self, name: Hashable) -> bool:
        return name in self._tasks

    def at(self, name: Hashable) -> int:
        """When a task is due."""
        return self._tasks[name][0]

    @property
    def next_us(self) -> int | None:
        """When the next task is due; None: there is none."""
        return min((at_us for at_us, *_ in self._tasks.values()), default=None)

    def run(self, now_us: int) -> None:
        """Do everything that is due, what becomes due meanwhile included."""
        while True:
            due = [(place, number, name) for name, (at_us, place, number, _) in self._tasks.items() if at_us <= now_us]
            if not due:
                return
            self._tasks.pop(min(due, key=lambda each: each[:2])[2])[3]()
