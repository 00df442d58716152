"""`.. members:: sim.package.NAMES`: the members of a mapping as a table, read when the page is built.

With `:columns:` the table shows attributes of each member, else the first paragraph of its docstring.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def looked_up(dotted: str) -> Any:
    """Return what a dotted name means: the longest part that is a module, then attributes."""
    words = dotted.split(".")
    for size in range(len(words), 0, -1):
        try:
            value: Any = import_module(".".join(words[:size]))
        except ModuleNotFoundError:
            continue
        for word in words[size:]:
            value = getattr(value, word)
        return value
    raise ModuleNotFoundError(dotted)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], widths: str = "auto") -> list[str]:
    """Return a table as reStructuredText; a cell may hold markup."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [head, *rows]:
        for number, cell in enumerate(row):
            first, *others = cell.splitlines() or [""]
            lines.append(f"   {'* -' if number == 0 else '  -'} {first}".rstrip())
            lines += [f"       {line}".rstrip() for line in others]
    return [*lines, ""]


def summary(member: object) -> str:
    """Return the first paragraph of a member's docstring."""
    return " ".join((inspect.getdoc(member) or "").split("\n\n")[0].split())


class Members(SphinxDirective):
    required_arguments = 1
    option_spec: ClassVar = {"columns": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        found = looked_up(self.arguments[0])
        columns = self.options.get("columns", "").split()
        rows = [
            [f"``{name}``", *([str(getattr(member, column)) for column in columns] or [summary(member)])]
            for name, member in found.items()
        ]
        head = ["name", *([column.replace("_", " ") for column in columns] or ["what it is"])]
        return self.parse_text_to_nodes("\n".join(table(head, rows)))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("members", Members)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
