"""Other people's code while a contest lasts: what it registers is theirs alone, and gone afterwards.

It is Python, and Python can do what its user can. A strategy is given what a team would see, and nothing in its way
leads to the truth; but who does not trust the people who wrote it runs it where it can do no harm.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from sim.deployment.strategy import PATTERNS, Strategy, specification
from sim.libraries import library
from sim.plugins import FAMILIES, PluginError, at_work


@dataclass(frozen=True, slots=True)
class _Home:
    """Whose code is at work, in messages."""

    home: str


class Guests:
    """A contest's guests: a context, at whose end the house is as it was.

    Examples
    --------
    >>> with Guests() as guests:
    ...     pass
    """

    def __enter__(self) -> Guests:
        self._before = _members()
        self._modules: list[ModuleType] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _restore(self._before)
        for module in self._modules:
            if find_spec("cloudpickle") is not None:
                library("cloudpickle", needed_by="entries").unregister_pickle_by_value(module)
            sys.modules.pop(module.__name__, None)

    def let_in(self, file: Path) -> dict[str, type[Strategy]]:
        """Run a file, and return the patterns that it makes, by the names that it gives them; nobody knows them yet.

        Raises
        ------
        PluginError
            Whatever goes wrong in it, as one message with its line; or if it takes what is somebody else's.
        """
        name = f"entry_{len(self._modules)}_{re.sub(r'[^A-Za-z0-9]', '_', file.stem)}"
        source = file.read_bytes()
        module = ModuleType(name)
        module.__file__ = str(file)
        sys.modules[name] = module  # dataclasses and pickle look there
        self._modules.append(module)
        if find_spec("cloudpickle") is not None:  # a worker process can't import it
            library("cloudpickle", needed_by="entries").register_pickle_by_value(module)
        before = _members()
        try:
            with at_work("its code", _Home(name)):
                exec(compile(source, str(file), "exec"), module.__dict__)  # that is what an entry is
        except PluginError:
            _restore(before)
            raise
        after = _members()
        brought = {
            n: m for n, (m, _) in after[PATTERNS.group].items() if before[PATTERNS.group].get(n, (None,))[0] is not m
        }
        taken = [
            f"{FAMILIES[group].noun} {known}"
            for group, members in before.items()
            for known, (member, _) in members.items()
            if group != PATTERNS.group and after[group].get(known, (None,))[0] is not member
        ]
        if taken:
            _restore(before)
            raise PluginError(f"it would replace the {taken[0]} of another entry: give it another name")
        _restore({PATTERNS.group: before[PATTERNS.group]})
        return brought

    def register(self, name: str, member: type[Strategy]) -> None:
        """Make a guest's pattern known under the name of its entry, for as long as the contest lasts.

        Raises
        ------
        PluginError
            If that is no name of a pattern.
        """
        PATTERNS.register(name)(specification(name, member.declared))


Members = Mapping[str, Mapping[str, tuple[Any, float]]]


def _members() -> Members:
    """Return what is registered that is not driftline's own, by family and name."""
    return {
        group: {each.name: (each.member, each.place) for each in family.foreign()}
        for group, family in sorted(FAMILIES.items())
    }


def _restore(before: Members) -> None:
    for group, known in before.items():
        family = FAMILIES[group]
        for each in family.foreign():
            if each.name not in known:
                family.forget(each.name)
        for name, (member, place) in known.items():
            family.register(name, place)(member)
