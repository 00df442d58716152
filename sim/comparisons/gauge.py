"""An attribute agreement study of a scenario's inspectors and models: each sees the same phones several times.

Half of the phones are defective by the standard at the run's start, drawn from the scenario's world as they come, in
which some are borderline. Every look has noise of its own; a model sees the same picture each time, and so repeats
itself. People who change are as they are in the middle of a shift, an hour after the break, used to the line's share of
defects: among so many defective phones they would come to reject more, which a study is not to measure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sim.columns import Flags, Floats
from sim.document import checks_failed
from sim.experiment.training import trained
from sim.factory.phones import Phones
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.human.detection import evidence, view_of
from sim.inspectors.human.people import (
    FELT_STEPS,
    LOOK_STEP_US,
    TIME_STEP_US,
    TYPICAL_REST_US,
    TYPICAL_SHIFT_US,
    read_off,
    sensitivity_at,
)
from sim.measure.grades import EFFECTIVENESS, FALSE_ALARM_RATE, MISS_RATE, Grade, worst
from sim.scenario import Scenario
from sim.stats.agreement import kappa_of_groups
from sim.stats.intervals import NAN, Interval
from sim.stats.ratios import ShareInterval, clopper_pearson, exact_share

#: So many phones of the world are looked through at most for as many defective ones as are asked for.
MOST_PHONES = 2**21


@dataclass(frozen=True, slots=True)
class Appraised:
    """What the study says of an inspector or a model; shares and kappas with 95 % intervals."""

    name: str
    effectiveness: ShareInterval  #: phones on which every trial was right
    misses: ShareInterval  #: of the looks at defective phones
    false_alarms: ShareInterval  #: of the looks at good phones
    within: Interval  #: kappa of trial against trial; NaN of a single trial
    standard: Interval  #: kappa against the truth

    @property
    def grade(self) -> Grade:
        """The worst of the grades that the three shares have by the usual limits."""
        limits = ((EFFECTIVENESS, self.effectiveness), (MISS_RATE, self.misses), (FALSE_ALARM_RATE, self.false_alarms))
        return worst(limit.grade(share.mean) for limit, share in limits)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A study: everybody who took part, and how well inspectors agree with each other."""

    defective: int
    good: int
    trials: int
    appraised: tuple[Appraised, ...]
    between: tuple[tuple[str, str, Interval], ...]  #: kappa of each two inspectors, trial by trial


def study(scenario: Scenario, phones: int = 50, trials: int = 2, inspectors: int = 3) -> Gauge:
    """Have inspectors and all model versions that strategies use look at phones.

    Parameters
    ----------
    scenario : Scenario
        Whose phones, people and models; drift does not come into it.
    phones, trials, inspectors : int
        How many phones, at least 4; how often each is seen; by how many people: the first ones of replication 0.

    Raises
    ------
    ScenarioError
        If the world holds too few defective phones, or too few good ones.

    Examples
    --------
    >>> import sim
    >>> people = {"stable": "humans", "candidate": "nobody"}
    >>> found = study(sim.build(deployment=people, strategies=[{"pattern": "manual"}]), phones=40, inspectors=1)
    >>> found.defective, [each.name for each in found.appraised], found.between
    (20, ['inspector 1'], ())
    """
    streams = Streams(scenario.seed, 0, "gauge/")
    world, rows, defective = _phones(scenario, streams, phones)
    seen = {f"inspector {number + 1}": each for number, each in enumerate(
        _people(scenario, streams, world.ratio[rows], trials, inspectors))}  # fmt: skip
    machines = {
        name: np.tile(version.score_phones(world, streams.open(f"score.{name}"))[rows] > version.threshold, (trials, 1))
        for name, version in trained(scenario).items()
    }
    return Gauge(
        int(defective.sum()),
        int((~defective).sum()),
        trials,
        tuple(appraise(name, rejects, defective) for name, rejects in (seen | machines).items()),
        tuple((a, b, kappa_of_groups(tables(seen[a], seen[b]))) for a, b in combinations(seen, 2)),
    )


def appraise(name: str, rejects: Flags, defective: Flags) -> Appraised:
    """Rate one rater.

    Parameters
    ----------
    name : str
        Who it is.
    rejects : ndarray of bool, shape (trials, phones)
        The verdicts.
    defective : ndarray of bool, shape (phones,)
        The truth.
    """
    trials, count = rejects.shape
    matched = int((rejects == defective).all(axis=0).sum())
    times = rejects.sum(axis=0)
    bad, good = times[defective], times[~defective]
    pairs = [tables(rejects[[i]], rejects[[j]]) for i, j in combinations(range(trials), 2)]
    both_ways = [each + each.transpose(0, 2, 1) for each in pairs]
    return Appraised(
        name,
        ShareInterval(matched / count, *clopper_pearson(matched, count), count, 0, matched, count),
        exact_share(trials - bad, np.full(len(bad), trials)),
        exact_share(good, np.full(len(good), trials)),
        kappa_of_groups(sum(both_ways, np.zeros((count, 2, 2)))) if pairs else Interval(NAN, NAN, NAN, count),
        kappa_of_groups(tables(np.tile(defective, (trials, 1)), rejects)),
    )


def tables(one: Flags, other: Flags) -> Floats:
    """Return, phone by phone, how often the one said what and the other what: (trials, phones) to (phones, 2, 2).

    >>> tables(np.array([[True], [True]]), np.array([[True], [False]])).tolist()
    [[[0.0, 0.0], [1.0, 1.0]]]
    """
    said = [[(one == a) & (other == b) for b in (False, True)] for a in (False, True)]
    counts: Floats = np.array(said).sum(axis=2, dtype=np.float64).transpose(2, 0, 1)
    return counts


def _phones(scenario: Scenario, streams: Streams, count: int) -> tuple[Phones, Floats, Flags]:
    """Return phones, which of them are shown, and which of these are defective."""
    wanted = {True: count // 2, False: count - count // 2}
    room = 4096
    while True:
        phones = World(scenario.factory, (), Streams(scenario.seed, 0, "gauge/")).take(room)
        found = {kind: np.flatnonzero(phones.defective == kind) for kind in wanted}
        if all(len(found[kind]) >= wanted[kind] for kind in wanted):
            rows = np.concatenate([found[kind][: wanted[kind]] for kind in wanted])
            rows = streams.open("order").permutation(rows)
            return phones, rows, phones.defective[rows]
        if room >= MOST_PHONES:
            few = "defective" if len(found[True]) < wanted[True] else "good"
            message = f"a study of {count} phones needs {count // 2} {few} ones, and {room:,} phones hold fewer"
            raise checks_failed(
                None, [(("factory", "defect_rate"), f"{message}: choose another rate, or fewer phones")]
            )
        room *= 8


def _people(scenario: Scenario, streams: Streams, ratio: Floats, trials: int, count: int) -> Iterator[Flags]:
    """Yield what each inspector says: (trials, phones)."""
    inspectors = scenario.inspectors
    view = view_of(ratio, inspectors.borderline_width)
    noise, service, search = (streams.open(f"human.{name}") for name in ("evidence", "service", "search"))
    shape = (trials, len(view))
    if inspectors.people is None:
        for _ in range(count):
            yield (
                evidence(np.tile(view, (trials, 1)), inspectors.d_prime, noise.standard_normal(shape))
                > inspectors.criterion
            )
        return
    luck = Streams(scenario.seed, 0).open("human.people").standard_normal((count, 3))
    crew = inspectors.people.crew(luck, scenario.factory.defect_rate)
    moved = read_off(crew.tables.odds, crew.felt * FELT_STEPS)
    moved += read_off(crew.tables.vigilance, TYPICAL_REST_US / TIME_STEP_US)
    for own_d, own_c in zip(crew.d_prime, crew.criterion, strict=True):
        took = inspectors.service.draw_us(service, trials * len(view)) / LOOK_STEP_US
        chance = np.interp(took, np.arange(len(crew.tables.search)), crew.tables.search)
        found = (search.random(len(took)) < chance).reshape(shape)
        d_prime = sensitivity_at(float(own_d), crew.fatigue, TYPICAL_SHIFT_US)
        yield evidence(np.where(found, view, -1.0), d_prime, noise.standard_normal(shape)) > own_c + moved
