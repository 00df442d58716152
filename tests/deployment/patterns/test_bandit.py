"""The bandit sends the phones where they are probably cheapest, keeps exploring, and draws nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_rollouts import history, kinds, play, scene, texts

import sim
from sim.deployment.patterns.bandit import whole_percents
from sim.document import ScenarioError

BANDIT = {"pattern": "bandit"}


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8).filter(lambda found: sum(found) > 0), st.floats(0, 50))
def test_weights_are_whole_and_add_up(found: list[float], block: float) -> None:
    best = np.array(found) / sum(found)
    weights = whole_percents(best, block)
    assert sum(weights) == 100
    assert all(weight == int(weight) >= int(min(block, 100 / len(weights))) for weight in weights)


def test_the_better_arm_gets_most_and_the_other_keeps_the_floor(engine: str) -> None:
    run = play(scene({**BANDIT, "floor": 8}), engine)
    moves = [weights["good"] for _, _, weights, _ in history(run)]
    assert moves[0] == 10
    assert moves[-1] > 80
    assert max(moves) <= 92
    assert all(stable == "plain" for _, stable, *_ in history(run))


def test_what_an_escape_costs_decides_who_is_best() -> None:
    """A model that rejects nothing is the cheapest where an escape costs nothing."""
    ends = {}
    for escape in ("$150", "$0.01"):
        given = {**BANDIT, "candidate": "lazy", "escape": escape, "false_reject": "$10"}
        ends[escape] = history(play(scene(given)))[-1][2].get("lazy", 0.0)
    assert ends["$150"] == 5
    assert ends["$0.01"] > 80


def test_three_arms_people_among_them() -> None:
    run = play(scene({**BANDIT, "arms": ["humans", "lazy", "good"], "stable": "humans"}))
    assert history(run)[0][2] == {"lazy": 10.0, "good": 10.0}
    last = history(run)[-1][2]
    assert last["lazy"] == 5
    assert last["good"] > 40


def test_it_draws_nothing() -> None:
    scenario = scene(BANDIT, horizon="1d")
    np.random.seed(1)  # noqa: NPY002  # a generator that nobody may touch
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = play(scenario), play(scenario)
    assert first.events == second.events
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("audits", [{"of_rejects": "0%"}, {"of_passes": "0%"}])
def test_without_audits_the_weights_stay(audits: dict[str, Any]) -> None:
    run = play(scene(BANDIT, audits=audits))
    assert history(run) == [(0, "plain", {"good": 10.0}, {})]
    assert kinds(run) == ["rollout", "analysis"]
    assert texts(run, "analysis")[0].startswith("too few audited phones")


def test_labels_are_late_and_so_are_the_moves() -> None:
    run = play(scene({**BANDIT, "interval": "2h"}, audits={"of_passes": "40%", "of_rejects": "40%", "delay": "9h"}))
    assert [hour for hour, *_ in history(run)][1] > 9


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"arms": ["v1", "v3"]}, "unknown decider 'v3'"),
        ({"arms": ["v1", "v2", "v2"]}, "'v2' is there twice"),
        ({"arms": ["v2", "humans"]}, "name at least two deciders, and v1"),
        ({"arms": ["v1"]}, "name at least two deciders"),
        ({"arms": ["v1", "humans"], "staff": 0, "fallback": "nobody"}, "at least one inspector"),
    ],
)
def test_arms_that_cannot_be_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        sim.build(
            models={"v1": {}, "v2": {}},
            deployment={"stable": "v1", "candidate": "v2"},
            strategies=[{**BANDIT, **given}],
        )
