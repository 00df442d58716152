"""Answers that runs give: which option is right, or between which numbers; or that a world does not decide it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scipy.special import ndtri

from sim.apps.exam.spec import Canary, QuestionSpec
from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS
from sim.report.findings import finding
from sim.report.text.values import plain_name, show, show_difference, show_interval
from sim.stats.intervals import Interval, paired_difference

#: A number whose interval is wider than this share of it is no number to ask for.
WIDEST = 0.25
#: Nobody is to blame for a difference that is surely smaller.
NO_BLAME = 0.03
#: Shares of a day's work at which nobody should have to guess whether a queue grows.
NEARLY_FULL = 0.95


@dataclass(frozen=True, slots=True)
class Answer:
    """What is right, and what a run says of it."""

    right: str  #: an option, or the number as people write it
    because: str  #: the run's numbers
    options: tuple[str, ...] = ()  #: to choose from; () for a number
    low: float = math.nan  #: from which number on an answer counts
    high: float = math.nan
    unit: str = ""


def answer_to(question: QuestionSpec, result: Result, calm: Result | None) -> Answer | None:
    """Return the answer that a run gives, None if this world does not decide it.

    `calm` is the same without its drift, for questions that need it.
    """
    return _KINDS[question.kind](question, result, calm)


def _best(question: QuestionSpec, result: Result, calm: Result | None) -> Answer | None:
    assert question.best is not None
    found = finding(result, question.best)
    if not found.judged or len(found.best) != 1 or found.close:
        return None
    unit = TRUE_METRICS[question.best].unit
    said = (f"{plain_name(s.name)} {show_interval(s.interval(question.best), unit)}" for s in result.strategies)
    options = tuple(plain_name(strategy.name) for strategy in result.strategies)
    return Answer(plain_name(found.best[0]), "; ".join(said), options)


def _more(question: QuestionSpec, result: Result, calm: Result | None) -> Answer | None:
    assert question.more is not None
    metric, one, other = question.more
    apart = result.difference(one, other, metric)
    if not apart.excludes_zero:
        return None
    unit = TRUE_METRICS[metric].unit
    said = f"{plain_name(one)} less {plain_name(other)}: {show_difference(apart, unit)}"
    right = one if apart.mean > 0 else other
    return Answer(plain_name(right), said, (plain_name(one), plain_name(other)))


def _value(question: QuestionSpec, result: Result, calm: Result | None) -> Answer | None:
    assert question.value is not None
    metric, strategy = question.value
    return _number(result[strategy].interval(metric), TRUE_METRICS[metric].unit)


def _number(interval: Interval, unit: str) -> Answer | None:
    if not math.isfinite(interval.half_width) or not 0.0 < interval.half_width <= WIDEST * abs(interval.mean):
        return None
    # Two half-widths: the student reasons from the mean world, the run is a sample of it.
    low, high = interval.mean - 2 * interval.half_width, interval.mean + 2 * interval.half_width
    return Answer(show(interval.mean, unit), show_interval(interval, unit), (), low, high, unit)


def sample_size(rate: float, asked: Canary) -> float:
    """Return how many cases of each arm tell a rate from one that is so many times as high (two proportions, normal).

    >>> round(sample_size(0.1, Canary(strategy="manual", times=2.0)))
    155
    """
    other = rate * asked.times
    z = ndtri(1.0 - asked.alpha) + ndtri(asked.power)
    return float(z**2 * (rate * (1.0 - rate) + other * (1.0 - other)) / (other - rate) ** 2)


def _canary(question: QuestionSpec, result: Result, calm: Result | None) -> Answer | None:
    asked = question.canary
    assert asked is not None
    rate = result[asked.strategy].interval(asked.metric)
    if not 0.0 < rate.low <= rate.high < 0.9 / asked.times:
        return None
    middle, most, least = (sample_size(one, asked) for one in (rate.mean, rate.low, rate.high))
    if most - least > 2 * middle:
        return None
    said = f"a rate of {show_interval(rate, TRUE_METRICS[asked.metric].unit)}"
    return Answer(f"{middle:,.0f}", said, (), least, most)


def _keeps_up(question: QuestionSpec, result: Result, calm: Result | None) -> Answer | None:
    assert question.keeps_up is not None
    strategy = result[question.keeps_up]
    busy = strategy.interval("inspector_utilisation")
    keeps_up = result.keeps_up(strategy)
    if keeps_up and not busy.high < NEARLY_FULL:
        return None
    options = ("the queue stays about as long as it is", "the queue grows as long as phones come")
    return Answer(options[0 if keeps_up else 1], f"inspectors are busy {show_interval(busy, 'share')}", options)


_DRIFTS = ("data drift", "concept drift", "prior drift")


def _drift(question: QuestionSpec, result: Result, calm: Result | None) -> Answer | None:
    evidence = result.drift[0]
    moved = {one.what: one.answer for one in evidence.moved}
    # Where it is known what moved: a prior drift leaves each class as it looks, a concept drift all pictures.
    seen = {
        "prior drift": (moved["P(y)"], moved["P(x|y)"]) == ("moved", "did not move"),
        "concept drift": (moved["P(y|x)"], moved["P(x)"]) == ("moved", "did not move"),
        "data drift": (moved["P(x|y)"], moved["P(y)"]) == ("moved", "did not move"),
    }
    if evidence.cause not in seen or not seen[evidence.cause]:
        return None
    return Answer(evidence.cause, "; ".join(f"{what} {answer}" for what, answer in moved.items()), _DRIFTS)


_BLAME = ("the new model", "the world", "both", "neither")


def _blame(question: QuestionSpec, result: Result, calm: Result | None) -> Answer | None:
    assert question.blame is not None
    assert calm is not None
    old, new = question.blame
    model = calm.difference(new, old, "escape_rate")
    world = paired_difference(result[old].values("escape_rate"), calm[old].values("escape_rate"))
    guilty = []
    for interval in (model, world):
        if interval.low > NO_BLAME:
            guilty.append(True)
        elif interval.low > -NO_BLAME and interval.high < NO_BLAME:
            guilty.append(False)
        else:
            return None
    right = {(True, False): 0, (False, True): 1, (True, True): 2, (False, False): 3}[guilty[0], guilty[1]]
    said = f"new less old, no drift: {show_difference(model, 'share')}; "
    said += f"old with less without drift: {show_difference(world, 'share')}"
    return Answer(_BLAME[right], said, _BLAME)


_KINDS: Mapping[str, Callable[[QuestionSpec, Result, Result | None], Answer | None]] = {
    "best": _best,
    "more": _more,
    "value": _value,
    "canary": _canary,
    "keeps_up": _keeps_up,
    "drift": _drift,
    "blame": _blame,
}
