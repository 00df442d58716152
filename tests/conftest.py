"""What all tests share: every engine must pass the same suite."""

from __future__ import annotations

import pytest

from sim.line.engines import ENGINES


@pytest.fixture(scope="session", params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine, one after the other."""
    return str(request.param)
