"""Entries: a file with a strategy's settings, or with a pattern of somebody's own; each is checked by itself.

What is wrong with one entry is told of that one. The others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.apps.arena.guests import Guests
from sim.apps.arena.loading import Arena
from sim.apps.arena.spec import title_of
from sim.deployment.strategy import PATTERNS
from sim.document import Document, Problem, ScenarioError, read_document
from sim.plugins import PluginError

#: What an entry's file ends with.
SETTINGS, CODE = (".yaml", ".yml"), (".py",)
#: What an entry may be called: it is a name in tables, and a word in file names.
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A strategy that somebody entered."""

    name: str
    strategy: Mapping[str, Any]  #: as in a scenario
    file: Path | None = None
    document: Document | None = field(default=None, repr=False)  #: where its settings stand

    def placed(self, problem: Problem) -> Problem:
        """Return what is wrong with it in a scenario, at its place in the entry's own file."""
        if self.document is not None and problem.loc[:1] == ("strategies",):
            return self.document.problem(problem.loc[2:], problem.message, hint=problem.hint)
        name = str(self.file) if self.file is not None else f"entry {self.name}"
        return Problem(problem.message, name=name, hint=problem.hint)


@dataclass(frozen=True, slots=True)
class Failed:
    """An entry that can't take part, and why: the message has the place."""

    name: str
    says: str


def files_in(folder: Path) -> list[Path]:
    """Return the entries that lie in a folder, by name; what begins with a dot or "_" is none.

    Raises
    ------
    ScenarioError
        If there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        what = "this is a file: a folder of entries is wanted" if folder.exists() else "there is no such folder"
        raise ScenarioError([Problem(what, name=str(folder))])
    found = [file for file in sorted(folder.iterdir()) if file.suffix in SETTINGS + CODE and file.name[0] not in "._"]
    if not found:
        raise ScenarioError([Problem("the folder holds no entry: no *.yaml, *.yml or *.py file", name=str(folder))])
    return found


def entered(
    arena: Arena, given: Iterable[str | Path | Mapping[str, Any]], guests: Guests
) -> tuple[list[Entry], list[Failed]]:
    """Return the entries that every scenario of an arena takes, and those that can't take part.

    Settings are read before anybody's code is run: so nobody enters with the code of somebody else.
    """
    entries: list[Entry] = []
    failed: list[Failed] = []
    taken = dict.fromkeys(arena.rivals, "a built-in rival")
    for one in sorted(given, key=lambda one: not isinstance(one, Mapping) and Path(one).suffix in CODE):
        name = title_of(dict(one)) if isinstance(one, Mapping) else Path(one).stem
        try:
            read = _read(one, guests)
            for entry in read:
                _check(arena, entry, taken)
        except ScenarioError as error:
            failed.append(Failed(name, str(error)))
            continue
        entries += read
        taken.update((entry.name, str(entry.file or "another entry")) for entry in read)
    return entries, failed


def _read(given: str | Path | Mapping[str, Any], guests: Guests) -> Sequence[Entry]:
    if isinstance(given, Mapping):
        return [Entry(title_of(dict(given)), {**given, "name": title_of(dict(given))})]
    file = Path(given)
    if file.suffix in CODE:
        return _of_code(file, guests)
    if file.suffix not in SETTINGS:
        raise _refused(file, "an entry is a .yaml file with a strategy's settings, or a .py file with a pattern")
    document = read_document(file)
    if not isinstance(document.data.get("pattern"), str):
        hint = "as an entry of a scenario's strategies: pattern: canary, and its settings"
        raise ScenarioError([document.problem((), "an entry says which pattern it is of", hint=hint)])
    return [Entry(file.stem, {**document.data, "name": file.stem}, file, document)]


def _of_code(file: Path, guests: Guests) -> Sequence[Entry]:
    try:
        brought = guests.let_in(file)
    except PluginError as error:
        raise _refused(file, str(error)) from error
    except OSError as error:
        raise _refused(file, error.strerror or str(error)) from error
    if not brought:
        what = "it makes no pattern: write @driftline.pattern('mine') over a generator (rollout, *, settings...)"
        raise _refused(file, what)
    entries = []
    for pattern, member in brought.items():
        name = file.stem if len(brought) == 1 else f"{file.stem}.{pattern}"
        if name in PATTERNS or name in PATTERNS.plugins():
            raise _refused(file, f"a pattern is called '{name}' already: give the file another name")
        try:
            guests.register(name, member)
        except PluginError as error:
            raise _refused(file, str(error)) from error
        entries.append(Entry(name, {"pattern": name, "name": name}, file))
    return entries


def _check(arena: Arena, entry: Entry, taken: Mapping[str, str]) -> None:
    if entry.name in taken:
        what = f"the name '{entry.name}' is taken by {taken[entry.name]}: take another"
        raise ScenarioError([entry.placed(Problem(what))])
    if len(entry.name) > _LONGEST:
        raise ScenarioError([entry.placed(Problem(f"the name has more than {_LONGEST} letters: take a shorter one"))])
    for name in arena.rounds:
        try:
            arena.scenario(name, [entry.strategy])
        except ScenarioError as error:
            raise ScenarioError([entry.placed(problem) for problem in error.problems], error.more) from None


def _refused(file: Path, message: str) -> ScenarioError:
    return ScenarioError([Problem(message, name=str(file))])
