"""What installed packages bring to driftline, by entry points, and the families that its own members are in.

Which names there are is read from the packages' metadata alone; a package's code is imported when one of its names
is used, and never before.
"""

from __future__ import annotations

import inspect
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules
from traceback import walk_tb
from typing import Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary

#: Entry points of this group name classifiers.
MODELS = "driftline.models"
NOBODYS_FAULT = (MemoryError, KeyboardInterrupt, GeneratorExit)


Member = TypeVar("Member", covariant=True)
AnyMember = TypeVar("AnyMember")
Answer = TypeVar("Answer")


class PluginError(ValueError):
    """What a package brings can't be used: nobody brings it, two packages do, or its code fails."""

    #: What failed, and for whom, from the inside out: parts of a scenario that tell where in its file that stands.
    asked_by: tuple[object, ...] = ()


def until_packages_change(look: Callable[[], Answer]) -> Callable[[], Answer]:
    """Return a function that looks again only when a package may have come or gone: looking takes milliseconds.

    It goes by what Python's own search for packages goes by: the folders that are searched, and when an entry of them
    was last added or taken away. So a package that a notebook has just installed is seen.

    Examples
    --------
    >>> looks = []
    >>> seen = until_packages_change(lambda: looks.append("look") or len(looks))
    >>> seen(), seen()
    (1, 1)
    """
    kept: list[tuple[object, Answer]] = []

    def answer() -> Answer:
        searched = _searched()
        for state, known in kept:
            if state == searched:
                return known
        new = look()
        kept[:] = [(searched, new)]
        return new

    return answer


def _searched() -> tuple[object, ...]:
    return (*((entry, _changed_ns(entry)) for entry in sys.path), *map(id, sys.meta_path))


def _changed_ns(folder: str) -> int:
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:  # nothing is found there either
        return -1


@until_packages_change
def _installed() -> dict[str, list[EntryPoint]]:
    """Return the entry points of all packages by their group."""
    found = entry_points()
    return {group: list(found.select(group=group)) for group in found.groups}


def plugins(group: str) -> dict[str, str]:
    """Return the names of a group and which package brings each, without importing any.

    Examples
    --------
    >>> plugins("driftline.nothing")
    {}
    """
    names: dict[str, str] = {}
    for point in sorted(_installed().get(group, ()), key=lambda point: point.name):
        names[point.name] = f"{names[point.name]} and {origin(point)}" if point.name in names else origin(point)
    return names


def groups() -> tuple[str, ...]:
    """Return the groups of ours in which installed packages bring something."""
    return tuple(sorted(group for group in _installed() if group.startswith("driftline.")))


def find(group: str, name: str) -> EntryPoint:
    """Return the one entry point of that name, its code not yet imported.

    Raises
    ------
    PluginError
        If no package brings it, or more than one.

    Examples
    --------
    >>> find("driftline.models", "nobody's")
    Traceback (most recent call last):
    sim.plugins.PluginError: no installed package brings 'nobody's'
    """
    points = [point for point in _installed().get(group, ()) if point.name == name]
    if not points:
        raise PluginError(f"no installed package brings '{name}'")
    if len(points) > 1:
        raise PluginError(f"'{name}' comes with {' and with '.join(sorted(map(origin, points)))}: uninstall one")
    return points[0]


def load_plugin(point: EntryPoint) -> Any:
    """Import what an entry point names.

    Raises
    ------
    PluginError
        Whatever goes wrong in the package, as one message.
    """
    try:
        with redirect_stdout(sys.stderr):  # stdout is for the answer alone
            return point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # another package's import can fail in any way, and exit too
        raise PluginError(
            f"'{point.name}' can't be imported from {point.value} of {origin(point)}: {in_one_line(error)}"
        ) from error


def origin(point: EntryPoint) -> str:
    """Return which package, in which version, brings an entry point."""
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "an unknown package"


class at_work:
    """Tell of whatever goes wrong in another's code as one message; in ours it is our mistake, and keeps its traceback.

    The one way to call what a package or a notebook brings; what that prints goes to stderr. An analysis is here often.

    Parameters
    ----------
    what : str
        Who is at work, as the beginning of the message.
    member : object
        What is called: a function, a class, a specification, or an object with a `home`.

    Raises
    ------
    PluginError
        For every error and every exit: who failed, the error in one line, and where in its code it came up.

    Examples
    --------
    >>> saw = {"__name__": "workshop"}
    >>> exec("def saw(): return 1 / 0", saw)
    >>> with at_work("the tool saw", saw["saw"]):
    ...     saw["saw"]()
    Traceback (most recent call last):
    sim.plugins.PluginError: the tool saw fails: ZeroDivisionError: division by zero (line 1 of saw)
    """

    def __init__(self, what: str, member: object) -> None:
        self._what, self._member = what, member
        self._prints = nullcontext() if is_of_the_house(member) else redirect_stdout(sys.stderr)

    def __enter__(self) -> None:
        self._prints.__enter__()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._prints.__exit__(None, None, None)
        if isinstance(error, PluginError):
            error.asked_by = (*error.asked_by, self._member)
        elif not (error is None or is_of_the_house(self._member) or isinstance(error, NOBODYS_FAULT)):
            failure = PluginError(f"{self._what} fails: {in_one_line(error)}{_place_in(self._member, error)}")
            failure.asked_by = (self._member,)
            raise failure from error


@contextmanager
def on_behalf_of(part: object) -> Iterator[None]:
    """Note which part of a scenario asks for what is called: a failure is told at its place in the file."""
    try:
        yield
    except PluginError as error:
        error.asked_by = (*error.asked_by, part)
        raise


def is_of_the_house(member: object) -> bool:
    """Whether something is driftline's own, and no package's or notebook's.

    >>> is_of_the_house(plugins), is_of_the_house(len)
    (True, False)
    """
    return _home_of(member).startswith("sim.")


def _home_of(member: object) -> str:
    # What is declared by an object says itself where it is defined.
    home = getattr(member, "home", None)
    return home if isinstance(home, str) and home else str(getattr(member, "__module__", ""))


def _place_in(member: object, error: BaseException) -> str:
    """Return the last line of the member's own package that an error went through, " (patterns.py:7)", else ""."""
    package, found = _home_of(member).partition(".")[0], ""
    for frame, line in walk_tb(error.__traceback__):
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package:
            file = Path(frame.f_code.co_filename)
            # A notebook's cell is in no file that anybody could open.
            found = f" ({file.name}:{line})" if file.is_file() else f" (line {line} of {frame.f_code.co_name})"
    return found


def in_one_line(error: BaseException) -> str:
    """Return an error of another package as a part of one message.

    >>> in_one_line(ValueError("no such\\n  setting"))
    'ValueError: no such setting'
    """
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def declared_by(decorator: str) -> Callable[[str, Any], Any]:
    """Return what makes no member of a bare function in a family whose members are declared by a decorator."""

    def made_of(name: str, found: Any) -> Any:
        if inspect.isfunction(found):
            raise PluginError(f"is a bare function: decorate it with @{decorator}({name!r}, ...)")
        return found

    return made_of


_NAME = re.compile(r"\w[\w.-]*")


class Family(Mapping[str, Member]):
    """The members of a family by name: those of a folder of ours, those of packages, those of a notebook.

    A module of the folder registers its member when it is imported, and the folder is imported when somebody first
    asks. A package brings a member by an entry point of the group; its code is imported by `load` and never before.

    Parameters
    ----------
    noun : str
        What a member is called, "pattern" say.
    folder : str
        The dotted name of the package whose modules hold one member each.
    group : str
        The entry points' group.
    made_of : callable, optional
        ``(name, object)``: makes a member of what a package's entry point names, or raises a PluginError that says
        what is wrong with it. Default: it is the member.
    of : type, optional
        What a package's member has to be: an instance or a subclass of this. Default: anything.

    Examples
    --------
    >>> tools = Family("tool", "", "driftline.nothing")
    >>> @tools.register("saw")
    ... def saw(): ...
    >>> list(tools), tools.plugins()
    (['saw'], {})
    """

    def __init__(
        self, noun: str, folder: str, group: str, made_of: Callable[[str, Any], Member] = lambda name, thing: thing,
        of: type = object,
    ) -> None:  # fmt: skip
        self.noun = noun
        self.group = group
        self._folder = folder
        self._made_of = made_of
        self._of = of
        self._members: dict[str, Member] = {}
        self._places: dict[str, float] = {}
        self._imported = not folder
        FAMILIES[group] = self

    def register(self, name: str, place: float = math.inf) -> Callable[[AnyMember], AnyMember]:
        """Return a decorator that makes something the member `name`; lists show it by `place`, then by name.

        Raises
        ------
        PluginError
            If that is no name, or that of a member of ours, which nobody else's replaces.
        """
        if not isinstance(name, str):
            raise PluginError(f"a {self.noun} needs a name, in brackets behind its decorator, not {name!r}")
        if not _NAME.fullmatch(name):
            raise PluginError(f"'{name}' is no name for a {self.noun}: one word of letters, digits, and - _ . between")

        def keep(member: AnyMember) -> AnyMember:
            if not self._is_ours(member) and name in self and self._is_ours(self[name]):
                raise PluginError(f"would replace the {self.noun} {name}: it needs another name")
            self._members[name] = member  # type: ignore[assignment]
            self._places[name] = place
            return member

        return keep

    def forget(self, name: str) -> None:
        """Take a member off the list, e.g. one that a notebook defined for a moment."""
        self._members.pop(name, None)
        self._places.pop(name, None)

    def __getitem__(self, name: str) -> Member:
        self._import_ours()
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        self._import_ours()
        return iter(sorted(self._members, key=lambda name: (self._places[name], name)))

    def __len__(self) -> int:
        self._import_ours()
        return len(self._members)

    def plugins(self) -> dict[str, str]:
        """Return the names that packages bring and nobody has registered: which package brings each. Imports none."""
        return {name: whose for name, whose in plugins(self.group).items() if name not in self}

    def ours(self) -> tuple[str, ...]:
        """Return the names of the members in the folder."""
        return tuple(name for name in self if self._is_ours(self._members[name]))

    def foreign(self) -> tuple[Foreign, ...]:
        """Return the members from elsewhere than the folder: a fresh process would not know them."""
        return tuple(
            Foreign(self.group, self.noun, name, self._places[name], member)
            for name, member in self._members.items()
            if not self._is_ours(member)
        )

    def load(self, name: str, check: Callable[[Any], str | None] = lambda thing: None) -> None:
        """Import a package's member, and register it under its entry point's name if its code did not.

        Parameters
        ----------
        name : str
            The entry point's.
        check : callable, optional
            Returns what is wrong with the imported object, None if it can be a member.

        Raises
        ------
        PluginError
            If no package brings it, its code fails, it is no member of this family, or it would replace another.
        """
        self._import_ours()
        point = find(self.group, name)
        whose = f"'{name}' ({point.value} of {origin(point)})"
        members, places = dict(self._members), dict(self._places)
        try:
            thing = load_plugin(point)
        finally:
            taken = [known for known, member in members.items() if self._members.get(known) is not member]
            self._members.update(members)
            self._places.update(places)
        if taken:
            raise PluginError(f"{whose} would replace the {self.noun} {', '.join(taken)}: it needs another name")
        if name not in self._members:
            try:
                member = self._made_of(name, thing)
            except PluginError as error:
                raise PluginError(f"{whose} {error}") from error
            self.register(name)(member)
        if (wrong := check(self._members[name]) or self._unfit(self._members[name])) is not None:
            self.forget(name)
            raise PluginError(f"{whose} {wrong}")

    def _unfit(self, member: object) -> str | None:
        fits = issubclass(member, self._of) if isinstance(member, type) else isinstance(member, self._of)
        return None if fits else f"is no {self._of.__module__}.{self._of.__qualname__}"

    def __reduce__(self) -> tuple[Callable[[str, str], Family[Any]], tuple[str, str]]:
        """A family is not sent to other processes, but found again there: only foreign members travel."""
        return _family_here, (self.group, self._folder)

    def _is_ours(self, member: object) -> bool:
        return bool(self._folder) and _home_of(member).startswith(f"{self._folder}.")

    def _import_ours(self) -> None:
        """Import every module of the folder, once, in the order of their names."""
        if self._imported:
            return
        self._imported = True  # before, since a module may ask for the members that there are so far
        folder = import_module(self._folder)
        for name in sorted(module.name for module in iter_modules(folder.__path__)):
            import_module(f"{self._folder}.{name}")


FAMILIES: WeakValueDictionary[str, Family[Any]] = WeakValueDictionary()
"""Every family that there is in this process, by its group."""


def _family_here(group: str, folder: str) -> Family[Any]:
    """Return this process's family of a group; the modules of its folder import the one in which it is made."""
    if group not in FAMILIES:
        for module in iter_modules(import_module(folder).__path__):
            import_module(f"{folder}.{module.name}")
    return FAMILIES[group]


class Foreign(NamedTuple):
    """A member that is not driftline's own, as it is sent to a process that would not know it."""

    group: str
    noun: str
    name: str
    place: float
    member: Any

    def register(self) -> None:
        """Make it known in this process; a family that nobody here has imported is not used here either."""
        family = FAMILIES.get(self.group)
        if family is not None:
            family.register(self.name, self.place)(self.member)


def foreign_members() -> tuple[Foreign, ...]:
    """Return the members of all families that a fresh process would not know.

    Examples
    --------
    >>> tools = Family("tool", "", "driftline.nothing")
    >>> @tools.register("saw")
    ... def saw(): ...
    >>> [(foreign.noun, foreign.name) for foreign in foreign_members() if foreign.group == "driftline.nothing"]
    [('tool', 'saw')]
    """
    return tuple(foreign for _, family in sorted(FAMILIES.items()) for foreign in family.foreign())
