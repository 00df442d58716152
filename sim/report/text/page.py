"""Where a report is printed, and for whom: a first reader, or somebody who asked for detail.

Each piece of a report says itself what of it is detail, by asking the page whether to print that. What was left out is
then named in the report's last line, so nobody has to keep a list of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from sim.report.text.grid import print_wrapped


@dataclass(frozen=True, slots=True)
class Page:
    """A console, whether the reader asked for detail, and what was left out since he did not.

    Examples
    --------
    >>> page = Page(Console(width=80))
    >>> page.has_room_for("notes on method"), page.left_out
    (False, ['notes on method'])
    >>> Page(Console(width=80), detail=True).has_room_for("notes on method")
    True
    """

    console: Console
    detail: bool = False
    left_out: list[str] = field(default_factory=list)

    def has_room_for(self, detail: str) -> bool:
        """Return whether to print some detail; where not, the last line will name it so."""
        if not self.detail and detail not in self.left_out:
            self.left_out.append(detail)
        return self.detail

    def say(self, text: str, style: str = "", indent: int = 0) -> None:
        """Print a text that wraps at words."""
        print_wrapped(self.console, Text(text, style=style), indent)

    def say_what_is_left_out(self) -> None:
        """Print the last line: how to see the rest."""
        if self.left_out:
            self.say(f"With --detail (in Python: detail=True) also: {', '.join(self.left_out)}.", style="dim")
