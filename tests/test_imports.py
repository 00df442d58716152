"""Imports point one way, from the top of the house to its cellar, and no two files import each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SIM = Path(__file__).resolve().parents[1] / "sim"
#: From the top of the house to its cellar. A part may import what stands right of, or below, it.
FLOORS = [
    {"__main__", "_alias"},
    {"cli"},
    {"apps"},
    {"comparisons"},
    {"report"},
    {"studies"},
    {"experiment"},
    {"scenario"},
    {"measure"},
    {"deployment"},
    {"line"},
    {"inspectors"},
    {"factory"},
    {"document"},
    {"columns", "libraries", "plugins", "shipped", "stats", "units", "workplace"},
]
#: Within the cellar: mathematics knows no more of ours than the types of arrays.
CELLAR = {("stats", "columns")}
#: Late imports upward that the house allows, and why: file -> imported file.
#: `Result` is drawn, printed, saved.
SEAMS = {("sim/experiment/result.py", "sim/report/presenters.py")}
#: No file outside the engines is longer.
LONGEST = 450
LEVEL = {part: level for level, parts in enumerate(FLOORS) for part in parts}
FILES = sorted(SIM.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(SIM).parts[0].removesuffix(".py")


def file_of(name: str) -> Path | None:
    """Return the file of a dotted name, of its longest part that is a module."""
    words = name.split(".")
    while words and words[0] == "sim":
        path = SIM.parent.joinpath(*words)
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py")
        if (path / "__init__.py").is_file():
            return path / "__init__.py"
        words.pop()
    return None


def imports(path: Path) -> set[Path]:
    """Return the files that a file imports: early, late, or only for a type checker."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[Path | None] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {file_of(f"{node.module}.{alias.name}") for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {file_of(alias.name) for alias in node.names}
    return {other for other in found if other is not None and other != path}


def seam(path: Path, other: Path) -> bool:
    return (path.relative_to(SIM.parent).as_posix(), other.relative_to(SIM.parent).as_posix()) in SEAMS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SIM).as_posix())
def test_a_part_imports_only_what_is_below_it(path: Path) -> None:
    part = part_of(path)
    if part == "__init__":
        return  # the public names, imported late
    upward = {
        other.relative_to(SIM).as_posix()
        for other in imports(path)
        if part_of(other) != part
        and part_of(other) != "__init__"
        and LEVEL[part_of(other)] <= LEVEL[part]
        and (part, part_of(other)) not in CELLAR
        and not seam(path, other)
    }
    assert upward == set()


def test_no_circle_of_files() -> None:
    below = {path: {other for other in imports(path) if not seam(path, other)} for path in FILES}
    public = SIM / "__init__.py"  # the public names, imported late
    below = {path: others - {public} for path, others in below.items() if path != public}
    while True:
        leaves = {path for path, others in below.items() if not others & below.keys()}
        if not leaves:
            break
        below = {path: others for path, others in below.items() if path not in leaves}
    assert sorted(path.relative_to(SIM).as_posix() for path in below) == []


@pytest.mark.parametrize(
    "path", [path for path in FILES if "engines" not in path.parts], ids=lambda path: path.relative_to(SIM).as_posix()
)
def test_no_file_outside_the_engines_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
