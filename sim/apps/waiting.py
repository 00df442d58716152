"""What a page waits for: one message of each kind, the newest; and which of them make others worthless."""

from __future__ import annotations

from dataclasses import dataclass

from sim.apps.talk import CANCEL, REEL, REFINE, SHOW, Heard, Said

#: Kinds of messages that wait until nobody waits for anything else, and go on later where they were left off.
PATIENT = frozenset({REFINE})
#: How long a kind can wait: what is not named here goes first.
RANKS = {REEL: 1, REFINE: 2}
#: Kinds that a newer message makes worthless, if it is one of these.
SUPERSEDED = frozenset({SHOW, REFINE})


class Waiting:
    """The messages of one page that nobody has taken yet.

    Examples
    --------
    >>> waiting = Waiting()
    >>> for kind, serial in (("refine", 1), ("reel", 1), ("show", 2), ("show", 3), ("reel", 3)):
    ...     waiting.put({"kind": kind, "serial": serial})
    >>> waiting.makes_stale("show"), waiting.take(), waiting.take(), waiting.take()
    (True, {'kind': 'show', 'serial': 3}, {'kind': 'reel', 'serial': 3}, None)
    """

    def __init__(self) -> None:
        self._messages: dict[str, Heard] = {}
        self.cancelled = False  #: whether nobody wants what is under way: not even its part in hand is shown

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._messages

    def put(self, message: Heard) -> None:
        """Let a message wait, in the place of those that it makes worthless."""
        kind = kind_of(message)
        if kind == CANCEL:
            self._messages.clear()
            self.cancelled = True
            return
        if kind in SUPERSEDED:
            for other in SUPERSEDED:
                self._messages.pop(other, None)
        if kind == SHOW:
            self._messages.pop(REEL, None)  # a page takes no phones of a move before its last
        self._messages[kind] = message

    def put_back(self, message: Heard) -> None:
        """Let the rest of a message wait, unless something has made it worthless meanwhile."""
        if not self.cancelled and SUPERSEDED.isdisjoint(self._messages):
            self._messages[kind_of(message)] = message

    def take(self) -> Heard | None:
        """Return the message that is next, None if there is none."""
        kind = self.first_kind()
        return None if kind is None else self.pop(kind)

    @property
    def hurries(self) -> bool:
        """Whether something waits that is more than patient."""
        return not PATIENT.issuperset(self._messages)

    def first_kind(self) -> str | None:
        """Return the kind of the message that is next, None if there is none."""
        return min(self._messages, key=lambda kind: RANKS.get(kind, 0), default=None)

    def pop(self, kind: str) -> Heard:
        """Return the message of a kind that waits: it is under way from now on."""
        self.cancelled = False
        return self._messages.pop(kind)

    def clear(self) -> None:
        """Forget them all."""
        self._messages.clear()

    def makes_stale(self, kind: str) -> bool:
        """Whether what is under way for a message of a kind is worthless by now, or has to wait."""
        if self.cancelled or kind in self._messages:
            return True
        if kind in PATIENT and self.hurries:
            return True
        return kind in SUPERSEDED and not SUPERSEDED.isdisjoint(self._messages)


@dataclass
class UnderWay:
    """A message that is being answered, and how far its answer has come.

    Examples
    --------
    >>> refining = UnderWay({"kind": "refine", "serial": 4})
    >>> refining.heard(Said({"kind": "answer", "replications": 6}))
    >>> refining.left_off = True
    >>> refining.rest()
    {'kind': 'refine', 'serial': 4, 'seen': 6}
    """

    message: Heard
    left_off: bool = False
    _seen: int = 1  # replications: a page that wants more of them has had one

    @property
    def kind(self) -> str:
        """The message's."""
        return kind_of(self.message)

    def heard(self, said: Said) -> None:
        """Note a part of the answer."""
        self._seen = max(self._seen, said.message.get("replications", 0))

    def rest(self) -> Heard | None:
        """Return what remains to be asked where a patient message was left off, None if nothing does."""
        return {**self.message, "seen": self._seen} if self.left_off and self.kind in PATIENT else None


def kind_of(message: Heard) -> str:
    """Return a message's kind; a picture to compare with is another one than the picture."""
    return "ghost" if message.get("ghost") else str(message.get("kind"))
