"""Drift detectors as pure arithmetic: they know numbers, nothing of the simulator.

A specification (a frozen model that a scenario file may hold, told apart by `kind`) starts a watch, and the watch reads
the stream in batches of any size: `spec.start().update(values)`. See `watch` for what all of them share.
"""

from typing import Annotated

from pydantic import Field

from sim.deployment.monitoring.detectors.bernoulli import BernoulliCusum
from sim.deployment.monitoring.detectors.bounds import Always, Never
from sim.deployment.monitoring.detectors.charts import Cusum, Ewma
from sim.deployment.monitoring.detectors.from_river import Adwin, Ddm, HddmA, HddmW, Kswin, PageHinkley
from sim.deployment.monitoring.detectors.watch import DetectorSpec, Phase, Polarity, Watch, alarms
from sim.deployment.monitoring.detectors.windows import Ks, Psi

AnyDetector = (
    BernoulliCusum | Cusum | Ewma | Adwin | PageHinkley | Ddm | HddmA | HddmW | Kswin | Ks | Psi | Never | Always
)
Detector = Annotated[AnyDetector, Field(discriminator="kind")]

__all__ = [
    "Adwin",
    "Always",
    "AnyDetector",
    "BernoulliCusum",
    "Cusum",
    "Ddm",
    "Detector",
    "DetectorSpec",
    "Ewma",
    "HddmA",
    "HddmW",
    "Ks",
    "Kswin",
    "Never",
    "PageHinkley",
    "Phase",
    "Polarity",
    "Psi",
    "Watch",
    "alarms",
]
