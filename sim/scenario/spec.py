"""Scenario: everything a run needs, composed of the parts' own specifications."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.deployment.strategy import PATTERNS, Strategy
from sim.deployment.telemetry.faults import LabelsClock, LoggerSlow
from sim.deployment.telemetry.labels import Audits, Returns
from sim.document.characters import Line
from sim.document.choice import Choice
from sim.factory.drift import DriftEvent
from sim.factory.faults import CameraNulls, CameraStuck
from sim.factory.spec import Factory
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.model import ModelSpec
from sim.line.route import Fallback
from sim.line.shop.spec import Station
from sim.measure.costs import Costs
from sim.measure.margin import Margin, parse_margin
from sim.measure.metric import TRUE_METRICS
from sim.scenario.estimates import remarks_on_estimates
from sim.units import Duration, PositiveDuration

#: The version of the scenario format.
FORMAT = 1
#: More phones than this in one replication would not fit a small machine's memory.
MOST_PHONES = 20_000_000


Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Replications = Annotated[int, Field(ge=1, le=100_000)]
TrainReplications = Annotated[int, Field(ge=1, le=10_000)]


class Deployment(BaseModel):
    """Who decides today, who is to be rolled out, and from when on: the default of every strategy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stable: str = Field("humans", description="humans, nobody, or a model's name")
    candidate: str = Field("v1", description="the decider to be rolled out")
    start: Duration = Field("0s", validate_default=True, description="when the rollouts start")
    fallback: Fallback = Field(
        "humans",
        description="while a model is down: humans decide (fail over), nobody: ship (fail open), reject (fail closed)",
    )


ScenarioFault = Annotated[CameraStuck | CameraNulls | LoggerSlow | LabelsClock, Field(discriminator="kind")]


def _usual_strategies() -> tuple[Strategy, ...]:
    return tuple(strategy(pattern=name) for name, strategy in PATTERNS.items() if strategy.declared.usual)


class Scenario(BaseModel):
    """A line, its world, its deciders and the strategies to compare. Frozen; see `load`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    driftline: Literal[1] = Field(description="version of the scenario format")
    name: str = Field("scenario", pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$", max_length=80)
    title: Line = Field("", max_length=200, description="what the scenario asks, in one line")
    topic: Line = Field("", max_length=40, description="under which heading `driftline list` shows it")
    seed: Seed = 1
    replications: Replications = 10
    train_replications: TrainReplications = Field(
        1,
        description="from how many histories the models are trained: 1, or at least 5, of which replications is a "
        "multiple; replication r meets the versions of history r mod this number, and intervals cover the model, too",
    )
    horizon: PositiveDuration = Field("3d", validate_default=True)
    warm_up: Duration = Field("0s", validate_default=True, description="what happens before is not measured")
    block: int = Field(
        32_768, ge=1, le=MOST_PHONES, description="phones made and run at a time: costs memory, changes no number"
    )
    factory: Factory = Factory()
    drift: tuple[DriftEvent, ...] = ()
    faults: tuple[ScenarioFault, ...] = Field((), max_length=100, description="what is out of order, beside servers")
    stations: tuple[Station, ...] = Field(
        (), max_length=50, description="work stations before inspection and after it; none: phones are only inspected"
    )
    inspectors: Inspectors = Inspectors()
    models: dict[str, ModelSpec] = Field(default_factory=lambda: {"v1": {}}, validate_default=True)
    deployment: Deployment = Deployment()
    audits: Audits = Audits()
    returns: Returns = Returns()
    costs: Costs = Costs()
    matters: dict[str, str | float] = Field(
        default_factory=dict,
        description="from which difference on a metric matters: {escape_rate: 0.5pt, latency_p95_s: 0.5s, "
        "cost_per_1000: 1%}; smaller ones make nobody best or worse",
    )
    strategies: tuple[Annotated[Strategy, Choice(PATTERNS, "pattern")], ...] = Field(
        default_factory=_usual_strategies, min_length=1, max_length=100
    )

    def resolved(self, strategy: Strategy) -> Strategy:
        """Return the strategy with the scenario's defaults filled in."""
        deployment = self.deployment
        return strategy.model_copy(
            update={
                "name": strategy.title,
                "staff": self.inspectors.count if strategy.staff is None else strategy.staff,
                "stable": strategy.stable or deployment.stable,
                "candidate": strategy.candidate or deployment.candidate,
                "start": deployment.start if strategy.start is None else strategy.start,
                "fallback": strategy.fallback or deployment.fallback,
            }
        )

    @property
    def deciders(self) -> frozenset[str]:
        """The names of all whom some strategy can ask: people, and the models that have to be there."""
        return frozenset(name for given in self.strategies for name in self.resolved(given).deciders)

    def margin(self, metric: str) -> Margin:
        """Return from which difference on a metric matters: as the scenario says, or as the metric does."""
        known = TRUE_METRICS[metric]
        return parse_margin(self.matters[metric], known.unit) if metric in self.matters else known.matters

    def remarks(self) -> tuple[str, ...]:
        """Return what has to stand beside every result.

        That is which of its models are not what a line would meet, which no history changes though intervals are to
        cover models, and what estimates without labels are relative to.
        """
        models = tuple(f"{name}: {model.remark}" for name, model in self.models.items() if model.remark)
        fixed = tuple(f"{name}: {told}" for name, told in self.untrained().items())
        return (*models, *fixed, *remarks_on_estimates(map(self.resolved, self.strategies), self.models, self.audits))

    def untrained(self) -> dict[str, str]:
        """Return of models in use that no history changes, where several were wanted, what that means."""
        if self.train_replications == 1:
            return {}
        told = f"no history changes it: intervals over {self.train_replications} histories hold for it as it is"
        asked = self.deciders
        return {n: told for n, model in self.models.items() if n in asked and not model.by_history}
