"""What of the truth can be reached from an object, whatever way it hides: attributes, closures, views, copies."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.deployment.instruments import Instruments
from sim.deployment.telemetry.labels import LabelDesk
from sim.experiment.world_block import WorldBlock
from sim.factory.drift import Course
from sim.factory.phones import Phones
from sim.factory.records import Records
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.human.detection import HumanColumns, HumanDraws
from sim.line.log import InspectionLog, LookLog, PhoneLog
from sim.line.stations import Columns, Plant

FORBIDDEN = (Phones, World, Course, Streams, LabelDesk, Instruments, InspectionLog, PhoneLog, LookLog, HumanColumns,
             HumanDraws, Columns, Plant, WorldBlock, Records)  # fmt: skip
#: Code that every program can import is not this run's data; what a function closes over is.
CODE = (type, types.ModuleType, types.CodeType, types.GetSetDescriptorType, types.MemberDescriptorType,
        types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType)  # fmt: skip


def is_engine(thing: Any) -> bool:
    return type(thing).__module__.startswith("sim.line.") and callable(getattr(thing, "advance", None))


def neighbours(thing: Any) -> Iterator[Any]:
    """Yield what an object holds."""
    if isinstance(thing, types.FunctionType):
        yield thing.__closure__
        yield thing.__defaults__
        yield thing.__kwdefaults__
        yield thing.__dict__
        return
    if isinstance(thing, types.GeneratorType):
        # A sleeping generator's own variables; a running one's frame leads up the interpreter's stack instead.
        if thing.gi_frame is not None:
            yield dict(thing.gi_frame.f_locals)
        yield thing.gi_yieldfrom
        return
    if isinstance(thing, types.FrameType):
        return
    if isinstance(thing, dict) and "__builtins__" in thing:
        return  # a module's globals
    if isinstance(thing, np.ndarray):
        yield thing.base
    if isinstance(thing, memoryview):
        yield thing.obj
    yield from gc.get_referents(thing)


def reachable(start: Any) -> Iterator[Any]:
    """Yield everything that `start` leads to."""
    keep, known, waiting = [], {id(start)}, [start]
    while waiting:
        thing = waiting.pop()
        keep.append(thing)  # so that no id is used twice
        yield thing
        for other in neighbours(thing):
            if other is not None and not isinstance(other, CODE) and id(other) not in known:
                known.add(id(other))
                waiting.append(other)


def leaks(start: Any, truth: dict[str, np.ndarray]) -> set[str]:
    """Return what of the truth can be reached from `start`: forbidden things, and columns however they are stored."""
    found = set()
    for thing in reachable(start):
        if isinstance(thing, FORBIDDEN) or is_engine(thing):
            found.add(type(thing).__name__)
        if isinstance(thing, np.ndarray) and thing.dtype.kind in "biuf":
            values = thing.ravel()
        elif isinstance(thing, list | tuple) and thing and all(type(item) in (bool, int, float) for item in thing):
            values = np.array(thing, dtype=np.float64)
        else:
            continue
        for name, column in truth.items():
            # A growing table has room to spare: its beginning may be the column.
            if len(values) >= column.size and np.array_equal(values[: column.size].astype(np.float64), column.ravel()):
                found.add(name)
    return found
