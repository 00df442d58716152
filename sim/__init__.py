"""driftline: an inspection line, a drifting world, and the deployment strategies that decide who decides.

>>> import sim
>>> scenario = sim.build(horizon="2h", replications=2, strategies=[{"pattern": "manual"}])
>>> result = sim.run(scenario, workers=1)
>>> result["manual"].samples["phones"].shape
(2,)

Names are imported when first used, so that `import sim` and `driftline --help` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.apps.arena.contest import arena
    from sim.deployment.strategy import pattern
    from sim.document import ScenarioError
    from sim.experiment.result import Result, StrategyResult
    from sim.experiment.run import run
    from sim.report.figure import plot
    from sim.report.saved import load_result
    from sim.scenario import Scenario, build, load

_HOMES = {
    "arena": "sim.apps.arena.contest",
    "Result": "sim.experiment.result",
    "Scenario": "sim.scenario",
    "ScenarioError": "sim.document",
    "StrategyResult": "sim.experiment.result",
    "build": "sim.scenario",
    "load": "sim.scenario",
    "load_result": "sim.report.saved",
    "pattern": "sim.deployment.strategy",
    "plot": "sim.report.figure",
    "run": "sim.experiment.run",
}

__all__ = [
    "Result",
    "Scenario",
    "ScenarioError",
    "StrategyResult",
    "arena",
    "build",
    "load",
    "load_result",
    "pattern",
    "plot",
    "run",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def _version() -> str:
    """Return which version is installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("driftline")
    except PackageNotFoundError:
        return "(not installed: run from a source folder)"


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
