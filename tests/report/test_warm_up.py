"""A warm-up is proposed where the start of a run shows, and never applied by itself."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

import sim
from sim.experiment.result import Result
from sim.report.data.export import as_json
from sim.report.text.tables import print_result
from sim.report.warm_up import settling
from sim.units import HOUR


def line(load: float, **settings: Any) -> Result:
    """Return a queue that begins empty, close to its capacity or not."""
    return sim.run(
        sim.build(
            replications=8, models={"v1": {"training": {"phones": 2000}}},
            factory={"arrivals": {"kind": "poisson", "every": "20s"}},
            inspectors={"count": 1, "service": {"law": "exponential", "mean": f"{20 * load}s"}},
            strategies=[{"pattern": "manual"}], **{"horizon": "20h", **settings},
        ),
        workers=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def filling_up() -> Result:
    return line(0.95)


def test_a_line_that_fills_up_is_offered_a_warm_up_and_none_is_applied(filling_up: Result) -> None:
    found = settling(filling_up)
    assert found is not None
    assert found.after_us is not None
    assert 0 < found.after_us <= 10 * HOUR
    assert "Nothing was left out for that" in found.said
    page = Console(file=io.StringIO(), width=300)
    print_result(filling_up, page)
    assert found.said in page.file.getvalue()  # type: ignore[attr-defined]
    assert as_json(filling_up)["proposed_warm_up"]["after_s"] == found.after_us / 1e6
    assert filling_up.scenario.warm_up == 0


def test_one_that_has_it_is_offered_none(filling_up: Result) -> None:
    found = settling(filling_up)
    assert found is not None
    assert found.after_us is not None
    with_it = line(0.95, warm_up=f"{found.after_us / 1e6 + 1:.0f}s")
    assert settling(with_it) is None
    assert as_json(with_it)["proposed_warm_up"] is None


def test_an_idle_line_needs_none() -> None:
    assert settling(line(0.2)) is None


def test_a_line_that_never_settles_is_offered_none() -> None:
    assert settling(line(1.5)) is None


def test_what_comes_after_a_drift_is_no_start() -> None:
    """Before the drift there are too few batches to say anything, and after it the line is another one."""
    drift = {"at": "1h", "what": "camera.contrast", "to": 0.5, "profile": "sudden"}
    assert settling(line(0.95, drift=[drift])) is None
