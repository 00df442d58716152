"""Test rigs: phones that come when the line has had others. What they cannot be is refused, and running dry is told."""

from __future__ import annotations

from typing import Any

import pytest

import sim
from sim.document import ScenarioError

CLIENTS = {"kind": "clients", "count": 3, "phones": 50}


def rig(**more: Any) -> sim.Scenario:
    given = {
        "horizon": "5min",
        "replications": 1,
        "factory": {"arrivals": CLIENTS},
        "strategies": [{"pattern": "manual"}],
    }
    return sim.build(**(given | more))


def test_a_phone_is_due_when_it_is_released_and_those_that_never_are_do_not_count() -> None:
    samples = sim.run(rig(), workers=1).strategies[0].samples
    assert 10 < samples["phones"][0] < 50
    assert samples["not_started"][0] == 0
    assert samples["latency_p95_s"][0] < 120.0  # and not since the start


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"strategies": [{"pattern": "manual"}, {"pattern": "shadow"}]}, "strategies.*one strategy a run"),
        (
            {"drift": [{"what": "camera.brightness", "profile": "sudden", "at": "1min", "to": 0.5}]},
            "drift.*nothing drifts",
        ),
    ],
)
def test_what_a_rig_cannot_be_is_refused(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        rig(**more)


@pytest.mark.parametrize(
    "arrivals",
    [CLIENTS | {"phones": 5}, {"kind": "saturated", "phones": 5}],
    ids=lambda arrivals: arrivals["kind"],
)
def test_a_rig_that_runs_dry_says_so(arrivals: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match=r"factory.arrivals.phones: all of them were released before the horizon"):
        sim.run(rig(factory={"arrivals": arrivals}), workers=1)


def test_a_saturated_source_keeps_the_line_full(engine: str) -> None:
    saturated = rig(
        factory={"arrivals": {"kind": "saturated"}},
        inspectors={"count": 1, "buffer": 0, "service": {"law": "fixed", "mean": "5s"}},
    )
    samples = sim.run(saturated, engine=engine, workers=1).strategies[0].samples
    assert samples["inspector_utilisation"][0] == 1.0
    assert samples["throughput_per_hour"][0] == pytest.approx(720.0)
