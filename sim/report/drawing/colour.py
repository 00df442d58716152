"""Colours as numbers: how light one is, what is readable on it, and mixtures of two."""

from __future__ import annotations

import math
from functools import lru_cache

WHITE, INK = "#FFFFFF", "#222222"
#: What text needs, and what large letters and marks need (WCAG 2.1).
READABLE, VISIBLE = 4.5, 2.0


def luminance(colour: str) -> float:
    """Return the relative luminance of an sRGB colour, 0 to 1.

    >>> luminance("#000000"), luminance("#FFFFFF")
    (0.0, 1.0)
    """
    red, green, blue = _light(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=1024)
def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21.

    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=1024)
def mixed(one: str, other: str, share: float) -> str:
    """Return a colour with `share` of the other in it.

    >>> mixed("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    parts = (round(255 * (a + share * (b - a))) for a, b in zip(_parts(one), _parts(other), strict=True))
    return "#" + "".join(f"{part:02X}" for part in parts)


@lru_cache(maxsize=1024)
def on_white(colour: str) -> str:
    """Return the colour, as much darker as it has to be for text on white.

    >>> on_white("#0072B2"), contrast(on_white("#56B4E9"), WHITE) >= READABLE
    ('#0072B2', True)
    """
    shares = (mixed(colour, "#000000", 0.05 * step) for step in range(21))
    return next(shade for shade in shares if contrast(shade, WHITE) >= READABLE)


@lru_cache(maxsize=1024)
def on_dark(colour: str, ground: str, enough: float = READABLE) -> str:
    """Return the colour, as much lighter as it has to be to be seen on a dark ground; by default as text.

    >>> on_dark("#000000", "#15171A"), on_dark("#56B4E9", "#15171A")
    ('#808080', '#56B4E9')
    """
    shares = (mixed(colour, WHITE, 0.05 * step) for step in range(21))
    return next(shade for shade in shares if contrast(shade, ground) >= enough)


@lru_cache(maxsize=1024)
def ink_on(fill: str) -> str:
    """Return the colour of text on a fill: dark or white, whichever is better to read.

    >>> ink_on("#FFF1A8"), ink_on("#4A3D57")
    ('#222222', '#FFFFFF')
    """
    return max((INK, WHITE), key=lambda ink: contrast(ink, fill))


@lru_cache(maxsize=1024)
def apart(one: str, other: str) -> float:
    """Return how different two colours look: their distance in CIELAB (CIE 1976); 2 is just seen, 100 black and white.

    >>> round(apart("#000000", "#FFFFFF")), round(apart("#000000", "#00243B")), round(apart("#000000", "#0072B2"))
    (100, 23, 62)
    """
    return math.dist(_lab(one), _lab(other))


@lru_cache(maxsize=1024)
def _lab(colour: str) -> tuple[float, float, float]:
    """Return lightness, green to red, blue to yellow, under the white of sRGB (D65)."""
    red, green, blue = _light(colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    a, b, c = (math.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return 116 * b - 16, 500 * (a - b), 200 * (b - c)


def _light(colour: str) -> tuple[float, float, float]:
    """Return how much red, green and blue light there is, each 0 to 1: what is written in a colour is not linear."""
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in _parts(colour))
    return red, green, blue


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue
