"""One look for every picture: colours, dashes and markers that keep their meaning, and bytes that repeat.

Colours are Okabe and Ito's (2008), which readers with any common colour vision tell apart; yellow is left out
because it vanishes on white. Colour never stands alone: a strategy is also a dash and a marker, a decider
also a hatch and a name.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.deployment.declaration import Appearance
from sim.deployment.strategy import PATTERNS
from sim.measure.deciders import Decider, DecidingRole

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
INK, QUIET, FAINT = "#222222", "#5F5F5F", "#D9D9D9"
HUMAN_GREY = "#BDBDBD"

#: Light colours are darkened where they colour text, so that it stays readable on white.
_TEXT_COLOUR = {SKY: "#1F78A8", ORANGE: "#9A6A00", PURPLE: "#A2477B", GREEN: "#00795A", HUMAN_GREY: "#4D4D4D"}

Dash = tuple[float, tuple[float, ...]] | str


@dataclass(frozen=True, slots=True)
class Look:
    """How something is drawn wherever it is drawn."""

    colour: str
    dash: Dash = "-"
    marker: str = "o"
    hatch: str = ""

    @property
    def text(self) -> str:
        """The colour of text about it."""
        return _TEXT_COLOUR.get(self.colour, self.colour)


#: The colours that a pattern can ask for, by name.
_NAMED = {
    "black": BLACK, "orange": ORANGE, "sky": SKY, "green": GREEN,
    "blue": BLUE, "vermillion": VERMILLION, "purple": PURPLE,
}  # fmt: skip
_DASHES: tuple[Dash, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "D", "^", "v", "X", "P", "<", ">", "*", "h")
_COLOURS = (ORANGE, BLUE, VERMILLION, GREEN, PURPLE, SKY, BLACK)


def strategy_looks(strategies: Iterable[tuple[str, str]]) -> dict[str, Look]:
    """Return the look of each strategy by name.

    A pattern declares how it would like to look, see `sim.deployment.declaration.Appearance`. The first strategy of one
    that always looks so does, in every picture of every run; a second one of the same pattern keeps the colour and
    changes dash and marker. The other patterns get the colour they wish for, or the next that no pattern of this
    comparison has.

    Parameters
    ----------
    strategies : iterable of (name, pattern)
        In the order of the result.

    Examples
    --------
    >>> looks = strategy_looks([("slow", "canary"), ("fast", "canary")])
    >>> looks["slow"].colour == looks["fast"].colour, looks["slow"].marker == looks["fast"].marker
    (True, False)
    """
    named = list(strategies)
    wanted = _looks_of_patterns(dict.fromkeys(pattern for _, pattern in named))
    taken: list[Look] = []
    looks: dict[str, Look] = {}
    for name, pattern in named:
        look = wanted[pattern] if wanted[pattern] not in taken else _in_same_colour(wanted[pattern], taken)
        taken.append(look)
        looks[name] = look
    return looks


def _looks_of_patterns(patterns: Iterable[str]) -> dict[str, Look]:
    """Return the first look of each pattern: its own, or one in a colour that is still free."""
    wishes = {name: _appearance(name) for name in patterns}
    looks = {name: _look(wish) for name, wish in wishes.items() if wish is not None and wish.always}
    for number, name in enumerate(name for name in wishes if name not in looks):
        used = {look.colour for look in looks.values()}
        markers = {look.marker for look in looks.values()}
        wish = wishes[name]
        if wish is not None and _look(wish).colour not in used:
            looks[name] = _look(wish)
            continue
        # Of more patterns than colours, some share one; dash and marker tell them apart.
        colour = next((each for each in _COLOURS if each not in used), _COLOURS[number % len(_COLOURS)])
        if wish is not None:
            looks[name] = Look(colour, _look(wish).dash, wish.marker)
        else:
            marker = next((each for each in _MARKERS if each not in markers), "o")
            looks[name] = Look(colour, _DASHES[number % len(_DASHES)], marker)
    return looks


def _appearance(pattern: str) -> Appearance | None:
    known = PATTERNS.get(pattern)
    return None if known is None else known.declared.appearance


def _look(wish: Appearance) -> Look:
    return Look(_NAMED[wish.colour], (0, wish.dash) if wish.dash else "-", wish.marker)


def _in_same_colour(wanted: Look, taken: list[Look]) -> Look:
    for marker in _MARKERS:
        for dash in _DASHES:
            same_colour = [look for look in taken if look.colour == wanted.colour]
            if all(look.marker != marker for look in same_colour) and (
                all(look.dash != dash for look in same_colour) or len(same_colour) >= len(_DASHES)
            ):
                return Look(wanted.colour, dash, marker)
    return wanted


_ROLES: dict[DecidingRole, Look] = {
    "humans": Look(HUMAN_GREY, hatch=""),
    "review": Look(PURPLE, hatch=".."),
    "assisted": Look(HUMAN_GREY, hatch="////"),
    "nobody": Look("#FFFFFF", hatch="xxx"),
}
_MODELS = (Look(BLUE), Look(ORANGE, hatch="///"), Look(GREEN, hatch="\\\\\\"), Look(SKY, hatch="--"))


def decider_looks(deciders: Iterable[Decider]) -> dict[Decider, Look]:
    """Return the look of each decider: the older model, the candidate, humans, review, nobody.

    Models are ordered by name (numbers by value), so the oldest version is blue and its candidate orange in
    every panel of a picture. Of many versions neighbours differ.

    >>> new, old = Decider("model", "v10"), Decider("model", "v2")
    >>> looks = decider_looks([new, Decider("humans"), old])
    >>> looks[old].colour == BLUE, looks[new].colour == ORANGE
    (True, True)
    """
    known = set(deciders)
    models = sorted(
        (decider for decider in known if decider.role == "model"),
        key=lambda model: (_natural(model.version), model.version),
    )
    looks = {decider: _ROLES[decider.role] for decider in known if decider.role != "model"}
    return looks | {model: _MODELS[i % len(_MODELS)] for i, model in enumerate(models)}


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


RC: Mapping[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "text.color": INK,
    "text.parse_math": False,  # two dollar signs are two amounts, not mathematics
    "axes.labelcolor": QUIET,
    "axes.labelsize": 10.5,
    "axes.edgecolor": "#8A8A8A",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": "#8A8A8A",
    "ytick.color": "#8A8A8A",
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.2,
    "lines.markersize": 6,
    "hatch.linewidth": 0.7,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "driftline",
    "path.simplify": True,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this context; matplotlib's settings are as before when it ends."""
    with matplotlib.style.context(["default", dict(RC)]):
        yield


class Picture(Figure):
    """A figure without global state that a notebook shows by itself."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height))
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        return png(self, dpi=100)


def png(figure: Figure, dpi: int = 150) -> bytes:
    """Return the figure as PNG, the same bytes for the same figure."""
    return _saved(figure, format="png", dpi=dpi, metadata={"Software": None})


def svg(figure: Figure) -> bytes:
    """Return the figure as SVG, the same bytes for the same figure."""
    return _saved(figure, format="svg", metadata={"Date": None, "Creator": "driftline"})


def _saved(figure: Figure, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, **options)
    return buffer.getvalue()
