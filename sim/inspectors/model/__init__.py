"""Model versions: trained by driftline, brought by a package, or known by a file of scores."""

from sim.inspectors.model.spec import (
    KINDS,
    FittedVersion,
    Model,
    ModelError,
    ModelSpec,
    ModelVersion,
    Offline,
    SeesImages,
    TrainingError,
)
from sim.inspectors.model.threads import one_thread
from sim.inspectors.model.thresholds import Ranked
from sim.inspectors.model.training import TrainableModel, TrainedVersion, Training, fit, train

__all__ = [
    "KINDS",
    "FittedVersion",
    "Model",
    "ModelError",
    "ModelSpec",
    "ModelVersion",
    "Offline",
    "Ranked",
    "SeesImages",
    "TrainableModel",
    "TrainedVersion",
    "Training",
    "TrainingError",
    "fit",
    "one_thread",
    "train",
]
