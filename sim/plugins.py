"""What installed packages bring to driftline: models and patterns, by entry points.

Which names there are is read from the packages' metadata alone; a package's code is imported when one of its names
is used, and never before.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

#: Entry points of these groups name classifiers, and patterns.
MODELS = "driftline.models"
PATTERNS = "driftline.patterns"


class PackageError(ValueError):
    """What a package brings can't be used: nobody brings it, two packages do, or its code fails."""


def plugins(group: str) -> dict[str, str]:
    """Return the names of a group and which package brings each, without importing any.

    Examples
    --------
    >>> brought("driftline.nothing")
    {}
    """
    found: dict[str, str] = {}
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        found[point.name] = f"{found[point.name]} and {origin(point)}" if point.name in found else origin(point)
    return found


def find(group: str, name: str) -> EntryPoint:
    """Return the one entry point of that name, its code not yet imported.

    Raises
    ------
    PackageError
        If no package brings it, or more than one.

    Examples
    --------
    >>> find("driftline.models", "nobody's")
    Traceback (most recent call last):
    sim.plugins.PackageError: no installed package brings 'nobody's'
    """
    points = tuple(entry_points(group=group, name=name))
    if not points:
        raise PackageError(f"no installed package brings '{name}'")
    if len(points) > 1:
        raise PackageError(f"'{name}' comes with {' and with '.join(sorted(map(origin, points)))}: uninstall one")
    return points[0]


def load(point: EntryPoint) -> Any:
    """Import what an entry point names.

    Raises
    ------
    PackageError
        Whatever goes wrong in the package, as one message.
    """
    try:
        return point.load()
    except Exception as error:  # another package's import can fail in any way
        raise PackageError(
            f"'{point.name}' can't be imported from {point.value} of {origin(point)}: {in_one_line(error)}"
        ) from error


def origin(point: EntryPoint) -> str:
    """Return which package, in which version, brings an entry point."""
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "an unknown package"


def in_one_line(error: BaseException) -> str:
    """Return an error of another package as a part of one message.

    >>> in_one_line(ValueError("no such\\n  setting"))
    'ValueError: no such setting'
    """
    told = " ".join(str(error).split())
    return f"{type(error).__name__}: {told[:300]}" if told else type(error).__name__
