"""The key of a world: where it stays, so does every column of every phone, and it moves where one of them does."""

from __future__ import annotations

import pytest
from equal import difference

from sim.document import Document
from sim.document.overrides import overridden
from sim.experiment.world_block import world_blocks, world_is_made_of
from sim.scenario import Scenario, from_document

PLAIN = {
    "driftline": 1,
    "horizon": "3h",
    "factory": {"defect_rate": "10%", "arrivals": {"kind": "takt", "every": "20s"}},
    "inspectors": {"service": {"law": "lognormal", "mean": "21s"}},
    "drift": [{"name": "lamp", "what": "standard.tolerance", "profile": "sudden", "at": "1h", "to": "50%"}],
    "strategies": [{"pattern": "canary"}],
}
STAYS = (
    "name=other", "replications=3", "warm_up=1h", "inspectors.count=7", "inspectors.d_prime=1.5",
    "inspectors.criterion=0.2", "inspectors.buffer=4", "inspectors.when_full=ship", "models.v1.reject_share=20%",
    "models.v1.training.labels=experts", "models.v1.serving.replicas=3", "deployment.start=2h", "audits.of_passes=50%",
    "returns.of_good=1%", "costs.escape=$1", "matters={escape_rate: 1pt}", "strategies.canary.steps=[50]",
    "deployment.fallback=nobody",
)  # fmt: skip
MOVES = (
    "seed=2", "horizon=4h", "block=100", "factory.defect_rate=12%", "factory.arrivals.every=15s", "factory.lots.size=50",
    "factory.camera.noise=0.4", "drift.lamp.to=10%", "drift.lamp.at=2h", "drift=[]", "inspectors.service.mean=9s",
    "inspectors.borderline_width=0.5", "inspectors.briefing=1h",
)  # fmt: skip


def changed(*changes: str) -> Scenario:
    return from_document(overridden(Document.of(dict(PLAIN)), changes), "plain")


def columns(scenario: Scenario) -> list[object]:
    """Return all that strategies share, but for what versions say."""
    blocks = world_blocks(scenario, {}, 0, scenario.block)
    return [[block.phones, block.columns, block.until_us, block.logging] for block in blocks]


@pytest.mark.parametrize("change", STAYS)
def test_where_the_key_stays_so_does_the_world(change: str) -> None:
    plain, moved = changed(), changed(change)
    assert world_is_made_of(plain, 0) == world_is_made_of(moved, 0)
    assert difference(columns(plain), columns(moved)) is None


@pytest.mark.parametrize("change", MOVES)
def test_where_the_world_moves_so_does_the_key(change: str) -> None:
    plain, moved = changed(), changed(change)
    assert world_is_made_of(plain, 0) != world_is_made_of(moved, 0)
    assert difference(columns(plain), columns(moved)) is not None


def test_every_replication_is_a_world_of_its_own() -> None:
    assert world_is_made_of(changed(), 0) != world_is_made_of(changed(), 1)
