"""What a user got wrong: the message, its place, the line with a caret under it, and the remedy."""

from __future__ import annotations

import difflib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

#: Someone with two hundred errors has one mistake: the first few tell which.
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and its place: in a file, or only the path when there is no file."""

    message: str
    path: str = ""  #: in dots, e.g. strategies.1.steps
    name: str | None = None  #: of the file
    line: int | None = None  #: from 1
    column: int | None = None  #: from 1
    source: str = ""  #: the line itself
    width: int = 1  #: characters to underline
    hint: str | None = None
    says_where: bool = False  #: the message itself names the path
    loc: tuple[str | int, ...] = ()  #: the path, as keys and numbers

    def __str__(self) -> str:
        if self.name is None:
            text = f"{self.path}: {self.message}" if self.path else self.message
            return f"{text}; {self.hint}" if self.hint else text
        if self.line is None or self.column is None:
            text = f"{self.name}: error: {self.message}"
            return f"{text}; {self.hint}" if self.hint else text
        place = "" if self.says_where or not self.path else f"  [{self.path}]"
        source, before, under = _window(self.source, self.column - 1, self.width)
        return "\n".join((
            f"{self.name}:{self.line}:{self.column}: error: {self.message}{place}",
            f"{self.line:>5} | {source}",
            f"      | {' ' * before}{'^' * under}{f' {self.hint}' if self.hint else ''}",
        ))  # fmt: skip


class ScenarioError(Exception):
    """What a user got wrong, ready to be shown: never a reason for a traceback."""

    def __init__(self, problems: Sequence[Problem], more: int = 0) -> None:
        super().__init__(tuple(problems), more)
        self.problems = tuple(problems)
        self.more = more  #: how many others there are that nobody has put into words

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        more = len(self.problems) - len(shown) + self.more
        return "\n".join([*shown, *([f"... and {more} more"] if more else [])])


def placed(text: str, name: str, span: tuple[int, int], message: str, *, hint: str | None = None) -> Problem:
    """Return a problem at offsets into a text; what goes on over several lines is underlined on its first."""
    starts = _starts(text)
    line = bisect_right(starts, min(span[0], len(text)))
    start = starts[line - 1]
    source = text[start:].split("\n", 1)[0]
    column = min(span[0], len(text)) - start
    end = min(span[1] - start, len(source.rstrip()))
    return Problem(message, "", name, line, column + 1, source.rstrip(), max(1, end - column), hint)


@lru_cache(maxsize=4)
def _starts(text: str) -> list[int]:
    """Return where the lines of a text begin: found once for all of its problems."""
    return [0, *(match.end() for match in re.finditer("\n", text))]


def suggest(word: object, known: Sequence[str]) -> str | None:
    """Return the known name that was probably meant.

    Examples
    --------
    >>> suggest("canery", ["shadow", "canary"]), suggest("Blue-Green", ["blue_green"]), suggest("x", ["y"])
    ('canary', 'blue_green', None)
    """
    plain = {_folded(name): name for name in reversed(known)}
    near = difflib.get_close_matches(_folded(str(word)[:80]), plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None


def unknown_name(noun: str, word: str, known: Iterable[str]) -> str:
    """Say that there is nothing of that name, and which one was probably meant.

    >>> unknown_name("model", "v11", ["v1", "net"]), unknown_name("model", "x", ["v1", "net"])
    ("unknown model 'v11': did you mean 'v1'?", "unknown model 'x'; known: v1, net")
    """
    names = list(known)
    near = suggest(word, names)
    return f"unknown {noun} '{word}'" + (f": did you mean '{near}'?" if near else f"; known: {', '.join(names)}")


class UnknownName(KeyError):
    """There is nothing of a name; the message says which was probably meant.

    >>> print(UnknownName(unknown_name("model", "v11", ["v1"])))
    unknown model 'v11': did you mean 'v1'?
    """

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would show it in quotes


def _folded(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def _window(source: str, column: int, width: int, most: int = 100) -> tuple[str, int, int]:
    """Return the part of a line to show, and in terminal cells where the carets start and how many."""
    first = 0 if column + min(width, 40) <= most else max(0, column - 40)
    shown = "".join(letter if letter.isprintable() else " " for letter in source[first : first + most])
    before = shown[: column - first]
    under = shown[column - first : column - first + width]
    head = "..." if first else ""
    tail = "..." if len(source) > first + most else ""
    return head + shown + tail, len(head) + _cells(before), max(1, _cells(under))


def _cells(text: str) -> int:
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )
