"""Drift detectors as pure arithmetic: they know numbers, nothing of the simulator.

A specification (a frozen model that a scenario file may hold, told apart by `kind`) starts a watch, and the watch reads
the stream in batches of any size: `spec.start().update(values)`. See `watch` for what all of them share. A detector is
one file: its specification registers itself in `DETECTORS`.
"""

from sim.deployment.monitoring.detectors.watch import (
    DETECTORS,
    Detector,
    DetectorSpec,
    Phase,
    Polarity,
    Watch,
    alarms,
)

__all__ = ["DETECTORS", "Detector", "DetectorSpec", "Phase", "Polarity", "Watch", "alarms"]
