"""Which fonts letters are drawn with, and what stands for letters that no installed font has.

The house's font comes with matplotlib and has Latin, Greek, Cyrillic, Arabic, Hebrew and more. Letters of the scripts
that it lacks are taken from well-known fonts where those are installed. Where none is, a letter is written as it
sounds, if its name in Unicode tells that, a symbol as what it shows, and any other by its number (U+4E2D).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from matplotlib.font_manager import FontProperties, fontManager, get_font

HOUSE = "DejaVu Sans"
#: Fonts of Linux, Windows and macOS for what the house's lacks; those of coloured pictures can't be drawn with.
_OTHERS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "IPAGothic", "NanumGothic",
    "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Telugu", "Noto Sans Thai",
    "Noto Sans Ethiopic", "Noto Sans Khmer", "Noto Sans Symbols", "Noto Sans Symbols 2", "Noto Emoji", "FreeSans",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI", "Segoe UI Symbol",
    "PingFang SC", "Heiti TC", "Hiragino Sans", "Apple SD Gothic Neo", "Kohinoor Devanagari", "Thonburi",
    "Arial Unicode MS", "Apple Symbols",
)  # fmt: skip

#: How letters are joined or shown, and the colour of a hand: nothing of its own is seen.
_UNSEEN = re.compile("[\u00ad\u034f\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]")
_SOUND = re.compile(r"(?:LETTER|SYLLABLE)(?: SMALL| CAPITAL)? ([A-Z]+)$")
_THAI = re.compile(r"THAI CHARACTER (?:SARA ([A-Z]+)|([A-Z]+?)O?\b)")
#: Signs after a letter of an Indian script, which take the place of the "a" that it has by itself.
_VOWEL = re.compile(r" VOWEL SIGN ([A-Z]+)$")
_NO_VOWEL = re.compile(r" SIGN VIRAMA$")
_NASAL = re.compile(r" SIGN (?:ANUSVARA|CANDRABINDU)$")

Has = Callable[[str], bool]


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """Return the fonts to draw with: the house's, then those for what it lacks, of which are installed here."""
    installed = {font.name for font in fontManager.ttflist}
    return (HOUSE, *(name for name in _OTHERS if name in installed))


@lru_cache(maxsize=4096)
def drawable(text: str) -> str:
    """Return a text with nothing in it that no installed font has.

    >>> drawable("canary – 5 %"), drawable("العربية")
    ('canary – 5 %', 'العربية')
    """
    return spelled(text, has_font)


@lru_cache(maxsize=4096)
def has_font(letter: str) -> bool:
    """Return whether a letter can be drawn, as text and as bold text."""
    return all(any(ord(letter) in letters for letters in _letters(weight)) for weight in ("normal", "bold"))


@lru_cache(maxsize=2)
def _letters(weight: str) -> tuple[frozenset[int], ...]:
    files = (fontManager.findfont(FontProperties(family=name, weight=weight)) for name in families())
    return tuple(frozenset(get_font(file).get_charmap()) for file in files)


def spelled(text: str, has: Has) -> str:
    r"""Write a text in letters that there are: `has` tells.

    Examples
    --------
    >>> spelled("\u30ab\u30ca\u30ea\u30a2 2", str.isascii), spelled("\u0939\u093f\u0928\u094d\u0926\u0940", str.isascii)
    ('kanaria 2', 'hindii')
    >>> spelled("\uff21 \U0001f680, \u4e2d\u6587", str.isascii)
    'A [rocket], U+4E2D·6587'
    """
    if all(letter == "\n" or has(letter) for letter in text):
        return text
    written = ""
    numbered = sounded = False
    for letter in _UNSEEN.sub("", unicodedata.normalize("NFC", text)):
        if letter == "\n" or has(letter):
            written, numbered, sounded = written + letter, False, False
            continue
        name = unicodedata.name(letter, "")
        if sounded and (_VOWEL.search(name) or _NO_VOWEL.search(name)):
            written = written.removesuffix("a")
        said = _said(letter, name, has)
        if said is None:
            written += f"·{ord(letter):04X}" if numbered else f"U+{ord(letter):04X}"
        else:
            written += said
        numbered, sounded = said is None, said is not None
    return written


def _said(letter: str, name: str, has: Has) -> str | None:
    """Return how a letter sounds or what it shows; None: its number has to do."""
    simple = unicodedata.normalize("NFKD", letter)
    if simple != letter and all(has(each) for each in simple):
        return simple
    if _NASAL.search(name):
        return "n"
    if found := _VOWEL.search(name) or _SOUND.search(name):
        return found[1].lower()
    if found := _THAI.match(name):
        return (found[1] or found[2]).lower()
    if unicodedata.category(letter).startswith("M"):
        return ""
    return f"[{name.lower()}]" if unicodedata.category(letter) == "So" and name else None
