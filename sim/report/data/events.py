"""Events for other programs: the same fields under the same names, whatever happened."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from sim.deployment.events import Event, Reason, Topic
from sim.experiment.result import Result
from sim.line.route import Arm
from sim.report.data.cells import plain
from sim.report.happenings import happenings
from sim.report.text.sentences import sentence
from sim.units import SECOND, format_moment

#: The fields of an event that have a column of their own in events.csv.
FIELDS = ("event", "arm", "version", "weight", "metric", "value", "bound", "samples", "reason")


def as_data(event: Event, strategy: str = "", replication: int | None = None) -> dict[str, Any]:
    """Return an event as plain data for strict JSON: when, its kind, its sentence, its type, whose, and its own fields.

    The world's events have no replication if they happen in all of them.

    An arm is its name, a duration is in seconds. A reason gives its code and the numbers behind it; where one stands
    behind another, those of the last, and the codes of all in `reasons`. What an event does not have is left out.

    Examples
    --------
    >>> from sim.deployment.events import Aborted
    >>> from sim.line.route import HUMANS
    >>> reason = Reason("beyond_limit", "{metric} {value:g} > {bound:g}", "reject_rate", 0.2, 0.1, 300)
    >>> data = as_data(Aborted(time_us=2_000_000, arm=HUMANS, reason=reason, weight=5.0), "canary")
    >>> [data[name] for name in ("text", "event", "arm", "weight")]
    ['reject_rate 0.2 > 0.1; rolled back to humans', 'aborted', 'humans', 5.0]
    >>> [data[name] for name in ("reason", "metric", "value", "bound", "samples")]
    ['beyond_limit', 'reject_rate', 0.2, 0.1, 300]
    """
    data = {"time_s": event.time_us / SECOND, "kind": event.kind, "text": sentence(event), "event": type_of(event)}
    if strategy:
        data["strategy"] = strategy
    if replication is not None:
        data["replication"] = replication
    for field in fields(event):
        if field.name != "time_us":
            data.update(_plain(field.name, getattr(event, field.name)))
    return data


def events_csv(result: Result) -> str:
    """Return one line per event, the world's and every strategy's in all replications, by time."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("time_s", "moment", "strategy", "kind", "text", *FIELDS, "replication"))
    for each in happenings(result, range(result.replications)):
        data = as_data(each.event, each.strategy, each.replication)
        row = (data["time_s"], format_moment(each.event.time_us), each.strategy, data["kind"], data["text"])
        writer.writerow(map(plain, (*row, *(data.get(field, "") for field in (*FIELDS, "replication")))))
    return text.getvalue()


def type_of(event: Event) -> str:
    """Return what an event's type is called in files.

    >>> from sim.deployment.events import Resumed, WentOut
    >>> type_of(Resumed(time_us=0)), type_of(WentOut(time_us=0, version="v2"))
    ('resumed', 'went_out')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()


def _plain(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value == "":
        return
    if isinstance(value, Reason):
        yield from _of_a_reason(value)
    elif isinstance(value, Arm):
        yield name, value.name
    elif isinstance(value, Topic):
        yield name, value.word
    elif name == "weights":
        yield name, [{"arm": arm.name, "weight": float(weight)} for arm, weight in value]
    elif name.endswith("_us"):
        yield f"{name.removesuffix('_us')}_s", value / SECOND
    else:
        yield name, None if isinstance(value, float) and not math.isfinite(value) else value


def _of_a_reason(reason: Reason) -> Iterator[tuple[str, Any]]:
    """Yield the code and the numbers of what stands behind everything else, and of each part of a reason of several."""
    chain = [reason]
    while chain[-1].cause is not None:
        chain.append(chain[-1].cause)
    last = chain[-1]
    yield "reason", last.code
    if len(chain) > 1:
        yield "reasons", [each.code for each in chain]
    for name in ("metric", "value", "bound", "samples"):
        yield from _plain(name, getattr(last, name))
    parts = [dict(_of_a_reason(part)) for part in last.more.values() if isinstance(part, Reason)]
    if parts:
        yield "parts", parts
