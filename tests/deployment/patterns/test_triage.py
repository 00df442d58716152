"""Triage: the same people and the same looks, at other phones."""

from __future__ import annotations

from typing import Any

import numpy as np
from small_rollouts import block, play, scene, verdicts

from sim.line.rules import DecidedBy
from sim.stats.intervals import paired_difference

FULL = {"count": 1, "buffer": 6, "when_full": "ship"}


def both(engine: str = "", replication: int = 0, **settings: Any) -> Any:
    scenario = scene({"pattern": "manual"}, {"pattern": "triage"}, horizon="12h", **settings)
    return scenario, [play(scenario, engine, replication, number) for number in range(2)]


def test_while_inspectors_keep_up_it_changes_no_verdict(engine: str) -> None:
    _, (plain, sorted_) = both(engine)
    done = (verdicts(plain) >= 0) & (verdicts(sorted_) >= 0)
    np.testing.assert_array_equal(verdicts(plain)[done], verdicts(sorted_)[done])


def test_a_full_queue_lets_the_harmless_ones_go() -> None:
    unseen_bad: tuple[list[float], list[float]] = ([], [])
    waits: tuple[list[float], list[float]] = ([], [])
    for replication in range(6):
        scenario, runs = both(replication=replication, inspectors=FULL)
        phones = block(scenario, replication).phones
        for number, run in enumerate(runs):
            log = run.log.phones
            done = log.verdict_us >= 0
            overflow = (log.decided_by == DecidedBy.OVERFLOW)[done & phones.defective]
            unseen_bad[number].append(overflow.mean())
            waits[number].append((log.verdict_us - phones.due_us)[done & phones.defective].mean() / 1e6)
    assert min(unseen_bad[0]) > 0.3, "first come, first served ships defective phones like any others"
    assert paired_difference(np.array(unseen_bad[1]), np.array(unseen_bad[0])).high < -0.3
    assert paired_difference(np.array(waits[1]), np.array(waits[0])).high < 0.0
    looks = [np.isin(run.log.phones.decided_by, (DecidedBy.HUMAN, DecidedBy.REVIEW)).sum() for run in runs]
    assert abs(looks[1] / looks[0] - 1.0) < 0.02, "the same labour"
