"""Lots that would leave nothing to solve for are refused."""

from __future__ import annotations

import pytest

from sim.document import ScenarioError
from sim.scenario import build


@pytest.mark.parametrize(
    "lots",
    [{"bad_share": "100%", "bad_factor": 0}, {"cv": 1e9}, {"bad_factor": 1e300}, {"bad_share": "99%", "bad_factor": 0}],
)
def test_lots_without_flaws_or_without_bounds_are_refused(lots: dict[str, object]) -> None:
    with pytest.raises(ScenarioError, match="expected a number that is"):
        build(factory={"lots": lots}, strategies=[{"pattern": "manual"}])
