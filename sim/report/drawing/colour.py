"""Colours as numbers: how light one is, what is readable on it, and mixtures of two."""

from __future__ import annotations

from functools import lru_cache

WHITE, INK = "#FFFFFF", "#222222"
#: What text needs, and what large letters and marks need (WCAG 2.1).
READABLE, VISIBLE = 4.5, 2.0


def luminance(colour: str) -> float:
    """Return the relative luminance of an sRGB colour, 0 to 1.

    >>> luminance("#000000"), luminance("#FFFFFF")
    (0.0, 1.0)
    """
    shares = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return float(0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2])


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


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue
