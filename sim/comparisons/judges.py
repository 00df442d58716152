"""How often each judge rolls back an equal candidate, and how soon a worse one: the judges alone, on Bernoulli arms.

No line, no labels that come late, no drift: 20,000 phones, each given to the candidate with probability 10 %, each an
escape with 0.5 % under the stable decider; the candidate's rate is the same, twice or three times that. Everybody looks
100 times, at equal distances, at everything so far. What a judge cannot do here it can do nowhere. The same judges on a
line, with labels that come late and for some phones only: `sim.comparisons.judges_on_the_line`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.columns import Counts
from sim.comparisons.contenders import CONTENDERS, Contender, Guarantee, Observed
from sim.experiment.job import Progress
from sim.factory.streams import Streams
from sim.stats.ratios import clopper_pearson

PHONES = 20_000
LOOKS = 100
CANDIDATE_SHARE = 0.10
BASE_RATE = 0.005  #: escapes per phone of the stable decider
RATIOS = (1.0, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one judge did with candidates of one risk ratio.

    Parameters
    ----------
    ratio : float
        Candidate's escapes per phone over the stable decider's.
    repetitions, rollbacks : int
        How many runs, and how many of them were rolled back.
    low, high : float
        The exact 95 % interval of the chance of a rollback.
    phones_to_rollback : float
        Median over the runs that were rolled back, in phones of both arms; NaN if none was.
    exposure : float
        Median over all runs, in phones that the candidate decided before the rollback or the horizon.
    escapes : float
        Median over all runs, in defective phones that the candidate shipped before that.
    """

    ratio: float
    repetitions: int
    rollbacks: int
    low: float
    high: float
    phones_to_rollback: float
    exposure: float
    escapes: float

    @property
    def rate(self) -> float:
        """The share of runs that were rolled back."""
        return self.rollbacks / self.repetitions


@dataclass(frozen=True, slots=True)
class Row:
    """One judge: what it promises against equal candidates, and what it did with each risk ratio."""

    judge: str
    guarantee: Guarantee
    behaviour: tuple[Behaviour, ...]


def table(repetitions: int = 2000, seed: int = 1, progress: Progress | None = None) -> list[Row]:
    """Return what every judge did in so many repetitions; all judges see the same phones.

    Parameters
    ----------
    repetitions : int
        At least 1; Kayenta gets the first 200 of them.
    seed : int
        The first repetitions are the same however many follow.
    progress : callable, optional
        Called with (judges done, all of them) after each.

    Returns
    -------
    list of Row

    Examples
    --------
    >>> rows = {row.judge: row for row in table(repetitions=20)}
    >>> [each.rollbacks for each in rows["share of escapes, E >= 20"].behaviour]
    [0, 8, 19]
    """
    if repetitions < 1:
        raise ValueError(f"there must be at least one repetition, not {repetitions}")
    observed = {ratio: observe(ratio, repetitions, seed) for ratio in RATIOS}
    rows = []
    for judge in CONTENDERS:
        rows.append(row_of(judge, observed))
        if progress is not None:
            progress(len(rows), len(CONTENDERS))
    return rows


def row_of(judge: Contender, observed: Mapping[float, Observed]) -> Row:
    """Return what a judge did with the candidates of each risk ratio."""
    return Row(judge.name, judge.guarantee, tuple(behaviour(judge, ratio, each) for ratio, each in observed.items()))


def observe(ratio: float, repetitions: int, seed: int) -> Observed:
    """Draw what the judges see when the candidate lets `ratio` times as many phones escape.

    The assignment and the stable arm's escapes are the same for every ratio.
    """
    shape, each = (repetitions, LOOKS), PHONES // LOOKS
    streams = Streams(seed, 0, "judging/")
    rate = ratio * BASE_RATE
    candidate_n: Counts = streams.open("assignment").binomial(each, CANDIDATE_SHARE, shape)
    candidate = streams.open(f"candidate's escapes x {ratio}").binomial(candidate_n, rate)
    stable = streams.open("stable's escapes").binomial(each - candidate_n, BASE_RATE)
    stable_n = each - candidate_n
    baseline = streams.open("baseline").hypergeometric(stable, stable_n - stable, np.minimum(candidate_n, stable_n))
    # In shadow: each lets phones escape independently of the other, which is the least that pairs can gain.
    shadow = streams.open(f"pairs x {ratio}")
    only_candidate, only_stable = rate * (1.0 - BASE_RATE), BASE_RATE * (1.0 - rate)
    lost = shadow.multinomial(each, [only_candidate, only_stable, 1.0 - only_candidate - only_stable], shape)
    return Observed(
        CANDIDATE_SHARE,
        BASE_RATE,
        each * np.arange(1, LOOKS + 1),
        np.cumsum(candidate_n, axis=1),
        np.cumsum(candidate, axis=1),
        np.cumsum(candidate_n, axis=1),
        np.cumsum(candidate, axis=1),
        np.cumsum(each - candidate_n, axis=1),
        np.cumsum(stable, axis=1),
        np.cumsum(baseline, axis=1),
        np.cumsum(lost[..., 0], axis=1),
        np.cumsum(lost[..., 0] + lost[..., 1], axis=1),
    )


def behaviour(judge: Contender, ratio: float, observed: Observed) -> Behaviour:
    """Return what a judge did with candidates of one risk ratio."""
    if judge.repetitions is not None:
        observed = observed.part(judge.repetitions)
    look = judge.decide(observed)
    rolled_back = look >= 0
    count, n = int(rolled_back.sum()), len(look)
    low, high = clopper_pearson(count, n)
    phones = float(np.median(observed.phones[look[rolled_back]])) if count else math.nan
    # Look -1 is the last one: the horizon.
    exposure, escapes = (float(np.median(each[np.arange(n), look])) for each in (observed.exposed, observed.escaped))
    if judge.in_shadow:
        exposure = escapes = 0.0
    return Behaviour(ratio, n, count, low, high, phones, exposure, escapes)
