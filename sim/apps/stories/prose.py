"""A story's own sentences, with live numbers in them: `{lamp}` in the text of a file is where that knob stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sim.document import unknown_name

#: The one name beside those of the knobs.
SEED = "seed"
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|(?P<lone>[{}])")
_AMOUNT = re.compile(r"(-?[\d.]+)(%|[a-zµ]{1,3})")

#: A sentence for a page: texts, and between them {"knob": name}.
Parts = list[Any]


def parts_of(text: str) -> Parts:
    """Return a sentence as texts and the knobs between them.

    Examples
    --------
    >>> parts_of("A lamp at {lamp}, {{twice}}.")
    ['A lamp at ', {'knob': 'lamp'}, ', {twice}.']
    """
    parts: Parts = []
    for part in _pieces(text):
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part != "":
            parts.append(part)
    return parts


def _pieces(text: str) -> Iterator[Any]:
    at = 0
    for found in _BRACES.finditer(text):
        yield text[at : found.start()]
        yield {"knob": found["name"]} if found["name"] is not None else found.group()[0]
        at = found.end()
    yield text[at:]


def filled(text: str, says: Mapping[str, str]) -> str:
    """Return a sentence as plain text, with what is shown for each knob in its place.

    >>> filled("A lamp at {lamp}.", {"lamp": "20 %"})
    'A lamp at 20 %.'
    """
    return "".join(part if isinstance(part, str) else says[part["knob"]] for part in parts_of(text))


def wrong_in(text: str, knobs: Iterable[str]) -> Iterator[str]:
    """Return what is wrong with the names in a sentence.

    >>> list(wrong_in("A lamp at {lmp}, a set {1, 2", ["lamp"]))
    ["unknown knob 'lmp': did you mean 'lamp'?", 'a { that belongs to no name: write {{ for a brace']
    """
    known = [*knobs, SEED]
    for found in _BRACES.finditer(text):
        if found["lone"]:
            yield f"a {found['lone']} that belongs to no name: write {2 * found['lone']} for a brace"
        elif found["name"] is not None and found["name"] not in known:
            yield unknown_name("knob", found["name"], known)


def shown(text: str) -> str:
    """Return a value as a sentence has it: a number and its unit stand apart, as in a report.

    >>> shown("20%"), shown("30min"), shown("2"), shown("boosted_trees")
    ('20 %', '30 min', '2', 'boosted_trees')
    """
    found = _AMOUNT.fullmatch(text)
    return f"{found[1]} {found[2]}" if found else text
