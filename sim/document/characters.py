"""Characters that no text of a scenario may hold: they can't be seen, or turn around what is shown beside them."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

#: Control characters but for tab and line break, overrides of the direction of writing, line and paragraph separators,
#: halves of characters, and codes that never are one. SVG and terminals choke on some, readers are misled by others.
_REFUSED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
    "|[\\U0001fffe\\U0001ffff\\U0002fffe-\\U0002ffff\\U000efffe-\\U000effff\\U000ffffe-\\U000fffff\\U0010fffe-\\U0010ffff]"
)


def refused_character(text: str) -> str | None:
    """Return what is wrong with a text's characters, None if nothing is.

    >>> refused_character("naïve 試 🙂"), refused_character("a\\u202eb")
    (None, 'U+202E (right-to-left override) is not allowed in a text')
    >>> refused_character("a\\x07b")
    'U+0007 (a control character) is not allowed in a text'
    """
    found = _REFUSED.search(text)
    if found is None:
        return None
    letter = found.group()
    known = unicodedata.name(letter, "").lower()
    what = known or ("half a character" if "\ud800" <= letter <= "\udfff" else "a control character")
    return f"U+{ord(letter):04X} ({what}) is not allowed in a text"


def shown(text: str, most: int = 80) -> str:
    """Return a stranger's text as a message shows it: without such characters, and without the middle of a long one.

    >>> shown("a\\x00b\\u202ec"), shown("x" * 30, most=9)
    ('a\\\\x00b\\\\u202ec', 'xxxx…xxxx')
    """
    half = (most - 1) // 2
    short = text if len(text) <= most else f"{text[:half]}…{text[-half:]}"
    return _REFUSED.sub(lambda found: found.group().encode("unicode_escape").decode(), short)


def refused_in_a_line(text: str) -> str | None:
    """Return what is wrong with a text that stands in one line, None if nothing is.

    >>> refused_in_a_line("a line"), refused_in_a_line("two\\nlines")
    (None, 'a text in one line is wanted, without line breaks and tabs')
    """
    broken = "a text in one line is wanted, without line breaks and tabs"
    return refused_character(text) or (broken if "\n" in text or "\t" in text else None)


def _one_line(text: str) -> str:
    if (wrong := refused_character(text)) is not None:
        raise ValueError(wrong)
    if "\n" in text or "\t" in text:
        raise ValueError("expected a text in one line, without tabs; a block text is folded by '>-'")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
"""A name or title: it stands in one line of a table, a figure or a message."""
