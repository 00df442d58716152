"""What the comparison says, in plain words: who is best, and who cannot be told from the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.report.text.values import brief, more_than, plain_name, show, show_difference


@dataclass(frozen=True, slots=True)
class Finding:
    """One metric's judgement. `best` may be best, `worse` are measurably worse, both from good to bad."""

    metric: str
    judged: bool
    best: tuple[str, ...]
    worse: tuple[str, ...]
    means: Mapping[str, float]
    refused: tuple[str, ...] = ()  #: strategies for which no ranking is given: of their phones too few have a verdict


def finding(result: Result, metric: str) -> Finding:
    """Judge one metric by Hsu's comparison with the best at 95 %.

    With one replication, or one strategy, nothing is judged and `best` holds the best-looking strategy.
    Strategies in which the metric is undefined are in neither list. A time until the verdict that is only a lower bound
    under some strategy, as on a line that does not keep up, ranks nobody: `refused` says whose.
    """
    better = TRUE_METRICS[metric].better
    direction = -1.0 if better == "high" else 1.0
    means = {s.name: s.interval(metric).mean for s in result.strategies}
    bounds = tuple(s.name for s in result.strategies if result.is_more_than(s, metric))
    if bounds:
        return Finding(metric, False, (), (), means, bounds)
    defined = sorted((n for n in means if math.isfinite(means[n])), key=lambda n: direction * means[n])
    may_be = {name: verdict.may_be_best for name, verdict in result.against_best(metric).items()}
    if all(verdict is None for verdict in may_be.values()):
        return Finding(metric, False, tuple(defined[:1]), tuple(defined[1:]), means)
    best = tuple(name for name in defined if may_be[name])
    return Finding(metric, True, best, tuple(name for name in defined if may_be[name] is False), means)


def judged(*results: Result) -> tuple[TrueMetric, ...]:
    """Return the metrics that the answer is about, of those that all of these comparisons measured."""
    return tuple(
        metric
        for metric in TRUE_METRICS.values()
        if metric.answer and all(metric in result.metrics for result in results)
    )


def answer(result: Result) -> list[str]:
    """Return the answer's sentences: one on each of leakage, latency and cost."""
    lines = [f"{metric.answer}: {_sentence(result, finding(result, metric.name))}" for metric in judged(result)]
    if result.replications < 2:
        lines.append(
            "One replication can't tell which strategy is best: these are one run's numbers. "
            "Ten or more replications give intervals."
        )
    elif len(result.strategies) > 1:
        lines.append(
            f'"Measurably" means: Hsu\'s comparison with the best over {result.replications} paired '
            "replications, 95 % for all strategies of a line together."
        )
    return lines


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def listing(names: Sequence[str], most: int = 100) -> str:
    """Join names as a sentence does; of more than `most` strategies only the number is told.

    >>> listing(["a_b", "c", "d"]), listing(["a_b", "c", "d"], most=2)
    ('a b, c and d', 'three strategies')
    """
    if len(names) > most:
        return f"{_NUMBERS[len(names)] if len(names) < len(_NUMBERS) else len(names)} strategies"
    plain = [brief(name) for name in names]
    return plain[0] if len(plain) == 1 else f"{', '.join(plain[:-1])} and {plain[-1]}" if plain else "none"


def _sentence(result: Result, ranking: Finding) -> str:
    unit = TRUE_METRICS[ranking.metric].unit
    if ranking.refused:
        return _refusal(result, ranking)
    valued = [f"{plain_name(name)} {show(ranking.means[name], unit)}" for name in ranking.best]
    if not valued:
        return "undefined in every strategy."
    if len(result.strategies) == 1:
        return f"{valued[0]}; with one strategy there is nothing to compare."
    if not ranking.judged:
        extent = "in this one run" if result.replications < 2 else "but too few replications define it to judge"
        return f"{valued[0]} looks best {extent}."
    if len(valued) == 1:
        said = f"{valued[0]} is best"
        return f"{said}; {_runner_up(result, ranking)}." if ranking.worse else f"{said}."
    together = f"{', '.join(valued[:-1])} and {valued[-1]} cannot be told apart"
    if not ranking.worse:
        return f"{together}: any of them may be best."
    return f"{together} as the best; measurably worse: {_valued(ranking, ranking.worse, unit)}."


def _refusal(result: Result, ranking: Finding) -> str:
    """Say why nobody is ranked, and what is known nevertheless."""
    unit = TRUE_METRICS[ranking.metric].unit
    valued = [
        f"{plain_name(name)} {more_than(mean, unit) if name in ranking.refused else show(mean, unit)}"
        for name, mean in ranking.means.items()
    ]
    unstable = [strategy.name for strategy in result.unstable if strategy.name in ranking.refused]
    why = (
        f"the line does not keep up under {listing(unstable)}, so it grows with the horizon"
        if unstable
        else f"under {listing(ranking.refused)} it falls among phones without a verdict"
    )
    return f"not ranked: {why}. {', '.join(valued)}."


def _runner_up(result: Result, ranking: Finding) -> str:
    best, following = ranking.best[0], ranking.worse[0]
    gap = result.difference(following, best, ranking.metric)
    size = show_difference(gap, TRUE_METRICS[ranking.metric].unit)
    others = f", then {listing(ranking.worse[1:])}" if len(ranking.worse) > 1 else ""
    return f"measurably worse: {plain_name(following)} ({size} against it){others}"


def _valued(ranking: Finding, names: Sequence[str], unit: str) -> str:
    return ", ".join(f"{plain_name(name)} {show(ranking.means[name], unit)}" for name in names)
