"""The common case: what every contestant can do. Half of the phones go to a model, the others to inspectors.

The model has a review band, inspectors look where it is unsure, and the route never changes. The phones are those of
the standard comparison; all contestants get the same columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whole_runs import whole_world

from sim import load
from sim.deployment.rollout import Rollout
from sim.experiment.replication import build_plant
from sim.experiment.world_block import WorldBlock, image_log
from sim.factory.records import Records
from sim.inspectors.human.detection import HumanColumns, evidence
from sim.inspectors.image_log import ImageLog
from sim.inspectors.model import ModelVersion
from sim.line.engines import ENGINES
from sim.line.route import Route
from sim.line.stations import Columns, Plant
from sim.scenario import Scenario

Times = NDArray[np.int64]
Floats = NDArray[np.float64]

STANDARD = Path(__file__).resolve().parents[2] / "scenarios" / "standard.yaml"
CANDIDATE = "v2"
WEIGHT = 50.0  #: percent of the phones that go to the model
REVIEW = 0.08  #: share of its training phones in the model's review band


def standard(horizon_us: int | None = None) -> Scenario:
    """Return the standard comparison, perhaps shorter or longer."""
    scenario = load(STANDARD)
    return scenario if horizon_us is None else scenario.model_copy(update={"horizon": horizon_us})


@dataclass(frozen=True)
class CommonCase:
    """A block of phones: the whole world, and the one model version that meets them."""

    scenario: Scenario
    versions: Mapping[str, ModelVersion]
    block: WorldBlock

    @classmethod
    def of(cls, scenario: Scenario, versions: Mapping[str, ModelVersion]) -> CommonCase:
        """Make the scenario's phones; of the versions only the candidate is asked."""
        candidate = {CANDIDATE: versions[CANDIDATE]}
        return cls(scenario, candidate, whole_world(scenario, candidate, replication=0))

    def __len__(self) -> int:
        return len(self.columns.due_us)

    @property
    def columns(self) -> Columns:
        return self.block.columns

    @cached_property
    def records(self) -> Records:
        return Records.of(self.block.phones)

    @cached_property
    def images(self) -> ImageLog:
        images = image_log(self.scenario, (), self.versions, len(self))
        images.add(self.block.phones, self.columns.score)
        return images

    @cached_property
    def blocks(self) -> list[WorldBlock]:
        """The same phones in the blocks in which the scenario is run."""
        columns, size = self.columns, self.scenario.block
        starts = range(0, len(self), size)
        ends = [int(columns.due_us[start]) - 1 for start in starts[1:]] + [self.scenario.horizon]
        human = columns.human
        return [
            replace(
                self.block,
                columns=Columns(
                    columns.due_us[cut], columns.u_arm[cut], columns.u_mirror[cut],
                    HumanColumns(human.view[cut], human.z[cut], human.service_us[cut], human.u_defer[cut]),
                    {name: column[cut] for name, column in columns.score.items()},
                    {name: column[cut] for name, column in columns.service_us.items()}, cut.start,
                ),
                until_us=end,
            )
            for cut, end in zip((slice(start, start + size) for start in starts), ends, strict=True)
        ]  # fmt: skip

    @cached_property
    def plant(self) -> Plant:
        return build_plant(self.scenario, self.versions, self.scenario.inspectors.count)

    @cached_property
    def route(self) -> Route:
        rollout = Rollout("humans", CANDIDATE, self.versions, "humans", self.scenario.horizon)
        rollout.candidate = rollout.arm(CANDIDATE, REVIEW)
        rollout.set_weight(WEIGHT)
        return rollout.route

    @property
    def cut_offs(self) -> tuple[float, float]:
        """Between them the model asks a human."""
        arm = self.route.arms[0]
        return arm.low, arm.high

    @property
    def score(self) -> Floats:
        return self.columns.score[CANDIDATE]

    @property
    def model_us(self) -> Times:
        return self.columns.service_us[CANDIDATE]

    @property
    def human_rejects(self) -> NDArray[np.bool_]:
        """What a human would say of each phone."""
        human = self.columns.human
        return evidence(human.view, self.plant.d_prime, human.z) > self.plant.criterion

    def on_engine(self, engine: str) -> Any:
        """Run driftline's engine alone, up to the horizon; its log is not asked for."""
        line = self.standing(engine)
        line.advance(self.scenario.horizon)
        return line

    def standing(self, engine: str) -> Any:
        """Return a line with its phones and its route, before the first event."""
        line = ENGINES[engine](self.plant, self.columns, self.scenario.horizon)
        line.set_route(self.route)
        return line
