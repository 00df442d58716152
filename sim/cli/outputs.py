"""Where the results of a run go: into folders, and in one of three forms to stdout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.console import console
from sim.cli.streams import say

if TYPE_CHECKING:
    from sim.experiment.result import Result
    from sim.scenario import Scenario


def places_for(loaded: dict[Path, Scenario], out: Path | None, form: str, several: bool) -> list[Path | None]:
    """Return the folder of each scenario's results; None: nowhere."""
    from sim.document import Problem, ScenarioError

    if out is None and form != "table":
        return [None] * len(loaded)
    if out is not None and not several:
        return [out]  # somebody who says where means it
    taken: dict[str, Path] = {}
    places: list[Path | None] = []
    for file, scenario in loaded.items():
        # A name may come from a file's name, which can hold anything: the folder must not be '..'.
        name = re.sub(r"[^\w .-]", "-", scenario.name).strip(" .") or "scenario"
        if name.casefold() in taken:
            other = taken[name.casefold()]
            message = f"has the same name as {other}, '{name}': their results would overwrite each other"
            raise ScenarioError([Problem(message, name=str(file), hint="give one another `name`")])
        taken[name.casefold()] = file
        place = (out or Path("results")) / name
        if place.resolve() in file.resolve().parents:
            message = f"this scenario lies in {place}, whose place its results would take"
            raise ScenarioError([Problem(message, name=str(file), hint="say where to, by --out DIR")])
        places.append(place)
    return places


def refuse_to_replace(
    loaded: dict[Path, Scenario],
    places: Sequence[Path | None],
    overrides: Sequence[str],
    changed: dict[str, Any],
    strategies: Sequence[str],
) -> None:
    """Refuse to let a look at a scenario with other values take the place of results that have different ones.

    Whoever changes the file itself and runs it again wants new results in the place of the old.
    """
    from sim.document import Problem, ScenarioError

    given = {key: value for key, value in changed.items() if value is not None}
    if not given and not overrides and not strategies:
        return
    problems = []
    for (file, scenario), place in zip(loaded.items(), places, strict=True):
        other = [] if place is None else _other_settings(scenario, given, strategies, place)
        if other:
            message = f"{place} holds results with other settings ({', '.join(other)}), which these would replace"
            problems.append(Problem(message, name=str(file), hint="say where to, by --out DIR"))
    if problems:
        raise ScenarioError(problems)


def _other_settings(scenario: Scenario, given: dict[str, Any], strategies: Sequence[str], place: Path) -> list[str]:
    """Return in which keys the results that lie in a place differ from those to come; nothing if there are none."""
    from sim.document import ScenarioError
    from sim.scenario import load

    try:
        there = load(place / "scenario.yaml").model_dump(mode="json")
    except ScenarioError:
        return []  # no results of this version: what else is there is looked at before it is replaced
    if strategies:
        from sim.experiment.run import chosen

        given = {**given, "strategies": chosen(scenario, strategies)}
    wanted = scenario.model_copy(update=given).model_dump(mode="json")
    return [key for key in wanted if wanted[key] != there.get(key)]


def print_table(result: Result, detail: bool) -> None:
    """Print one comparison for people."""
    from sim.report.text.tables import print_result

    print_result(result, console(), detail)


def print_all(results: list[Result], form: str, several: bool) -> None:
    """Print what has to wait for the last scenario: a summary, or the one document that holds them all."""
    if form == "table":
        if len(results) > 1:
            from sim.report.text.tables import print_summary

            print_summary(results, console())
    elif form == "json":
        import json

        from sim.report.data.export import as_json

        documents = [as_json(result) for result in results]
        whole = documents if several else documents[0]
        say(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        from sim.report.data.export import as_csv

        texts = [(result.scenario.name, as_csv(result)) for result in results]
        say(_joined_csv(texts) if several else texts[0][1], nl=False)


def _joined_csv(texts: Sequence[tuple[str, str]]) -> str:
    """Put several tables under one another, with the scenario's name as their first column."""
    import csv
    import io

    joined = io.StringIO()
    writer = csv.writer(joined, lineterminator="\n")
    for number, (name, text) in enumerate(texts):
        head, *rows = csv.reader(io.StringIO(text))
        if number == 0:
            writer.writerow(["scenario", *head])
        writer.writerows([name, *row] for row in rows)
    return joined.getvalue()
