"""Plans carried out on scripted samples, with no line behind them: what the tests of plans are written in."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import sim
from sim.deployment.analysis.measurement import Sample
from sim.deployment.analysis.spec import Metric
from sim.deployment.rollout import Rollout
from sim.deployment.strategy import PATTERNS
from sim.report.text.sentences import sentence
from sim.units import HOUR, MINUTE

GOOD, BAD, NOTHING = Sample(0.01, 0.01, 1000), Sample(0.5, 0.01, 1000), Sample(None, None, 0)
Script = Callable[[int, Metric], Sample]
MODEL: Any = SimpleNamespace(cut_offs=lambda review: (0.5, 0.5))


class Replay(Rollout):
    """A rollout whose metrics are scripted; it writes down the candidate's share whenever that changes."""

    def __init__(self, script: Script, horizon_us: int) -> None:
        super().__init__("humans", "v1", {"v1": MODEL}, "humans", horizon_us)
        self.script = script
        self.query: list[tuple[int, str]] = []

    def sample(self, metric: Metric, since_us: int) -> Sample:
        self.query.append((self.now // MINUTE, getattr(metric, "title", metric.metric)))
        return self.script(self.now, metric)

    @property
    def share(self) -> float:
        """Of the new version, on its way back too."""
        if self.stable.name != "v1":
            return self.weight
        return 100.0 - (self.weight if self.candidate.name != "v1" else 0.0)


def always(sample: Sample) -> Script:
    return lambda now, metric: sample


ALL_GOOD = always(GOOD)


def from_minute(minute: int, sample: Sample) -> Script:
    return lambda now, metric: sample if now >= minute * MINUTE else GOOD


def replay(pattern: str, script: Script = ALL_GOOD, hours: int = 48, **settings: Any) -> tuple[Replay, list[Any]]:
    """Return the rollout and [(minute, candidate's share in percent), ...]: the shares over time."""
    spec = sim.build(horizon=f"{hours}h", models={"v1": {}}, strategies=[{"pattern": pattern, **settings}]).strategies[
        0
    ]
    assert isinstance(spec, PATTERNS[pattern])
    rollout = Replay(script, hours * HOUR)
    playbook, shares = PATTERNS[pattern].declared.playbook(rollout, **spec.settings()), [(0, 0.0)]
    while rollout.now < rollout._horizon_us:
        try:
            pause = next(playbook)
        except StopIteration:
            pause = rollout._horizon_us
        if rollout.share != shares[-1][1]:
            shares.append((rollout.now // MINUTE, rollout.share))
        assert pause >= 1
        rollout.now = min(rollout.now + pause, rollout._horizon_us)
    return rollout, shares


def text(rollout: Rollout, kind: str) -> list[str]:
    return [sentence(note) for note in rollout.events if note.kind == kind]
