"""What every kind of model must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from acme import importable
from cloudpickle import dumps, loads
from pydantic import TypeAdapter
from sklearn.naive_bayes import GaussianNB

import sim
from sim.factory.cause import quantities_of
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.model import KINDS, Model, ModelError, ModelSpec, ModelVersion, SeesImages, TrainableModel

FACTORY = Factory(defect_rate="8%")
TRAINING = {"phones": 2000}
GRID = 2.0**20


class NaiveBayes(TrainableModel):
    """Every channel a normal distribution of its own: a kind of a notebook.

    >>> NaiveBayes(kind="naive_bayes").classifier()
    GaussianNB()
    """

    kind: Literal["naive_bayes"]

    def classifier(self) -> Any:
        return GaussianNB()


EVERY = [*KINDS.ours(), "acme_channel", "naive_bayes"]
every = pytest.mark.parametrize("kind", EVERY)


@pytest.fixture(autouse=True, scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a file of scores, beside a package and a notebook."""
    folder = tmp_path_factory.mktemp("site")
    with importable(folder):
        KINDS.register("naive_bayes")(NaiveBayes)
        rng = np.random.default_rng(1)
        rows = [f"{rng.beta(1 + 4 * bad, 6 - 4 * bad)},{bad}" for bad in (np.arange(400) % 10 == 0).astype(int)]
        (folder / "scores.csv").write_text("\n".join(["score,defective", *rows]))
        assert "acme_channel" not in KINDS  # until a scenario names it
        sim.build(models={"v1": {"kind": "acme_channel"}})
        yield folder
    KINDS.forget("naive_bayes")


def spec(kind: str, site: Path, **changes: Any) -> Model:
    """Return a specification with what its kind wants to know."""
    wanted = {"file": str(site / "scores.csv"), "estimator": "brightest", "training": TRAINING}
    given = {name: value for name, value in wanted.items() if name in KINDS[kind].model_fields}
    return KINDS[kind].model_validate({"kind": kind, **given, **changes})


VERSIONS: dict[str, ModelVersion] = {}


@pytest.fixture
def version(kind: str, site: Path) -> ModelVersion:
    if kind not in VERSIONS:
        VERSIONS[kind] = spec(kind, site).obtain("v1", FACTORY, Inspectors(), 3)
    return VERSIONS[kind]


def phones(count: int = 1500) -> Phones:
    return World(FACTORY, (), Streams(4, 0)).take(count)


def part(whole: Phones, rows: slice) -> Phones:
    return replace(
        whole, severity=whole.severity[rows], ratio=whole.ratio[rows], features=whole.features[rows],
        due_us=whole.due_us[rows],
    )  # fmt: skip


def scores(version: ModelVersion, some: Phones, seed: int = 5) -> Any:
    return version.score_phones(some, np.random.default_rng(seed))


@every
def test_scores_are_chances_on_the_grid_and_the_same_each_time(version: ModelVersion, site: Path, kind: str) -> None:
    score = scores(version, phones())
    assert score.shape == (1500,)
    assert ((score >= 0.0) & (score <= 1.0)).all()
    assert np.array_equal(score * GRID, np.floor(score * GRID))
    assert len(np.unique(score)) > 20
    again = spec(kind, site).obtain("v1", FACTORY, Inspectors(), 3)
    assert np.array_equal(scores(again, phones()), score)
    assert (again.threshold, again.cut_offs(0.1), again.offline) == (
        version.threshold, version.cut_offs(0.1), version.offline
    )  # fmt: skip


@every
def test_defective_phones_score_higher_and_its_cut_offs_are_in_order(version: ModelVersion) -> None:
    some = phones()
    score = scores(version, some)
    assert score[some.defective].mean() > score[~some.defective].mean() + 0.05
    assert version.cut_offs(None) == (version.threshold, version.threshold)
    low, high = version.cut_offs(0.1)
    assert low <= version.threshold <= high
    assert 0.0 <= version.offline.overkill < version.offline.recall <= 1.0
    assert version.name == "v1"


@every
@pytest.mark.parametrize("setting", [{"recall": "60%"}, {"reject_share": "20%"}])
def test_its_threshold_is_set_as_the_scenario_says(kind: str, site: Path, setting: dict[str, Any]) -> None:
    made = spec(kind, site, **setting).obtain("v1", FACTORY, Inspectors(), 3)
    if "recall" in setting:
        assert made.offline.recall == pytest.approx(0.6, abs=0.05)
    else:
        assert (scores(made, phones()) > made.threshold).mean() == pytest.approx(0.2, abs=0.07)


@every
def test_without_phones_there_are_no_scores_and_cuts_change_none(version: ModelVersion) -> None:
    whole, chance = phones(), np.random.default_rng(5)
    parts = [
        version.score_phones(part(whole, rows), chance) for rows in (slice(700), slice(700, 700), slice(700, None))
    ]
    assert [len(each) for each in parts] == [700, 0, 800]
    assert np.array_equal(np.concatenate(parts), scores(version, whole))


@every
def test_it_knows_images_or_the_truth_and_says_which(version: ModelVersion) -> None:
    some = phones()
    otherwise = replace(some, ratio=np.where(some.defective, 0.5, 2.0), severity=np.zeros_like(some.severity))
    blind = np.array_equal(scores(version, replace(some, features=some.features * 0.5)), scores(version, some))
    if isinstance(version, SeesImages):
        assert np.array_equal(scores(version, otherwise), scores(version, some))
        assert np.array_equal(version.score(some.features), scores(version, some))
        assert not blind
        assert version.spec.remark == ""
    else:
        assert blind
        assert not np.array_equal(scores(version, otherwise), scores(version, some))
        assert "not drifting by itself" in version.spec.remark


@every
@pytest.mark.parametrize("value", [0.0, -1e6, 1e6, 1e30])
def test_images_of_nothing_on_earth_have_scores_too(version: ModelVersion, value: float) -> None:
    if not isinstance(version, SeesImages):
        return
    # Somebody else's arithmetic may give up, in one message; driftline's own never does.
    with suppress(ModelError) if version.spec.maker() else nullcontext(), np.errstate(all="ignore"):
        score = version.score(np.full((3, 11), value, dtype=np.float32))
        assert ((score >= 0.0) & (score <= 1.0)).all()


@every
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_it_can_be_trained_on_weighted_phones_or_refuses_to_be(kind: str, site: Path) -> None:
    rng = np.random.default_rng(1)
    features, labels = phones(1000).features, (rng.random(1000) < 0.2).astype(np.int8)
    model = spec(kind, site)
    if not model.trainable:
        with pytest.raises(ModelError, match=r"model v2: .*can't be trained"):
            model.fit("v2", features, labels)
        return
    plain, ones = model.fit("v2", features, labels), model.fit("v2", features, labels, np.ones(1000))
    weighted = model.fit("v2", features, labels, np.where(labels == 1, 1.0, 9.0))
    assert np.array_equal(plain.score(features), ones.score(features))
    assert weighted.score(features).mean() < 0.6 * plain.score(features).mean()
    assert (plain.name, plain.spec) == ("v2", model)


@every
def test_what_cannot_be_is_refused_before_anything_runs(kind: str, site: Path) -> None:
    quantities = quantities_of(FACTORY)
    assert list(spec(kind, site).refusals(quantities, 10)) == []
    late = spec(kind, site, serving={"outages": [{"at": "1h", "lasts": "1min"}]})
    assert [place for place, _ in late.refusals(quantities, 10)] == [("serving", "outages", 0, "at")]
    if isinstance(late, TrainableModel):
        elsewhere = spec(kind, site, training={"conditions": {"camera.fog": 1}})
        assert [place for place, _ in elsewhere.refusals(quantities, 10)] == [("training", "conditions", "camera.fog")]


@every
def test_its_files_have_whole_paths_wherever_it_is_read(kind: str, site: Path) -> None:
    model = spec(kind, site)
    assert model.with_whole_paths(Path("elsewhere")) == model  # a whole path stays
    if "file" in type(model).model_fields:
        assert spec(kind, site, file="scores.csv").with_whole_paths(site) == model


@every
def test_a_scenario_file_can_name_it_and_it_can_be_written_and_read_again(kind: str, site: Path) -> None:
    model = spec(kind, site)
    given = model.model_dump(mode="json")
    assert TypeAdapter(ModelSpec).validate_python(given) == model
    scenario = sim.build(models={"v1": given})
    assert scenario.models == {"v1": model}
    assert sim.build(**scenario.model_dump(mode="json")) == scenario
    with pytest.raises(sim.ScenarioError, match=f"did you mean '{kind}'"):
        sim.build(models={"v1": {**given, "kind": f"{kind}x"}})


@every
def test_a_line_runs_with_it_and_says_what_has_to_be_said(kind: str, site: Path) -> None:
    scenario = sim.build(
        horizon="1h", replications=1, factory=FACTORY.model_dump(mode="json"),
        models={"v1": spec(kind, site).model_dump(mode="json")},
        strategies=[{"pattern": "partial_automation", "review": "10%"}],
    )  # fmt: skip
    result = sim.run(scenario, workers=1)
    assert result["partial_automation"].samples["escape_rate"].shape == (1,)
    assert scenario.remarks() == ((f"v1: {spec(kind, site).remark}",) if spec(kind, site).remark else ())


@every
def test_it_can_be_sent_to_other_processes(version: ModelVersion) -> None:
    there = loads(dumps(version))
    assert np.array_equal(scores(there, phones(100)), scores(version, phones(100)))


@every
def test_it_is_listed_and_documented_with_an_example_that_runs(kind: str) -> None:
    member = KINDS[kind]
    assert all(label.startswith(kind) and sentence for label, sentence in member.listed(kind))
    module = sys.modules[member.__module__]
    tests = doctest.DocTestFinder(recurse=False).find(member, kind, module)
    assert sum(len(test.examples) for test in tests) >= 1
    assert all(doctest.DocTestRunner().run(test).failed == 0 for test in tests)


def test_whose_code_failed_is_said() -> None:
    class Broken(NaiveBayes):
        def classifier(self) -> Any:
            raise RuntimeError("the licence\nserver is down")

    with pytest.raises(
        ModelError, match=r"model v1: the kind 'naive_bayes' fails: RuntimeError: the licence server is down"
    ):
        Broken(kind="naive_bayes", training=TRAINING).obtain("v1", FACTORY, Inspectors(), 3)
    assert KINDS["acme_channel"](kind="acme_channel").maker() == "kind 'acme_channel' of acme-line 1.2"
    assert KINDS["logistic"]().maker() == ""
