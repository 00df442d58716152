"""Where in a scenario the code stands that has failed in it."""

from __future__ import annotations

from sim.document import Loc
from sim.document.parts import place_in
from sim.factory.cause import CAUSES, covers
from sim.inspectors.model import ModelError
from sim.plugins import PluginError
from sim.scenario.spec import Scenario


def place_of(scenario: Scenario, error: PluginError) -> Loc:
    """Return the place that asks for what failed, the innermost that is known; () if none is.

    Examples
    --------
    >>> from sim.scenario import build
    >>> scenario = build(models={"v1": {}, "v2": {}}, strategies=[{"pattern": "manual"}])
    >>> error = ModelError("model v2.1: the camera is out of order")
    >>> error.model = "v2.1"
    >>> place_of(scenario, error)
    ('models', 'v2')
    """
    if isinstance(error, ModelError):
        name = _base_of(error.model, scenario)
        return ("models",) if name is None else ("models", name)
    for asked_by in error.asked_by:
        if (place := place_in(scenario, asked_by)) is not None:
            return place
    for number, event in enumerate(scenario.drift):
        if any(covers(name, event.what) and known in error.asked_by for name, known in CAUSES.items()):
            return "drift", number, "what"
    return ()


def _base_of(version: str, scenario: Scenario) -> str | None:
    """Return the model that a version is of: a retrained one is called by it, and a number."""
    retrained_from = version.rpartition(".")[0]
    return next((name for name in (version, retrained_from) if name in scenario.models), None)
