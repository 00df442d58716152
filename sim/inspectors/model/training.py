"""Versions that are really trained, on logged phones with the labels a factory has, and scored in bulk.

Nothing here sets an accuracy. A version is a scikit-learn classifier on camera features, driftline's own or one that
an installed package brings, calibrated on its out-of-fold scores (Platt) and given a threshold there: it would have
rejected `reject_share` of its training phones, or `recall` of the labelled defects among them. After that it is
frozen: what it does on a drifted line is what comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Codes, Features, Floats
from sim.document import Refusal
from sim.factory.cause import Quantity, What, complaint
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.human.detection import HumanDraws, Inspectors, evidence, view_of
from sim.inspectors.model import kept
from sim.inspectors.model.spec import Model, ModelVersion, Offline, TrainingError, answering_for
from sim.inspectors.model.threads import arithmetic, one_thread
from sim.inspectors.model.thresholds import Ranked, on_grid
from sim.libraries import library
from sim.units import Factor


class Training(BaseModel):
    """The phones a version was trained on: logged before the start, labelled as the factory could."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phones: int = Field(20_000, ge=100, le=2_000_000, description="logged phones (assumption)")
    labels: Literal["inspectors", "experts"] = Field(
        "inspectors",
        description="whose verdicts are the labels: inspectors' (noisy) or an expert's second look",
    )
    conditions: dict[What, Factor] = Field(
        default_factory=dict,
        description="where the log came from, if not from this line: e.g. camera.contrast: 130% in a laboratory",
    )


class TrainableModel(Model):
    """A model that is trained on this line's images: whatever kind of scikit-learn classifier it is."""

    trainable: ClassVar[bool] = True
    keeps: ClassVar[bool] = False  #: whether its versions may be kept on disk: its classifier is scikit-learn's own

    training: Training = Training()

    @property
    def learnt_from(self) -> str:
        """Whose verdicts it was trained to foretell."""
        return f"{self.training.labels}' labels"

    def classifier(self) -> Any:
        """Return a scikit-learn classifier, not trained yet; what it leaves to chance is fixed."""
        raise NotImplementedError

    def asked(self, classifier: Any, features: Features) -> Any:
        """Return what a fitted classifier's `predict_proba` says, shape (n, 2): a kind may know a faster way to it."""
        return classifier.predict_proba(features)

    def obtain(
        self, name: str, factory: Factory, inspectors: Inspectors, seed: int, history: int = 0
    ) -> TrainedVersion:
        """Train a version on phones of one of the line's histories."""
        return train(name, self, factory, inspectors, seed, history)

    def learns_from(self, factory: Factory, inspectors: Inspectors, seed: int) -> dict[str, Any]:
        """Leave out what comes after training, and what no logged phone shows: see `history`, and `Ranked`."""
        learns = super().learns_from(factory, inspectors, seed)
        learns["model"] = self.model_dump(mode="json", exclude={"reject_share", "recall", "missing", "serving"})
        learns["factory"] = factory.model_dump(mode="json", exclude={"arrivals"})
        learns["inspectors"] = None if self.training.labels == "experts" else inspectors.as_labellers()
        return learns

    def renewed(self, version: ModelVersion) -> ModelVersion | None:
        """Set its threshold anew, and how it is served."""
        if not isinstance(version, TrainedVersion):
            return super().renewed(version)
        version.ranked.threshold(self)  # a share that can't be kept is refused before anybody goes by it
        return replace(version, spec=self)

    def fit(self, name: str, features: Features, labels: Codes, weights: Floats | None = None) -> TrainedVersion:
        """Train a version on given phones."""
        return fit(name, self, features, labels, weights)

    def refusals(self, quantities: Mapping[str, Quantity], horizon_us: int) -> Iterator[Refusal]:
        """Check the conditions of its log too: quantities of the world, within their ranges."""
        yield from super().refusals(quantities, horizon_us)
        for what, value in self.training.conditions.items():
            if wrong := complaint(quantities, what, value):
                yield ("training", "conditions", what), wrong


@dataclass(frozen=True)
class TrainedVersion:
    """A trained version, frozen until someone retrains it."""

    name: str
    spec: TrainableModel
    classifier: Any
    slope: float  #: Platt calibration of the classifier's log-odds
    intercept: float
    ranked: Ranked  #: its training phones, by their calibrated out-of-fold scores

    @property
    def threshold(self) -> float:
        """A score above it is a reject."""
        return self.ranked.threshold(self.spec)

    @property
    def offline(self) -> Offline:
        """What it did out of fold."""
        return self.ranked.offline(self.spec)

    def called(self, name: str) -> TrainedVersion:
        """Return the same version under another name."""
        return replace(self, name=name)

    def cut_offs(self, review: float | None) -> tuple[float, float]:
        """Return (low, high): reject above high, pass up to low, and between them ask a human."""
        return self.ranked.cut_offs(self.spec, review)

    def score(self, features: Features) -> Floats:
        """Return calibrated P(label is reject), shape (n,), on a grid of 2**-20."""
        if len(features) == 0:
            return np.empty(0)
        with answering_for(self.name, self.spec), one_thread():
            raw = _chances(self.spec.asked(self.classifier, features), len(features))
        return calibrated(raw, self.slope, self.intercept)

    def score_phones(self, phones: Phones, chance: np.random.Generator) -> Floats:
        """Score what the camera sees of phones; nothing is left to chance."""
        return self.score(phones.features)


def calibrated(raw: Floats, slope: float, intercept: float) -> Floats:
    with np.errstate(over="ignore"):  # a chance that is too small to be told from 0 is 0
        return on_grid(1.0 / (1.0 + np.exp(-(slope * _log_odds(raw) + intercept))))


def _log_odds(raw: Floats) -> Floats:
    odds: Floats = np.log(np.clip(raw, 1e-9, 1.0) / np.clip(1.0 - raw, 1e-9, 1.0))
    return odds


def _chances(answer: Any, count: int) -> Floats:
    """Return P(reject) out of what predict_proba answered, which may be another package's."""
    columns = np.asarray(answer)
    if columns.shape != (count, 2):
        raise ValueError(f"predict_proba answered in shape {columns.shape} and not {(count, 2)}")
    chances: Floats = columns[:, 1]
    if not ((chances > -1e-6) & (chances < 1.0 + 1e-6)).all():
        raise ValueError("predict_proba answered with something else than probabilities")
    return chances


def train(
    name: str, spec: TrainableModel, factory: Factory, inspectors: Inspectors, seed: int, number: int = 0
) -> TrainedVersion:
    """Train a version on phones of the `history` stream, in the world before any drift.

    Parameters
    ----------
    name : str
        The version's name, e.g. "v1".
    spec : TrainableModel
        What to train, on how many phones and whose labels.
    factory, inspectors : Factory, Inspectors
        The line that logged the phones, and who labelled them.
    seed : int
        The scenario's seed.
    number : int
        Which history: each logs other phones, and its training leaves other things to chance. Replications that share
        a history share its versions: they are given artefacts that meet many worlds.

    Raises
    ------
    TrainingError
        If fewer than ten phones carry either label.
    ModelError
        If another package's estimator fails.
    """
    features, labels = history(spec.training, factory, inspectors, seed, number)
    minority = int(min(labels.sum(), len(labels) - labels.sum()))
    if minority < 10:
        raise TrainingError(
            f"model {name}: only {minority} of its {len(labels)} training phones carry the rarer label "
            "(10 are needed); raise training.phones or the defect rate"
        )
    return _fitted(name, spec, features, labels, number=number, keep=spec.keeps)


def history(
    training: Training, factory: Factory, inspectors: Inspectors, seed: int, number: int = 0
) -> tuple[Features, Codes]:
    """Return (features, labels) of the phones that one history logged: 1 = rejected by the labeller."""
    streams = Streams(seed, replication=0).branch("history")
    if number:  # the first has the name that it had when there was one only
        streams = streams.branch(str(number))
    world = World(factory, (), streams, training.conditions)
    phones: Phones = world.take(training.phones, frozen_at=0)
    if training.labels == "experts":
        return phones.features, phones.defective.astype(np.int8)
    z, _ = HumanDraws(inspectors, streams).take(len(phones))
    view = view_of(world.ratio_as_known(phones, 0), inspectors.borderline_width)
    d_prime, criterion = inspectors.typical(factory.defect_rate)
    verdicts = evidence(view, d_prime, z) > criterion
    return phones.features, verdicts.astype(np.int8)


def fit(
    name: str,
    spec: TrainableModel,
    features: Features,
    labels: Codes,
    weights: Floats | None = None,
    number: int = 0,
) -> TrainedVersion:
    """Fit, calibrate on out-of-fold scores, and keep those scores for thresholds.

    Parameters
    ----------
    name : str
        The version's name.
    spec : TrainableModel
        What to fit.
    features : array of shape (n, features)
        What the camera saw.
    labels : array of shape (n,)
        1 = rejected by the labeller, 0 = not.
    weights : array of shape (n,), optional
        How many phones each stands for: 1/q for one that was audited with probability q (Horvitz & Thompson 1952).
        They count in fitting, in the calibration and in the threshold. Only their ratios matter: the classifier's
        own regularisation sees as many phones as there are rows.
    number : int
        Of the history: what training leaves to chance (folds, every `random_state`) is moved on by it.

    Raises
    ------
    ModelError
        If another package's estimator fails, or takes no weights.
    """
    return _fitted(name, spec, features, labels, weights, number)


def _fitted(
    name: str, spec: TrainableModel, features: Features, labels: Codes, weights: Floats | None = None,
    number: int = 0, keep: bool = False,
) -> TrainedVersion:  # fmt: skip
    """Fit as `fit` does; `keep` looks on disk first, and keeps there what had to be fitted."""
    library("sklearn", needed_by="training a model")
    with answering_for(name, spec):
        untrained = _moved_on(spec.classifier(), number)
    learn = partial(_learned, name, spec, untrained, features, labels, weights, number)
    learned = kept.obtain(_key(untrained, features, labels, number), learn) if keep else learn()
    classifier, slope, intercept, ranked = learned
    ranked = replace(ranked, name=name)
    ranked.threshold(spec)  # a share that can't be kept is refused before anybody goes by it
    return TrainedVersion(name, spec, classifier, slope, intercept, ranked)


def _key(untrained: Any, features: Features, labels: Codes, number: int) -> str:
    """Return the name of what a classifier of the house learns from these phones, with the folds of a history."""
    settings = repr((type(untrained), sorted(untrained.get_params().items()), features.dtype, features.shape, number))
    return kept.key_of(settings, arithmetic(), np.ascontiguousarray(features).tobytes(), labels.tobytes())


def _learned(
    name: str, spec: TrainableModel, untrained: Any, features: Features, labels: Codes, weights: Floats | None,
    number: int,
) -> tuple[Any, float, float, Ranked]:  # fmt: skip
    """Return a fitted classifier, its calibration, and its training phones by their scores."""
    # scikit-learn takes over a second to import: only when something is trained.
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    weights = None if weights is None else _relative(weights)
    with answering_for(name, spec):
        weighing = _weighing(untrained, weights)
        with one_thread():
            folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=number)
            answer = cross_val_predict(
                untrained, features, labels, cv=folds, method="predict_proba", params=weighing or None
            )
            out_of_fold = _chances(answer, len(labels))
            log_odds = _log_odds(out_of_fold)
            platt = LogisticRegression(C=1e6).fit(log_odds[:, None], labels, sample_weight=weights)
            classifier = clone(untrained).fit(features, labels, **weighing)
    slope, intercept = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    return classifier, slope, intercept, Ranked.of(calibrated(out_of_fold, slope, intercept), labels, weights)


def _moved_on(classifier: Any, number: int) -> Any:
    """Return a classifier with each of its fixed random states moved on: none by 0."""
    fixed = {
        name: value + number
        for name, value in (classifier.get_params().items() if number else ())
        if (name == "random_state" or name.endswith("__random_state")) and isinstance(value, int)
    }
    return classifier.set_params(**fixed) if fixed else classifier


def _relative(weights: Floats) -> Floats | None:
    """Return weights of mean 1, or None where all phones weigh the same."""
    if not (np.isfinite(weights) & (weights > 0.0)).all():
        raise ValueError("weights are positive numbers")
    relative = weights / weights.mean()
    return None if np.all(weights == weights[0]) else relative


def _weighing(untrained: Any, weights: Floats | None) -> dict[str, Floats]:
    """Return the keyword arguments of fit() by which a classifier takes weights."""
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import has_fit_parameter

    if weights is None:
        return {}
    if lacking := weightless(untrained):
        raise TypeError(f"{lacking}.fit takes no sample_weight, which labels from audits need")
    takers = [""]
    if isinstance(untrained, Pipeline):
        takers = [f"{name}__" for name, step in untrained.steps if has_fit_parameter(step, "sample_weight")]
    return {f"{taker}sample_weight": weights for taker in takers}


def weightless(untrained: Any) -> str | None:
    """Return the name of the class that decides if its fit() takes no weights, else None."""
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import has_fit_parameter

    decides = untrained.steps[-1][1] if isinstance(untrained, Pipeline) else untrained
    return None if has_fit_parameter(decides, "sample_weight") else type(decides).__name__
