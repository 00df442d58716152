"""Between these two every detector stands: one that never alarms, and one that alarms at every look."""

from __future__ import annotations

from typing import Literal

from sim.columns import Floats
from sim.deployment.monitoring.detectors.watch import DETECTORS, DetectorSpec


@DETECTORS.register("never", 12)
class Never(DetectorSpec):
    """Never alarms: no false alarm, and no drift found.

    >>> Never().start().update([1.0, 1.0, 1.0])
    """

    kind: Literal["never"] = "never"

    def reader(self) -> _BoundReader:
        return _BoundReader(alarms=False)


@DETECTORS.register("always", 13)
class Always(DetectorSpec):
    """Alarms at the first value it is shown: at every look, when it is reset after each. No drift is found earlier.

    >>> Always().start().update([0.0, 0.0, 0.0])
    0
    """

    kind: Literal["always"] = "always"

    def reader(self) -> _BoundReader:
        return _BoundReader(alarms=True)


class _BoundReader:
    learn = 0
    statistic: float | None = None
    limit: float | None = None
    warns = False

    def __init__(self, alarms: bool) -> None:
        self._alarm = 0 if alarms else None

    def learned(self, first: Floats) -> None:
        raise NotImplementedError("there is nothing to learn")

    def read(self, values: Floats) -> int | None:
        return self._alarm
