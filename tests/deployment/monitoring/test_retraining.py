"""Retraining: on what was known at that moment, ready when it is signed off, and out by the same playbook."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from whole_runs import Run, run_strategy, whole_world

import sim
from sim.deployment.monitoring.retraining import Retraining, labelled
from sim.deployment.telemetry.store import Telemetry
from sim.experiment.replication import replicate
from sim.experiment.run import trained
from sim.line.engines import ENGINES
from sim.line.rules import DecidedBy, Verdict
from sim.report.text.sentences import sentence
from sim.units import DAY, HOUR, MINUTE

HUMAN, MODEL = int(DecidedBy.HUMAN), int(DecidedBy.MODEL)


def line(*strategies: dict[str, Any], **settings: Any) -> Any:
    """Return a small line with many defects and many audits."""
    return sim.build(
        **{
            "horizon": "2d", "seed": 3, "replications": 1,
            "factory": {"arrivals": {"kind": "takt", "every": "20s"}, "defect_rate": "10%"},
            "models": {"v1": {"training": {"phones": 3000}}},
            "audits": {"of_passes": "30%", "of_rejects": "60%", "delay": "4h"},
            "strategies": list(strategies), **settings,
        }
    )  # fmt: skip


def run(scenario: Any, engine: str = "simpy", number: int = 0) -> Run:
    versions = trained(scenario)
    return run_strategy(scenario, scenario.strategies[number], versions, whole_world(scenario, versions, 0), engine)


def notes(found: Run, kind: str) -> list[tuple[float, str]]:
    return [(note.time_us / HOUR, sentence(note)) for note in found.events if note.kind == kind]


DAILY = {"every": "12h", "at_least_defects": 10, "training": "1h", "sign_off": "2h"}


class TestTheRound:
    """When a version is trained, and when it goes out."""

    def test_it_goes_out_when_it_is_trained_and_signed_off(self, engine):
        found = run(line({"pattern": "full_automation", "retraining": DAILY}), engine)
        ordered = [at for at, text in notes(found, "retrain") if "is to be trained" in text]
        out = [at for at, text in notes(found, "out") if "goes out" in text]
        assert ordered == [12.0, 24.0, 36.0]
        assert out == [15.0, 27.0, 39.0]
        assert [route.route.stable.name for route in found.routes] == ["v1", "v1.1", "v1.2", "v1.3"]

    def test_a_new_version_in_mid_ramp_starts_again_against_the_same_stable(self, engine):
        canary = {"pattern": "canary", "steps": [10, 50], "hold": "10h", "analysis": None, "retraining": DAILY}
        found = run(line(canary, deployment={"stable": "humans"}), engine)
        steps = [
            (
                route.time_us / HOUR,
                route.route.stable.name,
                [(arm.name, share) for arm, share in route.route.candidates],
            )
            for route in found.routes
        ]
        assert steps[:4] == [
            (0.0, "humans", [("v1", 10.0)]),
            (10.0, "humans", [("v1", 50.0)]),
            (15.0, "humans", [("v1.1", 10.0)]),
            (25.0, "humans", [("v1.1", 50.0)]),
        ]

    def test_a_training_can_wait_for_labels(self, engine):
        found = run(line({"pattern": "stay", "retraining": {"after_labels": 400, "at_least_defects": 10}}), engine)
        (first, text), *_ = notes(found, "retrain")
        query = int(re.match(r"(\d+) new labels", text).group(1))
        assert query >= 400
        # 180 phones an hour, about a third of them audited, known after four hours; counted every hour.
        assert 4.0 + 400 / 180 < first < 4.0 + 400 / (180 * 0.3) + 2.0

    def test_too_few_labels_are_no_training(self, engine):
        found = run(line({"pattern": "full_automation", "retraining": {**DAILY, "at_least": 100_000}}), engine)
        assert all("not trained" in text or "is to be trained" in text for _, text in notes(found, "retrain"))
        assert {route.route.stable.name for route in found.routes} == {"v1"}

    def test_there_are_at_most_so_many_versions(self, engine):
        found = run(line({"pattern": "full_automation", "retraining": {**DAILY, "most": 1}}), engine)
        assert [route.route.stable.name for route in found.routes] == ["v1", "v1.1"]

    def test_a_strategy_that_has_no_model_trains_none(self, engine):
        scenario = line({"pattern": "manual", "retraining": DAILY}, deployment={"stable": "humans", "candidate": "v1"})
        found = run(scenario, engine)
        assert all(route.route.stable.name == "humans" for route in found.routes)

    @pytest.mark.parametrize("takes", ["0s", "1us"])
    def test_a_version_may_go_out_at_once(self, engine, takes):
        """No training time, no sign-off, labels at once: the next phone that arrives may be the new version's."""
        at_once = {**DAILY, "every": "10h", "training": takes, "sign_off": takes, "most": 2}
        audits = {"of_passes": "30%", "of_rejects": "60%", "delay": takes}
        scenario = line({"pattern": "full_automation", "retraining": at_once}, audits=audits)
        found = run(scenario, engine)
        first = next(note.time_us for note in found.events if note.kind == "out")
        assert first == 10 * HOUR + {"0s": 1, "1us": 2}[takes]
        log = found.log
        mine = log.phones.arm == log.arms.index("v1.1")
        assert log.phones.release_us[mine].min() == log.phones.release_us[log.phones.release_us > first].min()


class TestWhatItLearnsFrom:
    """Labels of the window that are known by now, with the chance of having one."""

    def test_nothing_that_nobody_knew_at_that_moment(self, engine):
        """The log book's count of labels is the log's: audited, decided in the window, and the four hours over."""
        retraining = {**DAILY, "every": "20h", "window": "10h", "most": 1}
        scenario = line({"pattern": "stay", "retraining": retraining})
        versions = trained(scenario)
        block = whole_world(scenario, versions, 0)
        found = run_strategy(scenario, scenario.strategies[0], versions, block, engine)
        (said,) = (text for _, text in notes(found, "trained"))
        count, defects = (int(number.replace(",", "")) for number in re.findall(r"([\d,]+) (?:labels|of them)", said))
        log, moment = found.log.phones, 20 * HOUR
        share = np.where(log.verdict == Verdict.PASS, 0.3, 0.6)
        known = (log.verdict_us + 4 * HOUR <= moment) & (log.verdict_us > moment - 10 * HOUR)
        audited = known & (log.verdict >= 0) & (block.phones.u_audit < share)
        assert (count, defects) == (audited.sum(), (audited & block.phones.defective).sum())

    def test_logging_a_part_of_the_pictures_leaves_the_audited_ones(self):
        whole = line({"pattern": "stay", "retraining": {**DAILY, "labels": "both", "most": 1}})
        part = line({"pattern": "stay", "retraining": {**DAILY, "labels": "both", "most": 1, "logging": "10%"}})

        def labels(scenario: Any) -> int:
            (said,) = (text for _, text in notes(run(scenario), "trained"))
            return int(re.search(r"([\d,]+) labels", said).group(1).replace(",", ""))

        # 12 h of 180 phones an hour. Audits of the first eight hours: about a third. Of the rest a tenth.
        everything, kept = labels(whole), labels(part)
        assert everything == pytest.approx(12 * 180, abs=20)
        assert kept == pytest.approx(8 * 180 * 0.33 + 0.1 * (everything - 8 * 180 * 0.33), rel=0.15)

    def test_labels_of_hand_made_tables(self):
        telemetry = Telemetry()
        telemetry.arms, telemetry.versions, telemetry.finishes, telemetry.now_us = (
            ("humans", "v1"),
            ("v1", "humans"),
            ("gloss",),
            10 * DAY,
        )
        decided = np.array([1, 8, 9, 9]) * DAY
        telemetry.decisions.append(
            at_us=decided, phone=[0, 1, 2, 3], arm=[0, 0, 0, 1], pi=1.0, decided_by=[HUMAN, HUMAN, HUMAN, MODEL],
            rejected=[True, True, False, True], latency_us=1, brightness=1.0, finish=0, score=0.5, opinion=-1,
        )  # fmt: skip
        telemetry.audits.append(
            at_us=decided[2:] + MINUTE, phone=[2, 3], arm=[0, 1], pi=1.0, rejected=[False, True],
            defective=[True, False], probability=[0.1, 0.5], drawn=0.0, decided_us=decided[2:], finish=0, score=np.nan,
        )  # fmt: skip

        def lesson(**spec: Any) -> list[tuple[int, bool, float]]:
            found = labelled(telemetry, Retraining(window="3d", **spec))
            return list(zip(found.phone.tolist(), found.label.tolist(), found.weight.tolist(), strict=True))

        assert lesson(labels="audits") == [(2, True, 10.0), (3, False, 2.0)]
        assert lesson(labels="inspectors") == [(1, True, 1.0), (2, False, 1.0)]
        assert lesson(labels="both") == [(1, True, 1.0), (2, True, 1.0), (3, False, 2.0)]  # the expert prevails


class TestSameEverywhere:
    """New versions are data like all others."""

    STRATEGIES = (
        {"pattern": "full_automation", "retraining": DAILY},
        {"pattern": "partial_automation", "retraining": {**DAILY, "labels": "both", "logging": "50%"}},
        {"pattern": "canary", "steps": [30], "hold": "5h", "retraining": {"after_labels": 300, "at_least_defects": 10}},
    )
    DRIFT = (
        {"what": "camera.haze", "profile": "incremental", "at": "0s", "over": "1d", "to": 0.2},
        {"what": "camera.contrast", "profile": "gradual", "at": "12h", "over": "1d", "to": 0.8},
    )

    @pytest.mark.parametrize("number", range(3))
    def test_engines_agree(self, number):
        scenario = line(*self.STRATEGIES, drift=list(self.DRIFT))
        one, *others = [run(scenario, engine, number) for engine in ENGINES]
        for other in others:
            assert one.log.differences(other.log) == []
            assert (one.events, one.routes) == (other.events, other.routes)

    def test_blocks_change_nothing(self):
        scenario = line(*self.STRATEGIES, drift=list(self.DRIFT))
        versions = trained(scenario)
        one, other = (
            replicate(scenario.model_copy(update={"block": block}), scenario.strategies, versions, 0, list(ENGINES)[-1])
            for block in (100_000, 701)
        )
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_equal(mine.metrics, theirs.metrics)
            assert mine.history.events == theirs.history.events

    def test_company_changes_nothing(self):
        scenario = line(*self.STRATEGIES, drift=list(self.DRIFT))
        versions = trained(scenario)
        together = replicate(scenario, scenario.strategies, versions, 0, "simpy")[1]
        (alone,) = replicate(scenario, scenario.strategies[1:2], versions, 0, "simpy")
        np.testing.assert_equal(together.metrics, alone.metrics)
        assert together.history.events == alone.history.events


def test_a_line_that_has_stood_still_meets_the_new_version_with_its_own_scores(engine):
    """Phones that were due long before the training, and are released after it went out, are scored by it too."""
    canary = {
        "pattern": "canary",
        "steps": [20],
        "hold": "1d",
        "analysis": None,
        "retraining": {**DAILY, "most": 1, "at_least": 50},
    }
    slow = {"count": 1, "buffer": 2, "service": {"law": "fixed", "mean": "120s"}}
    scenario = line(canary, inspectors=slow, deployment={"stable": "humans"}, horizon="30h")
    found = run(scenario, engine)
    looks = found.log.looks
    mine = looks.station == found.log.stations.index("v1.1")
    late = mine & (whole_world(scenario, trained(scenario), 0).phones.due_us[looks.phone] < 12 * HOUR)
    assert late.sum() > 20
    assert len(np.unique(looks.evidence[late])) > 15  # not one score for all


def test_the_predecessors_escapes_are_no_evidence_on_the_new_version(engine):
    """Labels take two days: those that come in during v1.1's ramp are of phones that v1 and people had."""
    judged = {"pattern": "sequential_canary", "share": 25, "retraining": {**DAILY, "every": "24h", "most": 1}}
    audits = {"of_passes": "100%", "of_rejects": "100%", "delay": "20h"}
    scenario = line(judged, deployment={"stable": "humans"}, audits=audits, horizon="46h")
    found = run(scenario, engine)
    # v1.1 goes out after 27 hours, and the first label of a phone of its ramp comes in after 47.
    out = [note.time_us / HOUR for note in found.events if note.kind == "out"]
    assert out == [27.0]
    assert [note for note in found.events if note.kind in ("promote", "abort") and note.time_us > 27 * HOUR] == []


def test_beyond_five_weeks_blocks_change_nothing():
    strategies = (
        {"pattern": "shadow", "report": "20d"},
        {"pattern": "full_automation", "retraining": {"every": "30d", "window": "30d", "labels": "both"}},
    )
    factory = {"arrivals": {"kind": "takt", "every": "10min"}, "defect_rate": "20%"}
    scenario = line(*strategies, factory=factory, horizon="80d")
    versions = trained(scenario)
    one, *others = [
        replicate(scenario.model_copy(update={"block": block}), scenario.strategies, versions, 0, list(ENGINES)[-1])
        for block in (100_000, 1300, 401)
    ]
    for other in others:
        for mine, theirs in zip(one, other, strict=True):
            assert mine.history.events == theirs.history.events
            np.testing.assert_equal(mine.metrics, theirs.metrics)


@pytest.mark.parametrize(
    ("strategy", "settings", "said"),
    [
        ({"pattern": "canary", "retraining": {"window": "60d", "every": "1d"}}, {}, "at most 30d"),
        ({"pattern": "canary", "retraining": {}}, {}, "nothing starts a training"),
        (
            {"pattern": "canary", "retraining": DAILY},
            {"audits": {"of_passes": "0%"}},
            "audits of passes and of rejects",
        ),
        ({"pattern": "bandit", "retraining": DAILY}, {}, "a bandit promotes nobody"),
        (
            {"pattern": "champion_challenger", "challengers": ["v1"], "retraining": DAILY},
            {},
            "leave this to its default",
        ),
    ],
)
def test_what_can_never_work_is_refused(strategy, settings, said):
    with pytest.raises(sim.ScenarioError, match=said):
        line(strategy, **settings)
