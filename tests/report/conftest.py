"""Made-up comparisons for the tests of reports."""

from __future__ import annotations

from collections.abc import Callable

import made_results
import pytest

from sim.experiment.result import Result


@pytest.fixture(scope="session")
def make_result() -> Callable[..., Result]:
    return made_results.make


@pytest.fixture(scope="session")
def six() -> Result:
    """The usual case: six strategies, ten replications, a lamp that fails."""
    return made_results.make()
