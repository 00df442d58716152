"""Judges inside analyses: what each says of hand-fed samples, what a plan does with it, and what it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from replayed import replay, text
from whole_runs import run_strategy, whole_world

import sim
from sim.deployment.analysis.measurement import MetricQuery, Phase, Sample
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.analysis.spec import AnalysisTemplate, Metric
from sim.deployment.telemetry.store import Telemetry
from sim.experiment.run import trained
from sim.line.engines import ENGINES
from sim.line.route import HUMANS, Arm
from sim.report.text.sentences import because, sentence
from sim.stats.bayes import expected_loss, probability_worse
from sim.stats.escapes import promotion_evidence, rollback_evidence
from sim.stats.pairs import PairedEvidence
from sim.stats.planned import PlannedLooks, two_proportion_z
from sim.units import HOUR, MINUTE

UNDECIDED = Phase.INCONCLUSIVE
HUMAN_HOLDS = {"approver": None}


def rates(candidate: int, stable: int, n: int = 1000, m: int | None = None) -> Sample:
    """Return so many bad phones of n under the candidate, and of m under the stable arm."""
    m = n if m is None else m
    return Sample(candidate / n, stable / m, n, baseline_samples=m)


def escapes(*by_candidate: bool, pi: float = 0.25) -> Sample:
    return Sample(
        None, samples=len(by_candidate), evidence=(np.array(by_candidate, dtype=bool), np.full(len(by_candidate), pi))
    )


def pairs(candidate_right: int, stable_right: int, both: int = 0, defective: bool = False) -> Sample:
    """Return phones on which the candidate alone, the stable arm alone, or both were right."""
    mine = np.array([True] * candidate_right + [False] * stable_right + [True] * both, dtype=bool)
    other = np.array([False] * candidate_right + [True] * stable_right + [True] * both, dtype=bool)
    return Sample(None, samples=len(mine), evidence=(mine, other, np.full(len(mine), defective)))


def judged(samples: Sequence[Sample], judge: dict[str, Any], *others: Any, **settings: Any) -> tuple[AnalysisRun, int]:
    """Run an analysis of one judged metric, one sample a measurement. Returns it and how many were taken."""
    own = {} if judge["kind"] in ("escapes", "pairs") else {"metric": "reject_rate"}
    metric = Metric(**{**own, "judge": judge, "interval": "1h", "count": len(samples), **settings})
    run, looks = AnalysisRun(AnalysisTemplate(metrics=(metric, *others)), 0), 0
    run.measure(0, lambda metric, since_us: Sample(None))
    while run.phase is Phase.RUNNING and looks < len(samples):
        run.measure((looks + 1) * HOUR, lambda metric, since_us: samples[looks])  # noqa: B023
        looks += 1
    return run, looks


class TestEscapes:
    WORSE = (escapes(True, True),) * 20

    def test_it_fails_at_the_threshold_whatever_the_limit_says(self) -> None:
        watch, needed = rollback_evidence(), 0
        while watch.verdict != "rollback":
            watch.update([True, True], [0.25, 0.25])
            needed += 1
        run, looks = judged(self.WORSE, {"kind": "escapes"}, failure_limit=19)
        assert (run.phase, looks) == (Phase.FAILED, needed)
        assert "evidence of a worse candidate: E " in because(run.reason)

    def test_it_is_successful_when_proven_no_worse(self) -> None:
        quiet, needed = promotion_evidence(1.5), 0
        while quiet.verdict != "promote":
            quiet.update([False] * 10, [0.25] * 10)
            needed += 1
        run, looks = judged([escapes(*[False] * 10)] * 40, {"kind": "escapes"})
        assert (run.phase, looks) == (Phase.SUCCESSFUL, needed)

    def test_no_alarm_is_no_proof(self) -> None:
        guards = {"kind": "escapes", "non_inferiority": None}
        run, looks = judged([escapes(*[False] * 10)] * 40, guards)
        assert (run.phase, looks) == (UNDECIDED, 40)
        assert judged([escapes()] * 5, {"kind": "escapes"})[0].phase is UNDECIDED
        assert judged([escapes(False, pi=0.0)] * 50, {"kind": "escapes"})[0].phase is UNDECIDED

    def test_it_warns_once(self) -> None:
        run = AnalysisRun(AnalysisTemplate(metrics=(Metric(judge={"kind": "escapes"}, interval="1h"),)), 0)
        lines = []
        for look in range(1, 20):
            if run.phase is Phase.RUNNING:
                lines += run.measure(look * HOUR, lambda metric, since_us: escapes(True))
        assert [because(line).split(":")[0] for line in lines] == ["warning"]

    def test_guards_of_one_run_share_alpha(self) -> None:
        alone, looks = judged(self.WORSE, {"kind": "escapes"})
        z_test = Metric(metric="reject_rate", judge={"kind": "z_test", "looks": "every"}, interval="1000h")
        both, more = judged(self.WORSE, {"kind": "escapes"}, z_test)
        assert (alone.phase, both.phase) == (Phase.FAILED, Phase.FAILED)
        assert more > looks
        assert "of 20 on" in because(alone.reason)
        assert "of 40 on" in because(both.reason)
        dry = AnalysisTemplate(metrics=(Metric(judge={"kind": "escapes"}, interval="1h"), z_test), dry_run=("rate",))
        assert [run.comparisons for run in AnalysisRun(dry, 0).runs] == [1, 1]

    def test_each_look_sees_only_what_is_new(self) -> None:
        run, since = AnalysisRun(AnalysisTemplate(metrics=(Metric(judge={"kind": "escapes"}, interval="1h"),)), 7), []

        def read(metric: Metric, since_us: int) -> Sample:
            since.append(since_us)
            return escapes()

        for now in (7, 7 + HOUR, 7 + 2 * HOUR):
            run.measure(now, read)
        assert since == [7, 7, 7 + HOUR]


class TestPairs:
    def test_both_directions_and_neither(self) -> None:
        # E+ of 7 pairs all one way is 31.87, of 6 it is 18.14: the seventh decides. Worse has two guards, and needs
        # twice as much: the eighth, with 56.78.
        run, looks = judged([pairs(0, 1, both=50)] * 9, {"kind": "pairs"})
        assert (run.phase, looks) == (Phase.FAILED, 8)
        run, looks = judged([pairs(1, 0, both=50)] * 9, {"kind": "pairs"})
        assert (run.phase, looks) == (Phase.SUCCESSFUL, 7)
        assert judged([pairs(1, 0)] * 9, {"kind": "pairs", "promotes": False})[0].phase is UNDECIDED
        assert judged([pairs(1, 1)] * 9, {"kind": "pairs"})[0].phase is UNDECIDED
        assert judged([pairs(0, 0, both=100)] * 9, {"kind": "pairs"})[0].phase is UNDECIDED

    def test_what_was_once_proven_stays_proven_within_a_look_too(self) -> None:
        mine = np.array([False] * 8 + [True] * 8)
        run, _ = judged([Sample(None, samples=16, evidence=(mine, ~mine, mine & False))], {"kind": "pairs"})
        assert run.phase is Phase.FAILED

    def test_who_finds_none_of_ten_defects_is_not_successful_however_many_false_alarms_it_avoids(self) -> None:
        """It is right on 60 of 70 phones: drowned by the good ones, the defects would not count."""
        run, _ = judged([pairs(60, 0), pairs(0, 10, defective=True)], {"kind": "pairs", "promotes": False})
        assert run.phase is Phase.FAILED
        assert because(run.reason) == (
            "evidence of a worse candidate: E 186 of 40, it was right on 60 of 70 phones where one was wrong"
            " (0 of 10 defective ones)"
        )
        behind = [pairs(0, 4, defective=True), pairs(60, 0)]
        assert judged(behind, {"kind": "pairs"})[0].phase is UNDECIDED, "behind on four defects, proven nothing"

    @given(
        drawn=st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=80),
        favoured=st.sampled_from([0.0, 0.8, 1.0]),
    )
    def test_it_says_what_the_rule_of_champion_challenger_says_after_some_phone(
        self, drawn: list[tuple[bool, bool, bool]], favoured: float
    ) -> None:
        count = round(favoured * len(drawn))  # as many in a row are the candidate's: so that some are proven better
        phones = [(True, False, defect) for _, _, defect in drawn[:count]] + drawn[count:]
        rule, verdicts = PairedEvidence(), []
        for mine, other, defect in phones:
            rule.update([mine], [other], [defect])
            verdicts.append(rule.verdict)
        columns = np.array(phones, dtype=bool).reshape(-1, 3).T
        run, _ = judged([Sample(None, samples=len(phones), evidence=tuple(columns))], {"kind": "pairs"})
        expected = Phase.FAILED if "worse" in verdicts else Phase.SUCCESSFUL if "better" in verdicts else UNDECIDED
        assert run.phase is expected


class TestTwoRates:
    def test_peeking_stops_at_the_first_significant_look(self) -> None:
        # z of 75 against 55 in 1000 is 1.81: above 1.645, below 1.96.
        peeks = [rates(10, 10, 200), rates(75, 55), rates(10, 10, 200)]
        run, looks = judged(peeks, {"kind": "z_test", "looks": "every"})
        assert (run.phase, looks) == (Phase.FAILED, 2)
        assert judged(peeks, {"kind": "z_test", "looks": "every", "worse": "either"})[0].phase is UNDECIDED
        run, looks = judged(peeks, {"kind": "z_test"})
        assert (run.phase, looks) == (UNDECIDED, 3), "the planned end is the only look"
        assert judged([*peeks[:2], rates(75, 55)], {"kind": "z_test"})[0].phase is Phase.FAILED

    def test_success_needs_proof(self) -> None:
        # 1.5 x 50/1000 less 50/1000 is 0.025, its standard error sqrt(p q (1 + 2.25) / 1000) = 0.0124: z is 2.01.
        assert judged([rates(50, 50)], {"kind": "z_test"})[0].phase is Phase.SUCCESSFUL
        assert judged([rates(5, 5, 100)], {"kind": "z_test"})[0].phase is UNDECIDED
        assert judged([rates(50, 50)], {"kind": "z_test", "non_inferiority": None})[0].phase is UNDECIDED
        assert judged([rates(0, 0)], {"kind": "z_test"})[0].phase is UNDECIDED, "no event is no proof"

    def test_which_side_is_worse(self) -> None:
        low, high = rates(30, 80), rates(80, 30)
        for worse, failing, passing in (("higher", high, low), ("lower", low, high)):
            judge = {"kind": "z_test", "worse": worse}
            assert judged([failing], judge)[0].phase is Phase.FAILED
            assert judged([passing], judge)[0].phase is Phase.SUCCESSFUL
        for sample in (low, high):
            assert judged([sample], {"kind": "z_test", "worse": "either"})[0].phase is Phase.FAILED
        assert judged([rates(900, 900, 9000)], {"kind": "z_test", "worse": "either"})[0].phase is Phase.SUCCESSFUL

    @pytest.mark.parametrize("kind", ["obrien_fleming", "pocock"])
    def test_planned_looks_keep_their_limits(self, kind: str) -> None:
        limits = PlannedLooks(5, 0.05, kind, two_sided=False).limits  # type: ignore[arg-type]
        for look, limit in enumerate(limits, start=1):
            above = next(x for x in range(50, 400) if float(two_proportion_z(x, 1000, 50, 1000)) >= limit)
            for bad, fails in ((above, True), (above - 1, False)):
                series = [rates(50, 50)] * (look - 1) + [rates(bad, 50)] + [rates(50, 50)] * (5 - look)
                run, looks = judged(series, {"kind": kind, "non_inferiority": None})
                assert (run.phase, looks) == ((Phase.FAILED, look) if fails else (UNDECIDED, 5))

    def test_planned_looks_are_successful_at_the_last_only(self) -> None:
        run, looks = judged([rates(5000, 5000, 100_000)] * 4, {"kind": "obrien_fleming"})
        assert (run.phase, looks) == (Phase.SUCCESSFUL, 4)

    def test_a_look_without_phones_is_none(self) -> None:
        empty = Sample(None, 0.05, 0, baseline_samples=1000)
        metric = Metric(metric="reject_rate", judge={"kind": "pocock"}, interval="1h", count=2, min_samples=500)
        run = AnalysisRun(AnalysisTemplate(metrics=(metric,)), 0)
        for look, sample in enumerate([empty, rates(5, 5, 499), rates(5, 5, 500), rates(5, 5, 500, 499)], start=1):
            run.measure(look * HOUR, lambda metric, since_us, sample=sample: sample)
        assert run.runs[0].counted == 1
        assert because(run.runs[0].reason) == "reject_rate: 499 of 500 phones of the stable arm"

    def test_shares_of_phones_that_weigh_unequally_bring_their_errors(self) -> None:
        weighed = Sample(0.8, 0.9, 500, baseline_samples=500, error=0.03, baseline_error=0.04)  # z is -2 exactly
        for alpha, phase in (("2.3%", Phase.FAILED), ("2.2%", UNDECIDED)):  # P(Z > 2) = 2.275 %
            judge = {"kind": "z_test", "worse": "lower", "alpha": alpha, "non_inferiority": None}
            assert judged([weighed], judge, metric="audit_recall")[0].phase is phase


class TestMannWhitney:
    def test_high_passes_and_too_few_intervals(self) -> None:
        lower, higher = [rates(50 + i, 50 + 2 * i) for i in range(9)], [rates(150 + i, 50 + 2 * i) for i in range(9)]
        run, looks = judged(higher, {"kind": "mann_whitney"})
        assert (run.phase, looks) == (Phase.FAILED, 5)
        assert judged(higher, {"kind": "mann_whitney", "worse": "lower"}, count=4)[0].phase is Phase.SUCCESSFUL
        assert judged(lower, {"kind": "mann_whitney"}, count=4)[0].phase is Phase.SUCCESSFUL
        unsure, _ = judged(higher, {"kind": "mann_whitney", "marginal": 0})
        assert unsure.phase is UNDECIDED
        run, looks = judged(higher, {"kind": "mann_whitney"}, min_samples=1001)
        assert (run.phase, looks) == (Phase.RUNNING, 9), "intervals of too few phones are none"


class TestBayes:
    def test_it_says_and_never_decides(self) -> None:
        shown = {"metric": "reject_rate", "name": "shown", "judge": {"kind": "bayes"}, "interval": "1h", "count": 1}
        steps = [
            {"set_weight": 10},
            {"analysis": {"metrics": [shown, {"metric": "latency_mean_s", "interval": "1h", "count": 3}]}},
        ]
        rollout, shares = replay("argo_canary", lambda now, metric: rates(90, 10), steps=steps)
        assert shares[-1] == (120, 100.0)
        chance, loss = probability_worse(90, 1000, 10, 1000), expected_loss(90, 1000, 10, 1000)
        assert text(rollout, "analysis")[0].endswith(
            f"P(worse) {chance:.3g}, expected loss {1e4 * loss:.3g} in 10,000 phones"
        )
        with pytest.raises(ValueError, match="nothing in this analysis decides"):
            AnalysisTemplate(metrics=(Metric(**shown),))


class TestVersusStable:
    def test_failures_are_ordinary_ones(self) -> None:
        judge = {"kind": "versus_stable", "at_most": 2}
        bad = rates(200, 50)
        assert judged([bad, bad], judge, failure_limit=2)[0].phase is Phase.SUCCESSFUL
        run, looks = judged([bad, rates(50, 50), bad, bad, bad], judge, failure_limit=2)
        assert (run.phase, looks) == (Phase.FAILED, 4)


class TestSegments:
    """It has to hold in every finish that has enough phones."""

    @staticmethod
    def parted(**parts: Sample) -> Sample:
        return Sample(None, samples=sum(part.samples for part in parts.values()), parts=parts)

    def phase(self, judge: dict[str, Any] | None, *samples: Sample, **settings: Any) -> tuple[Phase, str]:
        own = {"judge": judge} if judge else {"success_condition": "result < 0.1", "failure_condition": "result > 0.2"}
        own |= {} if judge and judge["kind"] == "escapes" else {"metric": "reject_rate"}
        count = {"count": len(samples), **settings}
        metric = Metric(**own, interval="1h", segment_by="finish", **count)  # type: ignore[arg-type]
        run = AnalysisRun(AnalysisTemplate(metrics=(metric,)), 0)
        for look, sample in enumerate(samples, start=1):
            if run.phase is Phase.RUNNING:
                run.measure(look * HOUR, lambda metric, since_us, sample=sample: sample)
        return run.phase, because(run.runs[0].reason)

    def test_conditions_are_as_bad_as_in_the_worst_finish(self) -> None:
        good, bad, between = (Sample(value, None, 100) for value in (0.05, 0.3, 0.15))
        assert self.phase(None, self.parted(gloss=good, matte=good))[0] is Phase.SUCCESSFUL
        assert self.phase(None, self.parted(gloss=between, matte=bad))[0] is Phase.FAILED
        assert self.phase(None, self.parted(gloss=good, matte=between))[0] is UNDECIDED
        phase, message = self.phase(None, self.parted(gloss=bad, matte=good))
        assert (phase, message[:6]) == (Phase.FAILED, "gloss:")

    def test_a_finish_of_too_few_phones_is_left_out_but_not_all_of_them(self) -> None:
        good, few = Sample(0.05, None, 100), Sample(0.9, None, 99)
        settings = {"min_samples": 100}
        assert self.phase(None, self.parted(gloss=good, matte=few), **settings)[0] is Phase.SUCCESSFUL
        assert self.phase(None, self.parted(gloss=few, matte=few), **settings)[0] is Phase.RUNNING
        assert self.phase(None, self.parted(gloss=good, matte=Sample(None)))[0] is Phase.SUCCESSFUL

    def test_z_tests_share_alpha(self) -> None:
        # z is 1.81, P(Z > z) = 3.5 %: significant alone, and not as one of two.
        edge, fine = rates(75, 55), rates(5000, 5000, 100_000)
        judge = {"kind": "z_test", "non_inferiority": None}
        assert self.phase(judge, self.parted(gloss=edge))[0] is Phase.FAILED
        assert self.phase(judge, self.parted(gloss=edge, matte=fine))[0] is UNDECIDED

    def test_evidence_has_its_own_threshold_and_every_finish_its_own_proof(self) -> None:
        judge = {"kind": "escapes", "non_inferiority": 2.0}
        bad, good = escapes(*[True] * 30), escapes(*[False] * 60)
        phase, message = self.phase(judge, self.parted(gloss=good, matte=bad))
        assert phase is Phase.FAILED
        assert message.startswith("matte: evidence of a worse candidate")
        assert "of 40 on" in message
        assert self.phase(judge, self.parted(gloss=good, matte=good))[0] is Phase.SUCCESSFUL
        assert self.phase(judge, self.parted(gloss=good, matte=escapes(False)))[0] is UNDECIDED
        later = self.phase(
            judge, self.parted(gloss=good, matte=escapes(False)), self.parted(gloss=escapes(), matte=good)
        )
        assert later[0] is Phase.SUCCESSFUL, "what has been proven stays proven"


class TestPlans:
    """What a plan does with a judge: forward on proof, back on proof, and otherwise hold."""

    def plan(self, script: Callable[[int], Sample], **metric: Any) -> list[tuple[int, float]]:
        steps = [{"set_weight": 25}, {"analysis": {"metrics": [{"interval": "1h", **metric}]}}]
        return replay("argo_canary", lambda now, query: script(now // HOUR), steps=steps, **HUMAN_HOLDS)[1]

    @pytest.mark.parametrize(
        ("metric", "bad", "good", "unsure"),
        [
            ({"judge": {"kind": "escapes"}}, escapes(True, True, True), escapes(*[False] * 40), escapes()),
            ({"judge": {"kind": "pairs"}}, pairs(0, 8), pairs(8, 0), pairs(1, 1)),
            *(
                ({"metric": "reject_rate", "judge": judge}, rates(200, 50), rates(500, 500, 10_000), rates(2, 2, 40))
                for judge in (
                    {"kind": "z_test"}, {"kind": "z_test", "looks": "every"}, {"kind": "obrien_fleming"},
                    {"kind": "pocock"},
                )
            ),
        ],
        ids=["escapes", "pairs", "z_test", "z_test peeked at", "obrien_fleming", "pocock"],
    )  # fmt: skip
    def test_undecided_at_the_horizon_holds(self, metric: Any, bad: Sample, good: Sample, unsure: Sample) -> None:
        assert self.plan(lambda hour: bad, **metric, count=6)[-1][1] == 0.0
        assert self.plan(lambda hour: good, **metric, count=6)[-1][1] == 100.0
        assert self.plan(lambda hour: unsure, **metric, count=6)[-1] == (0, 25.0)

    def test_a_human_may_resume_and_the_evidence_begins_again(self) -> None:
        steps = [
            {"set_weight": 25},
            {"analysis": {"metrics": [{"interval": "1h", "count": 4, "judge": {"kind": "pairs"}}]}},
        ]
        approver = {"delay": "2h", "inconclusive": "resume"}
        rollout, shares = replay(
            "argo_canary", lambda now, query: pairs(1, 0), hours=24, steps=steps, approver=approver
        )
        assert shares[-1] == (0, 25.0), "four pairs a run prove nothing, however many runs"
        assert text(rollout, "rollout").count("resumed") == 3

    def test_a_guard_beside_the_steps_aborts_in_a_pause(self) -> None:
        guard = {"metrics": [{"interval": "1h", "judge": {"kind": "escapes", "non_inferiority": None}}]}
        steps = [{"set_weight": 25}, {"pause": {"duration": "12h"}}]
        script = lambda now, query: escapes(*[True] * 10) if now >= 5 * HOUR else escapes()  # noqa: E731
        assert replay("argo_canary", script, steps=steps, analysis=guard)[1][-1] == (5 * 60, 0.0)
        assert replay("argo_canary", lambda now, query: escapes(), steps=steps, analysis=guard)[1][-1] == (
            12 * 60,
            100.0,
        )

    def test_a_canary_holds_at_its_weight_for_a_judge_of_its_own(self) -> None:
        analysis = {"metrics": [{"judge": {"kind": "pairs"}}], "interval": "20min"}

        def script(now: int, query: Metric) -> Sample:
            return pairs(1, 0) if now in (120 * MINUTE, 140 * MINUTE) or now > 5 * HOUR else pairs(0, 0)

        rollout, shares = replay("canary", script, steps=[10, 50], hold="1h", analysis=analysis)
        assert shares[1:3] == [(0, 10.0), (5 * 60 + 100, 50.0)]
        assert shares[3] == (5 * 60 + 100 + 140, 100.0)
        assert text(rollout, "analysis")[0].startswith("holding after 1h: undecided")


@given(
    drawn=st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.25, 0.5])), min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_cutting_the_evidence_otherwise_changes_nothing(drawn: list[tuple[bool, float]], cuts: list[int]) -> None:
    by_candidate, pi = np.array([one for one, _ in drawn]), np.array([share for _, share in drawn])
    other = np.roll(by_candidate, 1)
    columns: dict[str, tuple[Any, ...]] = {"escapes": (by_candidate, pi), "pairs": (by_candidate, other, pi > 0.2)}
    for judge in ({"kind": "escapes", "non_inferiority": None}, {"kind": "pairs"}):
        message = []
        for edges in ([len(drawn)], [*sorted(min(cut, len(drawn)) for cut in cuts), len(drawn)]):
            metric, begin = Metric(judge=judge, interval="1h", count=len(edges)), 0
            run = AnalysisRun(AnalysisTemplate(metrics=(metric,)), 0)
            for look, edge in enumerate(edges, start=1):
                part = Sample(None, evidence=tuple(column[begin:edge] for column in columns[judge["kind"]]))
                run.runs[0].take(look * HOUR, part, 0)
                begin = edge
            message.append(because(run.runs[0].reason))
        assert message[0] == message[1]


@given(order=st.permutations(range(12)))
def test_the_order_of_measurements_of_one_moment_changes_nothing(order: list[int]) -> None:
    kinds = ["z_test", "versus_stable", "bayes"]
    specs = [
        Metric(
            metric="reject_rate", name=f"m{number}", interval="1h", count=2,
            judge={"kind": kinds[number % 3]} | ({"at_most": 2} if number % 3 == 1 else {}),
        )
        for number in range(12)
    ]  # fmt: skip
    run = AnalysisRun(AnalysisTemplate(metrics=tuple(specs[number] for number in order)), 0)
    for look in (1, 2):
        run.measure(look * HOUR, lambda metric, since_us: rates(50, 50, 1000 + int(metric.name[1:])))
    assert run.phase is Phase.SUCCESSFUL
    expected = {spec.title: rates(50, 50, 1000 + number) for number, spec in enumerate(specs)}
    assert {
        one.metric.title: f"on {expected[one.metric.title].samples}" in because(one.reason) for one in run.runs
    } == dict.fromkeys(expected, True)


class TestWhatTheyAreShown:
    """Cohorts and finishes are cut out of what telemetry knows."""

    @pytest.fixture
    def telemetry(self) -> Telemetry:
        """Audited escapes, the candidate's every other one: decided each hour, known 1 or 10 hours later."""
        found, hour = Telemetry(), np.arange(40)
        known = hour + np.where(hour % 4 < 2, 1, 10)
        order = np.argsort(known, kind="stable")
        found.arms, found.versions, found.finishes = ("humans", "v1"), ("v1",), ("gloss", "matte")
        found.audit_plan, found.audit_delay_us, found.now_us = (0.1, 0.1), 10 * HOUR, 60 * HOUR
        found.arrivals.come(hour * HOUR)
        found.arrivals.decide(hour, hour * HOUR)
        found.audits.append(
            at_us=known[order] * HOUR, phone=hour[order], arm=hour[order] % 2, pi=0.5, rejected=False, defective=True,
            probability=0.1, drawn=0.05, decided_us=hour[order] * HOUR, finish=hour[order] % 3 == 0,
        )  # fmt: skip
        found.mirrors.append(
            at_us=hour * HOUR + 1, phone=hour, version=0, rejected=hour % 5 > 0, score=0.5, finish=hour % 3 == 0
        )
        return found

    def read(self, telemetry: Telemetry, now: int, since: int, **settings: Any) -> Sample:
        """Return what a metric is shown at an hour of what is new since another."""
        metric = Metric(interval="1h", **settings)
        late = Telemetry()
        late.__dict__.update(telemetry.__dict__, now_us=now * HOUR)
        rows = telemetry.audits.since(-1)
        late.audits = type(telemetry.audits)(**{name: rows[name].dtype.type for name in rows if name != "at_us"})
        late.audits.append(**{name: column[rows["at_us"] <= now * HOUR] for name, column in rows.items()})
        return metric.read(late, MetricQuery(metric.metric, Arm("v1", "model", "v1"), HUMANS, since * HOUR))

    @pytest.mark.parametrize("kind", ["escapes", "pairs"])
    @pytest.mark.parametrize(("maturity", "segment"), [(None, None), ("6h", None), ("12h", "finish"), (None, "finish")])
    def test_every_label_is_shown_once_when_its_cohort_is_ripe_however_quick_it_was(
        self, telemetry: Telemetry, kind: str, maturity: str | None, segment: str | None
    ) -> None:
        settings = {"judge": {"kind": kind}, "label_maturity": maturity, "segment_by": segment}
        counted = np.arange(40) + (12 if maturity == "12h" else 10)
        total = 0
        for since, now in ((0, 5), (5, 6), (6, 20), (20, 60)):
            sample = self.read(telemetry, now, since, **settings)
            fresh = (counted > since) & (counted <= now)
            assert sample.samples == fresh.sum()
            total += sample.samples
            if segment:
                matte = np.arange(40) % 3 == 0
                assert {name: part.samples for name, part in sample.parts.items()} == {
                    "gloss": (fresh & ~matte).sum(), "matte": (fresh & matte).sum(),
                }  # fmt: skip
            elif kind == "escapes":
                assert sample.evidence is not None
                assert sample.evidence[0].tolist() == (np.flatnonzero(fresh) % 2 == 1).tolist()
                assert (sample.evidence[1] == 0.5).all()
        assert total == 40

    def test_a_label_that_comes_later_than_the_cut_off_counts_for_nobody(self, telemetry: Telemetry) -> None:
        telemetry.audit_delay_us = HOUR
        sample = self.read(telemetry, 60, -1, judge={"kind": "escapes"})
        assert sample.samples == 20, "the quick half"

    def test_conditions_see_what_is_known_and_label_maturity_makes_it_a_cohort(self, telemetry: Telemetry) -> None:
        young = self.read(telemetry, 20, 0, metric="audited_escape_share")
        ripe = self.read(telemetry, 20, 0, metric="audited_escape_share", label_maturity="10h")
        # Decided in hour 1, 2, ... and known 1 or 10 hours later: the quick half is over-represented among the young.
        assert young.samples + young.baseline_samples == 10 + 5
        assert ripe.samples + ripe.baseline_samples == 10


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ({"judge": {"kind": "escapes"}, "metric": "reject_rate", "interval": "1h"}, "leave out metric"),
        ({"judge": {"kind": "escapes"}, "window": "2h", "interval": "1h"}, "leave out window"),
        ({"judge": {"kind": "escapes"}}, "nothing to judge: say interval"),
        ({"metric": "brightness", "judge": {"kind": "z_test"}, "window": "2h"}, "brightness is no share"),
        ({"metric": "kappa", "judge": {"kind": "versus_stable", "at_most": 2}, "window": "2h"}, "no value of the stable"),
        ({"metric": "reject_rate", "judge": {"kind": "versus_stable"}, "window": "2h"}, "at_most or at_least"),
        ({"metric": "reject_rate", "judge": {"kind": "z_test"}, "interval": "1h"}, "needs a count"),
        ({"metric": "reject_rate", "judge": {"kind": "pocock"}, "interval": "1h"}, "need a count"),
        ({"metric": "reject_rate", "judge": {"kind": "pocock"}, "interval": "1h", "count": 101}, "100 at most"),
        ({"metric": "reject_rate", "judge": {"kind": "mann_whitney"}, "window": "1h"}, "leave out window"),
        ({"metric": "reject_rate", "judge": {"kind": "bayes"}, "success_condition": "result < 1", "window": "1h"},
         "takes the place of conditions"),
        ({"metric": "reject_rate", "window": "1h", "label_maturity": "1h"}, "make the window longer"),
        ({"metric": "brightness", "success_condition": "low > 0.5"}, "no low and high"),
        ({"judge": {"kind": "bayez"}}, "did you mean 'bayes'"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused(metric: dict[str, Any], message: str) -> None:
    with pytest.raises(sim.ScenarioError, match=message):
        replay("argo_canary", steps=[{"analysis": {"metrics": [metric]}}])


def test_conditions_know_the_interval() -> None:
    # Wilson's interval of 5 in 100 is 0.0215 to 0.1118, of 50 in 1000 it is 0.0381 to 0.0653.
    for samples, end in ((100, 0.0), (1000, 100.0)):
        metric = {"metric": "reject_rate", "success_condition": "high < 0.1 && low > 0.02"}
        script = lambda now, query, samples=samples: Sample(0.05, None, samples)  # noqa: E731
        assert (
            replay("argo_canary", script, steps=[{"set_weight": 10}, {"analysis": {"metrics": [metric]}}])[1][-1][1]
            == end
        )


PLAN: dict[str, Any] = {
    "pattern": "argo_canary",
    "steps": [
        {"set_mirror_route": {"percentage": 60}},
        {"analysis": {"metrics": [{"interval": "10min", "count": 6, "judge": {"kind": "pairs"}}], "dry_run": ["pairs"]}},
        {"set_weight": 40},
        {"analysis": {"hold": "50min", "metrics": [
            {"metric": "reject_rate", "interval": "7min", "min_samples": 20, "segment_by": "finish",
             "judge": {"kind": "versus_stable", "at_most": 9}},
            {"metric": "latency_mean_s", "interval": "10min", "judge": {"kind": "mann_whitney", "worse": "lower"}},
            {"metric": "reject_rate", "name": "shown", "interval": "20min", "judge": {"kind": "bayes"}},
        ]}},
        {"analysis": {"metrics": [
            {"metric": "audited_escape_share", "interval": "15min", "count": 4, "label_maturity": "25min",
             "judge": {"kind": "z_test", "non_inferiority": 9}},
            {"metric": "reject_rate", "interval": "15min", "count": 4, "judge": {"kind": "obrien_fleming", "worse": "lower"}},
        ]}},
        {"analysis": {"metrics": [{"interval": "5min", "count": 12, "segment_by": "finish", "label_maturity": "20min",
                                   "judge": {"kind": "escapes"}}]}},
    ],
    "analysis": {"metrics": [{"interval": "6min", "judge": {"kind": "escapes", "non_inferiority": None}}]},
    "approver": {"delay": "5min", "inconclusive": "resume"},
}  # fmt: skip


@pytest.mark.parametrize("peer", [name for name in ENGINES if name != "simpy"])
def test_judged_on_any_engine_the_log_and_the_log_book_are_the_same(peer: str) -> None:
    training = {"phones": 4000, "labels": "experts"}
    scenario = sim.build(
        horizon="8h", seed=3,
        factory={"arrivals": {"kind": "takt", "every": "5s"}, "defect_rate": "15%"},
        inspectors={"count": 6},
        models={"v1": {"training": training}, "v2": {"kind": "boosted_trees", "training": training}},
        deployment={"stable": "v1", "candidate": "v2"},
        audits={"of_passes": "30%", "of_rejects": "30%", "delay": "10min"},
        strategies=[PLAN],
    )  # fmt: skip
    versions = trained(scenario)
    block = whole_world(scenario, versions, 0)
    expected, found = (run_strategy(scenario, scenario.strategies[0], versions, block, one) for one in ("simpy", peer))
    assert expected.log.differences(found.log) == []
    assert (expected.events, expected.routes) == (found.events, found.routes)
    message = " ".join(sentence(note) for note in found.events)
    assert all(word in message for word in ("P(worse)", "40 % of the phones", "audited escapes")), message
