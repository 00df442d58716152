"""Imports point one way: cli, sandbox -> report -> experiment -> scenario -> measure -> deployment -> line -> ..."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SIM = Path(__file__).resolve().parents[1] / "sim"
#: From the top of the house to its cellar. A part may import what stands right of it.
ORDER = [
    {"cli", "sandbox"},
    {"report"},
    {"experiment"},
    {"scenario"},
    {"measure"},
    {"deployment"},
    {"line"},
    {"inspectors"},
    {"factory"},
    {"document"},
    {"units"},
]
#: `Result.plot()` draws: the one late import upward that the house allows.
ALLOWED = {("experiment", "report")}
LEVEL = {part: level for level, parts in enumerate(ORDER) for part in parts}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in found if name.startswith("sim.")}


@pytest.mark.parametrize("path", sorted(SIM.rglob("*.py")), ids=lambda path: str(path.relative_to(SIM)))
def test_a_part_imports_only_what_is_below_it(path: Path) -> None:
    part = path.relative_to(SIM).parts[0].removesuffix(".py")
    if part == "__init__":
        return  # the public names, imported late
    upward = {
        other
        for other in imports(path)
        if LEVEL[other] <= LEVEL[part] and other != part and (part, other) not in ALLOWED
    }
    assert upward == set()
