"""A scenario's raw data, and where in its file each value stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sim.document.problems import Problem, ScenarioError, placed

Loc = tuple[str | int, ...]

Refusal = tuple[Loc, str]
"""What a check across several settings finds wrong: the place, and a message. See `checks_failed`."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands: offsets into the text."""

    value: Any
    start: int
    end: int
    block: bool = False  #: a mapping or list written over several lines
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    children: Mapping[str | int, Node] = field(default_factory=dict)
    size: int = 1  #: nodes in it, each alias counted as a copy
    height: int = 0  #: levels below it


@dataclass(frozen=True, slots=True)
class Document:
    """A scenario's raw data; with positions when it was read from a file."""

    data: dict[str, Any]
    text: str = field(default="", repr=False)
    name: str | None = None
    _root: Node | None = field(default=None, repr=False)
    _replaced: Mapping[Loc, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Document:
        """Wrap settings written in Python.

        Examples
        --------
        >>> str(Document.of({"seed": -1}).problem(("seed",), "too small"))
        'seed: too small'
        """
        return cls(data)

    def replaced(self, data: dict[str, Any], said: Mapping[Loc, str]) -> Document:
        """Return it with other data; `said` tells by place where a value comes from that the file does not have."""
        return replace(self, data=data, _replaced={**self._replaced, **said})

    def part(self, *keys: str | int) -> Document:
        """Return the mapping at a key, or deeper, as a document of its own: places in it are those in the file.

        Examples
        --------
        >>> Document.of({"scenario": {"seed": 1}}).part("scenario").data
        {'seed': 1}
        >>> Document.of({"scenarios": [{"seed": 1}]}).part("scenarios", 0).data
        {'seed': 1}
        """
        data: Any = self.data
        root = self._root
        for key in keys:
            data, root = data[key], None if root is None else root.children[key]
        return Document(data, self.text, self.name, root)

    def offset(self, loc: Loc) -> int:
        """Return where in the text a value stands, or the nearest parent that exists; what is no key is skipped."""
        if self._root is None:
            return 0
        node = self._root
        for part in loc:
            node = node.children.get(part, node)
        return node.start

    def problem(
        self, loc: Loc, message: str, *, hint: str | None = None, key: bool = False, says_where: bool = False
    ) -> Problem:
        """Return a problem at a value or, with `key`, at its key; else at the nearest parent that exists."""
        path = ".".join(map(str, loc))
        beside = next((said for at, said in self._replaced.items() if loc[: len(at)] == at), None)
        if beside is not None:
            return Problem(message, path, beside, hint=hint, loc=loc)
        if self._root is None:
            return Problem(message, path, hint=hint, says_where=says_where, loc=loc)
        span = first_key(self._root)
        node = self._root
        for number, part in enumerate(loc, start=1):
            below = node.children.get(part)
            if below is None:
                break
            named = node.keys.get(str(part))
            empty = below.start == below.end
            hanging = named is not None and "\n" in self.text[named[1] : below.start]
            at_key = empty or hanging or (key and number == len(loc))
            span = named if named is not None and at_key else first_key(below)
            node = below
        problem = placed(self.text, self.name or "", span, message, hint=hint)
        return replace(problem, path=path, says_where=says_where, loc=loc)


def checks_failed(document: Document | None, failures: Sequence[Refusal]) -> ScenarioError:
    """Return the error for checks across several settings, each failure at its place.

    Examples
    --------
    >>> print(checks_failed(None, [(("horizon",), "too short"), ((), "nothing to do")]))
    horizon: too short
    nothing to do
    """
    document = document or Document.of({})
    return ScenarioError([document.problem(loc, message) for loc, message in failures])


def under(place: Loc, refusals: Iterable[Refusal]) -> Iterator[Refusal]:
    """Yield what a part found wrong with itself, at its place in the whole.

    >>> list(under(("drift", 2), [(("to",), "too much")]))
    [(('drift', 2, 'to'), 'too much')]
    """
    for loc, message in refusals:
        yield (*place, *loc), message


def first_key(node: Node) -> tuple[int, int]:
    """Return what to underline for a value: of a mapping over several lines, its first key."""
    if node.block and node.keys:
        return next(iter(node.keys.values()))
    return (node.start, node.start + 1) if node.block else (node.start, node.end)
