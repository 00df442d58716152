"""One look for every picture: colours, dashes and markers that keep their meaning, and bytes that repeat.

There are three palettes, and no colour is in two of them. Strategies have strong colours, the families of Okabe and
Ito (2008), which readers with any common colour vision tell apart: the pattern gives the family, the order in the file
the shade. Deciders fill areas, so theirs are pale or grey: sand for people, a tint for each lineage of models, and a
shade and a hatch for each version of it. The world (drift, outages) is ink on pale yellow and grey. Colour never stands
alone: a strategy is also a dash and a marker, a decider also a hatch and a name.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import matplotlib.style
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.deployment.declaration import Appearance
from sim.deployment.strategy import PATTERNS
from sim.measure.deciders import Decider, DecidingRole
from sim.report.drawing import colour as ink
from sim.report.drawing.colour import WHITE, apart, ink_on, mixed, on_white
from sim.report.drawing.lettering import drawable, families

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
INK, QUIET, FAINT = ink.INK, "#5F5F5F", "#D9D9D9"
TAG = "#FFF1A8"  #: what befell the line: a label's ground
SPAN = "#E3E3E3"  #: while a server is down

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
        """The colour of text about it, on white."""
        return on_white(self.colour)

    @property
    def ink(self) -> str:
        """The colour of text upon it."""
        return ink_on(self.colour)

    @property
    def stroke(self) -> str:
        """The colour of its hatch: seen on it, and quieter than text."""
        return mixed(self.colour, self.ink, 0.55)


#: The families that a pattern can ask for, by name: its own colour, then what further strategies of it have, as far
#: from it in lightness as can be and still be seen, and then in hue.
_FAMILIES = {
    "black": (BLACK, "#707070", "#A3A3A3", "#404040"),
    "orange": (ORANGE, "#573E00", "#9A6B08", "#C6B23E"),
    "sky": (SKY, "#0F4A61", "#2C7F9E", "#8FC7CE"),
    "green": (GREEN, "#00402E", "#6FCDAB", "#7F9A00"),
    "blue": (BLUE, "#00243B", "#A29BF0", "#5A3FC8"),
    "vermillion": (VERMILLION, "#561C00", "#F79F74", "#8A7500"),
    "purple": (PURPLE, "#5E1A46", "#9A4FB5", "#E3A3CB"),
}
_DASHES: tuple[Dash, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "D", "^", "v", "X", "P", "<", ">", "*", "h")
CLEARLY_APART = 28.0  #: colours of two lines differ so much in CIELAB: less, and dark ones are all black
_ORDER = ("orange", "blue", "vermillion", "green", "purple", "sky", "black")


def strategy_looks(strategies: Iterable[tuple[str, str]]) -> dict[str, Look]:
    """Return the look of each strategy by name: no two have the same colour.

    A pattern declares how it would like to look, see `sim.deployment.declaration.Appearance`. The first strategy of one
    that always looks so does, in every picture of every run; further ones of the same pattern have other shades of its
    colour, other dashes and markers. The other patterns get the colour they wish for, or the next that no pattern of
    this comparison has.

    Parameters
    ----------
    strategies : iterable of (name, pattern)
        In the order of the result.

    Examples
    --------
    >>> looks = strategy_looks([("slow", "canary"), ("fast", "canary")])
    >>> looks["slow"].colour == BLUE, looks["fast"].colour in _FAMILIES["blue"][1:]
    (True, True)
    """
    named = list(strategies)
    wanted = _looks_of_patterns(dict.fromkeys(pattern for _, pattern in named))
    taken: list[Look] = []
    looks: dict[str, Look] = {}
    # Who always looks the same chooses first: of more patterns than families, some share one.
    for name, pattern in sorted(named, key=lambda each: not _always(each[1])):
        family, look = wanted[pattern]
        taken.append(_variant(family, look, taken, {look.marker for _, look in wanted.values()}))
        looks[name] = taken[-1]
    return {name: looks[name] for name, _ in named}


def _always(pattern: str) -> bool:
    wish = _appearance(pattern)
    return wish is not None and wish.always


def _looks_of_patterns(patterns: Iterable[str]) -> dict[str, tuple[str, Look]]:
    """Return the family of each pattern, and its first look: its own, or one in a family that is still free."""
    wishes = {name: _appearance(name) for name in patterns}
    looks = {name: (wish.colour, _look(wish)) for name, wish in wishes.items() if wish is not None and wish.always}
    families: dict[str, tuple[str, Look]] = {**looks}
    for number, name in enumerate(name for name in wishes if name not in looks):
        used = {family for family, _ in families.values()}
        markers = {look.marker for _, look in families.values()}
        wish = wishes[name]
        if wish is not None and wish.colour not in used:
            families[name] = wish.colour, _look(wish)
            continue
        family = next((each for each in _ORDER if each not in used), _ORDER[number % len(_ORDER)])
        colour = _FAMILIES[family][0]
        if wish is not None:
            families[name] = family, Look(colour, _look(wish).dash, wish.marker)
        else:
            marker = next((each for each in _MARKERS if each not in markers), "o")
            families[name] = family, Look(colour, _DASHES[number % len(_DASHES)], marker)
    return families


def _appearance(pattern: str) -> Appearance | None:
    known = PATTERNS.get(pattern)
    return None if known is None else known.declared.appearance


def _look(wish: Appearance) -> Look:
    return Look(_FAMILIES[wish.colour][0], (0, wish.dash) if wish.dash else "-", wish.marker)


def _variant(family: str, wanted: Look, taken: list[Look], reserved: Collection[str]) -> Look:
    """Return the look, or one in another shade of the family if somebody has its colour.

    It is a shade that nobody takes for another's (a very dark blue is black, as a line), and the marker and the dash
    are nobody else's as long as there are some; `reserved` are the markers that patterns have asked for.
    """
    colours = {look.colour for look in taken}
    if wanted.colour not in colours:
        return wanted
    free = [shade for shade in _shades(family) if shade not in colours]
    clear = [shade for shade in free[:3] if all(apart(shade, each) >= CLEARLY_APART for each in colours)]
    kin = [look for look in taken if look.colour in {*_shades(family)}]
    unused = [each for each in _MARKERS if each not in reserved and each not in {look.marker for look in taken}]
    others = [each for each in _MARKERS if each not in {look.marker for look in kin}]
    dash = next((each for each in _DASHES if each not in [look.dash for look in kin]), _DASHES[len(kin) % len(_DASHES)])
    return Look((clear or free)[0], dash, next(iter((*unused, *others, wanted.marker))))


def _shades(family: str) -> tuple[str, ...]:
    """Return a family's shades, well apart at first; of very many the last ones differ little."""
    first = _FAMILIES[family]
    between = [mixed(one, other, 0.5) for one, other in combinations(first, 2)]
    mud = [mixed(shade, QUIET, 0.5) for shade in (*first, *between)]
    return tuple(dict.fromkeys((*first, *between, *mud, *(mixed(shade, FAINT, 0.35) for shade in mud))))


_SAND = "#EBDFC3"
_ROLES: dict[DecidingRole, Look] = {
    "humans": Look(_SAND),
    "review": Look("#D9C48F", hatch="..."),
    "assisted": Look("#D9C48F", hatch="////"),
    "nobody": Look(WHITE, hatch="xxx"),
}
#: The tints of each lineage of models: a scenario's model, and what is retrained from it in turn.
_LINEAGES = (
    ("#C3CFDB", "#8C9FB3", "#62768B"),
    ("#6D5C7E", "#A99BB6", "#4A3D57"),
    ("#A9AF8F", "#6F7554", "#CBD0B6"),
    ("#A58478", "#6E5249", "#CDB5AC"),
)
#: Of a lineage's versions in turn; three tints and eight hatches make twenty-four that differ.
_HATCHES = ("", "///", "\\\\\\", "...", "---", "xx", "||", "oo")


def decider_looks(deciders: Iterable[Decider]) -> dict[Decider, Look]:
    """Return the look of each decider: model versions, humans, review, nobody.

    Models are ordered by name (numbers by value). Versions that are retrained from one (v1.1, v1.2 ... from v1) have
    tints of the same hue, and neighbours differ in tint and hatch.

    >>> old, newer, new = (Decider("model", name) for name in ("v2", "v2.1", "v10"))
    >>> looks = decider_looks([new, newer, Decider("humans"), old])
    >>> [looks[each].colour for each in (old, newer, new)] == [*_LINEAGES[0][:2], _LINEAGES[1][0]]
    True
    """
    known = set(deciders)
    versions = {decider.version for decider in known if decider.role == "model"}
    lineages = {version: _lineage(version, versions) for version in versions}
    bases = sorted({base for base, _ in lineages.values()}, key=lambda base: (natural(base), base))
    looks = {decider: _ROLES[decider.role] for decider in known if decider.role != "model"}
    for decider in known:
        if decider.role == "model":
            base, number = lineages[decider.version]
            looks[decider] = _version_look(bases.index(base), number)
    return looks


def _lineage(version: str, versions: set[str]) -> tuple[str, int]:
    """Return from which model a version is retrained, and as which one in turn; 0: it is that model itself."""
    base, _, number = version.rpartition(".")
    return (base, int(number)) if base in versions and number.isdecimal() else (version, 0)


def _version_look(lineage: int, number: int) -> Look:
    tints = _LINEAGES[lineage % len(_LINEAGES)]
    # Of more models than hues, the later ones begin with another hatch.
    hatch = _HATCHES[(number + 2 * (lineage // len(_LINEAGES))) % len(_HATCHES)]
    return Look(tints[number % len(tints)], hatch=hatch)


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts names by their letters, and the numbers in them by value."""
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


RC: Mapping[str, Any] = {
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
    "hatch.linewidth": 0.9,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "driftline",
    "path.simplify": True,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this context; matplotlib's settings are as before when it ends."""
    with matplotlib.style.context(["default", {**RC, "font.family": [*families()]}]):
        yield


class Picture(Figure):
    """A figure without global state that a notebook shows by itself, in letters that there are fonts for."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height))
        FigureCanvasAgg(self)

    def draw(self, renderer: RendererBase) -> None:
        """Draw everything; what is written in letters that no font has is spelled in others."""
        for text in self.findobj(Text):
            if (said := drawable(text.get_text())) != text.get_text():
                text.set_text(said)
        super().draw(renderer)

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
