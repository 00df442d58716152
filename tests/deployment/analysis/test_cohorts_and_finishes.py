"""What a judge is shown: a cohort that has come of age, and every finish by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from judged import UNDECIDED, escapes, rates

from sim.deployment.analysis.measurement import MetricQuery, Phase, Sample
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.analysis.spec import AnalysisTemplate, Metric
from sim.deployment.telemetry.store import Telemetry
from sim.line.route import HUMANS, Arm
from sim.report.text.sentences import because
from sim.units import HOUR


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
            score=np.nan,
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
