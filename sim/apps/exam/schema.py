"""The exam format as a JSON Schema, for editors. Under `scenario` stand names of what is drawn, so it is left open."""

from __future__ import annotations

from typing import Any

from sim.apps.exam.spec import ExamSpec


def json_schema() -> dict[str, Any]:
    """Return the exam format as a JSON Schema, with every metric that is known at this moment.

    Examples
    --------
    >>> sorted(json_schema()["required"])
    ['exam', 'questions', 'title']
    """
    schema: dict[str, Any] = ExamSpec.model_json_schema(mode="validation", by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "driftline exam"
    return schema
