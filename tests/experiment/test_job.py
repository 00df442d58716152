"""A job is the same whoever does it: what workers are sent is what there is here, another package's code included."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import toolbox

import sim
from sim.deployment.strategy import PATTERNS
from sim.experiment.job import Job
from sim.experiment.run import prepared


def small(**changes: Any) -> sim.Scenario:
    return sim.build(**{"horizon": "1h", "replications": 5, "strategies": [{"pattern": "manual"}], **changes})


@pytest.fixture
def saw() -> Iterator[None]:
    """A tool of a notebook: no process can import it."""
    word = "sawn"
    toolbox.TOOLS.register("saw")(lambda: word)
    yield
    toolbox.TOOLS.forget("saw")


@pytest.fixture
def lunch() -> Iterator[None]:
    """A pattern of a notebook."""

    @sim.pattern("lunch")
    def lunch(rollout: Any, *, hours: float = 12.0) -> Any:
        """Wait, and forward."""
        yield from rollout.wait(f"{hours}h")
        rollout.promote()

    yield
    PATTERNS.forget("lunch")


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_come_in_the_order_of_replications_and_progress_is_counted(workers: int) -> None:
    ticks: list[tuple[int, int]] = []
    job = Job(toolbox.tools_here, small(), [{}], "simpy")
    answers = job.replications(workers, lambda *tick: ticks.append(tick))
    assert [replication for _, replication, _ in answers] == [0, 1, 2, 3, 4]
    assert ticks == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert (os.getpid() in {process for process, _, _ in answers}) == (workers == 1)


def test_workers_know_the_members_that_only_this_process_has(saw: None) -> None:
    answers = Job(toolbox.tools_here, small(), [{}], "simpy").replications(workers=2)
    assert [tools for _, _, tools in answers] == [{"saw": "sawn"}] * 5
    assert os.getpid() not in {process for process, _, _ in answers}


def test_workers_get_the_scenario_that_there_is_here(lunch: None) -> None:
    scenario = small(
        strategies=[{"pattern": "lunch", "hours": 1.5, "name": "late"}, {"pattern": "canary", "steps": [5]}],
        models={"v1": {"training": {"phones": 2000}}},
        drift=[{"what": "camera.haze", "profile": "gradual", "at": "10min", "over": "10min", "to": 0.1}],
    )
    job = prepared(toolbox.strategies_here, scenario, "simpy")
    assert job.replications(workers=2) == job.replications(workers=1)
    plain, strategies, versions, engine = job.replication(0)
    assert sim.build(**plain, strategies=strategies) == scenario
    assert (versions, engine) == (["v1"], "simpy")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_that_fails_is_the_users_to_mend(workers: int) -> None:
    with pytest.raises(sim.ScenarioError, match="models: model v1: the licence server is down"):
        Job(toolbox.breaks, small(), [{}], "simpy").replications(workers)


def test_a_member_that_cannot_be_sent_is_named(tmp_path: Path) -> None:
    with (tmp_path / "camera").open("w") as camera:
        toolbox.TOOLS.register("camera")(lambda: camera.name)
        try:
            job = Job(toolbox.tools_here, small(), [{}], "simpy")
            with pytest.raises(sim.ScenarioError, match=r"the tool camera can't be sent to worker .*: use one worker"):
                job.replications(workers=2)
            assert len(job.replications(workers=1)) == 5
        finally:
            toolbox.TOOLS.forget("camera")


def test_an_unknown_engine_is_refused_before_anything_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.experiment.run.trained", lambda *given: pytest.fail("it trained"))
    with pytest.raises(sim.ScenarioError, match="no engine called 'steam'"):
        prepared(toolbox.tools_here, small(), "steam")
