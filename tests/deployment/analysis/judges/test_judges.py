"""What each judge says of hand-fed samples, however they are cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import UNDECIDED, escapes, judged, pairs, rates
from replayed import replay, text

from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.analysis.spec import AnalysisTemplate, Metric
from sim.report.text.sentences import because
from sim.stats.bayes import expected_loss, probability_worse
from sim.stats.escapes import promotion_evidence, rollback_evidence
from sim.stats.pairs import PairedEvidence
from sim.stats.planned import PlannedLooks, two_proportion_z
from sim.units import HOUR


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
