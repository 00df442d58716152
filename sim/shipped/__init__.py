"""Where the files are that come with the program: its scenarios and its notebooks.

In a source folder, and an editable installation of one, they are the top-level folders `scenarios` and `notebooks`;
a wheel carries them inside this package.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path


def folder(name: str) -> Path:
    """Return the shipped folder of a name, whether it is there or not.

    Examples
    --------
    >>> (folder("scenarios") / "quickstart.yaml").is_file()
    True
    """
    from importlib.resources import files

    inside = Path(str(files(__name__))) / name
    return inside if inside.is_dir() else Path(__file__).resolve().parents[2] / name


def scenarios() -> dict[str, Path]:
    """Return the shipped scenarios' files by name.

    Examples
    --------
    >>> scenarios()["quickstart"].name
    'quickstart.yaml'
    """
    return {file.stem: file for file in sorted(folder("scenarios").glob("*.yaml"))}


def stories() -> dict[str, Path]:
    """Return the shipped stories' files by name, in the order of a course: each says which lesson it is.

    Examples
    --------
    >>> list(stories())[:2], stories()["lamp"].name
    (['lamp', 'lifecycle'], 'lamp.yaml')
    """
    files = (folder("scenarios") / "stories").glob("*.yaml")
    return {file.stem: file for file in sorted(files, key=lambda file: (_lesson(file), file))}


def _lesson(file: Path) -> float:
    found = re.search(r"^lesson: *(\d+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    return math.inf if found is None else int(found.group(1))


def arenas() -> dict[str, Path]:
    """Return the shipped arenas' files by name.

    Examples
    --------
    >>> arenas()["factory"].name
    'factory.yaml'
    """
    return {file.stem: file for file in sorted((folder("scenarios") / "arenas").glob("*.yaml"))}


def exams() -> dict[str, Path]:
    """Return the shipped exams' files by name.

    Examples
    --------
    >>> exams()["course"].name
    'course.yaml'
    """
    return {file.stem: file for file in sorted((folder("scenarios") / "exams").glob("*.yaml"))}


def notebooks() -> dict[str, Path]:
    """Return the shipped notebooks' files by name.

    Examples
    --------
    >>> notebooks()["00_quickstart"].suffix
    '.ipynb'
    """
    return {file.stem: file for file in sorted(folder("notebooks").glob("*.ipynb"))}


def meant(typed: Path, known: Mapping[str, Path] | None = None) -> Path:
    """Return the file or folder that a user means: what stands there, else the shipped scenario of that name.

    `known` are the files that a name can mean in place of the shipped scenarios.

    Examples
    --------
    >>> meant(Path("quickstart")).name, meant(Path("mine.yaml")).name, meant(Path("nobody's")).name
    ('quickstart.yaml', 'mine.yaml', "nobody's")
    """
    if not can_be_a_name(typed) or os.path.lexists(typed):
        return typed
    return (scenarios() if known is None else known).get(typed.name, typed)


def can_be_a_name(typed: Path) -> bool:
    """Whether it can be the name of a shipped scenario: one word, no folder, no ending."""
    return len(typed.parts) == 1 and not typed.suffix
