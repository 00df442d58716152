"""`.. story-format::`, `.. arena-format::`: formats of files as tables, made from their specification at the build."""

from __future__ import annotations

import json
from typing import Any

from docutils import nodes
from members import summary, table
from pydantic import BaseModel
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sim.apps.arena.spec import ArenaSpec, Round
from sim.apps.stories.spec import ExportSpec, KnobSpec, Question, StorySpec, Try

#: Each part, and under which heading it is told.
PARTS: dict[str, type[BaseModel]] = {
    "The file": StorySpec,
    "A knob": KnobSpec,
    "Something to try": Try,
    "A question": Question,
    "Its export": ExportSpec,
}


def default(part: dict[str, Any], required: bool) -> str:
    if required:
        return "*required*"
    value = part.get("default")
    return "none" if value in (None, "", [], {}) else f"``{json.dumps(value)}``"


def rows(model: type[BaseModel]) -> list[list[str]]:
    """Return a line for each key: its name, its default, what it means."""
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", [])
    return [
        [f"``{name}``", default(part, name in required), part.get("description", "")]
        for name, part in schema["properties"].items()
    ]


#: The same of arenas.
OF_ARENAS: dict[str, type[BaseModel]] = {"The file": ArenaSpec, "A scenario of it": Round}


class StoryFormat(SphinxDirective):
    parts = PARTS

    def run(self) -> list[nodes.Node]:
        lines = []
        for title, model in self.parts.items():
            lines += [title, "-" * len(title), "", summary(model), ""]
            lines += table(["key", "default", "meaning"], rows(model), "20 20 60")
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class ArenaFormat(StoryFormat):
    parts = OF_ARENAS


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("story-format", StoryFormat)
    app.add_directive("arena-format", ArenaFormat)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
