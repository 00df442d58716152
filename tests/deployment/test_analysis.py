"""Judging a candidate: what a check says of figures worked out by hand, and what a rollout does with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.deployment.analysis import Analysis, Check, judge, standard_errors_apart
from sim.deployment.pattern import forget
from sim.deployment.telemetry import Reading, Telemetry
from sim.experiment.floor import open_floor
from sim.experiment.replication import run_strategy
from sim.experiment.run import trained
from sim.line.route import HUMANS, Arm

HUNDRED = 100


def outcome(value: float | None, baseline: float | None = None, samples: int = HUNDRED, **check: Any) -> str:
    given = Check(**{"metric": "reject_rate", **check})
    return given.judge(Reading(value, samples), Reading(baseline, HUNDRED if baseline is not None else 0))[0]


class TestCheck:
    def test_limits_include_themselves(self):
        assert outcome(0.1, at_most=0.1) == "passed"
        assert outcome(0.11, at_most=0.1) == "failed"
        assert outcome(0.1, at_least=0.1) == "passed"
        assert outcome(0.09, at_least=0.1) == "failed"

    def test_too_few_phones_are_no_evidence(self):
        assert outcome(0.9, at_most=0.1, samples=99) == "undecided"
        assert outcome(None, at_most=0.1, samples=0) == "undecided"
        assert outcome(0.0, at_most=0.1, samples=99) == "undecided"
        assert outcome(0.3, None, versus_stable_at_most=2) == "undecided"

    def test_a_failed_limit_needs_no_baseline(self):
        assert outcome(0.9, None, at_most=0.1, versus_stable_at_most=2) == "failed"

    def test_against_stable(self):
        # Pooled share 0.2, standard error sqrt(0.2 * 0.8 * 2 / 100) = 0.0566: 0.3 against 0.1 are 3.54 of them apart.
        assert standard_errors_apart(Reading(0.3, HUNDRED), Reading(0.1, HUNDRED)) == pytest.approx(
            0.2 / np.sqrt(0.0032)
        )
        assert outcome(0.3, 0.1, versus_stable_at_most=2.5) == "failed"
        assert outcome(0.3, 0.1, versus_stable_at_most=3.5) == "passed"
        assert outcome(0.3, 0.1, versus_stable_at_most=2.5, sigmas=3.6) == "passed"
        assert outcome(0.1, 0.3, versus_stable_at_least=0.5) == "failed"
        assert outcome(0.1, 0.3, versus_stable_at_least=0.3) == "passed"
        assert outcome(0.0, 0.0, versus_stable_at_most=2, versus_stable_at_least=0.5) == "passed"

    def test_a_handful_of_phones_does_not_decide(self):
        assert outcome(0.05, 0.01, versus_stable_at_most=2) == "passed"
        assert outcome(0.05, 0.01, versus_stable_at_most=2, sigmas=0) == "failed"

    def test_seconds_are_no_share(self):
        # Twice the stable arm's latency is twice its latency, in seconds as in microseconds.
        assert outcome(20.0, 10.0, metric="latency_mean_s", versus_stable_at_most=1.5) == "failed"
        assert outcome(0.2, 0.1, metric="latency_mean_s", versus_stable_at_most=1.5) == "failed"

    def test_brightness_is_no_share(self):
        assert outcome(0.83, 0.95, metric="brightness", versus_stable_at_least=0.9) == "failed"

    def test_unknown_metrics_are_refused(self):
        with pytest.raises(ValueError, match="unknown metric 'escape_rate'; a team can see"):
            Check(metric="escape_rate", at_most=0.1)


def test_a_round_fails_with_its_first_failed_check_and_is_undecided_without_evidence():
    seen = Telemetry()
    seen.arms = ("humans", "v1")
    count = 200
    seen.decisions.append(
        at_us=np.arange(1, count + 1), phone=np.arange(count), arm=np.repeat([0, 1], 100), pi=np.full(count, 0.5),
        decided_by=np.full(count, 3), rejected=np.arange(count) % 10 == 0, latency_us=np.full(count, 2_000_000),
        brightness=np.ones(count), finish=0, score=0.5, opinion=-1,
    )  # fmt: skip

    def found(*checks: dict[str, Any], since: int = 0) -> str:
        return judge(
            Analysis(checks=[Check(**check) for check in checks]), seen, Arm("v1", "model", "v1"), HUMANS, since
        ).outcome

    passing, failing = {"metric": "reject_rate", "at_most": 0.1}, {"metric": "latency_mean_s", "at_most": 1.9}
    unknown = {"metric": "audited_escape_share", "at_most": 0.1}
    assert found(passing) == "passed"
    assert found(passing, failing) == "failed"
    assert found(unknown, failing) == "failed"
    assert found(passing, unknown) == "undecided"
    assert found(passing, since=101) == "undecided", "only 99 phones became known since"
    # The stable arm has no phones since 100: its latest serve as the baseline.
    assert found({"metric": "reject_rate", "versus_stable_at_most": 1.0}, since=100) == "passed"


def test_a_mirrored_arm_with_a_review_band_can_be_judged(engine):
    scenario = sim.build(
        horizon="3h", models={"v1": {"training": {"phones": 3000}}}, strategies=[{"pattern": "shadow"}]
    )
    versions = trained(scenario)
    told = []

    @sim.pattern("unsure_in_shadow")
    def unsure_in_shadow(rollout):
        rollout.candidate = rollout.arm("v1", 0.1)
        rollout.set_mirror(100)
        check = Check(metric="mirror_reject_rate", at_most=1.0, min_samples=20)
        found = yield from rollout.watch("1h", Analysis(checks=(check,)))
        told.append((found.outcome, rollout.now))

    try:
        (given,) = sim.build(strategies=[{"pattern": "unsure_in_shadow"}]).strategies
        run_strategy(scenario, given, versions, open_floor(scenario, versions, 0), engine)
    finally:
        forget("unsure_in_shadow")
    assert told == [("passed", 3_600_000_000)]
