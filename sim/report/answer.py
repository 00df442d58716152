"""The answer of a comparison: a line for each judged metric, or every verdict with the bound that made it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby, product
from typing import NamedTuple

from sim.experiment.result import Result
from sim.measure.metric import TrueMetric
from sim.report.findings import Finding, all_of, finding, judged, listing, one_run, verdicts
from sim.report.same_phones import fairly
from sim.report.text.values import brief, called, show, show_interval, show_size

#: Letters of a line where nobody says how wide the page is.
ROOM = 98
#: Letters of a name that has to be cut.
SHORTEST_NAME = 12


def answer(result: Result, detail: bool = False, room: int = ROOM) -> list[str]:
    """Return what the comparison says.

    Parameters
    ----------
    result : Result
        A comparison.
    detail : bool
        Every strategy's verdict with the difference and bound that made it, and how it was judged.
    room : int
        Letters of a line, without detail: strategies are named as long as there is room, else counted.

    Returns
    -------
    list of str
        One line for each judged metric, and what to know before believing them.
    """
    if detail:
        return verdicts(result)
    return [*(one_line(result, metric, room) for metric in judged(result)), *one_run(result)]


def one_line(result: Result, metric: TrueMetric, room: int = ROOM) -> str:
    """Say of one metric who is best, who cannot be told from the best, and who is worse, by how much at least."""
    ranking = finding(result, metric.name)
    label = f"{metric.label[:1].upper()}{metric.label[1:]}"
    if ranking.phones is not None:
        label += " on the same phones"
    lines = [f"{label}: {said}" for said in _ways_to_say(result, ranking, metric)]
    return next((line for line in lines if len(line) <= room), lines[-1])


def _ways_to_say(result: Result, ranking: Finding, metric: TrueMetric) -> Iterator[str]:
    """Yield the same with fewer and fewer words."""
    if ranking.refused:
        yield f"not ranked: only a lower bound under {listing(ranking.refused)}"
        yield f"not ranked: only a lower bound under {len(ranking.refused)} of {len(ranking.means)} strategies"
        return
    if not ranking.best:
        yield "undefined in every strategy"
        return
    for most in (100, SHORTEST_NAME):
        yield from _rankings(result, ranking, metric, most)


def _rankings(result: Result, ranking: Finding, metric: TrueMetric, most: int) -> Iterator[str]:
    interval = {each.name: each for each in fairly(result, metric.name)}[ranking.best[0]].interval(metric.name)
    value = show_interval(interval, metric.unit) if interval.n > 1 else show(interval.mean, metric.unit)
    first = f"{called(ranking.best[0], most)} {value}"
    if len(result.strategies) == 1:
        yield f"{first}, and nothing to compare it with"
        return
    if not ranking.judged:
        extent = "in this one run" if result.replications < 2 else "in too few replications"
        if ranking.alike:
            yield f"{all_of(ranking.best)} {value} {extent}"
        elif len(ranking.best) > 1:
            yield f"{listing(ranking.best)} {value} look best {extent}"
            yield f"{len(ranking.best)} strategies {value} look best {extent}"
        else:
            yield f"{first} looks best {extent}"
        return
    alike = tuple(name for name in ranking.best[1:] if name not in ranking.doubtful)
    groups = Groups(alike, ranking.doubtful, ranking.close, ranking.worse)
    least = _least(ranking, metric)
    # Who is who is worth more than by how much, and the fewer strategies are only counted, the better.
    ways = sorted(product((True, False), repeat=len(groups)), key=groups.counted)
    for _, alike_ways in groupby(ways, key=groups.counted):
        as_good = list(alike_ways)
        yield from (groups.sentence(first, named, f" by ≥ {least}" if least else "", most) for named in as_good)
        yield from (groups.sentence(first, named, "", most) for named in as_good)
        bare = f"{brief(ranking.best[0], most)} {value}"
        yield from (groups.sentence(bare, named, "", most, terse=True) for named in as_good)


class Groups(NamedTuple):
    """Who shares a verdict, the best-looking strategy aside."""

    alike: tuple[str, ...]  #: cannot be told apart from it
    doubtful: tuple[str, ...]
    close: tuple[str, ...]
    worse: tuple[str, ...]

    def counted(self, named: Sequence[bool]) -> int:
        """Return of how many strategies one does not know their group, if only the groups that are `named` are."""
        unnamed = self._unnamed(named)
        return 0 if len(unnamed) == 1 and len(unnamed[0]) > 1 else sum(map(len, unnamed))

    def sentence(self, first: str, named: Sequence[bool], how_much: str, most: int, terse: bool = False) -> str:
        """Return who is best, who may be, and who is worse."""
        alike, doubtful, close, worse = (
            self._told(group, is_named, named, most, terse) for group, is_named in zip(self, named, strict=True)
        )
        several = named[0] and len(self.alike) > 1
        best = "" if terse else " best"
        if self.alike and not (self.doubtful or self.close or self.worse):
            if terse and not named[0]:
                return f"{first}, but nobody is surely best"
            return f"{first}{', ' if several else ' and '}{alike} cannot be told apart"
        alike = f"{first}, {' or '.join(alike.rsplit(' and ', 1))}" if several else f"{first} or {alike}"
        said = f"{alike if self.alike else first}{best}"
        said += f", perhaps {doubtful}" if self.doubtful else ""
        said += f"; {'' if terse else 'too '}close{'' if terse else ' to matter'}: {close}" if self.close else ""
        if self.worse:
            said += f"; worse{how_much}: {worse}" if named[-1] else f"; {worse} worse{how_much}"
        return said

    def _unnamed(self, named: Sequence[bool]) -> list[tuple[str, ...]]:
        return [group for group, is_named in zip(self, named, strict=True) if group and not is_named]

    def _told(self, group: Sequence[str], is_named: bool, named: Sequence[bool], most: int, terse: bool) -> str:
        """Return a group's names, or "others" if all but them are named, or how many they are."""
        if is_named:
            names = [brief(name, most) if terse else called(name, most) for name in group]
            return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
        if len(self._unnamed(named)) == 1:
            return "the other" if len(group) == 1 else "all others" if len(group) == sum(map(len, self)) else "others"
        return f"{len(group)} other{'s' if len(group) > 1 else ''}"


def _least(ranking: Finding, metric: TrueMetric) -> str:
    """Return by how much everybody who is worse is so at least: the smallest of the bounds that decided it."""
    bounds = [abs(ranking.against[name].bound) for name in ranking.worse]
    smallest = min(bounds, default=math.nan)
    return show_size(smallest, metric.unit) if math.isfinite(smallest) and smallest > 0.0 else ""
