"""Lots that would leave nothing to solve for are refused."""

from __future__ import annotations

import numpy as np
import pytest

from sim.document import ScenarioError
from sim.factory.flaws import severities
from sim.scenario import build


@pytest.mark.parametrize(
    "lots",
    [{"bad_share": "100%", "bad_factor": 0}, {"cv": 1e9}, {"bad_factor": 1e300}, {"bad_share": "99%", "bad_factor": 0}],
)
def test_lots_without_flaws_or_without_bounds_are_refused(lots: dict[str, object]) -> None:
    with pytest.raises(ScenarioError, match="expected a number that is"):
        build(factory={"lots": lots}, strategies=[{"pattern": "manual"}])


def test_the_worst_lots_of_the_worst_line_have_finite_flaws() -> None:
    """Position 0 of a draw would be a flaw of infinite size."""
    draws, hazard = np.array([1e-300, 1e-12, 0.5]), np.array(1e30)
    found = severities(draws, hazard, multiplier=np.ones(3), minor_per_defect=1.0, sigma=0.8)
    assert np.isfinite(found).all()
    assert (found > 0).all()
