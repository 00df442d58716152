"""What all tests share: every engine must pass the same suite."""

from __future__ import annotations

import signal

import pytest

from sim.line.engines import ENGINES

# A shell that puts the tests in the background has them ignore Ctrl-C, and whatever they start would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine, one after the other."""
    return str(request.param)
