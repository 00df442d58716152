"""A family that nobody else uses, and a task that worker processes can import: what do they know of it?"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from sim.inspectors.model import ModelError
from sim.plugins import Family

TOOLS: Family[Callable[[], str]] = Family("tool", "", "driftline.tools_of_a_test")


def tools_here(scenario: Any, strategies: Any, versions: Any, replication: int, engine: str) -> Any:
    """Return the process, the replication, and what every tool that is known there says."""
    return os.getpid(), replication, {name: TOOLS[name]() for name in TOOLS}


def strategies_here(scenario: Any, strategies: Any, versions: Any, replication: int, engine: str) -> Any:
    """Return what arrives of a job: the scenario as data, its strategies, versions and engine."""
    plain = scenario.model_dump(mode="json", exclude={"strategies"})
    return plain, [given.model_dump(mode="json") for given in strategies], list(versions), engine


def breaks(scenario: Any, strategies: Any, versions: Any, replication: int, engine: str) -> Any:
    """Fail as another package's model does."""
    raise ModelError("model v1: the licence server is down")
