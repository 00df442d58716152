"""What a scenario file may say of the way to a model's server, and what the draws for it are."""

from __future__ import annotations

import numpy as np
import pytest

import sim
from sim.document.problems import ScenarioError
from sim.experiment.world_block import world_is_made_of
from sim.inspectors.serving.network import Network


def built(**serving):
    return sim.build(horizon="1d", models={"v1": {"serving": serving}}, strategies=[{"pattern": "manual"}])


def test_the_default_round_trip_is_that_of_the_facts():
    there, back = Network(megabytes=0).ways_us(np.random.default_rng(3), 200_000)
    median, p99 = np.quantile(there + back, [0.5, 0.99])
    assert median == pytest.approx(120_000, rel=0.02)
    assert p99 == pytest.approx(500_000, rel=0.05)


def test_cutting_the_draws_into_blocks_changes_nothing():
    whole = Network().ways_us(np.random.default_rng(5), 9)
    stream = np.random.default_rng(5)
    parts = [Network().ways_us(stream, count) for count in (2, 7)]
    assert [np.concatenate(way).tolist() for way in zip(*parts, strict=True)] == [way.tolist() for way in whole]


@pytest.mark.parametrize(
    ("serving", "place", "said"),
    [
        ({"timeout": "2s", "buffer": 3}, "models.v1.serving.when_full", "say ship or reject, or leave out buffer"),
        ({"network": {}, "buffer": 3}, "models.v1.serving.when_full", "can't stop the line"),
        (
            {"network": {"partitions": [{"at": "1h", "lasts": "5min"}]}},
            "models.v1.serving.network.partitions",
            "add serving.timeout",
        ),
        (
            {"timeout": "2s", "network": {"partitions": [{"at": "30h", "lasts": "5min"}]}},
            "models.v1.serving.network.partitions.0.at",
            "starts after the horizon of 1d",
        ),
        (
            {"timeout": "2s", "network": {"partitions": [{"at": "2h", "lasts": "1h"}, {"at": "3h", "lasts": "5min"}]}},
            "models.v1.serving.network.partitions.1.at",
            "come in order of time and do not touch",
        ),
        ({"timeout": "0s"}, "models.v1.serving.timeout", "0"),
        ({"network": {"megabits_per_second": 0}}, "megabits_per_second", "more than 0.0"),
    ],
)
def test_refusals(serving, place, said):
    with pytest.raises(ScenarioError) as refused:
        built(**serving)
    assert place in str(refused.value)
    assert said in str(refused.value)


def test_a_world_knows_of_networks_only_where_there_are_some_and_of_no_partition():
    plain, cloud = built(), built(network={}, timeout="9s")
    assert "networks" not in world_is_made_of(plain, 0)
    cut = built(network={"partitions": [{"at": "1h", "lasts": "5min"}]}, timeout="9s")
    assert world_is_made_of(cloud, 0) == world_is_made_of(cut, 0) != world_is_made_of(plain, 0)


def test_a_partition_is_told_where_outages_are():
    scenario = sim.build(
        horizon="3h",
        factory={"arrivals": {"kind": "takt", "every": "60s"}},
        models={
            "v1": {
                "training": {"phones": 1000},
                "serving": {"network": {"partitions": [{"at": "1h", "lasts": "30min"}]}, "timeout": "20s"},
            }
        },
        deployment={"stable": "v1", "candidate": "v1"},
        strategies=[{"pattern": "stay"}],
    )
    result = sim.run(scenario, workers=1)
    (partition,) = result.befell
    assert (partition.word, partition.lasts_us) == ("partition", 30 * 60 * 10**6)
    # A phone a minute: those of half an hour get no answer.
    assert result.strategies[0].samples["fallback_share"][0] == pytest.approx(30 / 180, abs=0.02)
