"""A world block: a piece of one replication's phones, and what every version says of them. All strategies share it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.columns import Floats
from sim.deployment.strategy import Strategy
from sim.factory.camera_faults import FaultyCamera
from sim.factory.faults import CameraNulls, CameraStuck
from sim.factory.phones import Phones
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.human.detection import HumanColumns, HumanDraws
from sim.inspectors.image_log import ImageLog
from sim.inspectors.model import ModelVersion
from sim.inspectors.model.nulls import score_phones
from sim.line.shop.spec import ShopDraws
from sim.line.stations import Columns
from sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class WorldBlock:
    """A block of one replication's phones, and what every engine needs to run them: shared by the strategies."""

    phones: Phones
    columns: Columns
    until_us: int  #: up to here these phones are all that matter: later ones are due later
    world: World
    logging: Floats  #: uniforms that say which pictures are logged
    drawn_by: tuple[int, int]  #: the seed and the replication

    def luck_of_people(self, count: int) -> Floats:
        """Return how the first so many inspectors differ, shape (count, 3), standard normal; more change nobody."""
        luck: Floats = Streams(*self.drawn_by).open("human.people").standard_normal((count, 3))
        return luck


def world_blocks(
    scenario: Scenario, versions: Mapping[str, ModelVersion], replication: int, size: int
) -> Iterator[WorldBlock]:
    """Make one replication's world block by block, and score it in bulk. The cuts change nothing."""
    return cut_blocks(scenario, versions, replication, lambda world: world.blocks(scenario.horizon, size))


def world_is_made_of(scenario: Scenario, replication: int) -> dict[str, Any]:
    """Return all that `world_blocks` goes by beside the versions, as data: where it is the same, so are the blocks.

    Of a version they hold its scores, which `Model.learns_from` tells, and its times in service.
    """
    made_of: dict[str, Any] = {
        "seed": scenario.seed,
        "replication": replication,
        "factory": scenario.factory.model_dump(mode="json"),
        "drift": [event.model_dump(mode="json") for event in scenario.drift],
        "looks": scenario.inspectors.as_drawn(),
        "horizon": scenario.horizon,
        "block": scenario.block,
        "service": {name: model.serving.service.model_dump(mode="json") for name, model in scenario.models.items()},
    }
    networks = {name: model.serving.network for name, model in scenario.models.items()}
    if any(networks.values()):
        made_of["networks"] = {
            name: None if each is None else each.model_dump(mode="json", exclude={"partitions"})
            for name, each in networks.items()
        }
    if camera := [fault for fault in scenario.faults if isinstance(fault, CameraStuck | CameraNulls)]:
        made_of["faults"] = [fault.model_dump(mode="json") for fault in camera]
        made_of["missing"] = {name: model.missing for name, model in scenario.models.items()}
    if scenario.stations:
        made_of["stations"] = [station.model_dump(mode="json") for station in scenario.stations]
    return made_of


def expected_phones(scenario: Scenario) -> int:
    """Return how many phones are due before the horizon, but for chance: a first guess at sizes that grow."""
    return scenario.factory.arrivals.expected(scenario.horizon)


def cut_blocks(
    scenario: Scenario,
    versions: Mapping[str, ModelVersion],
    replication: int,
    cut: Callable[[World], Iterable[tuple[Phones, int]]],
) -> Iterator[WorldBlock]:
    """Make one replication's world as it is cut, each piece with the moment up to which it is all that matters."""
    streams = Streams(scenario.seed, replication)
    camera = FaultyCamera.of(scenario.faults, streams, scenario.horizon)
    world = World(scenario.factory, scenario.drift, streams, camera=camera)
    looks = HumanDraws(scenario.inspectors, streams)
    serving = {name: streams.open(f"serving.{name}") for name in versions}
    networks = {
        name: (network, streams.open(f"network.{name}"))
        for name, version in versions.items()
        if (network := version.spec.serving.network) is not None
    }
    logging = streams.open("logging")
    arrivals = scenario.factory.arrivals
    thinking = streams.open("arrivals.think") if arrivals.is_rig else None
    work = ShopDraws(scenario.stations, streams)
    chance = {name: streams.open(f"score.{name}") for name in versions}
    for phones, until_us in cut(world):
        ways = {name: network.ways_us(stream, len(phones)) for name, (network, stream) in networks.items()}
        yield WorldBlock(
            phones,
            Columns(
                phones.due_us,
                phones.u_arm,
                phones.u_mirror,
                HumanColumns.of(scenario.inspectors, world, phones, looks),
                {name: score_phones(version, phones, chance[name]) for name, version in versions.items()},
                {
                    name: version.spec.serving.service.draw_us(serving[name], len(phones))
                    for name, version in versions.items()
                },
                phones.first,
                None if thinking is None else arrivals.think_us(thinking, len(phones)),
                shops=work.take(len(phones)),
                up_us={name: there for name, (there, _) in ways.items()},
                down_us={name: back for name, (_, back) in ways.items()},
            ),
            until_us,
            world,
            logging.random(len(phones)),
            (scenario.seed, replication),
        )


def image_log(
    scenario: Scenario, strategies: Sequence[Strategy], versions: Mapping[str, ModelVersion], room: int
) -> ImageLog:
    """Return an empty image log; features are kept in it if anybody is going to learn from them."""
    learns = any(strategy.retraining is not None for strategy in strategies)
    return ImageLog(versions, len(scenario.factory.feature_names()) if learns else 0, room)
