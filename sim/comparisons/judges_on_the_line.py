"""The judges at work on a line: labels that come late and for some phones only, real models, lots good and bad.

The standard line for two weeks: 25 % of the phones go to the candidate, an expert audits 10 % of what either arm ships,
and says so four hours later. The candidate is the stable model's twin (trained alike, so equal arms), or one whose
threshold lets through about twice, three times as many defects. Everybody looks every hour.

A judge changes nothing on the line before it speaks, so one run with every judge looking on tells when each would have
rolled back. Each candidate's real risk ratio is measured with the truth, and printed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.columns import Counts, Times
from sim.comparisons.contenders import CONTENDERS, Observed
from sim.comparisons.judges import Row, row_of
from sim.deployment.strategy import Strategy
from sim.deployment.telemetry.cohorts import NEVER
from sim.deployment.telemetry.labels import LabelDesk
from sim.experiment.job import Progress
from sim.experiment.replication import run_all
from sim.experiment.run import prepared
from sim.factory.streams import Streams
from sim.inspectors.model import ModelVersion
from sim.line.log import Decided
from sim.line.rules import Verdict
from sim.measure.outcomes import Outcomes
from sim.scenario import Scenario, build
from sim.units import HOUR

STABLE = "stable"  #: the stable model's name
SHARE = 0.25
LOOK_US = HOUR
KAYENTA_EVERY = 12  #: it judges twice a day: it ranks two series each time
#: Share of training phones that each model rejects. The stable model's, and what makes a candidate of the same kind
#: leak about so many times as much (found by trying: the table prints what it comes to).
REJECT_SHARES = {1.0: "5%", 2.0: "1.6%", 3.0: "0.8%"}


def scenario(seed: int = 1, horizon: str = "14d") -> Scenario:
    """Return the line on which the judges are compared, with a constant split for each candidate."""
    names = {ratio: f"x{ratio:g}" for ratio in REJECT_SHARES}
    models: dict[str, Any] = {STABLE: {"reject_share": REJECT_SHARES[1.0]}}
    models.update({names[ratio]: {"reject_share": share} for ratio, share in REJECT_SHARES.items()})
    split = {"pattern": "argo_canary", "steps": [{"set_weight": 100 * SHARE}, {"pause": {}}], "approver": None}
    return build(
        name="judges_on_the_line", title="The standard line for two weeks, a quarter of it to the candidate",
        seed=seed, horizon=horizon,
        factory={"arrivals": {"kind": "takt", "every": "6s", "jitter": "10%"}},
        inspectors={"count": 7},
        models=models,
        audits={"of_passes": "10%", "of_rejects": "10%", "delay": "4h"},
        deployment={"stable": STABLE, "start": "0s"},
        strategies=[{**split, "name": name, "candidate": name} for name in names.values()],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """One run with a constant split, by the end of each look; arrays of shape (looks,), cumulative."""

    phones: Counts
    exposed: Counts
    escaped: Counts
    candidate_n: Counts
    candidate_escapes: Counts
    stable_n: Counts
    stable_escapes: Counts
    stable_escaped: int  #: escapes of the stable arm in the whole run, labelled or not


@dataclass(frozen=True, slots=True)
class OnTheLine:
    """The table on the line.

    Parameters
    ----------
    rows : tuple of Row
        As for the judges alone.
    ratios : mapping of float to float
        The risk ratio that was wanted, and the one that the candidates really had.
    labelled_escapes : mapping of float to float
        Labelled escapes per run at the horizon, mean, by the ratio that was wanted.
    base_rate : float
        Labelled escapes per audited pass of the stable decider.
    phones : int
        Phones decided in a run, mean.
    """

    rows: tuple[Row, ...]
    ratios: Mapping[float, float]
    labelled_escapes: Mapping[float, float]
    base_rate: float
    phones: int


def table(
    replications: int = 300, seed: int = 1, horizon: str = "14d", workers: int | None = None,
    progress: Progress | None = None,
) -> OnTheLine:  # fmt: skip
    """Run the line `replications` times and let every judge look on.

    Parameters
    ----------
    replications : int
        At least 1; Kayenta gets the first 200 of them.
    seed : int
        Of the scenario.
    horizon : str
        How long each run is.
    workers : int, optional
        Processes; results do not depend on it.
    progress : callable, optional
        Called with (done, all) now and then.

    Returns
    -------
    OnTheLine
    """
    if replications < 1:
        raise ValueError(f"there must be at least one replication, not {replications}")
    line = scenario(seed, horizon).model_copy(update={"replications": replications})
    tallies = prepared(tally, line).replications(workers, progress)
    by_ratio = {ratio: [each[number] for each in tallies] for number, ratio in enumerate(REJECT_SHARES)}
    equal = by_ratio[1.0]
    base = sum(int(run.stable_escapes[-1]) for run in equal) / sum(int(run.stable_n[-1]) for run in equal)
    observed = {ratio: observed_of(runs, base, seed) for ratio, runs in by_ratio.items()}
    return OnTheLine(
        tuple(row_of(judge, observed) for judge in CONTENDERS if not judge.in_shadow),
        {ratio: risk_ratio(runs) for ratio, runs in by_ratio.items()},
        {
            ratio: float(np.mean([run.candidate_escapes[-1] + run.stable_escapes[-1] for run in runs]))
            for ratio, runs in by_ratio.items()
        },
        base,
        round(float(np.mean([run.phones[-1] for run in equal]))),
    )


def tally(
    line: Scenario, strategies: Sequence[Strategy], versions: Mapping[str, ModelVersion], replication: int, engine: str
) -> list[Tally]:
    """Run every candidate over one replication's phones, and count."""
    simulations, records = run_all(line, strategies, versions, replication, engine)
    desk = LabelDesk(line.audits, line.returns, records)
    return [counted(simulation.outcomes, desk, line.horizon) for simulation in simulations]


def counted(outcomes: Outcomes, desk: LabelDesk, horizon_us: int) -> Tally:
    """Count one run by the end of each look."""
    looks, last_us = horizon_us // LOOK_US, horizon_us // LOOK_US * LOOK_US
    decided = outcomes.verdict != Verdict.NONE
    by_candidate = np.array([name != STABLE for name in outcomes.arms])[outcomes.arm] & decided
    phones = np.flatnonzero(decided)
    phones = phones[np.argsort(outcomes.verdict_us[phones], kind="stable")]
    labels = desk.audited(
        Decided(
            phones, outcomes.arm[phones], np.where(by_candidate[phones], SHARE, 1.0 - SHARE),
            outcomes.decided_by[phones],
            outcomes.verdict[phones], outcomes.verdict_us[phones], outcomes.arms, outcomes.stations,
        )
    )  # fmt: skip
    # Labels count once every phone before is settled too: see sim.deployment.telemetry.cohorts.
    settled_us = np.maximum.accumulate(np.where(decided, outcomes.verdict_us + desk.delay_us, NEVER))[labels.phone]
    passed = ~labels.rejected & (settled_us <= last_us)
    own, escape = by_candidate[labels.phone[passed]], labels.defective[passed]
    known = (settled_us[passed] - 1) // LOOK_US
    escaped = decided & (outcomes.verdict == Verdict.PASS) & outcomes.records["defective"]
    look = (outcomes.verdict_us - 1) // LOOK_US

    def by_look(when: Times) -> Counts:
        return np.cumsum(np.bincount(when[when < looks], minlength=looks))

    return Tally(
        by_look(look[decided]), by_look(look[by_candidate]), by_look(look[by_candidate & escaped]),
        by_look(known[own]), by_look(known[own & escape]), by_look(known[~own]), by_look(known[~own & escape]),
        int(np.count_nonzero(escaped & ~by_candidate)),
    )  # fmt: skip


def observed_of(runs: Sequence[Tally], base_rate: float, seed: int) -> Observed:
    """Return what the judges see of these runs."""

    def column(name: str) -> Counts:
        return np.stack([getattr(run, name) for run in runs])

    stable_n, stable, candidate_n = (
        np.diff(column(name), axis=1, prepend=0) for name in ("stable_n", "stable_escapes", "candidate_n")
    )
    # As many of the stable arm's labelled phones as the candidate has: drawn, since they are all alike.
    stream = Streams(seed, 0, "judging/").open("baseline on the line")
    baseline = stream.hypergeometric(stable, stable_n - stable, np.minimum(candidate_n, stable_n))
    nothing = np.zeros_like(stable)
    return Observed(
        SHARE, base_rate, runs[0].phones, column("exposed"), column("escaped"), column("candidate_n"),
        column("candidate_escapes"), column("stable_n"), column("stable_escapes"), np.cumsum(baseline, axis=1),
        nothing, nothing, kayenta_every=KAYENTA_EVERY,
    )  # fmt: skip


def risk_ratio(runs: Sequence[Tally]) -> float:
    """Return the candidate's escapes per phone over the stable arm's, over all runs: the truth."""
    escaped, exposed = (sum(int(getattr(run, name)[-1]) for run in runs) for name in ("escaped", "exposed"))
    others = sum(int(run.phones[-1]) for run in runs) - exposed
    return (escaped / exposed) / (sum(run.stable_escaped for run in runs) / others)
