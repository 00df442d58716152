"""How tables and lines are printed: one look for all of them."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text


def titled(title: str) -> Table:
    """Return an empty table in the house's look."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )


def print_wrapped(console: Console, text: Text, indent: int = 0) -> None:
    """Print text that wraps at words, later lines indented under the first."""
    fits = text.cell_len <= console.width and "\n" not in text.plain
    lines = [text] if fits else text.wrap(console, max(20, console.width - indent))
    for number, line in enumerate(lines):
        console.print(Text(" " * (indent if number else 0)).append_text(line), soft_wrap=True)
