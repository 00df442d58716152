"""Model versions: trained by driftline, brought by a package, or known by a file of scores."""

from sim.inspectors.model.spec import KINDS, Model, ModelError, ModelSpec
from sim.inspectors.model.threads import one_thread
from sim.inspectors.model.thresholds import Offline, Ranked
from sim.inspectors.model.training import TrainableModel, TrainedVersion, Training, TrainingError, fit, train
from sim.inspectors.model.versions import ModelVersion, SeesImages

__all__ = [
    "KINDS",
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
