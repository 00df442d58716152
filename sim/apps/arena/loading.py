"""Arenas from files: read, validated, and every scenario tried with every rival, before anybody enters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim import shipped
from sim.apps.arena.seeds import seed_of
from sim.apps.arena.spec import ArenaSpec, title_of
from sim.apps.stories.named import document_meant, scenario_document
from sim.document import Document, Loc, Problem, ScenarioError, validate
from sim.scenario import Scenario, from_document


@dataclass(frozen=True, slots=True)
class Arena:
    """An arena as its file has it; `scenario` makes what strategies meet."""

    name: str
    spec: ArenaSpec
    rounds: Mapping[str, Document] = field(repr=False)  #: what strategies meet, by the name that the leaderboard has

    @property
    def reference(self) -> str:
        """The rival whom everybody is compared with."""
        return self.spec.reference or title_of(self.spec.rivals[0])

    @property
    def rivals(self) -> tuple[str, ...]:
        """The names of the built-in strategies that are ranked too."""
        return tuple(title_of(rival) for rival in self.spec.rivals)

    def scenario(self, name: str, strategies: Sequence[Mapping[str, Any]], secret: str | None = None) -> Scenario:
        """Return one of its scenarios with these strategies in it.

        Raises
        ------
        ScenarioError
            If it does not take one of them.

        Examples
        --------
        >>> factory = load_arena("factory")
        >>> scenario = factory.scenario(next(iter(factory.rounds)), [{"pattern": "manual"}])
        >>> [strategy.title for strategy in scenario.strategies], scenario.replications == factory.spec.worlds
        (['manual'], True)
        """
        number = list(self.rounds).index(name)
        document = self.rounds[name]
        settings = {
            "strategies": [dict(strategy) for strategy in strategies],
            "seed": seed_of(secret, self.name, number),
            "replications": self.spec.worlds,
            "train_replications": self.spec.histories,
        }
        said: dict[Loc, str] = {(key,): f"arena {self.name}, {name}" for key in settings}
        return from_document(document.replaced({**document.data, **settings}, said), name)


def load_arena(path: str | Path) -> Arena:
    """Read and check an arena file.

    Parameters
    ----------
    path : str or Path
        A YAML 1.2 file; where there is none, the name of a shipped arena: "factory".

    Raises
    ------
    ScenarioError
        With file, line and column of everything that is wrong.

    Examples
    --------
    >>> load_arena("factory").reference
    'manual'
    """
    document, name = document_meant(path, "arena", shipped.arenas())
    return arena_from(document, name)


def arena_from(document: Document, name: str) -> Arena:
    """Check an arena's data, and return the arena.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    if "arena" not in document.data and "driftline" in document.data:
        hint = "an arena names scenarios: `driftline new --arena FILE` writes one to start from"
        raise ScenarioError([document.problem((), "this is a scenario, and an arena is wanted", hint=hint)])
    spec = validate(document, ArenaSpec)
    problems: list[Problem] = []
    rounds: dict[str, Document] = {}
    for number, one in enumerate(spec.scenarios):
        try:
            made, called = _scenario_of(document, number)
        except ScenarioError as error:
            problems += [_placed(document, number, problem) for problem in error.problems]
            continue
        called = one.name or called
        if called in rounds:
            what = f"two scenarios are called '{called}': give one of them a name"
            problems.append(document.problem(("scenarios", number), what))
        rounds[called] = made
    arena = Arena(name, spec, rounds)
    problems = problems or _of_rivals(document, arena)
    if problems:
        raise ScenarioError(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return arena


def _scenario_of(document: Document, number: int) -> tuple[Document, str]:
    """Return one of the scenarios as a document, and what it is called there."""
    given = document.data["scenarios"][number]
    if isinstance(given, str):
        made = scenario_document(Document({"scenario": given}, name=document.name))
    else:
        made = scenario_document(document.part("scenarios", number))
    found = made.data.get("name") or (Path(made.name).stem if made.name and made.name != document.name else "")
    return made, str(found or f"scenario {number + 1}")


def _placed(document: Document, number: int, problem: Problem) -> Problem:
    """Return what is wrong with a scenario at its place in the arena's file, where it stands there."""
    if problem.line is not None:
        return problem
    if problem.name is not None and problem.name.startswith("set: "):
        place = ("scenarios", number, "set", problem.name.removeprefix("set: "))
        key = problem.message.startswith("unknown key")
        return document.problem(place, problem.message, hint=problem.hint, key=key)
    return document.problem(("scenarios", number, *problem.loc), problem.message, hint=problem.hint)


def _of_rivals(document: Document, arena: Arena) -> list[Problem]:
    """Return what is wrong with the scenarios themselves, and with the rivals in them."""
    problems: list[Problem] = []
    for number, name in enumerate(arena.rounds):
        try:
            arena.scenario(name, arena.spec.rivals)
        except ScenarioError as error:
            problems += [_of_rival(document, number, name, problem) for problem in error.problems]
    return problems


def _of_rival(document: Document, number: int, scenario: str, problem: Problem) -> Problem:
    if problem.loc[:1] != ("strategies",):
        return _placed(document, number, problem)
    message = f"in the scenario {scenario}: {problem.message}"
    return document.problem(("rivals", *problem.loc[1:]), message, hint=problem.hint)
