"""What all tests share: every engine must pass the same suite."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

from sim.line.engines import ENGINES

# A machine that others use as well is slow for a moment: what is tested is not how long it takes.
settings.register_profile("driftline", deadline=None)
settings.load_profile("driftline")

# A shell that puts the tests in the background has them ignore Ctrl-C, and whatever they start would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine, one after the other."""
    return str(request.param)
