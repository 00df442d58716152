"""What a page waits for: one message of each kind, the newest; and which of them make others worthless."""

from __future__ import annotations

from sim.apps.talk import CANCEL, REFINE, SHOW, Heard

#: Kinds of messages that wait until nobody waits for anything else.
PATIENT = frozenset({REFINE})
#: Kinds that a newer message makes worthless, if it is one of these.
SUPERSEDED = frozenset({SHOW, REFINE, CANCEL})


class Waiting:
    """The messages of one page that nobody has taken yet.

    Examples
    --------
    >>> waiting = Waiting()
    >>> for kind, serial in (("refine", 1), ("reel", 1), ("show", 2), ("show", 3)):
    ...     waiting.put({"kind": kind, "serial": serial})
    >>> waiting.makes_stale("show"), waiting.take(), waiting.take(), waiting.take()
    (True, {'kind': 'reel', 'serial': 1}, {'kind': 'show', 'serial': 3}, None)
    """

    def __init__(self) -> None:
        self._messages: dict[str, Heard] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._messages

    def put(self, message: Heard) -> None:
        """Let a message wait, in the place of those that it makes worthless."""
        kind = kind_of(message)
        if kind in SUPERSEDED:
            for other in SUPERSEDED:
                self._messages.pop(other, None)
        self._messages[kind] = message

    def next_kind(self, patient: bool) -> str | None:
        """Return the kind of the message that is next, of those that can wait or of the others."""
        return next((kind for kind in self._messages if (kind in PATIENT) == patient), None)

    def take(self) -> Heard | None:
        """Return the message that is next, None if there is none."""
        kind = self.next_kind(patient=False) or self.next_kind(patient=True)
        return None if kind is None else self.pop(kind)

    def pop(self, kind: str) -> Heard:
        """Return the message of a kind that waits."""
        return self._messages.pop(kind)

    def clear(self) -> None:
        """Forget them all."""
        self._messages.clear()

    def makes_stale(self, kind: str) -> bool:
        """Whether what is under way for a message of a kind is worthless by now."""
        if kind in PATIENT and self.next_kind(patient=False):
            return True
        return kind in SUPERSEDED and not SUPERSEDED.isdisjoint(self._messages)


def kind_of(message: Heard) -> str:
    """Return a message's kind; a picture to compare with is another one than the picture."""
    return "ghost" if message.get("ghost") else str(message.get("kind"))
