"""What a page and its host say to each other: the same in a notebook, on the web, and in a page of its own.

A message is a mapping with a `kind`. The page speaks first; it numbers what it says by a `serial`, which is in every
answer to it, and says in `state` where it stands, so that a host needs to remember nothing. A notebook's widget may be
shown several times: each view has a name for itself, `view`, in what it says::

    page                             host
    ready   state                    hello     story, state, refined, trial; wrong: what was refused of an address
    show    state; ghost: a pin's    progress  say, before a training; then answer, part by part until it is done
    refine  state, seen              answer    of more and more replications
    reel    state                    reel      names and columns of one strategy's phones, and the bytes
    yaml    state                    yaml      text
    load    text                     hello     as above, and loaded
    deal    state, trial, first      deal      phones of a trial
    sum     state, trial, answers    sum       what they come to
    stand   state                    nothing   a page without an address rests there: a view drawn anew begins so
    cancel                           nothing   what was asked before is left off
    any                              refused   say; reel, if it was one

Where a connection ends for good the page's own adapter says `gone`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

#: What a page may say.
READY, SHOW, REFINE, REEL, YAML, LOAD, STAND, CANCEL, DEAL, SUM = KINDS = (
    "ready", "show", "refine", "reel", "yaml", "load", "stand", "cancel", "deal", "sum",
)  # fmt: skip
#: What a host says beside what has the name of what was asked: first, of a run, before a long one, and to nonsense.
HELLO, ANSWER, PROGRESS, REFUSED = "hello", "answer", "progress", "refused"
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


def about(heard: Heard) -> dict[str, Any]:
    """Return by what a page knows an answer as the answer to what it said."""
    return {key: heard[key] for key in ("serial", "ghost") if key in heard}


def refused(heard: Heard, say: str) -> Said:
    """Return what is said to a message that can't be answered; of phones the page is told so, and keeps its answer.

    >>> refused({"kind": "reel", "serial": 3}, "the server ends").message
    {'kind': 'refused', 'say': 'the server ends', 'reel': True, 'serial': 3}
    """
    of_a_reel = {"reel": True} if heard.get("kind") == REEL else {}
    return Said({"kind": REFUSED, "say": say, **of_a_reel, **about(heard)})
