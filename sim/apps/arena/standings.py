"""Who is where: scores over all scenarios on the same worlds, ties told as ties, and who broke a limit not ranked.

A place is given by the house's one meaning of "best" (Hsu's comparison with the best, paired by world): first are all
who may be best; they are set aside, and of the rest those who may be best come next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.apps.arena.board import Board, Limit, Row
from sim.apps.arena.entries import Failed
from sim.apps.arena.files import as_csv, as_data
from sim.apps.arena.loading import Arena
from sim.apps.arena.seeds import seed_of
from sim.apps.arena.spec import amount
from sim.apps.arena.table import headline, html, text
from sim.columns import Floats
from sim.experiment.result import Estimates, Result, against_best
from sim.measure.estimates import Quotients
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.report.text.values import show


@dataclass(frozen=True, slots=True)
class OverScenarios(Estimates):
    """One strategy over all scenarios of an arena: world w of each of them makes one independent value."""

    name: str
    samples: Mapping[str, Floats]
    parts: tuple[Estimates, ...]
    quotients: Mapping[str, Quotients] = field(default_factory=dict)
    trained: int = 1

    def one_phone_against(self, other: Estimates, metric: str) -> float:
        """Return what one phone in one scenario is of the difference of the means."""
        if not isinstance(other, OverScenarios):
            return 0.0
        pairs = zip(self.parts, other.parts, strict=True)
        return max(mine.one_phone_against(theirs, metric) for mine, theirs in pairs) / len(self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class Standings(Board):
    """A leaderboard, and how people look at it."""

    def table(self, width: int = 100) -> str:
        """Return the leaderboard as the command prints it."""
        return text(self, width)

    def says(self) -> str:
        """Return who is first, in a sentence."""
        return headline(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, as the command's JSON has it."""
        return as_data(self)

    def csv(self) -> str:
        """Return a line for each row, and for each entry that can't take part."""
        return as_csv(self)

    def __repr__(self) -> str:
        return f"<Standings {self.arena.name!r}: {len(self.rows)} ranked or not, {len(self.failed)} failed>"

    def _repr_html_(self) -> str:
        return html(self)


def ranked(
    arena: Arena, results: Mapping[str, Result], entries: Sequence[str], failed: Sequence[Failed], secret: str | None
) -> Standings:
    """Return the leaderboard of what everybody did in every scenario."""
    metric = TRUE_METRICS[arena.spec.score]
    everybody = {name: _over(results, name, metric.name) for name in (*arena.rivals, *entries)}
    limits = {name: _limits(arena, results, name) for name in everybody}
    remarks = {name: _remarks(results, name, limits[name], everybody[name], metric) for name in everybody}
    places = _places([one for name, one in everybody.items() if not remarks[name]], metric)
    reference = everybody[arena.reference]
    rows = [
        Row(
            name=name,
            rival=name in arena.rivals,
            place=places[name][0] if name in places else None,
            tied=name in places and places[name][1],
            score=one.interval(metric.name),
            against=one.minus(reference, metric.name),
            limits=limits[name],
            scenarios={title: result[name].interval(metric.name) for title, result in results.items()},
            remarks=tuple(remarks[name]),
        )
        for name, one in everybody.items()
    ]
    sign = -1.0 if metric.better == "high" else 1.0
    rows.sort(key=lambda row: (row.place or math.inf, _nan_last(sign * row.score.mean), row.name))
    seeds = {name: seed_of(None, arena.name, number) for number, name in enumerate(arena.rounds)}
    return Standings(arena, metric, tuple(rows), tuple(failed), secret is not None, seeds if secret is None else None)


def _nan_last(value: float) -> float:
    return value if math.isfinite(value) else math.inf


def _over(results: Mapping[str, Result], name: str, metric: str) -> OverScenarios:
    parts = tuple(result[name] for result in results.values())
    values = np.mean([part.values(metric) for part in parts], axis=0)
    return OverScenarios(name, {metric: values}, parts)


def _places(competitors: Sequence[OverScenarios], metric: TrueMetric) -> dict[str, tuple[int, bool]]:
    """Return everybody's place, and whether it is shared."""
    places: dict[str, tuple[int, bool]] = {}
    left = list(competitors)
    while left:
        verdicts = against_best(left, metric.name)
        best = [one for one in left if verdicts[one.name].may_be_best is not False]
        for one in best:
            places[one.name] = (len(competitors) - len(left) + 1, len(best) > 1)
        left = [one for one in left if one not in best]
    return places


def _limits(arena: Arena, results: Mapping[str, Result], name: str) -> tuple[Limit, ...]:
    kept = []
    for metric, limit in arena.spec.limits.items():
        most = amount(limit, metric)
        values = {title: result[name].interval(metric) for title, result in results.items()}
        high = TRUE_METRICS[metric].better == "high"
        sign = -1.0 if high else 1.0
        worst = max(values, key=lambda title: sign * values[title].mean)
        broken = [one for one in values.values() if (one.high < most if high else one.low > most)]
        within = sign * values[worst].mean <= sign * most
        kept.append(Limit(metric, most, worst, values[worst], not broken, within))
    return tuple(kept)


def _remarks(
    results: Mapping[str, Result], name: str, limits: Sequence[Limit], one: OverScenarios, metric: TrueMetric
) -> list[str]:
    """Return why a strategy is not ranked; nothing if it is."""
    said = []
    for limit in limits:
        if not limit.kept:
            known = TRUE_METRICS[limit.metric]
            value, most = show(limit.value.mean, known.unit), show(limit.at_most, known.unit)
            said.append(f"{known.label} {value} where the limit is {most} ({limit.scenario})")
    for title, result in results.items():
        if not result.keeps_up(result[name]):
            said.append(f"the line does not keep up ({title})")
    if not np.isfinite(one.samples[metric.name]).any():
        said.append(f"no {metric.label}: it decides nothing in some scenario")
    return said
