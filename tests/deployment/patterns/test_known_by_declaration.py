"""Nobody keeps a list of patterns: what other code must know of one, the pattern declares."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from sim.deployment.strategy import PATTERNS

SIM = Path(__file__).resolve().parents[3] / "sim"
#: What may name patterns, and why.
MAY = {
    "deployment/patterns": "their own files",
    "apps/arena/spec.py": "a default like any other: the rivals of an arena that names none",
}
#: Words that mean something else there: a role of deciders, or a kind of question, is called as a pattern is.
OTHERWISE = {
    "measure/deciders.py": {"assisted"},
    "report/drawing/": {"assisted"},
    "report/figures/traffic.py": {"assisted"},
    "apps/answer.py": {"assisted"},
    "apps/exam/": {"canary"},
}


def named(path: Path) -> Iterator[tuple[int, str]]:
    """Yield where a file's code holds a pattern's name as a text; scenarios in it and docstrings aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    data = {
        value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "pattern"
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and node not in data else None
        if isinstance(text, str) and text in PATTERNS:
            yield node.lineno, text


def test_no_code_knows_a_pattern_by_name() -> None:
    known = []
    for path in sorted(SIM.rglob("*.py")):
        place = path.relative_to(SIM).as_posix()
        if place.startswith(tuple(MAY)):
            continue
        words = next((words for where, words in OTHERWISE.items() if place.startswith(where)), set())
        known += [f"{place}:{line}: {name}" for line, name in named(path) if name not in words]
    assert known == []


def test_a_list_of_names_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text('if strategy.pattern in ("manual", "stay"):\n    scenario = {"pattern": "canary"}\n')
    assert [name for _, name in named(file)] == ["manual", "stay"]


def test_the_folder_lists_no_names() -> None:
    tree = ast.parse((SIM / "deployment" / "patterns" / "__init__.py").read_text(encoding="utf-8"))
    assert [type(node) for node in tree.body] == [ast.Expr]
