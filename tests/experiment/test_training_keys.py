"""The key of a version: where it stays, the version is the same to the last bit, and it moves where the version does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from equal import difference
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.document import Document, ScenarioError
from sim.document.overrides import overridden
from sim.experiment.training import renewed_or_trained, train_one, training_keys
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.model import ModelError, ModelVersion, TrainedVersion
from sim.inspectors.model.kinds.logistic import Logistic
from sim.scenario import Scenario, build, from_document

PLAIN = {
    "driftline": 1,
    "horizon": "6h",
    "factory": {"defect_rate": "10%", "arrivals": {"kind": "takt", "every": "20s"}},
    "inspectors": {"service": {"law": "lognormal", "mean": "21s"}},
    "models": {
        "noisy": {"kind": "logistic", "training": {"phones": 1500}},
        "expert": {"kind": "logistic", "training": {"phones": 1500, "labels": "experts"}},
    },
    "deployment": {"candidate": "noisy"},
    "drift": [{"name": "lamp", "what": "camera.brightness", "profile": "sudden", "at": "2h", "to": "50%"}],
    "strategies": [{"pattern": "canary"}, {"pattern": "full_automation", "candidate": "expert"}],
}
#: One change for each part of a scenario, those that training goes by among them.
CHANGES = (
    "seed=2",
    "name=other",
    "replications=3",
    "horizon=9h",
    "warm_up=1h",
    "block=512",
    "factory.defect_rate=12%",
    "factory.arrivals.every=7s",
    "factory.arrivals.jitter=5%",
    "factory.arrivals={kind: poisson, every: 11s}",
    "factory.lots.size=50",
    "factory.minor_per_defect=2",
    "factory.camera.noise=0.4",
    "factory.finishes=[{name: gloss}, {name: matte}]",
    "drift.lamp.to=10%",
    "drift=[]",
    "inspectors.count=7",
    "inspectors.service.mean=9s",
    "inspectors.d_prime=1.5",
    "inspectors.criterion=0.2",
    "inspectors.borderline_width=0.5",
    "inspectors.briefing=3d",
    "inspectors.buffer=4",
    "inspectors.when_full=ship",
    "models.noisy.reject_share=20%",
    "models.noisy.recall=70%",
    "models.noisy.serving.replicas=3",
    "models.noisy.training.phones=1400",
    "models.noisy.training.conditions={camera.haze: 0.1}",
    "models.expert.kind=boosted_trees",
    "models.expert.reject_share=1%",
    "deployment.start=2h",
    "audits.of_passes=50%",
    "costs.escape=$1",
    "strategies.canary.steps=[50]",
)
#: Which of them have to move a key: the versions are others then.
MUST = {
    "noisy": {
        "seed=2", "factory.defect_rate=12%", "factory.lots.size=50", "factory.minor_per_defect=2",
        "factory.camera.noise=0.4", "factory.finishes=[{name: gloss}, {name: matte}]", "inspectors.d_prime=1.5",
        "inspectors.criterion=0.2", "inspectors.borderline_width=0.5", "models.noisy.training.phones=1400",
        "models.noisy.training.conditions={camera.haze: 0.1}",
    },
    "expert": {
        "seed=2", "factory.defect_rate=12%", "factory.lots.size=50", "factory.minor_per_defect=2",
        "factory.camera.noise=0.4", "factory.finishes=[{name: gloss}, {name: matte}]", "models.expert.kind=boosted_trees",
    },
}  # fmt: skip


def go_together(changes: list[str]) -> bool:
    """Return whether no change asks for a part that another one takes away."""
    return "drift=[]" not in changes or not any(change.startswith("drift.") for change in changes)


def changed(*changes: str) -> Scenario:
    return from_document(overridden(Document.of(dict(PLAIN)), changes), "plain")


@pytest.mark.parametrize("change", CHANGES)
def test_a_key_moves_where_the_version_does_and_stays_elsewhere(change: str) -> None:
    before, after = training_keys(changed()), training_keys(changed(change))
    assert {name for name in before if before[name] != after[name]} == {name for name in MUST if change in MUST[name]}


def says(version: ModelVersion, scenario: Scenario) -> list[object]:
    """Return all that a line meets of a version."""
    assert isinstance(version, TrainedVersion)
    phones = World(scenario.factory, (), Streams(99, 0)).take(300)
    scores = version.score_phones(phones, np.random.default_rng(0))
    return [version.name, version.spec.model_dump(), version.threshold, version.offline, scores, version.ranked,
            version.cut_offs(0.1)]  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(
    changes=st.lists(
        st.sampled_from(CHANGES), max_size=4, unique_by=lambda change: change.partition("=")[0].split(".")[:2][-1]
    ).filter(go_together)
)
def test_under_the_same_key_a_version_is_the_same_but_for_what_comes_after_training(changes: list[str]) -> None:
    plain, moved = changed(), changed(*changes)
    for name, key in training_keys(moved).items():
        if training_keys(plain)[name] == key:
            assert moved.models[name].renewed(train_one(plain, name)) is not None
            renewed = renewed_or_trained(moved, name, train_one(plain, name))
            assert difference(says(renewed, moved), says(train_one(moved, name), moved)) is None


def test_a_share_that_lies_within_equal_scores_is_refused_before_a_version_that_is_there_goes_by_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "three.csv").write_text("score,defective\n" + "0.1,0\n" * 80 + "0.5,0\n" * 20 + "0.9,1\n" * 5)
    scores = {"kind": "scores", "file": str(tmp_path / "three.csv")}
    strategies = [{"pattern": "full_automation"}]
    kept, other = (
        build(horizon="1h", models={"v1": {**scores, **given}}, strategies=strategies)
        for given in ({"recall": "90%"}, {"reject_share": "5%"})
    )
    with pytest.raises(ScenarioError, match=r"models.*model v1: reject_share: 5% can't be kept"):
        renewed_or_trained(other, "v1", train_one(kept, "v1"))


def test_that_is_so_of_a_version_that_was_trained_too() -> None:
    alike, labels = np.zeros((2000, 11), dtype=np.float32), (np.arange(2000) % 20 == 0).astype(np.int8)
    version = Logistic(recall="90%").fit("v1", alike, labels)
    with pytest.raises(ModelError, match=r"model v1: reject_share: 5% can't be kept: 100% of the"):
        Logistic(reject_share="5%").renewed(version)
