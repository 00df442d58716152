"""How verbs print: Rich's console for tables, two columns for lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from sim.cli.streams import results, say

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Return a console for results."""
    from rich.console import Console

    return Console(file=results())


def print_columns(rows: Iterable[tuple[str, str]]) -> None:
    """Print names and what they mean.

    Examples
    --------
    >>> print_columns([("canary", "Step by step."), ("x", "")])
      canary  Step by step.
      x       -
    """
    formatter = click.HelpFormatter(max_width=100)
    with formatter.indentation():
        formatter.write_dl([(name, text or "-") for name, text in rows])
    say(formatter.getvalue(), nl=False)
