"""A text in a scenario file that names a member of a family, packages' and notebooks' included."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_args

from pydantic.fields import FieldInfo

from sim.document.problems import suggest
from sim.plugins import Family

Mark = TypeVar("Mark")


def mark_in(field: FieldInfo, kind: type[Mark]) -> Mark | None:
    """Return the mark of a kind that the type of a field carries, however deep; None if it carries none.

    >>> from typing import Annotated
    >>> from pydantic import create_model
    >>> box = create_model("box", tools=(tuple[Annotated[str, 7], ...], ()))
    >>> mark_in(box.model_fields["tools"], int), mark_in(box.model_fields["tools"], float)
    (7, None)
    """
    return _mark_in((*field.metadata, field.annotation), kind)


def _mark_in(parts: tuple[Any, ...], kind: type[Mark]) -> Mark | None:
    for part in parts:
        mark = part if isinstance(part, kind) else _mark_in(get_args(part), kind)
        if mark is not None:
            return mark
    return None


def named_in(family: Family[Any], listed: str, *, optional: bool = False) -> Callable[[str], str]:
    """Return the check of a field that names a member: a package's is imported, and an unknown name is refused.

    Parameters
    ----------
    family : Family
        The members.
    listed : str
        How the list of those that there are begins.
    optional : bool
        Whether "" stands for none.

    Examples
    --------
    >>> from typing import Annotated
    >>> from pydantic import AfterValidator, TypeAdapter
    >>> tools = Family("tool", "", "driftline.nothing")
    >>> for name in ("saw", "hammer"):
    ...     saw = tools.register(name)(str)
    >>> a_tool = TypeAdapter(Annotated[str, AfterValidator(named_in(tools, "in this box"))])
    >>> a_tool.validate_python("saw")
    'saw'
    >>> a_tool.validate_python("hamer")
    Traceback (most recent call last):
    pydantic_core._pydantic_core.ValidationError: 1 validation error for function-after[known(), str]
      Value error, unknown tool 'hamer': did you mean 'hammer'? In this box: hammer, saw ...
    """

    def known(name: str) -> str:
        if name not in family and not (optional and not name):
            plugins = family.plugins()
            if name not in plugins:
                raise ValueError(_unknown(family.noun, name, [*family, *plugins], listed))
            family.load(name, lambda _: None if name in family else f"registers no {family.noun} of that name")
        return name

    return known


def _unknown(noun: str, name: str, known: list[str], listed: str) -> str:
    near = suggest(name, known)
    message, names = f"unknown {noun} '{name}'", ", ".join(known)
    if near is None:
        return f"{message}; {listed}: {names}"
    return f"{message}: did you mean '{near}'? {listed[0].upper()}{listed[1:]}: {names}"


def definition_of(member: object) -> str:
    """Return the first line of a member's docstring as a part of a sentence: what it is, said once.

    >>> def leakage():
    ...     '''Defective phones shipped / defective phones decided.'''
    >>> definition_of(leakage)
    'defective phones shipped / defective phones decided'
    """
    line = (inspect.getdoc(member) or "").partition("\n")[0].rstrip(".")
    if not line:
        raise TypeError(f"{getattr(member, '__name__', member)} needs a docstring: its first line says what it is")
    return line if line[1:2].isupper() else line[0].lower() + line[1:]
