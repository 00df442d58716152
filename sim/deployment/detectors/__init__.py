"""Stub until the real ones land."""

from pydantic import BaseModel, ConfigDict


class _State:
    statistic = 0.0

    def update(self, values):
        return None

    def reset(self):
        pass


class Detector(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: str = "stub"

    def start(self):
        return _State()
