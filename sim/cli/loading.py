"""From what a user typed to loaded scenarios: files, folders, and names of shipped ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim import shipped
from sim.cli.typed import TypedPath

if TYPE_CHECKING:
    from sim.document import Document, Problem
    from sim.scenario import Scenario

NONE_SHIPPED = "the shipped scenarios are not here: this installation lost them, install driftline again"

#: The argument of every verb that takes scenarios.
scenarios_argument = click.argument(
    "scenarios", nargs=-1, required=True, metavar="FILE|FOLDER|NAME...", type=TypedPath()
)

#: The option of the verbs that read scenarios and can put other values into them.
overrides_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="A value in the place of the file's own, e.g. strategies.canary.hold=2h; may be repeated.",
)


def load_all(
    typed: Sequence[Path],
    say: Callable[[Path, Scenario], None] = lambda file, scenario: None,
    overrides: Sequence[str] = (),
    stories: Callable[[Path], None] | None = None,
) -> dict[Path, Scenario]:
    """Load every scenario, or raise one error with the problems of all of them.

    A verb that takes stories, arenas and exams too gives with `stories` what becomes of one.
    """
    from sim.cli.kinds import ARENA, EXAM, STORY, kind_of
    from sim.document import Problem, ScenarioError
    from sim.scenario import load

    loaded: dict[Path, Scenario] = {}
    problems: list[Problem] = []
    named = shipped.scenarios()
    if stories is not None:
        named = {**shipped.exams(), **shipped.arenas(), **shipped.stories(), **named}
    for place in (shipped.meant(each, named) for each in typed):
        files = sorted(file for file in place.glob("*.y*ml") if file.suffix in (".yaml", ".yml"))
        if place.is_dir() and not files:
            problems.append(Problem("the folder holds no *.yaml or *.yml file", name=str(place)))
        for file in files if place.is_dir() else [place]:
            if file in loaded:
                continue
            is_story = stories is not None and kind_of(file) in (STORY, ARENA, EXAM)
            try:
                if stories is not None and is_story:
                    stories(file)
                    continue
                loaded[file] = load(file, overrides)
            except ScenarioError as error:
                problems.extend(error.problems if is_story else _explained(file, error.problems))
            else:
                say(file, loaded[file])
    if problems:
        raise ScenarioError(problems)
    return loaded


@contextmanager
def in_its_file(file: Path, overrides: Sequence[str] = ()) -> Iterator[None]:
    """Say of what only a run finds wrong with a scenario where in its file that stands."""
    from sim.document import ScenarioError, read_document
    from sim.document.overrides import overridden

    try:
        yield
    except ScenarioError as error:
        document = overridden(read_document(file), overrides)
        raise ScenarioError([_placed(problem, document, file) for problem in error.problems], error.more) from error


def _placed(problem: Problem, document: Document, file: Path) -> Problem:
    from sim.document.overrides import numbered

    if problem.name is not None or (problem.loc and problem.loc[0] not in document.data):
        return problem  # its place is known, or it is an argument of the command
    if not problem.loc:
        return replace(problem, name=str(file))
    return document.problem(numbered(document.data, problem.loc), problem.message, hint=problem.hint)


def check_strategies(loaded: dict[Path, Scenario], wanted: Sequence[str]) -> None:
    """Refuse a strategy that one of several scenarios lacks before the first of them has run for an hour."""
    from sim.document import Problem, ScenarioError, suggest

    problems = []
    for file, scenario in loaded.items():
        known = [strategy.title for strategy in scenario.strategies]
        for name in wanted:
            if name not in known:
                near = suggest(name, known)
                hint = f"did you mean '{near}'?" if near else f"it has: {', '.join(known)}"
                problems.append(Problem(f"no strategy is called '{name}'", name=str(file), hint=hint))
    if problems:
        raise ScenarioError(problems)


def _explained(file: Path, problems: Iterable[Problem]) -> Iterable[Problem]:
    """Say of a file that is no scenario what it is."""
    from sim.cli.kinds import SCENARIO, problem_of_kind

    if not os.path.lexists(file):
        return problems
    other = problem_of_kind(file, SCENARIO, click.get_current_context().command_path)
    return problems if other is None else [other]
