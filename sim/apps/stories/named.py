"""Files that are meant by a name: those that come along, and the scenario that another file names or holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim import shipped
from sim.document import Document, Problem, ScenarioError, read_document, suggest, unknown_name
from sim.document.overrides import NoSuchPlace, with_value
from sim.scenario.spec import FORMAT


def document_meant(path: str | Path, kind: str, come_along: Mapping[str, Path]) -> tuple[Document, str]:
    """Read a file, or the one of this name that comes along, and return it with its name.

    Parameters
    ----------
    path : str or Path
        A YAML 1.2 file; where there is none, the name of a shipped one.
    kind : str
        What it is, for messages: "story".
    come_along : mapping of str to Path
        The shipped ones of this kind.

    Raises
    ------
    ScenarioError
        If there is neither, or the file can't be read.

    Examples
    --------
    >>> document, name = document_meant("lamp", "story", shipped.stories())
    >>> name, document.data["story"]
    ('lamp', 1)
    """
    file = shipped.meant(Path(path), come_along)
    try:
        return read_document(file), file.stem
    except ScenarioError as error:
        if os.path.lexists(file):
            raise
        raise ScenarioError([_missing(file, problem, kind, list(come_along)) for problem in error.problems]) from None


def _missing(file: Path, problem: Problem, kind: str, names: list[str]) -> Problem:
    near = suggest(file.stem, names)
    hint = f"did you mean '{near}', a shipped one?" if near else f"shipped are: {', '.join(names)}"
    return replace(problem, message=f"{problem.message}, and no shipped {kind} of this name", hint=hint)


def scenario_document(document: Document, may_name_files: bool = True) -> Document:
    """Return the scenario at the key `scenario` of a document, with the values of its key `set` put into it.

    Raises
    ------
    ScenarioError
        If there is no such file or scenario, or no such place in it.

    Examples
    --------
    >>> document = Document.of({"scenario": "quickstart", "set": {"horizon": "2d"}})
    >>> scenario_document(document).data["horizon"]
    '2d'
    """
    given = document.data["scenario"]
    if isinstance(given, dict):
        part = document.part("scenario")
        part = part.replaced({"driftline": FORMAT, **given}, {})
    elif isinstance(given, str):
        part = _read_beside(document, given.strip(), may_name_files)
    else:
        raise ScenarioError([])  # told by the specification
    data: Any = part.data
    said = {}
    problems = []
    settings = document.data.get("set") or {}
    for path, value in settings.items() if isinstance(settings, dict) else ():
        try:
            data, loc = with_value(data, path, value)
            said[loc] = f"set: {path}"
        except NoSuchPlace as wrong:
            problems.append(document.problem(("set", path), wrong.message, hint=wrong.hint, key=True))
    if problems:
        raise ScenarioError(problems)
    return part.replaced(data, said)


def _read_beside(document: Document, given: str, may_name_files: bool) -> Document:
    path = Path(given)
    if not shipped.can_be_a_name(path):
        if not may_name_files:
            why = "files are not read here: write the scenario itself in its place"
            raise ScenarioError([document.problem(("scenario",), why)])
        folder = Path(document.name).parent if document.name else Path()
        return read_document(folder / path)
    known = shipped.scenarios()
    if given not in known:
        hint = f"a file is named with its path: ./{given}.yaml"
        unknown = unknown_name("shipped scenario", given, known)
        raise ScenarioError([document.problem(("scenario",), unknown, hint=hint)])
    return read_document(known[given])
