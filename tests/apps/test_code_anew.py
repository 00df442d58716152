"""What a notebook defines anew under the same name: the sandbox shows what the new code does, never what the old did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from equal import difference

import sim
from sim.apps.session import Kept, Part, Session
from sim.apps.state import State
from sim.apps.stories import Story, load_story
from sim.columns import Floats, Times
from sim.deployment.analysis.judge import JUDGES, Assessment, Judge, JudgeAtWork, JudgeContext
from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.events import Reason
from sim.deployment.monitoring.detectors import DETECTORS, DetectorSpec
from sim.deployment.monitoring.detectors.bounds import _BoundReader
from sim.deployment.telemetry.metric import METRICS, observed
from sim.deployment.telemetry.reading import Reading
from sim.deployment.telemetry.stream import STREAMS, stream
from sim.factory.camera import Optics
from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.drift.event import PROFILES, Drift
from sim.factory.spec import Factory
from sim.plugins import Family

STORY = """
story: 1
title: A line with code of a notebook
about: A knob, since a story has one.
aim: Show that what is defined anew is run anew.
scenario:
  seed: 3
  replications: 1
  horizon: 4h
  factory: {{arrivals: {{kind: takt, every: 30s, jitter: 10%}}, defect_rate: 8%}}
  inspectors: {{count: 2, service: {{law: lognormal, mean: 21s}}}}
  models: {{v2: {{kind: logistic, training: {{phones: 3000}}}}}}
  deployment: {{stable: humans, candidate: v2, start: 20min}}
  {more}
knobs:
  lamp: {{path: inspectors.count, label: staff, values: [1, 2]}}
"""
CANARY = "strategies: [{{pattern: canary, steps: [30], hold: 1h, analysis: {analysis}, alarms: [{alarm}]}}]"
CALM = "{checks: [{metric: reject_rate, at_most: 0.9}]}"
QUIET = "{watch: brightness, detector: {kind: never}}"


def judge(number: int) -> None:
    @JUDGES.register("nb_judge")
    class Anew(Judge):
        kind: Literal["nb_judge"] = "nb_judge"

        def __str__(self) -> str:
            return "of one mind"

        def begin(self, context: JudgeContext) -> JudgeAtWork:
            return self

        def take(self, sample: Sample, look: int) -> Assessment:
            return Assessment((Phase.SUCCESSFUL, Phase.FAILED)[number], Reason("content", "as it is"))


def detector(number: int) -> None:
    @DETECTORS.register("nb_detector")
    class Anew(DetectorSpec):
        kind: Literal["nb_detector"] = "nb_detector"

        def reader(self) -> _BoundReader:
            return _BoundReader(alarms=bool(number))


def a_stream(number: int) -> None:
    @stream("nb_stream", holds="events")
    def anew(tables: Any, arm: str | None, scope: Any) -> Floats:
        """Return nothing but zeros, or nothing but ones."""
        return np.full(len(tables.by_arm(tables.decisions, arm, scope, "latency_us")[0]), float(number))


def metric(number: int) -> None:
    @observed("nb_metric", unit="s", kind="value")
    def anew(tables: Any, who: str, scope: Any) -> Reading:
        """Return a number that nobody measured."""
        return Reading(float(number), 100)


def cause(number: int) -> None:
    class Anew(Cause):
        def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
            return {"nb.cause": Quantity(1.0, "data", neutral=None)}

        def on_camera(self, optics: Optics, values: Values) -> None:
            optics.strength = optics.strength * (0.9, 0.5)[number]

    CAUSES.register("nb.cause")(Anew)


def profile(number: int) -> None:
    @PROFILES.register("nb_profile")
    class Anew(Drift):
        profile: Literal["nb_profile"] = "nb_profile"

        def weight(self, t: Times, mix: Floats) -> Floats:
            return (t >= self.at).astype(np.float64) * (0.2, 1.0)[number]


#: How each is defined, its family and name there, and the scenario that runs it.
DEFINED: Mapping[str, tuple[Callable[[int], None], Family[Any], str, str]] = {
    "a judge": (
        judge, JUDGES, "nb_judge",
        CANARY.format(analysis="{metrics: [{metric: reject_rate, judge: {kind: nb_judge}, interval: 30min, count: 1}]}", alarm=QUIET),
    ),
    "a detector": (
        detector, DETECTORS, "nb_detector",
        CANARY.format(analysis=CALM, alarm="{watch: brightness, detector: {kind: nb_detector}}"),
    ),
    "a stream": (
        a_stream, STREAMS, "nb_stream",
        CANARY.format(analysis=CALM, alarm="{watch: nb_stream, every: 20min, detector: {kind: bernoulli_cusum, p0: 1%, p1: 50%}}"),
    ),
    "a metric of the dashboard": (
        metric, METRICS, "nb_metric", CANARY.format(analysis="{checks: [{metric: nb_metric, at_most: 0.5}]}", alarm=QUIET),
    ),
    "a cause": (cause, CAUSES, "nb.cause", "strategies: [{pattern: full_automation}]"),
    "a profile": (
        profile, PROFILES, "nb_profile",
        "strategies: [{pattern: full_automation}]\n"
        "  drift: [{name: lamp, what: camera.brightness, profile: nb_profile, at: 1h, to: 40%}]",
    ),
}  # fmt: skip


@pytest.fixture(params=DEFINED)
def defined(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Callable[[int], None], Story]]:
    define, family, name, more = DEFINED[request.param]
    define(0)
    file = tmp_path / "notebook.yaml"
    file.write_text(STORY.format(more=more), encoding="utf-8")
    yield define, load_story(file)
    family.forget(name)


def last(session: Session, story: Story) -> Part:
    state = State.start(story)
    session.is_trained(state)  # as a visit asks before each move
    *_, part = session.parts(state, evidence=True)
    return part


def test_what_is_defined_anew_is_run_anew(defined: tuple[Callable[[int], None], Story]) -> None:
    define, story = defined
    session = Session(story, Kept())
    old = last(session, story).result
    define(1)
    new = last(session, story).result
    run = replace(sim.run(story.scenario({}, story.seed), replications=1, workers=1), scores={})
    assert difference(old, run) is not None, "or the next line says nothing"
    assert difference(new, run) is None


def test_what_nobody_defined_anew_is_not_run_again(
    defined: tuple[Callable[[int], None], Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, story = defined
    session = Session(story, Kept())
    last(session, story)
    for name in ("run_all", "recorded", "world_blocks", "evidence_of", "train_one"):
        monkeypatch.setattr(f"sim.apps.session.{name}", None)
    last(session, story)
