"""Values given beside a file, `strategies.canary.hold=2h`: they take the place of its own before any check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.document.positions import Document, Loc
from sim.document.problems import Problem, ScenarioError, suggest
from sim.document.reading import read_value

#: By these an entry of a list can be called instead of by its number, the first that it has.
NAMES = ("name", "pattern")


def overridden(document: Document, settings: Sequence[str]) -> Document:
    """Return a document with some values replaced, or added.

    Parameters
    ----------
    document : Document
        As the file has it.
    settings : sequence of str
        Each ``path=value``: keys with dots between them, entries of a list by their number from 0, or by their name or
        pattern; the value as it would stand in the file.

    Raises
    ------
    ScenarioError
        If a path leads nowhere, or a value is no YAML.

    Examples
    --------
    >>> plain = Document.of({"seed": 1, "strategies": [{"pattern": "manual"}, {"pattern": "canary"}]})
    >>> overridden(plain, ["seed=7", "strategies.canary.steps=[10, 50]", "horizon=2d"]).data
    {'seed': 7, 'strategies': [{'pattern': 'manual'}, {'pattern': 'canary', 'steps': [10, 50]}], 'horizon': '2d'}
    >>> overridden(plain, ["strategies.canery.hold=2h"])
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: --set strategies.canery.hold=2h: error: nothing in strategies is called \
'canery'; did you mean 'canary'?
    """
    data: Any = document.data
    replaced: dict[Loc, str] = {}
    problems: list[Problem] = []
    for setting in settings:
        said = f"--set {setting}"
        path, equals, text = setting.partition("=")
        try:
            if not equals or not path.strip():
                raise NoSuchPlace("expected path=value, such as strategies.canary.hold=2h")
            data, loc = with_value(data, path.strip(), read_value(text, said))
            replaced[loc] = said
        except NoSuchPlace as wrong:
            problems.append(Problem(wrong.message, name=said, hint=wrong.hint))
        except ScenarioError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(problems)
    return document.replaced(data, replaced)


def with_value(data: Any, path: str, value: Any) -> tuple[Any, Loc]:
    """Return a copy of data with a value at a path, and where that is.

    Raises
    ------
    NoSuchPlace
        If the path leads nowhere.

    Examples
    --------
    >>> with_value({"drift": [{"name": "lamp fails", "to": "40%"}]}, "drift.lamp fails.to", "20%")
    ({'drift': [{'name': 'lamp fails', 'to': '20%'}]}, ('drift', 0, 'to'))
    """
    loc: list[str | int] = []
    return _with(data, path.split("."), value, loc), tuple(loc)


class NoSuchPlace(Exception):
    """A path that leads nowhere: why, and what was probably meant."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def _with(here: Any, path: Sequence[str], value: Any, loc: list[str | int]) -> Any:
    """Return a copy of data with a value at a path, and write down in `loc` where that is."""
    if not path:
        return value
    part, *rest = path
    if isinstance(here, list | tuple):
        number = _entry(here, part, loc)
        loc.append(number)
        return [*here[:number], _with(here[number], rest, value, loc), *here[number + 1 :]]
    if here is not None and not isinstance(here, Mapping):
        raise NoSuchPlace(f"{'.'.join(map(str, loc))} holds one value: there is no '{part}' in it")
    loc.append(part)
    below = (here or {}).get(part)
    return {**(here or {}), part: _with(below, rest, value, loc)}


def _entry(entries: Sequence[Any], part: str, loc: Sequence[str | int]) -> int:
    """Return which entry of a list is meant: its number, or what it is called."""
    where = ".".join(map(str, loc))
    if part.isdecimal():
        if int(part) >= len(entries):
            raise NoSuchPlace(f"{where} has {len(entries)} entries, from 0 to {len(entries) - 1}: there is no {part}")
        return int(part)
    called = [_called(entry) for entry in entries]
    if called.count(part) == 1:
        return called.index(part)
    if part in called:
        raise NoSuchPlace(f"several in {where} are called '{part}': give a number from 0 to {len(entries) - 1}")
    near = suggest(part, [name for name in called if name])
    hint = f"did you mean '{near}'?" if near else f"give a number from 0 to {len(entries) - 1}"
    raise NoSuchPlace(f"nothing in {where} is called '{part}'", hint)


def numbered(data: Any, loc: Loc) -> Loc:
    """Return a place with the entries of lists by their numbers, where it has what they are called.

    >>> numbered({"strategies": [{"pattern": "manual"}, {"pattern": "canary"}]}, ("strategies", "canary", "hold"))
    ('strategies', 1, 'hold')
    """
    place: list[str | int] = []
    for part in loc:
        if isinstance(data, list | tuple) and isinstance(part, str):
            called = [_called(entry) for entry in data]
            if part not in called:
                break
            part = called.index(part)
        place.append(part)
        known = data.keys() if isinstance(data, Mapping) else range(len(data)) if isinstance(data, list | tuple) else ()
        data = data[part] if part in known else None
    return tuple(place)


def _called(entry: Any) -> str:
    known = [entry[key] for key in NAMES if key in entry] if isinstance(entry, Mapping) else []
    return str(known[0]) if known else ""
