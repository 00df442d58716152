from typing import Literal

from sim.deployment.monitoring.detectors import DetectorSpec


class Jump(DetectorSpec):
    """Alarms where a value lies so far above the one before."""

    kind: Literal["acme_jump"] = "acme_jump"
    by: float = 0.3

    def reader(self):
        return Reader(self.by)


class Reader:
    learn, warns, statistic = 0, False, None

    def __init__(self, by):
        self.limit, self.before = by, None

    def learned(self, first):
        pass

    def read(self, values):
        for at, value in enumerate(values.tolist()):
            before, self.before = self.before, value
            if before is not None:
                self.statistic = value - before
                if self.statistic >= self.limit:
                    return at
        return None
