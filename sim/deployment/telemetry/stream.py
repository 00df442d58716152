"""What a stream says of itself: values that detectors watch, one per phone, in the order in which they became known.

Each lies in `sim.deployment.telemetry.streams`, comes with a package, or is defined in a notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator

from sim.columns import Column, Floats
from sim.deployment.telemetry.metric import Audited
from sim.deployment.telemetry.tables import Scope, Tables
from sim.document.names import definition_of, named_in
from sim.plugins import Family, declared_by

#: Numbers: any. Shares: from 0 to 1. Events: 0 or 1.
Holds = Literal["numbers", "shares", "events"]
#: Returns the values of an arm (of a mirrored version; None: of all) that became known in a scope.
ReadStream = Callable[[Tables, str | None, Scope], Column]


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that a detector can watch, and all that others have to know of it."""

    name: str
    holds: Holds
    mirrored: bool  #: of a version that looks without deciding; else of an arm that decides
    audits: frozenset[Audited]  #: without audits of these nobody hears of what it is watched for
    definition: str  #: one line
    read: ReadStream

    @property
    def home(self) -> str:
        """The module that declares it."""
        return self.read.__module__

    def checked(self, values: Floats) -> Floats:
        """Return what was read, or refuse what this stream can't hold."""
        if values.ndim != 1:
            raise ValueError(f"it has to return one value per phone, not an array of the shape {values.shape}")
        allowed = {
            "numbers": np.isfinite(values),
            "shares": (values >= 0.0) & (values <= 1.0),
            "events": (values == 0.0) | (values == 1.0),
        }[self.holds]
        if not allowed.all():
            raise ValueError(f"it holds {self.holds}, and gives {values[~allowed][0]}")
        return values


STREAMS: Family[Stream] = Family(
    "stream", "sim.deployment.telemetry.streams", "driftline.streams", declared_by("stream"), Stream
)
"""Every stream that a detector can watch, by name."""

StreamName = Annotated[str, AfterValidator(named_in(STREAMS, "a team can watch"))]
"""The name of a stream in a scenario file."""


def stream(
    name: str, *, holds: Holds, mirrored: bool = False, audits: tuple[Audited, ...] = ()
) -> Callable[[ReadStream], ReadStream]:
    """Declare a function ``(tables, who, scope) -> array`` as the stream `name`; its docstring defines it.

    Parameters
    ----------
    name : str
        As scenario files and playbooks name it.
    holds : {"numbers", "shares", "events"}
        Any numbers, numbers from 0 to 1, or only 0 and 1.
    mirrored : bool
        Whether it is of a version that looks without deciding.
    audits : tuple of {"passes", "rejects"}
        Without audits of these nobody hears of what it is watched for.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> @stream("latency", holds="numbers")
    ... def latency(tables, arm, scope):
    ...     '''How long each phone took, in microseconds.'''
    ...     return tables.by_arm(tables.decisions, arm, scope, "latency_us")[0]
    >>> by_hand(decisions={"latency_us": [7, 5]}).stream("latency", "v1", 0)
    array([7., 5.])
    >>> STREAMS.forget("latency")
    """

    def declare(read: ReadStream) -> ReadStream:
        STREAMS.register(name)(Stream(name, holds, mirrored, frozenset(audits), definition_of(read), read))
        return read

    return declare
