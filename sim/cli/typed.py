"""What somebody types for a file or folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class TypedPath(click.Path):
    """A file or folder. Nothing at all is refused, where a `Path` of it would be the folder we are in.

    Examples
    --------
    >>> TypedPath().convert("line.yaml", None, None).name
    'line.yaml'
    >>> TypedPath().convert("", None, None)
    Traceback (most recent call last):
    click.exceptions.BadParameter: it is empty, as a variable of a shell is that nobody has set; name a file or folder
    """

    def __init__(self, dir_okay: bool = True) -> None:
        super().__init__(path_type=Path, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path that was typed."""
        if value == "":
            self.fail("it is empty, as a variable of a shell is that nobody has set; name a file or folder", param, ctx)
        return super().convert(value, param, ctx)
