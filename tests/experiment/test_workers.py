"""Work over processes: nobody waits for a worker that can't begin."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from sim.experiment.workers import WorkersUnready, over_processes


class Squares:
    """A parcel larger than a pipe holds."""

    def __init__(self) -> None:
        self.load = bytes(1_000_000)

    def unpack(self) -> Callable[[int], int]:
        return _square


def _square(number: int) -> int:
    return number**2


class Broken(Squares):
    def unpack(self) -> Callable[[int], int]:
        raise OSError("the camera's licence is missing")


def test_every_number_is_answered() -> None:
    assert dict(over_processes(Squares(), 5, 2)) == {number: number**2 for number in range(5)}


def test_what_can_not_be_unpacked_is_said_and_nothing_hangs() -> None:
    with pytest.raises(WorkersUnready, match="the camera's licence is missing"):
        list(over_processes(Broken(), 3, 2))


def test_a_module_that_workers_do_not_find_is_said_and_nothing_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    here_only = ModuleType("here_only")
    here_only.Parcel = type("Parcel", (Squares,), {"__module__": "here_only"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "here_only", here_only)
    # Cloudpickle sends a class by name if its module has a file, and workers look for the file.
    here_only.__file__ = "/nowhere/here_only.py"
    with pytest.raises(WorkersUnready, match="No module named 'here_only'"):
        list(over_processes(here_only.Parcel(), 3, 2))
