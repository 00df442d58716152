"""Model versions: really trained on logged phones with the labels a factory has, and scored in bulk.

Nothing here sets an accuracy. A version is a scikit-learn classifier on camera features, calibrated on its own
out-of-fold scores (Platt) and given a threshold there so that it would have rejected `reject_share` of its training
phones. After that it is frozen: what it does on a drifted line is what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sim.factory.phones import Factory, Phones, World
from sim.factory.streams import Streams
from sim.inspectors.human import HumanDraws, Inspectors, evidence, view_of
from sim.inspectors.serving import Serving
from sim.units import Factor, Share

Floats = NDArray[np.float64]

#: Scores are rounded to this, so that the last bits of a BLAS never decide a verdict.
SCORE_GRID = 2.0**20
#: A cut-off that no probability reaches.
NEVER = 2.0


class Training(BaseModel):
    """The phones a version was trained on: logged before the start, labelled as the factory could."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phones: int = Field(20_000, ge=100, le=2_000_000, description="logged phones (assumption)")
    labels: Literal["inspectors", "experts"] = Field(
        "inspectors",
        description="whose verdicts are the labels: inspectors' (noisy) or an expert's second look",
    )
    conditions: dict[str, Factor] = Field(
        default_factory=dict,
        description="where the log came from, if not from this line: e.g. camera.contrast: 130% in a laboratory",
    )


class Model(BaseModel):
    """A model version as the scenario file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["logistic", "boosted_trees"] = "logistic"
    training: Training = Training()
    reject_share: Share = Field(
        "5%",
        validate_default=True,
        description="share of its training phones it would reject: sets the threshold",
    )
    serving: Serving = Serving()


class TrainingError(ValueError):
    """The training phones can't teach anything, e.g. no rejected phone among them."""


@dataclass(frozen=True, slots=True)
class Offline:
    """What a version did with labelled phones that it had not been trained on (out of fold), by those labels."""

    recall: float
    overkill: float


@dataclass(frozen=True)
class ModelVersion:
    """A trained version, frozen until someone retrains it."""

    name: str
    spec: Model
    classifier: Any
    slope: float  #: Platt calibration of the classifier's log-odds
    intercept: float
    ranked: Floats  #: calibrated out-of-fold scores, rising
    offline: Offline

    @property
    def threshold(self) -> float:
        """A score above it is a reject."""
        return self._score_at(self.spec.reject_share)

    def cut_offs(self, review: float | None) -> tuple[float, float]:
        """Return (low, high): reject above high, pass up to low, and between them ask a human.

        The band takes `review` of the training phones, half of it on either side of the threshold's rank.
        """
        if review is None:
            return self.threshold, self.threshold
        above = max(self.spec.reject_share - review / 2.0, 0.0)
        return self._score_at(min(above + review, 1.0)), self._score_at(above)

    def _score_at(self, share: float) -> float:
        """Return the cut-off that `share` of the training phones exceed."""
        if share <= 0.0:
            return NEVER
        if share >= 1.0:
            return -1.0
        return float(np.quantile(self.ranked, 1.0 - share, method="higher"))

    def score(self, features: NDArray[np.float32]) -> Floats:
        """Return calibrated P(label is reject), shape (n,), on a grid of 2**-20."""
        if len(features) == 0:
            return np.empty(0)
        with one_thread():
            raw = self.classifier.predict_proba(features)[:, 1]
        return calibrated(raw, self.slope, self.intercept)


def calibrated(raw: Floats, slope: float, intercept: float) -> Floats:
    log_odds = np.log(np.clip(raw, 1e-9, 1.0) / np.clip(1.0 - raw, 1e-9, 1.0))
    probability = 1.0 / (1.0 + np.exp(-(slope * log_odds + intercept)))
    rounded: Floats = np.floor(probability * SCORE_GRID + 0.5) / SCORE_GRID
    return rounded


def one_thread() -> Any:
    """Fit and predict on one thread: the order of additions, and so the last bits, must not depend on cores."""
    return _libraries().limit(limits=1)


@cache
def _libraries() -> Any:
    """Find the thread pools once: it takes milliseconds, and scikit-learn has loaded them by now."""
    import sklearn  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def train(name: str, spec: Model, factory: Factory, inspectors: Inspectors, seed: int) -> ModelVersion:
    """Train a version on phones of the `history` stream, in the world before any drift.

    Parameters
    ----------
    name : str
        The version's name, e.g. "v1".
    spec : Model
        What to train, on how many phones and whose labels.
    factory, inspectors : Factory, Inspectors
        The line that logged the phones, and who labelled them.
    seed : int
        The scenario's seed. Replications share the versions: they are given artefacts that meet many worlds.

    Raises
    ------
    TrainingError
        If fewer than ten phones carry either label.
    """
    features, labels = history(spec.training, factory, inspectors, seed)
    minority = int(min(labels.sum(), len(labels) - labels.sum()))
    if minority < 10:
        raise TrainingError(
            f"model {name}: only {minority} of its {len(labels)} training phones carry the rarer label "
            "(10 are needed); raise training.phones or the defect rate"
        )
    return fit(name, spec, features, labels)


def history(
    training: Training, factory: Factory, inspectors: Inspectors, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return (features, labels) of the logged phones: 1 = rejected by the labeller."""
    streams = Streams(seed, replication=0).branch("history")
    world = World(factory, (), streams, training.conditions)
    phones: Phones = world.take(training.phones, frozen_at=0)
    if training.labels == "experts":
        return phones.features, phones.defective.astype(np.int8)
    z, _ = HumanDraws(inspectors, streams).take(len(phones))
    view = view_of(world.ratio_as_known(phones, 0), inspectors.borderline_width)
    verdicts = evidence(view, inspectors.d_prime, z) > inspectors.criterion
    return phones.features, verdicts.astype(np.int8)


def fit(name: str, spec: Model, features: NDArray[np.float32], labels: NDArray[np.int8], weights=None) -> ModelVersion:
    """Fit, calibrate on out-of-fold scores, and keep those scores' ranks for thresholds."""
    # scikit-learn takes over a second to import: only when something is trained.
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    with one_thread():
        folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=0)
        out_of_fold = cross_val_predict(_untrained(spec), features, labels, cv=folds, method="predict_proba")[:, 1]
        log_odds = np.log(np.clip(out_of_fold, 1e-9, 1.0) / np.clip(1.0 - out_of_fold, 1e-9, 1.0))
        platt = LogisticRegression(C=1e6).fit(log_odds[:, None], labels)
        classifier = _untrained(spec).fit(features, labels)
    slope, intercept = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    ranked = np.sort(calibrated(out_of_fold, slope, intercept))
    version = ModelVersion(name, spec, classifier, slope, intercept, ranked, Offline(0.0, 0.0))
    rejected = calibrated(out_of_fold, slope, intercept) > version.threshold
    return replace(version, offline=Offline(float(rejected[labels == 1].mean()), float(rejected[labels == 0].mean())))


def _untrained(spec: Model) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if spec.kind == "logistic":
        return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    return HistGradientBoostingClassifier(
        max_iter=30, learning_rate=0.2, max_leaf_nodes=8, min_samples_leaf=60, l2_regularization=5.0,
        early_stopping=False, random_state=0,
    )  # fmt: skip
