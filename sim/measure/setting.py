"""What a log alone does not say, and measuring needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.deployment.telemetry.labels import Audits
from sim.line.route import Arm
from sim.measure.costs import Costs


@dataclass(frozen=True, slots=True)
class Setting:
    """Who was on duty, what was running, what things cost, from when on to measure.

    `deployed` gives, per model version, the (from_us, until_us) periods in which a route asked for it; `arms` are those
    that were routed, by name.
    """

    staff: int
    replicas: Mapping[str, int]
    deployed: Mapping[str, Sequence[tuple[int, int]]]
    costs: Costs
    audits: Audits
    arms: Mapping[str, Arm]
    warm_up_us: int = 0
