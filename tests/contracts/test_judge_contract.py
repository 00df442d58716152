"""What every judge must keep, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import ast
import doctest
import inspect
import math
import pickle
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from acme import importable
from hypothesis import given, settings
from hypothesis import strategies as st
from leaks import leaks

import sim
from sim.deployment.analysis.judge import JUDGES, Assessment, Judge, JudgeAtWork, JudgeContext
from sim.deployment.analysis.measurement import MetricQuery, Phase, Sample
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.analysis.spec import AnalysisTemplate, Metric
from sim.deployment.dry_run import dry_run
from sim.deployment.events import Reason
from sim.deployment.telemetry.by_hand import by_hand
from sim.deployment.telemetry.store import Telemetry
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.line.route import HUMANS, Arm
from sim.report.text.labels import LONGEST, in_brief
from sim.report.text.sentences import because, sentence
from sim.units import HOUR

CANDIDATE = Arm("v1", "model", "v1")
UNDECIDED = (None, Phase.RUNNING)
LOOKS = 8
#: Settings with which a judge is tried, where the defaults alone are refused or are not all of it.
SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "versus_stable": ({"at_most": 2.0}, {"at_least": 0.1, "at_most": 2.0}),
    "z_test": ({}, {"looks": "every"}, {"worse": "either"}),
    "escapes": ({}, {"non_inferiority": None}),
    "pairs": ({}, {"promotes": False}),
}


class InARow(Judge):
    """A judge of a notebook: fails when so many measurements in a row are above the stable arm's.

    >>> InARow(times=2).times
    2
    """

    kind: Literal["in_a_row"] = "in_a_row"
    times: int = 3

    def __str__(self) -> str:
        return f"{self.times} times in a row above stable's"

    def begin(self, context: JudgeContext) -> JudgeAtWork:
        return InARowAtWork(self, context)


class InARowAtWork:
    def __init__(self, judge: InARow, context: JudgeContext) -> None:
        self._judge, self._context, self._row = judge, context, 0

    def take(self, sample: Sample, look: int) -> Assessment:
        if (waiting := self._context.too_few(sample)) is not None:
            return waiting
        own, stable = sample.rates
        self._row = self._row + 1 if own.value > stable.value else 0
        reason = Reason("in_a_row", "{metric} above stable's {samples} times in a row", self._context.title,
                        bound=self._judge.times, samples=self._row)  # fmt: skip
        if self._row >= self._judge.times:
            return Assessment(Phase.FAILED, reason, final=True)
        return Assessment(Phase.SUCCESSFUL, reason)


@pytest.fixture(autouse=True, scope="module")
def _others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A notebook defines one, and an installed package brings another."""
    with importable(tmp_path_factory.mktemp("site")):
        JUDGES.register("in_a_row")(InARow)
        yield
    JUDGES.forget("in_a_row")


def given_settings() -> list[dict[str, Any]]:
    kinds = (*JUDGES.ours(), "in_a_row", "acme_gap")
    return [{"kind": kind, **changes} for kind in kinds for changes in SETTINGS.get(kind, ({},))]


@pytest.fixture(params=given_settings(), ids=lambda params: " ".join(str(value) for value in params.values()))
def metric(request: pytest.FixtureRequest) -> Metric:
    """A metric in the hands of one judge; the package's is imported by its name."""
    return judged_by(request.param)


def judged_by(judge: dict[str, Any], **settings: Any) -> Metric:
    timing = {"interval": "1h", "count": LOOKS, **settings}
    try:
        return Metric(judge=judge, **timing)  # one with evidence of its own
    except ValueError:
        return Metric(metric="reject_rate", judge=judge, **timing)


def judge_of(metric: Metric) -> Judge:
    assert metric.judge is not None
    return metric.judge


def team(
    phones: int = 4000,
    good: tuple[float, float] = (0.03, 0.03),
    caught: tuple[float, float] = (0.9, 0.9),
    arm: int | None = None,
    seed: int = 1,
) -> Telemetry:
    """What a team knows after `LOOKS` hours: every phone decided, looked at by v1 without a say, and audited.

    `good` and `caught` are the shares of good phones and of defective ones that v1 and humans reject. `arm`: all phones
    went to one, and v1 looks at none.
    """
    rng = np.random.default_rng(seed)
    known = np.sort(rng.integers(1, LOOKS * HOUR, phones))
    defective, to = rng.random(phones) < 0.05, rng.integers(0, 2, phones)
    rejects = np.array([np.where(defective, rng.random(phones) < c, rng.random(phones) < g)
                        for g, c in zip(good, caught, strict=True)])  # fmt: skip
    pi = np.full(phones, 0.5)
    if arm is not None:
        to, pi = np.full(phones, arm), np.ones(phones)
    rejected = np.where(to == 0, rejects[0], rejects[1])
    half = rng.integers(0, 2, phones)
    shown = np.flatnonzero(to == 1) if arm is None else np.zeros(0, dtype=int)
    telemetry = by_hand(
        audit_plan=(1.0, 1.0), now_us=LOOKS * HOUR,
        decisions={"at_us": known, "arm": to, "pi": pi, "rejected": rejected, "finish": half},
        audits={"at_us": known, "arm": to, "pi": pi, "rejected": rejected, "defective": defective, "decided_us": known,
                "probability": np.ones(phones), "drawn": np.full(phones, 0.5), "finish": half},
    )  # fmt: skip
    if len(shown):
        telemetry.mirrors.append(
            at_us=known[shown], phone=shown, version=0, rejected=rejects[0][shown], score=0.5, finish=half[shown]
        )
    return telemetry


def known_by(telemetry: Telemetry, now_us: int) -> Telemetry:
    """The same telemetry as it was at a moment."""
    earlier = Telemetry()
    for name in ("arms", "versions", "finishes", "audit_plan"):
        setattr(earlier, name, getattr(telemetry, name))
    for name in ("decisions", "mirrors", "audits"):
        rows = getattr(telemetry, name).since(-1)
        getattr(earlier, name).append(**{key: column[rows["at_us"] <= now_us] for key, column in rows.items()})
    earlier.now_us, earlier.arrivals = now_us, telemetry.arrivals
    return earlier


NOTHING = by_hand(decisions={"rejected": []}, audits={"rejected": []})
SAME = team()
WORSE = team(good=(0.3, 0.03), caught=(0.1, 0.9))
BETTER = team(good=(0.01, 0.2), caught=(0.99, 0.3))


def assessed(
    metric: Metric, telemetry: Telemetry, looks: Sequence[int] = (), context: JudgeContext | None = None
) -> list[Assessment]:
    """Let a judge look at moments (in microseconds; default: every hour), whatever it says. Returns what it said."""
    judge = judge_of(metric)
    at_work = judge.begin(context or JudgeContext(metric.title, comparisons=1, looks=metric.measurements))
    said, since = [], 0
    for look, now in enumerate(looks or range(HOUR, (LOOKS + 1) * HOUR, HOUR), start=1):
        query = MetricQuery(metric.metric, CANDIDATE, HUMANS, since if judge.cumulative else 0)
        said.append(at_work.take(judge.read(known_by(telemetry, now), query), look))
        since = now
    return said


def run(metric: Metric, telemetry: Telemetry) -> AnalysisRun:
    """Run an analysis of this metric, and of a dull one that decides where this only displays."""
    dull = Metric(metric="reject_rate", name="dull", interval="1h", count=LOOKS)
    analysis = AnalysisRun(AnalysisTemplate(metrics=(metric, dull) if judge_of(metric).displays else (metric,)), 0)
    for now in range(0, (LOOKS + 1) * HOUR, HOUR):
        if analysis.phase is Phase.RUNNING:
            known = known_by(telemetry, now)
            analysis.measure(
                now, lambda metric, since, known=known: metric.read(
                    known, MetricQuery(metric.metric, CANDIDATE, HUMANS, since)
                )
            )  # fmt: skip
    return analysis


def numbers(reason: Reason) -> Iterator[float]:
    for value in (reason.value, reason.bound, reason.samples, *reason.more.values()):
        if isinstance(value, int | float):
            yield float(value)
        elif isinstance(value, Reason):
            yield from numbers(value)
    if reason.cause is not None:
        yield from numbers(reason.cause)


# -- what it says of itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", JUDGES.ours())
def test_it_is_documented_with_an_example_that_runs(kind: str) -> None:
    words = inspect.getdoc(JUDGES[kind]) or ""
    assert len(words.split("\n")[0]) > 20
    assert doctest.DocTestParser().get_examples(words), f"{kind} shows no example"


def test_it_reads_as_a_phrase(metric: Metric) -> None:
    words = str(judge_of(metric))
    assert 10 < len(words) < 140
    assert not re.search(r"=|<|\bNone\b|object at|\n|\.$", words), words
    assert words in str(metric)
    assert metric.title in str(metric)


def test_its_settings_go_to_a_file_and_come_back(metric: Metric) -> None:
    assert Metric.model_validate(metric.model_dump(mode="json")) == metric
    assert Metric.model_validate_json(metric.model_dump_json()) == metric
    if not judge_of(metric).kind.startswith("acme"):  # that one was imported from a folder of this test
        assert pickle.loads(pickle.dumps(metric)) == metric
    settings = judge_of(metric).model_dump()
    with pytest.raises(ValueError, match="no_such_setting"):
        type(judge_of(metric))(**settings, no_such_setting=1)
    with pytest.raises(ValueError, match="frozen"):
        judge_of(metric).kind = "escapes"


def test_a_scenario_file_can_name_it_and_a_plan_reads_it_out(metric: Metric) -> None:
    analysis = {"metrics": [metric.model_dump(mode="json")]}
    if judge_of(metric).displays:
        analysis["metrics"].append({"metric": "reject_rate", "name": "dull", "interval": "1h"})
    strategy = {"pattern": "argo_canary", "steps": [{"set_weight": 10}, {"analysis": analysis}]}
    scenario = sim.build(models={"v1": {}}, strategies=[strategy])
    assert sim.build(**scenario.model_dump(mode="json", exclude={"driftline"})) == scenario
    plan = dry_run(scenario.resolved(scenario.strategies[0]), scenario.horizon)
    assert any(str(judge_of(metric)) in sentence(moment.event) for moment in plan)


def test_who_has_evidence_of_its_own_takes_no_metric_and_others_need_one(metric: Metric) -> None:
    judge = judge_of(metric)
    other = {"metric": "" if metric.metric else "reject_rate"}
    with pytest.raises(ValueError, match="leave out metric" if judge.names_itself else "no metric is named"):
        Metric.model_validate({**metric.model_dump(mode="json"), **other})
    if judge.shares_only:
        with pytest.raises(ValueError, match="is no share of phones: mann_whitney or versus_stable"):
            Metric.model_validate({**metric.model_dump(mode="json"), "metric": "latency_mean_s"})


def test_a_package_that_brings_no_judge_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"acme_line.judges:NoJudge of acme-line 1.2\) is no sim.deployment.analysis.judge.Judge"
    ):
        Metric(metric="reject_rate", judge={"kind": "acme_no_judge"}, interval="1h")


# -- what it says of evidence ---------------------------------------------------------------------------------


@pytest.mark.parametrize("telemetry", [SAME, WORSE], ids=["same", "worse"])
def test_it_says_the_same_of_the_same(metric: Metric, telemetry: Telemetry) -> None:
    assert assessed(metric, telemetry) == assessed(metric, telemetry)


def test_what_it_reads_it_does_not_change(metric: Metric) -> None:
    before = {name: getattr(WORSE, name).since(-1) for name in ("decisions", "mirrors", "audits")}
    before = {name: {key: column.copy() for key, column in rows.items()} for name, rows in before.items()}
    judge_of(metric).read(WORSE, MetricQuery(metric.metric, CANDIDATE, HUMANS, 0))
    for name, rows in before.items():
        for key, column in rows.items():
            assert np.array_equal(getattr(WORSE, name)[key], column)


@pytest.mark.parametrize(
    "telemetry",
    [NOTHING, team(arm=0), team(arm=1)],
    ids=["no data", "the stable arm is empty", "the candidate has no traffic"],
)
def test_no_data_is_never_a_verdict(metric: Metric, telemetry: Telemetry) -> None:
    assert {said.phase for said in assessed(metric, telemetry)} <= set(UNDECIDED)
    analysis = run(metric, telemetry)
    if not judge_of(metric).displays:
        assert analysis.phase in (Phase.RUNNING, Phase.INCONCLUSIVE)
    assert all(because(said.reason) for said in assessed(metric, telemetry))


def test_too_few_phones_are_no_measurement(metric: Metric) -> None:
    needed = JudgeContext(metric.title, needed=10**6, looks=metric.measurements)
    said = assessed(metric, SAME, context=needed)
    assert {each.phase for each in said} == {None}
    assert {each.announcement for each in said} == {None}


def test_a_far_worse_candidate_is_failed_unless_it_only_displays(metric: Metric) -> None:
    phases = {said.phase for said in assessed(metric, WORSE)}
    assert (Phase.FAILED in phases) is not judge_of(metric).displays
    if judge_of(metric).displays:
        assert phases == {Phase.RUNNING}
    else:
        assert run(metric, WORSE).phase is Phase.FAILED


def test_a_far_better_candidate_is_not_failed_and_who_waits_for_proof_of_that_has_it(metric: Metric) -> None:
    judge, phases = judge_of(metric), {said.phase for said in assessed(metric, BETTER)}
    if getattr(judge, "worse", "higher") == "either":
        return  # to such a judge better is as bad as worse
    assert Phase.FAILED not in phases
    promotes = getattr(judge, "non_inferiority", 1.0) is not None and getattr(judge, "promotes", True)
    if judge.waits_for_proof and promotes:
        assert Phase.SUCCESSFUL in phases


def test_a_candidate_as_good_is_not_failed(metric: Metric) -> None:
    if judge_of(metric).kind == "in_a_row":
        return  # it promises nothing: three times in a row above happens to every eighth pair of equals
    assert Phase.FAILED not in {said.phase for said in assessed(metric, SAME)}


@pytest.mark.parametrize("telemetry", [SAME, WORSE, BETTER], ids=["same", "worse", "better"])
def test_who_waits_for_proof_has_it_and_then_it_is_final(metric: Metric, telemetry: Telemetry) -> None:
    for said in assessed(metric, telemetry):
        assert said.phase in (Phase.FAILED, Phase.SUCCESSFUL) or not said.final
        if judge_of(metric).waits_for_proof:
            assert said.final is (said.phase in (Phase.FAILED, Phase.SUCCESSFUL))


def test_who_spends_alpha_shares_it_with_the_other_metrics(metric: Metric) -> None:
    if not judge_of(metric).spends_alpha:
        return
    crowd = JudgeContext(metric.title, comparisons=10**9, looks=metric.measurements)
    near = team(phones=1500, good=(0.09, 0.03), caught=(0.6, 0.9))
    alone = next(look for look, said in enumerate(assessed(metric, near)) if said.phase is Phase.FAILED)
    shared = [said.phase is Phase.FAILED for said in assessed(metric, near, context=crowd)]
    assert True not in shared[: alone + 1]


@given(cuts=st.lists(st.integers(1, LOOKS * 60), max_size=6))
@settings(max_examples=15, deadline=None)
@pytest.mark.parametrize("telemetry", [SAME, WORSE, BETTER], ids=["same", "worse", "better"])
def test_cutting_its_own_evidence_otherwise_changes_nothing(telemetry: Telemetry, cuts: list[int]) -> None:
    end = LOOKS * HOUR
    own = [metric for metric in map(judged_by, given_settings()) if judge_of(metric).names_itself]
    assert own
    for metric in own:
        assert judge_of(metric).cumulative
        whole = assessed(metric, telemetry, [end])[-1]
        parts = assessed(metric, telemetry, [*(HOUR // 60 * cut for cut in sorted(set(cuts)) if cut < LOOKS * 60), end])
        assert replace(parts[-1], announcement=None) == replace(whole, announcement=None)


def test_a_huge_number_of_phones_gives_finite_words(metric: Metric) -> None:
    huge = 2**31
    for telemetry in (team(phones=200_000), team(phones=200_000, good=(0.9, 0.0), caught=(0.0, 1.0))):
        for said in assessed(metric, telemetry, [HOUR, LOOKS * HOUR]):
            assert not any(math.isnan(number) for number in numbers(said.reason)), said.reason
    at_work = judge_of(metric).begin(JudgeContext(metric.title, looks=2))
    if not judge_of(metric).names_itself:
        for value, stable in ((0.5, 0.5), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0), (1e-9, 1e-9)):
            said = at_work.take(Sample(value, stable, huge, baseline_samples=huge), 1)
            assert not any(math.isnan(number) for number in numbers(said.reason)), said.reason


@pytest.mark.parametrize("telemetry", [NOTHING, SAME, WORSE], ids=["no data", "same", "worse"])
def test_its_reasons_are_data_and_read_as_sentences(metric: Metric, telemetry: Telemetry) -> None:
    for said in assessed(metric, telemetry):
        for reason in (said.reason, said.announcement):
            if reason is None:
                continue
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason.code)
            assert metric.title in (reason.metric, because(reason).split(":")[0])
            assert reason.samples is not None
            words = because(reason)
            assert len(words) > 10
            assert not re.search(r"[{}]|\bNone\b|\bnan\b|<|\n", words.replace(" < ", " ")), words


def test_what_it_announces_fits_a_label(metric: Metric) -> None:
    for telemetry in (SAME, WORSE, BETTER):
        for said in assessed(metric, telemetry):
            if said.announcement is not None:
                assert said.announcement.brief, f"{said.announcement.code} has no brief wording"
                assert 0 < len(in_brief(said.announcement)) <= LONGEST


def test_segments_have_judges_of_their_own(metric: Metric) -> None:
    parted = metric.model_copy(update={"segment_by": "finish"})
    verdict = run(parted, WORSE)
    if not judge_of(metric).displays:
        assert verdict.phase is Phase.FAILED
        assert because(verdict.reason).split(":")[0] in ("gloss", "matte")


# -- what it must not see -------------------------------------------------------------------------------------

#: What a judge's code may be made of. The line, the factory and what is measured with the truth are not in it.
ALLOWED = ("sim.columns", "sim.deployment.analysis", "sim.deployment.dashboard", "sim.deployment.events",
           "sim.deployment.telemetry", "sim.plugins", "sim.stats", "sim.units")  # fmt: skip


@pytest.mark.parametrize("kind", [*JUDGES.ours(), "acme_gap"])
def test_its_code_cannot_reach_the_truth(kind: str) -> None:
    judged_by({"kind": kind, **SETTINGS.get(kind, ({},))[0]})  # imports the package's
    source = Path(inspect.getsourcefile(JUDGES[kind]) or "").read_text(encoding="utf-8")
    names = [node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    names += [name.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for name in node.names]
    assert [name for name in names if name.startswith("sim") and not name.startswith(ALLOWED)] == []


def truth() -> tuple[Phones, dict[str, np.ndarray]]:
    phones = World(Factory(), (), Streams(1, replication=0)).take(2000)
    return phones, {"defective": phones.defective.astype(np.float64), "severity": phones.severity.astype(np.float64)}


def at_work_after_its_looks(metric: Metric) -> JudgeAtWork:
    at_work = judge_of(metric).begin(JudgeContext(metric.title, looks=metric.measurements))
    for look in range(1, LOOKS + 1):
        query = MetricQuery(metric.metric, CANDIDATE, HUMANS, (look - 1) * HOUR)
        at_work.take(judge_of(metric).read(known_by(WORSE, look * HOUR), query), look)
    return at_work


def test_it_holds_nothing_of_the_truth(metric: Metric) -> None:
    """It is shown telemetry, which leads to no truth (tests/deployment/test_no_truth.py), and brings none with it."""
    assert leaks((metric, at_work_after_its_looks(metric)), truth()[1]) == set()


def test_a_judge_that_brings_the_truth_with_it_would_be_found() -> None:
    phones, columns = truth()

    class Oracle(InARow):
        """Knows which phones are defective."""

        def begin(self, context: JudgeContext) -> JudgeAtWork:
            at_work = InARowAtWork(self, context)
            at_work.known = phones.defective  # type: ignore[attr-defined]
            return at_work

    metric = Metric(metric="reject_rate", judge=InARow(), interval="1h", count=LOOKS)
    found = leaks(at_work_after_its_looks(metric.model_copy(update={"judge": Oracle()})), columns)
    assert found == {"defective"}
