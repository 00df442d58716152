"""Cells of CSV files that no spreadsheet takes for a formula."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> Any:
    """Return what a cell holds: a text that a spreadsheet would run as a formula gets an apostrophe before it.

    Numbers are left alone, negative ones too.

    >>> plain("=1+1"), plain("canary"), plain(-2.5)
    ("'=1+1", 'canary', -2.5)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value
