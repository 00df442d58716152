"""Do the printed intervals of shares hold the truth as often as they say?

`python tests/proofs/interval_coverage.py [--seeds 2000] [--horizon 2h] [--workers 2] [--bank FOLDER]` runs the real line, its
trained versions held fixed, `seeds` times ten replications long. Each ten give the interval that a comparison of ten
replications prints; the truth is that of all of them together. It prints how often the intervals cover it, how long they
are, and whether ten replications have 30 events and 30 phones without one on the average (what one of them happens to
have would select); and how often nobody is called worse of strategies that are equal, since what each is in truth is taken
off its values. (If two took turns by lot, their differences would lie in two clumps with nothing between, and of ten such
values a t interval misses the middle in 2 to 6 %, whatever the comparison is worth.)
With a folder, what was counted is kept there in pieces, so that an interrupted proof goes on where it was.

With `--versions 5` or 10 (`--versions 5 --versions 10 --seeds 1000 --horizon 2h`) the versions vary, too. As many histories
as seeds train a model each, once, and each version meets ten worlds of its own; the truth is the mean over all versions.
Sets of ten replications are drawn anew from these runs, of 5 versions in 2 worlds each, say, and beside them stand ten
replications with one version, whose intervals say nothing of the next one.
`tests/experiment/test_interval_coverage.py` runs small versions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

import numpy as np

from sim.columns import Floats
from sim.deployment.strategy import Strategy
from sim.experiment.job import Job
from sim.experiment.replication import run_all
from sim.experiment.run import prepared
from sim.inspectors.model import ModelVersion
from sim.measure.estimates import Quotients
from sim.measure.histories import history_of
from sim.measure.metric import TRUE_METRICS
from sim.measure.tally import Tally
from sim.scenario import Scenario, build
from sim.stats.intervals import PairedInterval, compare_with_best, paired_difference
from sim.stats.ratios import FEW, clopper_pearson

HORIZONS = ("30min", "2h", "1d", "3d")
SHARES = ("escape_rate", "overkill_rate", "outgoing_dppm", "reject_precision")
REPLICATIONS = 10
PIECE = 500  #: replications, what an interruption can lose


def line(horizon: str, sets: int) -> Scenario:
    """Return the teaching line: people, a model with a review band, and a model alone, from the first phone on."""
    return build(
        name="coverage", seed=11, horizon=horizon, replications=sets * REPLICATIONS,
        strategies=[
            {"pattern": "manual"},
            {"pattern": "partial_automation", "start": "0s"},
            {"pattern": "full_automation", "start": "0s"},
        ],
    )  # fmt: skip


def young_models(horizon: str, histories: int) -> Scenario:
    """Return a line whose models have seen few phones, so that they differ; each history's meets ten worlds."""
    return build(
        name="coverage", seed=12, horizon=horizon, replications=histories * REPLICATIONS, train_replications=histories,
        factory={"defect_rate": "6%"},
        models={"v1": {"training": {"phones": 3000}}},
        strategies=[
            {"pattern": "manual"},
            {"pattern": "partial_automation", "start": "0s"},
            {"pattern": "full_automation", "start": "0s"},
        ],
    )  # fmt: skip


def made_of(
    scenario: Scenario, strategies: Sequence[Strategy], versions: Mapping[str, ModelVersion], number: int, engine: str
) -> list[list[tuple[float, float]]]:
    """Return numerator and denominator of every share of every strategy in one replication, and measure nothing else."""
    simulations, _ = run_all(scenario, strategies, versions, number, engine)
    tallies = [Tally.of(each.outcomes, each.setting()) for each in simulations]
    shares = [[TRUE_METRICS[name].of(tally) for name in SHARES] for tally in tallies]
    return [[(share.part, share.whole) for share in of_one] for of_one in shares]  # type: ignore[attr-defined]


def made_of_later(
    first: int, scenario: Scenario, strategies: Sequence[Strategy], versions: Mapping[str, ModelVersion], number: int,
    engine: str,
) -> list[list[tuple[float, float]]]:  # fmt: skip
    """Return what `made_of` does of a replication so many further on."""
    return made_of(scenario, strategies, versions, first + number, engine)


def piece(job: Job[list[list[tuple[float, float]]]], numbers: range, workers: int | None) -> Floats:
    """Return the counts of some of a job's replications, which any number of processes share."""
    versions = [job.versions[history_of(number, len(job.versions))] for number in numbers]
    part = replace(
        job,
        task=partial(made_of_later, numbers.start),
        scenario=job.scenario.model_copy(update={"replications": len(numbers), "train_replications": 1}),
        versions=job.versions if len(job.versions) == 1 else versions,
    )
    return np.array(part.replications(workers), dtype=np.float64)


def counted(scenario: Scenario, bank: Path | None = None, workers: int | None = 1) -> Floats:
    """Return (replications, strategies, shares, 2) numerators and denominators, those that are in the bank from there."""
    job, pieces = prepared(made_of, scenario), []
    for first in range(0, scenario.replications, PIECE):
        numbers = range(first, min(first + PIECE, scenario.replications))
        kept = bank and bank / f"{scenario.seed}_{scenario.horizon}_{numbers.start}_{numbers.stop}.npy"
        if kept and kept.is_file():
            pieces.append(np.load(kept))
            continue
        pieces.append(piece(job, numbers, workers))
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(kept, pieces[-1])
    return np.concatenate(pieces)


@dataclass(frozen=True, slots=True)
class Covered:
    """How often an interval held the truth, of so many."""

    horizon: str
    strategy: str
    metric: str
    events: str
    covered: int
    intervals: int
    half_width: float  #: the median
    versions: int = 1

    @property
    def share(self) -> float:
        return self.covered / self.intervals

    def __str__(self) -> str:
        low, high = clopper_pearson(self.covered, self.intervals)
        return (
            f"{self.horizon:6} {self.versions:2} {self.strategy:42} {self.metric:17} {self.events:12} {self.share:6.3f}"
            f" ({low:.3f}-{high:.3f}) of {self.intervals:5}, half-width {self.half_width:.4g}"
        )


def table(horizon: str, sets: int, bank: Path | None = None, workers: int | None = 1) -> list[Covered]:
    """Return how often each share's interval covers at this horizon, and differences against the first strategy."""
    scenario = line(horizon, sets)
    counts = counted(scenario, bank, workers)
    names = [strategy.title for strategy in scenario.strategies]
    # (strategies, shares, sets, replications) of numerators, and of denominators
    part, whole = np.moveaxis(counts.reshape(sets, REPLICATIONS, len(names), len(SHARES), 2), (4, 2, 3), (0, 1, 2))
    return [
        row
        for number, metric in enumerate(SHARES)
        for row in _rows(horizon, metric, names, part[:, number], whole[:, number])
    ]


def table_of_versions(
    horizon: str, histories: int, versions: Sequence[int], bank: Path | None = None, workers: int | None = 1
) -> list[Covered]:
    """Return how often each share's interval covers its mean over versions: of one version, and of several."""
    scenario = young_models(horizon, histories)
    names = [strategy.title for strategy in scenario.strategies]
    # Replication r is world r // histories of history r mod histories.
    counts = counted(scenario, bank, workers).reshape(REPLICATIONS, histories, len(names), len(SHARES), 2)
    chance = np.random.default_rng(5)
    rows: list[Covered] = []
    for trained in (1, *versions):
        worlds = REPLICATIONS // trained
        sets = [
            # in the order of a run: replication r has the versions of history r mod `trained`
            counts[first : first + worlds, chosen].reshape(REPLICATIONS, *counts.shape[2:])
            for first in range(0, REPLICATIONS, worlds)
            for chosen in chance.permutation(histories).reshape(-1, trained)
        ]
        part, whole = np.moveaxis(np.array(sets), (4, 2, 3), (0, 1, 2))
        for number, metric in enumerate(SHARES):
            rows += _rows(horizon, metric, names, part[:, number], whole[:, number], trained)
    return rows


def _rows(
    horizon: str, metric: str, names: Sequence[str], part: Floats, whole: Floats, versions: int = 1
) -> Iterator[Covered]:
    for own, name in enumerate(names):
        truth = part[own].sum() / whole[own].sum()
        ends = [
            (share.low, share.high)
            for share in (
                Quotients(*each).by_history(versions).interval(shares=TRUE_METRICS[metric].counts_phones)
                for each in zip(part[own], whole[own], strict=True)
            )
        ]
        yield _covered(horizon, name, metric, np.array(ends), truth, _many(part[own], whole[own]), versions)
        if own == 0:
            continue
        apart = truth - part[0].sum() / whole[0].sum()
        shown = [
            [Quotients(part[who, number], whole[who, number]).by_history(versions) for who in (own, 0)]
            for number in range(len(part[own]))
        ]
        pairs = [(gap.low, gap.high) for gap in (_difference(*each, versions) for each in shown)]
        many = _many(part[own], whole[own]) and _many(part[0], whole[0])
        yield _covered(horizon, f"{name} - {names[0]}", metric, np.array(pairs), apart, many, versions)
    if versions == 1:
        yield _blamed(horizon, metric, part, whole)


def _difference(one: Quotients, other: Quotients, versions: int) -> PairedInterval:
    """Return a paired difference as `Result.difference` does: the two never do the same here."""
    own = (one.interval(shares=True), other.interval(shares=True)) if versions > 1 else None
    return paired_difference(one.values, other.values, one_phone=max(one.one_phone, other.one_phone), own=own)


def _blamed(horizon: str, metric: str, part: Floats, whole: Floats) -> Covered:
    """Return how often nobody is called worse where all are equally good: each less what it is in truth."""
    truths = part.sum(axis=(1, 2)) / whole.sum(axis=(1, 2))
    blameless = []
    for number in range(part.shape[1]):
        made = [Quotients(*each) for each in zip(part[:, number], whole[:, number], strict=True)]
        values = [each.values - truth for each, truth in zip(made, truths, strict=True)]
        one_phone = [[max(one.one_phone, other.one_phone) for other in made] for one in made]
        verdicts = compare_with_best(values, one_phone=one_phone)
        blameless.append(all(verdict.may_be_best is not False for verdict in verdicts))
    ends = np.where(np.array(blameless)[:, None], (0.0, 0.0), (1.0, 1.0))
    many = all(_many(*each) for each in zip(part, whole, strict=True))
    return _covered(horizon, f"nobody worse of {len(part)} equal ones", metric, ends, 0.0, many)


def _many(part: Floats, whole: Floats) -> bool:
    """Whether ten replications have 30 events, and 30 phones without one, on the average."""
    events, others = (counts.sum(axis=1).mean() for counts in (part, whole - part))
    return bool(min(events, others) >= FEW)


def _covered(
    horizon: str, name: str, metric: str, ends: Floats, truth: float, many: bool, versions: int = 1
) -> Covered:
    holds = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    half = float(np.nanmedian(ends[:, 1] - ends[:, 0])) / 2.0
    events = f"{FEW} or more" if many else f"under {FEW}"
    return Covered(horizon, name, metric, events, int(holds.sum()), len(holds), half, versions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--horizon", choices=HORIZONS, action="append")
    parser.add_argument("--versions", type=int, choices=(5, 10), action="append", help="may be repeated")
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--bank", type=Path, default=None)
    chosen = parser.parse_args()
    if chosen.versions:
        if chosen.seeds % max(chosen.versions):
            parser.error(f"--seeds has to be a multiple of {max(chosen.versions)}: each history is in as many sets")
        for horizon in chosen.horizon or ("2h",):
            rows = table_of_versions(horizon, chosen.seeds, chosen.versions, chosen.bank, chosen.workers)
            print(*rows, sep="\n", flush=True)
        return
    for horizon in chosen.horizon or HORIZONS:
        print(*table(horizon, chosen.seeds, chosen.bank, chosen.workers), sep="\n", flush=True)


if __name__ == "__main__":
    main()
