"""What the comparison says: who is best, who cannot be told from the best, and who is worse. The one source of it.

The answer, the titles of figures, the tables of several scenarios and the files all ask here, so that no two of them
judge differently.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sim.experiment.result import Result, against_best
from sim.measure.margin import ANY, Margin
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.report.same_phones import METRICS, fairly, same_phones
from sim.report.text.values import called, more_than, show, show_bounded_difference
from sim.stats.intervals import AgainstBest


@dataclass(frozen=True, slots=True)
class Finding:
    """One metric's judgement; every list goes from good to bad.

    Parameters
    ----------
    metric : str
        Its name.
    judged : bool
        Whether there was anything to judge by: two strategies and two replications in which it is defined.
    best : tuple of str
        Those that may be best; where nothing is judged, the best-looking one, with whoever's value is printed alike.
    worse : tuple of str
        Measurably worse, by an amount that matters.
    means : mapping of str to float
        The estimates.
    close : tuple of str
        Measurably worse, but by less than matters.
    doubtful : tuple of str
        Of `best`, those that look worse than somebody who is measurably worse: their differences are too uncertain
        to exclude them. Paired differences are sharper for some strategies than for others.
    margin : Margin
        From which difference on it matters.
    against : mapping of str to AgainstBest
        What decided it.
    phones : float, optional
        How many phones a replication it is about, if only about those that every strategy decided.
    refused : tuple of str
        Strategies for which no ranking is given: of their phones too few have a verdict.
    """

    metric: str
    judged: bool
    best: tuple[str, ...]
    worse: tuple[str, ...]
    means: Mapping[str, float]
    close: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    margin: Margin = ANY
    against: Mapping[str, AgainstBest] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    phones: float | None = None

    @property
    def on_the_same(self) -> str:
        """What a title says first, where it is about some of the phones only."""
        return "" if self.phones is None else "On the same phones: "

    @property
    def leaders(self) -> tuple[str, ...]:
        """Whom a title may call best: those who may be, and those who are worse by less than matters."""
        names = [name for name in (*self.best, *self.close) if name not in self.doubtful]
        return tuple(name for name in self.means if name in names) if not self.judged else self._from_good_to_bad(names)

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Who is measurably worse, and yet looks better than one of the doubtful: what makes a reader stop."""
        if not self.doubtful:
            return ()
        order = self._from_good_to_bad([*self.worse, *self.close, *self.doubtful])
        last = max(order.index(name) for name in self.doubtful)
        return tuple(name for name in order[:last] if name not in self.doubtful)

    @property
    def tied(self) -> bool:
        """Whether nobody is worse than another by an amount that matters and was measured."""
        return self.judged and not self.worse

    @property
    def alike(self) -> bool:
        """Whether nothing is judged, and the values printed are all the same: nobody even looks best."""
        return not self.judged and len(self.best) > 1 and not self.worse

    @property
    def last(self) -> tuple[str, ...]:
        """The worst-looking strategy, with those that are just as bad: blame falls on all of them."""
        names = self._from_good_to_bad(self.worse or [*self.best, *self.close])
        return tuple(name for name in names if self.means[name] == self.means[names[-1]])

    def _from_good_to_bad(self, names: Sequence[str]) -> tuple[str, ...]:
        sign = -1.0 if TRUE_METRICS[self.metric].better == "high" else 1.0
        return tuple(sorted(names, key=lambda name: sign * self.means[name]))


def finding(result: Result, metric: str) -> Finding:
    """Judge one metric by Hsu's comparison with the best at 95 %, and by what matters.

    With one replication, or one strategy, nothing is judged and `best` holds the best-looking strategy, with those
    whose value is printed alike: who is best may not hang on a digit that nobody sees.
    Strategies in which the metric is undefined are in no list. A time until the verdict that is only a lower bound
    under some strategy, as on a line that does not keep up, ranks nobody: `refused` says whose. Leakage and cost are
    judged on the same phones: where strategies decided other ones, on those that all of them decided.
    """
    sign = -1.0 if TRUE_METRICS[metric].better == "high" else 1.0
    compared, phones = fairly(result, metric), same_phones(result) if metric in METRICS else None
    means = {s.name: s.interval(metric).mean for s in compared}
    bounds = tuple(s.name for s in result.strategies if result.is_more_than(s, metric))
    if bounds:
        return Finding(metric, False, (), (), means, refused=bounds)
    defined = sorted((n for n in means if math.isfinite(means[n])), key=lambda n: sign * means[n])
    against, margin = against_best(compared, metric), result.scenario.margin(metric)
    if all(verdict.may_be_best is None for verdict in against.values()):
        printed = {name: show(means[name], TRUE_METRICS[metric].unit) for name in defined}
        first = tuple(name for name in defined if printed[name] == printed[defined[0]])
        return Finding(metric, False, first, tuple(defined[len(first) :]), means, margin=margin, phones=phones)
    best = tuple(name for name in defined if against[name].may_be_best)
    behind = [name for name in defined if against[name].may_be_best is False]
    matters = margin.of(means[best[0]])
    worse = tuple(name for name in behind if sign * (means[name] - means[best[0]]) >= matters)
    close = tuple(name for name in behind if name not in worse)
    doubtful = tuple(n for n in best if behind and sign * means[n] > sign * means[behind[0]])
    return Finding(metric, True, best, worse, means, close, doubtful, margin, against, phones=phones)


def judged(*results: Result) -> tuple[TrueMetric, ...]:
    """Return the metrics that the answer is about, of those that all of these comparisons measured."""
    return tuple(
        metric
        for metric in TRUE_METRICS.values()
        if metric.answer and all(metric in result.metrics for result in results)
    )


def sentences(result: Result) -> dict[str, str]:
    """Return what is said of every strategy by metric, in sentences without the differences that decided it."""
    return {metric.name: _sentence(result, finding(result, metric.name), reasons=False) for metric in judged(result)}


def verdicts(result: Result) -> list[str]:
    """Return what is said of every strategy: a sentence on each judged metric, and how it was judged."""
    lines = [_line(result, metric) for metric in judged(result)]
    lines += one_run(result)
    if result.replications > 1 and len(result.strategies) > 1:
        lines.append(
            f'"Measurably" means: Hsu\'s comparison with the best over {units(result)}'
            ", 95 % for all strategies of a line together. In brackets: the difference to the best-looking "
            "strategy, or to the one named, and its one-sided bound."
        )
    return lines


def one_run(result: Result) -> list[str]:
    """Return what to know before believing one replication."""
    if result.replications > 1:
        return []
    return [
        "One replication can't tell which strategy is best: these are one run's numbers. "
        "Ten or more replications give intervals."
    ]


def units(result: Result) -> str:
    """Return what estimates take for independent and paired: replications, or all those of one history together."""
    if result.scenario.train_replications > 1:
        return f"{result.scenario.train_replications} paired groups of replications by history"
    return f"{result.replications} paired replications"


def _line(result: Result, metric: TrueMetric) -> str:
    ranking = finding(result, metric.name)
    where = ""
    if ranking.phones is not None:
        where = f", on the {show(ranking.phones, 'phones')} phones a replication that every strategy decided"
    return f"{metric.answer}{where}: {_sentence(result, ranking)}"


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def listing(names: Sequence[str], most: int = 100) -> str:
    """Join names as a sentence does; of more than `most` strategies only the number is told.

    >>> listing(["blue_green", "canary", "ours"]), listing(["blue_green", "canary", "ours"], most=2)
    ('blue green, canary and “ours”', 'three strategies')
    """
    if len(names) > most:
        return f"{_NUMBERS[len(names)] if len(names) < len(_NUMBERS) else len(names)} strategies"
    plain = [called(name) for name in names]
    return plain[0] if len(plain) == 1 else f"{', '.join(plain[:-1])} and {plain[-1]}" if plain else "none"


def all_of(names: Sequence[str]) -> str:
    """Return whom a value is of that all strategies share, before the value.

    >>> all_of(["canary", "shadow"]), all_of(["canary", "shadow", "manual"])
    ('both', 'all')
    """
    return "both" if len(names) == 2 else "all"


def those(names: Sequence[str], everybody: Iterable[str], most: int = 3) -> str:
    """Name strategies in a title: of more than `most` who is not among them, if these are fewer, else the number.

    >>> those(["canary", "shadow"], ["canary", "shadow", "manual"])
    'canary and shadow'
    >>> those(["a", "b", "c", "d"], ["a", "b", "c", "d", "manual"]), those(["a", "b", "c", "d"], "abcdefgh")
    ('all but manual', 'four strategies')
    """
    others = [name for name in everybody if name not in names]
    return f"all but {listing(others)}" if len(names) > most and 0 < len(others) < most else listing(names, most)


def _sentence(result: Result, ranking: Finding, reasons: bool = True) -> str:
    unit = TRUE_METRICS[ranking.metric].unit
    if ranking.refused:
        return _refusal(result, ranking)
    if not ranking.best:
        return "undefined in every strategy."
    first = f"{called(ranking.best[0], 100)} {show(ranking.means[ranking.best[0]], unit)}"
    if len(result.strategies) == 1:
        return f"{first}; with one strategy there is nothing to compare."
    if not ranking.judged:
        extent = "in this one run" if result.replications < 2 else "but too few replications define it to judge"
        if ranking.alike:
            return f"{all_of(ranking.best)} {show(ranking.means[ranking.best[0]], unit)} {extent}."
        if len(ranking.best) > 1:
            return f"{listing(ranking.best)} {show(ranking.means[ranking.best[0]], unit)} look best {extent}."
        return f"{first} looks best {extent}."
    firm = [name for name in ranking.best if name not in ranking.doubtful]
    told = [first, *_valued(result, ranking, firm[1:], reasons)]
    if len(told) == 1:
        said = f"{told[0]} {'leads' if ranking.close else 'is best'}"
    else:
        said = f"{', '.join(told[:-1])} and {told[-1]} cannot be told apart"
        said += " as the best" if ranking.worse or ranking.close else ": any of them may be best"
    parts = [said]
    if ranking.doubtful:
        parts.append(f"too uncertain to exclude: {', '.join(_valued(result, ranking, ranking.doubtful, reasons))}")
    if ranking.close:
        names = ", ".join(_valued(result, ranking, ranking.close, reasons))
        parts.append(f"too close to matter (less than {ranking.margin.text}): {names}")
    if ranking.worse:
        parts.append(f"measurably worse: {', '.join(_valued(result, ranking, ranking.worse, reasons))}")
    return f"{'; '.join(parts)}."


def _refusal(result: Result, ranking: Finding) -> str:
    """Say why nobody is ranked, and what is known nevertheless."""
    unit = TRUE_METRICS[ranking.metric].unit
    valued = [
        f"{called(name, 100)} {more_than(mean, unit) if name in ranking.refused else show(mean, unit)}"
        for name, mean in ranking.means.items()
    ]
    unstable = [strategy.name for strategy in result.unstable if strategy.name in ranking.refused]
    why = (
        f"the line does not keep up under {listing(unstable)}, so it grows with the horizon"
        if unstable
        else f"under {listing(ranking.refused)} it falls among phones without a verdict"
    )
    return f"not ranked: {why}. {', '.join(valued)}."


def _valued(result: Result, ranking: Finding, names: Sequence[str], reasons: bool) -> list[str]:
    """Return each name with its value, and the difference and bound that put it where it is; the same one only once."""
    unit = TRUE_METRICS[ranking.metric].unit
    if not reasons:
        return [f"{called(name, 100)} {show(ranking.means[name], unit)}" for name in names]
    told: list[str] = []
    for reason, sharing in groupby(names, key=lambda name: _reason(result, ranking, name)):
        *others, last = [f"{called(name, 100)} {show(ranking.means[name], unit)}" for name in sharing]
        told += [*others, f"{last} ({'each ' if others else ''}{reason})"]
    return told


def _reason(result: Result, ranking: Finding, name: str) -> str:
    """Return the difference with its bound, and to whom, where that is not the best-looking strategy."""
    verdict = ranking.against[name]
    rival = result.strategies[verdict.rival].name
    whom = "" if rival == ranking.best[0] else called(rival, 100)
    return show_bounded_difference(verdict.gap, verdict.bound, TRUE_METRICS[ranking.metric].unit, whom)
