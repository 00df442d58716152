"""Scenario: everything a run needs, composed of the parts' own specifications."""

from sim.scenario.loading import build, from_document, json_schema, load
from sim.scenario.spec import Deployment, Scenario

__all__ = ["Deployment", "Scenario", "build", "from_document", "json_schema", "load"]
