"""How verbs print: Rich's console for tables, two columns for lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Return a console on stdout that leaves a closed pipe to the command."""
    from rich.console import Console

    class Printer(Console):
        def on_broken_pipe(self) -> None:
            # Rich would exit here with 1; one place decides what a closed pipe means.
            raise BrokenPipeError

    return Printer()


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
    click.echo(formatter.getvalue(), nl=False)
