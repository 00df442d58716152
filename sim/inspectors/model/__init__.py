"""Model versions: trained by driftline, brought by a package, or known by a file of scores."""

from sim.inspectors.model.sampled import SampledVersion, Scores, read_scores
from sim.inspectors.model.thresholds import ModelError, Offline, Ranked
from sim.inspectors.model.training import (
    Estimator,
    Model,
    TrainedVersion,
    Training,
    TrainingError,
    fit,
    one_thread,
    train,
)
from sim.inspectors.model.versions import AnyModel, ModelSpec, ModelVersion, obtain

__all__ = [
    "AnyModel",
    "Estimator",
    "Model",
    "ModelError",
    "ModelSpec",
    "ModelVersion",
    "Offline",
    "Ranked",
    "SampledVersion",
    "Scores",
    "TrainedVersion",
    "Training",
    "TrainingError",
    "fit",
    "obtain",
    "one_thread",
    "read_scores",
    "train",
]
