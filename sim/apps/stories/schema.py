"""The story format as a JSON Schema, for editors: the scenario's format is a part of it."""

from __future__ import annotations

from typing import Any

from sim.apps.stories.spec import StorySpec
from sim.scenario import json_schema as scenario_schema


def json_schema() -> dict[str, Any]:
    """Return the story format as a JSON Schema, with everything in it that is known at this moment.

    Examples
    --------
    >>> schema = json_schema()
    >>> schema["title"], sorted(schema["required"])[:3]
    ('driftline story', ['about', 'aim', 'knobs'])
    """
    schema: dict[str, Any] = StorySpec.model_json_schema(mode="validation", by_alias=True)
    scenario = scenario_schema()
    schema["$defs"] = {**scenario.pop("$defs"), **schema["$defs"], "Scenario": inside_another(scenario)}
    said = schema["properties"]["scenario"]
    schema["properties"]["scenario"] = {
        "anyOf": [{"type": "string"}, {"$ref": "#/$defs/Scenario"}],
        "description": said["description"],
    }
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "driftline story"
    return schema


def inside_another(scenario: dict[str, Any]) -> dict[str, Any]:
    """Return the scenario's format as it is inside another file, whose own version says enough."""
    inside = {key: value for key, value in scenario.items() if key != "$schema"}
    inside["required"] = [name for name in scenario.get("required", ()) if name != "driftline"]
    return inside
