"""How many phones there were, and what became of those that nobody judged."""

from __future__ import annotations

from sim.measure.metric import true_metric
from sim.measure.tally import Tally


@true_metric(
    "phones", unit="phones", kind="count", label="phones decided", column="decided", better="high", table="phones",
    place=10,
)  # fmt: skip
def phones(tally: Tally) -> float:
    """Phones with a verdict before the horizon.

    >>> phones(Tally(decided=3))
    3.0
    """
    return float(tally.decided)


@true_metric(
    "on_line", unit="phones", kind="count", label="on the line at the horizon", column="on the line", better="low",
    table="phones", place=210,
)  # fmt: skip
def on_line(tally: Tally) -> float:
    """Phones that are on the line at the horizon, without a verdict.

    >>> on_line(Tally(on_line=2))
    2.0
    """
    return float(tally.on_line)


@true_metric("not_started", unit="phones", kind="count", label="not started", better="low", table="phones", place=211)
def not_started(tally: Tally) -> float:
    """Phones due before the horizon that the line never took: it stood, or the conveyor was full.

    >>> not_started(Tally(not_started=2))
    2.0
    """
    return float(tally.not_started)


@true_metric("overflowed", unit="phones", kind="count", label="overflowed", better="low", table="phones", place=212)
def overflowed(tally: Tally) -> float:
    """Phones shipped or rejected unseen since a buffer was full; they count as decided.

    >>> overflowed(Tally(decided=9, overflowed=2))
    2.0
    """
    return float(tally.overflowed)


@true_metric(
    "lost_in_crash", unit="phones", kind="count", label="lost in a crash", better="low", table="phones", place=213
)
def lost_in_crash(tally: Tally) -> float:
    """Phones that a crash took from a server or from its queue; the fallback decides them.

    >>> lost_in_crash(Tally(lost=2))
    2.0
    """
    return float(tally.lost)
