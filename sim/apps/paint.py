"""Colours and words of the animated views that a report has no need of: phones by verdict, the page's own greys.

Phones are quiet, for who decides has tints and strategies have strong colours (`sim.report.drawing.style`); one colour
that nothing else has says that a verdict is wrong. A verdict is also a sign: a cross, a question mark, a ring.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from colorsys import hls_to_rgb, rgb_to_hls
from typing import Any

from sim.report.drawing.colour import contrast, mixed, on_dark
from sim.report.drawing.style import FAINT, INK, SPAN, TAG

NIGHT = "#16181D"  #: the ground of a dark page
_HUMANS = "#EBDFC3"

PAINT: Mapping[str, Mapping[str, str]] = {
    "light": {
        "ground": "#FFFFFF", "page": "#F6F7F8", "ink": INK, "quiet": "#5B6168", "grid": "#E9EBED", "line": FAINT,
        "belt": "#CDD2D7", "way": "#E4E7EA", "humans": _HUMANS, "figure": "#4C5158", "span": SPAN, "tag": TAG,
        "undecided": "#FFFFFF", "pass": "#B9CBDC", "reject": "#33383F", "onReject": "#FFFFFF", "phone": "#6B7580",
        "wrong": "#B3123B", "right": "#1B6B45",
    },
    "dark": {
        "ground": "#1F2229", "page": NIGHT, "ink": "#E9EBEE", "quiet": "#A9B0B8", "grid": "#2D313A", "line": "#3A3F49",
        "belt": "#454B56", "way": "#30353E", "humans": "#8B7F63", "figure": "#E3E6EA", "span": "#343943",
        "tag": "#5A4E1C",
        "undecided": "#2A2E36", "pass": "#6F8CA8", "reject": "#E3E6EA", "onReject": "#1F2229", "phone": "#B7C0CA",
        "wrong": "#FF6B8B", "right": "#63C594",
    },
}  # fmt: skip


def at_night(colour: str) -> str:
    """Return a strategy's colour on a dark page: black becomes white, and the darkest of a family the palest.

    >>> at_night("#000000"), at_night("#56B4E9")
    ('#E9EBEE', '#56B4E9')
    """
    ground, ink = PAINT["dark"]["ground"], PAINT["dark"]["ink"]
    if len({colour[i : i + 2] for i in (1, 3, 5)}) == 1:
        return mixed(ink, ground, int(colour[1:3], 16) / 340)
    if contrast(colour, ground) >= 2.2:
        return on_dark(colour, ground)
    return _as_light(colour, lambda light: 0.88 - 0.3 * light)


def block_at_night(colour: str) -> str:
    """Return a decider's colour on a dark page: quiet, and still seen as a block.

    >>> contrast(block_at_night("#6D5C7E"), PAINT["dark"]["ground"]) >= 2.4
    True
    """
    return _as_light(colour, lambda light: 0.25 + 0.34 * light, strength=0.7)


def _as_light(colour: str, turn: Callable[[float], float], strength: float = 1.0) -> str:
    """Return the colour's hue in another lightness, and as much weaker."""
    hue, light, strong = rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    return "#" + "".join(f"{round(255 * part):02X}" for part in hls_to_rgb(hue, turn(light), strength * strong))


PHRASES: Mapping[str, Any] = {
    "line": "The line: phones on their way to whoever decides, to the customer or into the reject bin",
    "shipped": "shipped",
    "rejected": "rejected",
    "escaped": "escaped",
    "overkilled": "good ones",
    "waiting": "waiting",
    "mirror": "looks on",
    "down": "down until",
    "blocked": "the line is blocked",
    "light": "light",
    "camera": "What the camera sees",
    "eye": "What an inspector sees",
    "inspector": "inspector",
    "phone": "Phone {number}, {clock}:",
    "flaw": "{kind} of {size} × the tolerance",
    "flawless": "nothing to see.",
    "undecided": "No verdict yet.",
    "by": [
        "Never taken up by the line", "Still on the line", "Nobody looked at it", "An inspector decided",
        "A model decided",
        "A model was unsure, an inspector decided", "The server was down, an inspector decided", "The server was down",
        "The queue was full", "An inspector who knew the model’s opinion decided",
        "The server was down",
    ],
    "ships": ": it ships.",
    "rejects": ": rejected.",
    "defective": "The truth: defective.",
    "good": "The truth: good.",
    "said": ["pass", "reject", "unsure", "lost", "none", "too late", "refused"],
    "advises": "advises",
    "all_in_all": "all together",
    "hidden": "Reveal the truth to see the gap between this picture and what happens.",
    "veiled": "only the truth knows",
    "rang": "alarm",
    "pinned": "Pinned run (dotted): {settings}",
    "only_pinned": "pinned run",
    "same": "the same settings",
    "seed": "seed {seed}",
    "sees": {
        "latency": "95 % have their verdict within", "in_system": "phones without a verdict yet",
        "at_most": "never more than {n} without a verdict",
        "under_way": "without a verdict", "brightness": "brightness of the pictures",
    },
    "signs": {
        "undecided": "a phone without a verdict", "pass": "it passed, and ships", "reject": "it was rejected",
        "watched": "the one in the camera’s view", "defective": "it is defective; nobody knows yet",
        "escaped": "wrong: a defective phone ships", "overkilled": "wrong: a good phone was rejected",
        "band": "95 % interval of the strategy that is chosen", "whisker": "95 % interval of a mark",
        "drift": "the world changes", "open": "a look that decides nothing yet", "passed": "a look that passed",
        "failed": "a look that failed", "alarm": "an alarm rings",
        "unsure": "it goes on to an inspector", "aside": "a look on the side, without a say",
        "one_run": "run 1, beside all runs together",
    },
    "still": "Not drawn, for they hardly move: {strips}.",
    "leaks_over_the_whole_run": "leaks overall",
    "star": "★ best, ☆ not to be told from it in {runs} runs",
    "star_of_one": "★ best",
    "columns": {
        "escape_rate": "leaks", "overkill_rate": "false rejects", "latency_p95_s": "95 % within",
        "cost_per_1000": "cost of 1,000",
    },
}  # fmt: skip
