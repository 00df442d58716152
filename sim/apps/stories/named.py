"""The scenario that another file names or holds, with the values that it sets: stories and arenas have it so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim import shipped
from sim.document import Document, ScenarioError, read_document, unknown_name
from sim.document.overrides import NoSuchPlace, with_value
from sim.scenario.spec import FORMAT


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
