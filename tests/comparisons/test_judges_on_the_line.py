"""The judges on the line: what looking on says is what a judge at work does, and labels count when they are known."""

from __future__ import annotations

import numpy as np
import pytest
from whole_runs import run_strategy, whole_world

from sim.comparisons import judges_on_the_line as on_the_line
from sim.comparisons.contenders import CONTENDERS
from sim.deployment.telemetry.labels import LabelDesk
from sim.experiment.replication import run_all
from sim.experiment.run import trained
from sim.line.rules import Verdict
from sim.scenario import build
from sim.units import HOUR

HORIZON = "4d"
REPLICATIONS = 6


@pytest.fixture(scope="module")
def compared() -> on_the_line.OnTheLine:
    return on_the_line.table(REPLICATIONS, seed=3, horizon=HORIZON, workers=2)


def test_the_candidates_are_what_they_are_called(compared):
    assert compared.ratios[1.0] == pytest.approx(1.0, abs=0.15)
    assert 1.6 < compared.ratios[2.0] < 2.4 < compared.ratios[3.0] < 3.6


def test_workers_change_nothing(compared):
    alone = on_the_line.table(REPLICATIONS, seed=3, horizon=HORIZON, workers=1)
    assert repr(alone) == repr(compared)  # repr: times that never came are NaN


def test_looking_on_is_being_at_work():
    """A canary at work rolls back at the look at which the onlooking judge speaks, or not at all if that is silent."""
    spoken = [_spoken_and_done(replication) for replication in range(3)]
    assert [done for _, done in spoken] == [[] if look < 0 else [(look + 1) * HOUR] for look, _ in spoken]
    assert sum(look >= 0 for look, _ in spoken) >= 2


def _spoken_and_done(replication: int) -> tuple[int, list[int]]:
    line = on_the_line.scenario(3, HORIZON)
    versions = trained(line)
    simulations, records = run_all(line, line.strategies, versions, replication, "compiled")
    desk = LabelDesk(line.audits, line.returns, records)
    runs = [on_the_line.counted(simulation.outcomes, desk, line.horizon) for simulation in simulations]
    share = next(judge for judge in CONTENDERS if judge.name.startswith("share of escapes"))
    spoke = int(share.decide(on_the_line.observed_of([runs[2]], 0.005, seed=3))[0])
    (given,) = build(models=line.models, strategies=[
        {"pattern": "sequential_canary", "share": 25, "interval": "1h", "stable": "stable", "candidate": "x3"}
    ]).strategies  # fmt: skip
    real = run_strategy(line, given, versions, whole_world(line, versions, replication), "compiled")
    return spoke, [note.time_us for note in real.events if note.kind == "abort"]


def test_counts_are_those_of_the_outcomes():
    line = on_the_line.scenario(4, "1d")
    versions = trained(line)
    simulations, records = run_all(line, line.strategies, versions, 0, "compiled")
    simulation = simulations[2]
    run = on_the_line.counted(simulation.outcomes, LabelDesk(line.audits, line.returns, records), line.horizon)
    outcomes, names = simulation.outcomes, np.array(simulation.outcomes.arms)
    passed = outcomes.verdict == Verdict.PASS
    candidate = (names[outcomes.arm] == "x3") & (outcomes.verdict != Verdict.NONE)
    known = outcomes.verdict_us + 4 * HOUR <= line.horizon
    audited = passed & (records["u_audit"] < 0.1) & known
    assert run.candidate_n[-1] == (audited & candidate).sum()
    assert run.stable_escapes[-1] == (audited & ~candidate & records["defective"]).sum()
    assert run.escaped[-1] == (candidate & passed & records["defective"]).sum()
    assert run.exposed[-1] == candidate.sum()
    assert run.candidate_n[3] == 0  # labels take four hours
    assert run.candidate_n[4] > 0
