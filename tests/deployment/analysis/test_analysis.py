"""The short form of an analysis: what a check says of figures worked out by hand, and what a rollout does with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from whole_runs import run_strategy, whole_world

import sim
from sim.deployment.analysis.checks import Analysis, Check
from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.rollout import Rollout
from sim.deployment.strategy import PATTERNS
from sim.experiment.run import trained
from sim.report.text.sentences import because
from sim.units import HOUR, MINUTE

HUNDRED = 100


def outcome(value: float | None, baseline: float | None = None, samples: int = HUNDRED, **check: Any) -> str:
    """Return what one round says: passed, failed, or undecided."""
    given = Analysis(checks=[{"metric": "reject_rate", **check}])
    stable = HUNDRED if baseline is not None else 0
    run = AnalysisRun(given.template(1), began_us=0)
    run.measure(HOUR, lambda metric, since_us: Sample(value, baseline, samples, baseline_samples=stable))
    return {Phase.SUCCESSFUL: "passed", Phase.FAILED: "failed", Phase.RUNNING: "undecided"}[run.phase]


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
        assert outcome(0.05, None, at_most=0.1, versus_stable_at_most=2) == "undecided"

    def test_against_stable(self):
        # Pooled share 0.2, standard error sqrt(0.2 * 0.8 * 2 / 100) = 0.0566: 0.3 against 0.1 are 3.54 of them apart.
        assert outcome(0.3, 0.1, versus_stable_at_most=2.5) == "failed"
        assert outcome(0.3, 0.1, versus_stable_at_most=3.5) == "passed"
        assert outcome(0.3, 0.1, versus_stable_at_most=2.5, sigmas=3.53) == "failed"
        assert outcome(0.3, 0.1, versus_stable_at_most=2.5, sigmas=3.54) == "passed"
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
        with pytest.raises(ValueError, match=r"unknown metric 'escape_rate'.*team can see"):
            Check(metric="escape_rate", at_most=0.1)

    def test_what_has_no_baseline_is_not_compared(self):
        with pytest.raises(ValueError, match="disagreement has no value of the stable arm"):
            Check(metric="disagreement", versus_stable_at_most=2)


class TestHold:
    """A gate: as long as it says, and then until every metric measures well."""

    def run(self, script: Any, **settings: Any) -> tuple[AnalysisRun, list[int], list[str]]:
        checks = [{"metric": name, "at_most": 0.5, "min_samples": 10} for name in ("reject_rate", "review_share")]
        run = AnalysisRun(Analysis(**{"interval": "25min", "checks": checks, **settings}).template(HOUR), 0)
        looks, lines = [], []
        while run.phase is Phase.RUNNING and run.next_us < 10 * HOUR:
            now = run.next_us
            looks.append(now // MINUTE)
            lines += run.measure(now, lambda metric, since_us, now=now: script(now // MINUTE, metric.metric))
        return run, looks, lines

    def test_it_looks_when_the_hold_is_over(self):
        run, looks, lines = self.run(lambda minute, name: Sample(0.1, None, 10))
        assert (run.phase, looks, lines) == (Phase.SUCCESSFUL, [0, 25, 50, 60], [])

    def test_all_must_be_well_at_the_end_and_all_are_watched_until_then(self):
        def late(minute: int, name: str) -> Sample:
            return Sample(0.1, None, 10 if name == "reject_rate" or minute > 100 else 9)

        run, looks, lines = self.run(late)
        assert (run.phase, looks) == (Phase.SUCCESSFUL, [0, 25, 50, 60, 85, 110])
        assert [because(line) for line in lines] == ["holding after 1h: review_share: 9 of 10 phones"]

        def goes_bad(minute: int, name: str) -> Sample:
            return Sample(0.9 if minute > 100 else 0.1, None, 10) if name == "reject_rate" else Sample(None)

        run, looks, _ = self.run(goes_bad)
        assert (run.phase, looks[-1]) == (Phase.FAILED, 110)

    def test_failures_within_the_limit_hold(self):
        def bad_until(minute: int, name: str) -> Sample:
            return Sample(0.9 if 45 < minute < 100 else 0.1, None, 10)

        assert self.run(bad_until, failure_limit=2)[0].phase is Phase.FAILED  # 50, 60 and 85
        run, looks, _ = self.run(bad_until, failure_limit=3)
        assert (run.phase, looks[-1]) == (Phase.SUCCESSFUL, 110)


def test_the_stable_arms_latest_phones_are_the_baseline_where_it_decides_none_now() -> None:
    rollout = Rollout("humans", "v1", {"v1": _Unlearned()}, "humans", 10 * HOUR)  # type: ignore[dict-item]
    seen, count = rollout.telemetry, 200
    seen.arms = ("humans", "v1")
    seen.decisions.append(
        at_us=np.arange(1, count + 1), phone=np.arange(count), arm=np.repeat([0, 1], 100), pi=np.full(count, 0.5),
        decided_by=np.full(count, 3), rejected=np.arange(count) % 10 == 0, latency_us=np.full(count, 2_000_000),
        brightness=np.ones(count), finish=0, score=0.5, opinion=-1,
    )  # fmt: skip
    rollout.now = seen.now_us = count

    def found(since: int, **check: Any) -> Phase:
        run = AnalysisRun(Analysis(checks=[{"metric": "reject_rate", **check}]).template(1), since)
        run.measure(rollout.now, rollout.sample)
        return run.phase

    assert found(0, at_most=0.1) is Phase.SUCCESSFUL
    assert found(101, at_most=0.1) is Phase.RUNNING, "only 99 phones became known since"
    assert found(100, versus_stable_at_most=1.0) is Phase.SUCCESSFUL
    assert found(0, metric="latency_mean_s", at_most=1.9) is Phase.FAILED


class _Unlearned:
    def cut_offs(self, review: float | None) -> tuple[float, float]:
        return 0.5, 0.5


def test_a_mirrored_arm_with_a_review_band_can_be_judged(engine):
    scenario = sim.build(
        horizon="3h", models={"v1": {"training": {"phones": 3000}}}, strategies=[{"pattern": "shadow"}]
    )
    versions = trained(scenario)
    message = []

    @sim.pattern("unsure_in_shadow")
    def unsure_in_shadow(rollout):
        rollout.candidate = rollout.arm("v1", 0.1)
        rollout.set_mirror(100)
        check = Check(metric="mirror_reject_rate", at_most=1.0, min_samples=20)
        found = yield from rollout.watch("1h", Analysis(checks=(check,)))
        message.append((found.outcome, rollout.now))

    try:
        (given,) = sim.build(strategies=[{"pattern": "unsure_in_shadow"}]).strategies
        run_strategy(scenario, given, versions, whole_world(scenario, versions, 0), engine)
    finally:
        PATTERNS.forget("unsure_in_shadow")
    assert message == [("passed", 3_600_000_000)]
