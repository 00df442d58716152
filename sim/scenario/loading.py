"""Scenarios from files and from Python: read, validated, and checked across their parts.

A file is data: loading runs no code of its own. What it can do is name something that only an installed package has;
then that package's code is imported, since the settings are checked against it (`sim.document.choice`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim import shipped
from sim.document import Document, Loc, Problem, Refusal, ScenarioError, checks_failed, read_document, suggest, validate
from sim.document.overrides import overridden
from sim.inspectors.model import Model, ModelError
from sim.inspectors.model.spec import answering_for
from sim.inspectors.serving.law import ServiceLaw
from sim.scenario.blame import place_of
from sim.scenario.checks import refusals
from sim.scenario.spec import FORMAT, Scenario


def load(path: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read and check a scenario file.

    Parameters
    ----------
    path : str or Path
        A YAML 1.2 file; where there is none, the name of a shipped scenario: "quickstart".
    overrides : sequence of str, optional
        Values in the place of the file's own, each as ``path=value``: "horizon=2d", "strategies.canary.hold=1h". See
        `sim.document.overrides`.

    Returns
    -------
    Scenario
        Frozen and complete; a file without `name` gets its own stem.

    Raises
    ------
    ScenarioError
        With file, line and column of everything that is wrong.
    TypeError
        If it is given neither a path nor a name.

    Examples
    --------
    >>> load("quickstart").name
    'quickstart'
    """
    if not isinstance(path, str | Path):
        raise TypeError(f"the path of a file is wanted, or the name of a shipped scenario, not {path!r}")
    file = shipped.meant(Path(path))
    try:
        document = overridden(read_document(file), overrides)
    except ScenarioError as error:
        if os.path.lexists(file):
            raise
        raise ScenarioError([_missing(file, problem) for problem in error.problems]) from None
    return from_document(document, file.stem)


def _missing(file: Path, problem: Problem) -> Problem:
    """Say of a file that is not there what may have been meant."""
    if shipped.can_be_a_name(file):
        problem = replace(problem, message=f"{problem.message}, and no shipped scenario of this name")
    if problem.hint is None or not problem.hint.startswith("did you mean"):
        near = suggest(file.stem, list(shipped.scenarios()))
        if near is not None:
            problem = replace(problem, hint=f"did you mean '{near}', a shipped one?")
    return problem


def build(**settings: Any) -> Scenario:
    """Make a scenario in Python, with the same words and checks as a file.

    Examples
    --------
    >>> build(horizon="1d", strategies=[{"pattern": "manual"}]).horizon == 86_400_000_000
    True
    """
    return from_document(Document.of({"driftline": FORMAT, **settings}), "scenario")


def from_document(document: Document, name: str, *, may_name_files: bool = True) -> Scenario:
    """Validate a document's data and check across its parts.

    Where it may not name files, it is refused before any that it names has been looked for.
    """
    try:
        scenario = validate(document, Scenario)
    except ScenarioError as error:
        rest = _of_the_rest(document, error, may_name_files)
        raise ScenarioError(_in_order([*error.problems, *rest]), error.more) from None
    try:
        if not may_name_files and (named := list(_files_named(scenario))):
            raise checks_failed(document, named)
        scenario = _with_whole_paths(scenario, Path(document.name).parent if document.name else Path())
    except ModelError as error:
        raise checks_failed(document, [(place_of(scenario, error), str(error))]) from error
    if "name" not in scenario.model_fields_set:
        scenario = scenario.model_copy(update={"name": name})
    if wrong := list(refusals(scenario)):
        raise checks_failed(document, wrong)
    return scenario


#: Lists whose entries can be left out without a change of what the rest means.
_ENTRIES = ("strategies", "drift")


def _files_named(scenario: Scenario) -> Iterator[Refusal]:
    named: dict[Loc, tuple[str, ...]] = {("factory", "arrivals"): scenario.factory.arrivals.files}
    named |= {place: part.files for place, part in _laws(scenario).items()}
    for name, model in scenario.models.items():
        with answering_for(name, model):
            named["models", name] = tuple(model.files)
    for place, files in named.items():
        if files:
            yield place, f"files are not read here ({', '.join(files)}): run this scenario on your own machine"


def _laws(scenario: Scenario) -> dict[Loc, ServiceLaw]:
    """Return every law of service, which may name files, by its place."""
    served: dict[Loc, ServiceLaw] = {
        ("models", name, "serving", "service"): model.serving.service for name, model in scenario.models.items()
    }
    worked: dict[Loc, ServiceLaw] = {
        ("stations", number, "service"): station.service for number, station in enumerate(scenario.stations)
    }
    return {("inspectors", "service"): scenario.inspectors.service, **served, **worked}


def _of_the_rest(document: Document, error: ScenarioError, may_name_files: bool) -> Iterator[Problem]:
    """Yield what is wrong across the parts of a scenario whose only other mistakes are inside some of its entries.

    So that all mistakes of a file are told at once. Where something else is wrong, a horizon say, what follows from it
    would be told as a mistake too, and nothing is.
    """
    wrong = {problem.loc[:2] for problem in error.problems}
    if error.more or any(len(loc) < 2 or loc[0] not in _ENTRIES for loc in wrong):
        return
    data = dict(document.data)
    kept: dict[str | int, list[int]] = {}
    for name in {loc[0] for loc in wrong}:
        entries = data[str(name)]
        kept[name] = [number for number in range(len(entries)) if (name, number) not in wrong]
        data[str(name)] = [entries[number] for number in kept[name]]
    try:
        scenario = validate(Document.of(data), Scenario)
    except ScenarioError:
        return
    if not may_name_files and any(_files_named(scenario)):
        return
    for loc, message in refusals(scenario):
        if loc[:1] == ("strategies",) and "drift" in kept:
            continue  # what a strategy may do hangs on what drifts
        if loc[:1] and loc[0] in kept and len(loc) > 1:
            loc = (loc[0], kept[loc[0]][int(loc[1])], *loc[2:])
        yield document.problem(loc, message)


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _with_whole_paths(scenario: Scenario, folder: Path) -> Scenario:
    """Make the files that a scenario names absolute: so the resolved scenario can be run from anywhere."""
    models = {name: _with_whole_paths_of(name, model, folder) for name, model in scenario.models.items()}
    whole: dict[str, Any] = {} if models == scenario.models else {"models": models}
    factory, people = scenario.factory, scenario.inspectors
    if factory.arrivals.files:
        whole["factory"] = factory.model_copy(update={"arrivals": factory.arrivals.with_whole_paths(folder)})
    if people.service.files:
        whole["inspectors"] = people.model_copy(update={"service": people.service.with_whole_paths(folder)})
    if any(station.service.files for station in scenario.stations):
        whole["stations"] = tuple(
            station.model_copy(update={"service": station.service.with_whole_paths(folder)})
            for station in scenario.stations
        )
    return scenario.model_copy(update=whole) if whole else scenario


def _with_whole_paths_of(name: str, model: Model, folder: Path) -> Model:
    with answering_for(name, model):
        found: object = model.with_whole_paths(folder)
        if not isinstance(found, Model):
            raise TypeError(f"with_whole_paths has to return the model, not {found!r}")
    serving = found.serving
    if serving.service.files:
        serving = serving.model_copy(update={"service": serving.service.with_whole_paths(folder)})
        found = found.model_copy(update={"serving": serving})
    return found


def json_schema() -> dict[str, Any]:
    """Return the scenario format as a JSON Schema, with everything in it that is known at this moment."""
    schema: dict[str, Any] = _without_examples(Scenario.model_json_schema(mode="validation"))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "driftline scenario"
    return schema


def _without_examples(schema: Any) -> Any:
    """Cut the examples in Python off the descriptions: who writes a scenario file reads these, in an editor."""
    if isinstance(schema, list):
        return [_without_examples(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _EXAMPLES.sub("", value) if key == "description" and isinstance(value, str) else _without_examples(value)
        for key, value in schema.items()
    }


#: A docstring's examples come last.
_EXAMPLES = re.compile(r"\s*\n\n(Examples\n-+\n|>>> ).*", re.DOTALL)
