"""A story's own answer as a headline: told where a result bears out what it claims, with the result's own numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from sim.apps import numbers, words
from sim.apps.headline import Headline
from sim.apps.stories.answers import ROLLED_BACK, ROLLOUT, Named, Value, pieces_of
from sim.apps.stories.questions import FEW, why_untold
from sim.apps.stories.spec import Reply
from sim.experiment.result import Result, StrategyResult
from sim.measure.events import Drifted, FaultBegan, OutageBegan
from sim.measure.metric import TRUE_METRICS
from sim.report.figures.leakage_over_time import coarse
from sim.report.since import leakage_between
from sim.report.text.values import show
from sim.stats.signs import sign_test
from sim.units import MINUTE

#: To which the middle of several moments is told.
QUARTER = 15 * MINUTE
#: A sign test's doubt about whom a rollback befalls more often or earlier.
DOUBT = 0.05


def reply_of(result: Result, replies: Iterable[Reply]) -> Headline | None:
    """Return the first answer whose claims are measured, and None where there is none.

    Parameters
    ----------
    result : Result
        A comparison. An answer about a strategy that is not in it is not told.
    replies : iterable of Reply
        A story's own, checked by `wrong_in_reply`.

    Examples
    --------
    >>> import sim
    >>> shadow = {"pattern": "shadow"}
    >>> line = sim.build(horizon="8h", replications=1, strategies=[{"pattern": "manual"}, shadow])
    >>> nobody = Reply(say="Shadow leaks more", more=[("escape_rate", "shadow", "manual")])
    >>> alike = Reply(say="Both leak {escape_rate of shadow}", alike=[("escape_rate", "shadow", "manual")])
    >>> result = sim.run(line, workers=1)
    >>> reply_of(result, [nobody]), reply_of(result, [nobody, alike]).say.split(" %")[1]
    (None, '')
    """
    told = _Told(result, {"whole": result, **_parts(result)})
    for reply in replies:
        if told.bears_out(reply) and (headline := told.headline(reply)) is not None:
            return headline
    return None


def _parts(result: Result) -> dict[str, Result | None]:
    """Return the comparison before the event that a page is about, and while that lasts."""
    scenario = result.scenario
    drift = numbers.first_felt(result, Drifted)
    firsts = (numbers.first_felt(result, OutageBegan), numbers.first_felt(result, FaultBegan))
    lasting = [each for each in firsts if each is not None]
    event = drift or min(lasting, key=lambda each: each.time_us, default=None)
    if event is None:
        return {"before": None, "then": None}
    ends = scenario.horizon if isinstance(event, Drifted) else event.time_us + event.lasts_us
    return {
        "before": leakage_between(result, scenario.warm_up, event.time_us),
        "then": leakage_between(result, event.time_us, min(ends, scenario.horizon)),
    }


@dataclass(frozen=True, slots=True)
class _Told:
    """What a result says, of the whole run and of its parts; None where that is not known."""

    result: Result
    parts: Mapping[str, Result | None]

    def bears_out(self, reply: Reply) -> bool:
        return all(self._more(Named.of(what), one, other) for what, one, other in reply.more) and all(
            self._alike(Named.of(what), one, other) for what, one, other in reply.alike
        )

    def headline(self, reply: Reply) -> Headline | None:
        """Return an answer with its numbers; None where one of them is not known."""
        text, who, since = "", dict[tuple[str, str], list[str]](), False
        for piece in pieces_of(reply.say):
            if isinstance(piece, str):
                text += piece
                continue
            said = self._said(piece)
            if said is None:
                return None
            text += said
            since |= piece.named.when != "whole"
            if (chart := numbers.CHARTS.get(piece.named.metric)) is not None:
                who.setdefault((said, chart), []).append(piece.who)
        known = [numbers.Known(said, {"chart": chart, "who": names}) for (said, chart), names in who.items()]
        return Headline(text, known, since)

    def _said(self, value: Value) -> str | None:
        if value.named.metric in ROLLOUT:
            strategy = _of(self.result, value.who)
            return None if strategy is None else _rollbacks(self.result, strategy, value.named.metric)
        part = self.parts[value.named.when]
        strategy = None if part is None else _of(part, value.who)
        if part is None or strategy is None or part.is_more_than(strategy, value.named.metric):
            return None
        mean, unit = strategy.interval(value.named.metric).mean, TRUE_METRICS[value.named.metric].unit
        if not math.isfinite(mean):
            return None
        return coarse(mean) if unit == "share" else show(mean, unit)

    def _more(self, what: Named, one: str, other: str) -> bool:
        if what.metric in ROLLOUT:
            return _rolled_back_more(_of(self.result, one), _of(self.result, other), what.metric)
        part = self.parts[what.when]
        means = None if part is None else _means(part, what.metric, one, other)
        return (
            part is not None
            and means is not None
            and means[0] > means[1]
            and not why_untold(part, one, other, what.metric)
        )

    def _alike(self, what: Named, one: str, other: str) -> bool:
        part = self.parts[what.when]
        known = part is not None and _means(part, what.metric, one, other) is not None
        return known and part is not None and bool(why_untold(part, one, other, what.metric))


def _of(result: Result, name: str) -> StrategyResult | None:
    return next((strategy for strategy in result.strategies if strategy.name == name), None)


def _means(result: Result, metric: str, one: str, other: str) -> tuple[float, float] | None:
    """Return two strategies' estimates; None where one is not known, or is a lower bound alone."""
    both = [_of(result, name) for name in (one, other)]
    means = [each.interval(metric).mean for each in both if each is not None and not result.is_more_than(each, metric)]
    return (means[0], means[1]) if len(means) == 2 and all(map(math.isfinite, means)) else None


def _moments(strategy: StrategyResult) -> list[int | None]:
    """Return when each run's candidate was rolled back."""
    ends = (history.ending for history in strategy.histories)
    return [end.ended_us if end is not None and end.how == "rolled back" else None for end in ends]


def _rollbacks(result: Result, strategy: StrategyResult, metric: str) -> str | None:
    """Return in how many runs a candidate was rolled back, or when in the middle one, where most of them were."""
    moments = [moment for moment in _moments(strategy) if moment is not None]
    if metric == ROLLED_BACK:
        return f"{len(moments)} of {result.replications} runs" if result.replications > 1 else "this run"
    if 2 * len(moments) <= result.replications:
        return None
    if result.replications == 1:
        return words.hour(moments[0], result.scenario.horizon)
    return f"about {words.hour(QUARTER * round(float(np.median(moments)) / QUARTER), result.scenario.horizon)}"


def _rolled_back_more(one: StrategyResult | None, other: StrategyResult | None, metric: str) -> bool:
    """Return whether rollbacks befall one strategy in more runs than another, or later: by the signs of the runs."""
    if one is None or other is None:
        return False
    pairs = list(zip(_moments(one), _moments(other), strict=True))
    if metric == ROLLED_BACK:
        signs = [(first is not None) - (second is not None) for first, second in pairs]
    else:
        signs = [int(np.sign(first - second)) for first, second in pairs if first is not None and second is not None]
    more, fewer = signs.count(1), signs.count(-1)
    return more > fewer and (len(pairs) < FEW or sign_test(more, fewer) < DOUBT)
