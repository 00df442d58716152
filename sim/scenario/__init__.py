"""Scenario: everything a run needs, composed of the parts' own specifications."""

from sim.scenario.spec import Scenario, build, from_document, json_schema, load, scenario_model

__all__ = ["Scenario", "build", "from_document", "json_schema", "load", "scenario_model"]
