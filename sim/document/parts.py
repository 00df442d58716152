"""Where in a specification one of its parts stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sim.document.positions import Loc


def place_in(whole: object, part: object) -> Loc | None:
    """Return the way from a specification to one of its parts, that very object; None if it is not in there.

    Examples
    --------
    >>> from pydantic import create_model
    >>> tool = create_model("Tool", name=(str, ""))
    >>> saw, drill = tool(name="saw"), tool(name="drill")
    >>> box = create_model("Box", tools=(tuple[tool, ...], ()))(tools=(saw, drill))
    >>> place_in(box, box.tools[1]), place_in(box, tool(name="drill"))
    (('tools', 1), None)
    """
    if whole is part:
        return ()
    for name, below in _parts(whole):
        place = place_in(below, part)
        if place is not None:
            return (name, *place)
    return None


def _parts(whole: Any) -> Iterator[tuple[str | int, object]]:
    if isinstance(whole, BaseModel):
        yield from ((name, getattr(whole, name)) for name in type(whole).model_fields)
    elif isinstance(whole, Mapping):
        yield from whole.items()
    elif isinstance(whole, list | tuple):
        yield from enumerate(whole)
