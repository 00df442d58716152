"""The same numbers, all of them: every field of a result, whatever else is run and however many replications."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import sim
from sim.line.engines import ENGINES

SMALL: dict[str, Any] = {
    "seed": 5,
    "horizon": "4h",
    "replications": 3,
    "warm_up": "20min",
    "factory": {
        "arrivals": {"kind": "poisson", "every": "15s"}, "defect_rate": "8%",
        "finishes": [{"name": "gloss", "share": "70%"}, {"name": "matte", "share": "30%", "gain": 0.8}],
    },
    "inspectors": {"count": 2, "buffer": 4},
    "models": {
        "v1": {"training": {"phones": 3000}, "serving": {"outages": [{"at": "2h", "lasts": "10min"}]}},
        "v2": {"kind": "boosted_trees", "training": {"phones": 3000}},
    },
    "deployment": {"candidate": "v1"},
    "drift": [{"what": "camera.haze", "profile": "gradual", "at": "1h", "over": "1h", "to": 0.1}],
    "audits": {"of_passes": "10%", "of_rejects": "10%", "delay": "30min"},
    "strategies": [
        {"pattern": "manual"},
        {"pattern": "shadow", "report": "1h"},
        {"pattern": "canary", "hold": "1h"},
        {"pattern": "partial_automation", "candidate": "v2"},
    ],
}  # fmt: skip


def result(engine: str, workers: int = 1, **changes: Any) -> sim.Result:
    how = {name: changes.pop(name) for name in ("strategies_run", "replications_run", "seed_run") if name in changes}
    scenario = sim.build(**{**SMALL, **changes})
    return sim.run(
        scenario, engine=engine, workers=workers, strategies=how.get("strategies_run"),
        replications=how.get("replications_run"), seed=how.get("seed_run"),
    )  # fmt: skip


def differences(one: Any, other: Any, rows: slice = slice(None)) -> list[str]:
    """Return which numbers of two strategies' results differ; of `other` only the first replications, if so asked."""
    found = [
        name for name in one.samples if not np.array_equal(one.samples[name], other.samples[name][rows], equal_nan=True)
    ]
    for field in fields(one.timeline):
        mine, theirs = getattr(one.timeline, field.name), getattr(other.timeline, field.name)
        if isinstance(mine, dict):
            for name in mine:
                if not np.array_equal(mine[name], theirs[name][rows]):
                    found.append(f"timeline.{field.name}[{name}]")
        elif not np.array_equal(mine, theirs if field.name == "edges_us" else theirs[rows], equal_nan=True):
            found.append(f"timeline.{field.name}")
    if one.histories != other.histories[rows]:
        found.append("histories")
    return found + [name for name in ("name", "pattern") if getattr(one, name) != getattr(other, name)]


@pytest.fixture(scope="module")
def usual(engine: str) -> sim.Result:
    return result(engine)


def test_two_processes_give_what_one_gives(usual, engine):
    together = result(engine, workers=2)
    for strategy in usual.strategies:
        assert differences(strategy, together[strategy.name]) == []
    assert together.world_events == usual.world_events
    assert together.drift == usual.drift


@pytest.mark.parametrize("block", [1, 97, 500])
def test_blocks_change_nothing(usual, engine, block):
    in_blocks = result(engine, block=block, replications_run=1)
    for strategy in usual.strategies:
        assert differences(in_blocks[strategy.name], strategy, slice(0, 1)) == []


def test_every_engine_gives_the_same_numbers(usual):
    for other in ENGINES:
        theirs = result(other)
        for strategy in usual.strategies:
            assert differences(strategy, theirs[strategy.name]) == []


def test_the_strategies_differ(usual):
    assert differences(usual["manual"], usual["canary"]) != []
    assert "escape_rate" in differences(usual["manual"], usual["canary"])


def test_a_strategy_alone_is_what_it_is_in_company(usual, engine):
    for strategy in SMALL["strategies"]:
        alone = result(engine, strategies=[strategy])
        assert len(alone.strategies) == 1
        assert differences(alone.strategies[0], usual[strategy["pattern"]]) == []


def test_the_order_of_strategies_does_not_matter(usual, engine):
    turned = result(engine, strategies_run=["partial_automation", "canary", "manual"])
    assert [strategy.name for strategy in turned.strategies] == ["partial_automation", "canary", "manual"]
    for strategy in turned.strategies:
        assert differences(strategy, usual[strategy.name]) == []


def test_another_model_on_the_shelf_changes_nothing(usual, engine):
    more = {**SMALL["models"], "v3": {"training": {"phones": 2000}}}
    with_more = result(
        engine, models=more, strategies=[*SMALL["strategies"], {"pattern": "full_automation", "candidate": "v3"}]
    )
    for strategy in usual.strategies:
        assert differences(strategy, with_more[strategy.name]) == []


def test_more_replications_leave_the_first_alone(usual, engine):
    more = result(engine, replications_run=4)
    for strategy in usual.strategies:
        assert differences(strategy, more[strategy.name], slice(0, 3)) == []
        assert len(more[strategy.name].samples["phones"]) == 4


def test_replications_are_different_worlds(usual):
    assert len(set(usual["manual"].samples["latency_mean_s"].tolist())) == 3


def test_another_seed_gives_other_numbers(usual, engine):
    other = result(engine, seed_run=6)
    for strategy in usual.strategies:
        assert {"escape_rate", "latency_mean_s", "overkill_rate"} <= set(differences(strategy, other[strategy.name]))
