"""The arena format as a JSON Schema, for editors: the scenario's format is a part of it."""

from __future__ import annotations

from typing import Any

from sim.apps.arena.spec import ArenaSpec
from sim.apps.stories.schema import inside_another
from sim.scenario import json_schema as scenario_schema


def json_schema() -> dict[str, Any]:
    """Return the arena format as a JSON Schema, with everything in it that is known at this moment.

    Examples
    --------
    >>> schema = json_schema()
    >>> schema["title"], sorted(schema["required"])
    ('driftline arena', ['arena', 'scenarios', 'title'])
    """
    schema: dict[str, Any] = ArenaSpec.model_json_schema(mode="validation", by_alias=True)
    scenario = scenario_schema()
    schema["$defs"] = {**scenario.pop("$defs"), **schema["$defs"], "Scenario": inside_another(scenario)}
    one = schema["$defs"]["Round"]["properties"]["scenario"]
    schema["$defs"]["Round"]["properties"]["scenario"] = {
        "anyOf": [{"type": "string"}, {"$ref": "#/$defs/Scenario"}],
        "description": one["description"],
    }
    listed = schema["properties"]["scenarios"]
    listed["items"] = {"anyOf": [{"type": "string"}, listed["items"]]}
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "driftline arena"
    return schema
