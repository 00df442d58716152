"""What a page and its host say to each other: the same in a notebook, on the web, and in a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

#: What a page may say.
READY, SHOW, REFINE, REEL, YAML, LOAD, CANCEL, DEAL, SUM = KINDS = (
    "ready", "show", "refine", "reel", "yaml", "load", "cancel", "deal", "sum",
)  # fmt: skip
#: What a host says first.
HELLO = "hello"
#: What a host of many pages adds to a message while others wait for a move of theirs.
OTHERS_WAIT = "others_wait"

Heard = Mapping[str, Any]
"""A message of a page's: its kind, and what belongs to it. What it holds is a stranger's."""

Stale = Callable[[], bool]
"""Whether nobody waits for the rest any more."""


def never() -> bool:
    """Somebody waits, whatever comes: for hosts that nobody can interrupt."""
    return False


class Said(NamedTuple):
    """A message to a page, and the binary parts that go with it."""

    message: Mapping[str, Any]
    buffers: tuple[bytes, ...] = ()
