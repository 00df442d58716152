"""You on the line: a visitor's own d', criterion and times, as a text of the page's address and as a strategy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

#: The strategy in which every phone is decided by inspectors like the visitor.
YOU = "you"
#: Seconds beside a look for taking a phone and putting it down (FACTS 7): on a screen there is none.
HANDLING_S = 3.0
_TEXT = re.compile(r"d([0-9]+(?:\.[0-9]+)?),c(-?[0-9]+(?:\.[0-9]+)?),t([0-9]+(?:\.[0-9]+)?)")
_MOST_D, _MOST_C, _MOST_T = 10.0, 10.0, 600.0


@dataclass(frozen=True, slots=True)
class Me:
    """An inspector that a trial has measured.

    Examples
    --------
    >>> me = Me.read("d1.8,c-0.3,t2.1")
    >>> me.text
    'd1.8,c-0.3,t2.1'
    >>> me.strategy()
    {'pattern': 'manual', 'name': 'you', 'inspectors': {'d_prime': 1.8, 'criterion': -0.3, 'look': '5.1s'}}
    """

    d_prime: float
    criterion: float
    seconds: float  #: mean time of a look at a drawn phone

    @classmethod
    def of(cls, d_prime: float, criterion: float, seconds: float) -> Me:
        """Return an inspector as exactly as an address tells it; who is worse than chance is told as chance."""
        return cls(round(max(d_prime, 0.0), 2), round(criterion, 2) + 0.0, round(max(seconds, 0.1), 1))

    @classmethod
    def read(cls, text: str) -> Me:
        """Read what `text` wrote.

        Raises
        ------
        ValueError
            If it is none, or nobody can be so.
        """
        found = _TEXT.fullmatch(text)
        if found is None or len(text) > 40:
            raise ValueError(f"expected d' and criterion and seconds, such as d1.8,c0.3,t2.1, found '{text[:40]}'")
        d_prime, criterion, seconds = map(float, found.groups())
        if d_prime > _MOST_D or abs(criterion) > _MOST_C or not 0.1 <= seconds <= _MOST_T:
            raise ValueError(
                "nobody inspects so: d' is at most 10, the criterion from -10 to 10, a look 0.1 s to 600 s"
            )
        return cls(d_prime, criterion, seconds)

    @property
    def text(self) -> str:
        """It as a text of a page's address."""
        return f"d{self.d_prime:g},c{self.criterion:g},t{self.seconds:g}"

    def strategy(self) -> dict[str, Any]:
        """Return the strategy as a scenario file has it."""
        own = {"d_prime": self.d_prime, "criterion": self.criterion, "look": f"{self.seconds + HANDLING_S:g}s"}
        return {"pattern": "manual", "name": YOU, "inspectors": own}
