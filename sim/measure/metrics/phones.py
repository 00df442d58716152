"""How many phones there were, and what became of those that nobody judged."""

from __future__ import annotations

from collections.abc import Mapping

from sim.measure.metric import true_metric, where_above_0
from sim.measure.tally import Tally

#: Of a line that runs as it should, a few phones are on it when the run ends.
FEW = 0.01


def many_on_line(means: Mapping[str, float]) -> bool:
    """Return whether the line holds more phones at the horizon than one that runs as it should.

    >>> many_on_line({"on_line": 5.0, "phones": 900.0}), many_on_line({"on_line": 50.0, "phones": 900.0})
    (False, True)
    """
    return means["on_line"] > FEW * means["phones"]


def any_without_a_look(means: Mapping[str, float]) -> bool:
    """Return whether phones had no look, or none that counted: then one also wants to know of how many."""
    return many_on_line(means) or any(means[name] > 0.0 for name in ("not_started", "overflowed", "lost_in_crash"))


@true_metric(
    "phones", unit="phones", kind="count", label="phones decided", column="decided", better="high", table="phones",
    place=10, worth_a_column=any_without_a_look,
)  # fmt: skip
def phones(tally: Tally) -> float:
    """Phones with a verdict before the horizon.

    >>> phones(Tally(decided=3))
    3.0
    """
    return float(tally.decided)


@true_metric(
    "on_line", unit="phones", kind="count", label="on the line at the horizon", column="on the line", better="low",
    table="phones", place=210, worth_a_column=many_on_line,
)  # fmt: skip
def on_line(tally: Tally) -> float:
    """Phones that are on the line at the horizon, without a verdict.

    >>> on_line(Tally(on_line=2))
    2.0
    """
    return float(tally.on_line)


@true_metric(
    "not_started", unit="phones", kind="count", label="not started", better="low", table="phones", place=211,
    worth_a_column=where_above_0("not_started"),
)  # fmt: skip
def not_started(tally: Tally) -> float:
    """Phones due before the horizon that the line never took: it stood, or the conveyor was full.

    >>> not_started(Tally(not_started=2))
    2.0
    """
    return float(tally.not_started)


@true_metric(
    "overflowed", unit="phones", kind="count", label="overflowed", better="low", table="phones", place=212,
    worth_a_column=where_above_0("overflowed"),
)  # fmt: skip
def overflowed(tally: Tally) -> float:
    """Phones shipped or rejected unseen since a buffer was full; they count as decided.

    >>> overflowed(Tally(decided=9, overflowed=2))
    2.0
    """
    return float(tally.overflowed)


@true_metric(
    "lost_in_crash", unit="phones", kind="count", label="lost in a crash", better="low", table="phones", place=213,
    worth_a_column=where_above_0("lost_in_crash"),
)  # fmt: skip
def lost_in_crash(tally: Tally) -> float:
    """Phones that a crash took from a server or from its queue; the fallback decides them.

    >>> lost_in_crash(Tally(lost=2))
    2.0
    """
    return float(tally.lost)
