"""What a figure says of itself: its name, when a comparison has it, and how it is drawn. Folders and notebooks ask it.

Each lies in `sim.report.figures`, comes with a package, or is defined in a notebook.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from sim.document import checks_failed, suggest
from sim.document.names import definition_of
from sim.experiment.result import Result
from sim.plugins import Family, PluginError, at_work
from sim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Draws a comparison.
Draw = Callable[[Result], "Figure"]
#: Whether a comparison has the figure.
When = Callable[[Result], bool]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of comparisons, and all that others have to know of it."""

    name: str
    definition: str  #: one line: what it shows
    draw: Draw
    when: When

    @property
    def home(self) -> str:
        """The module that declares it."""
        return self.draw.__module__

    def fits(self, result: Result) -> bool:
        """Whether a comparison has it."""
        with at_work(f"the figure {self.name}", self):
            return bool(self.when(result))

    def drawn(self, result: Result) -> Figure:
        """Draw a comparison."""
        with at_work(f"the figure {self.name}", self):
            drawn: object = self.draw(result)
            if not _is_figure(drawn):
                raise TypeError(f"it has to return a matplotlib figure, not {drawn!r}")
            return drawn


def _is_figure(thing: object) -> TypeGuard[Figure]:
    from matplotlib.figure import Figure

    return isinstance(thing, Figure)


def _every(result: Result) -> bool:
    return True


def _made_of(name: str, thing: Any) -> Drawing:
    """Return the figure that a package's undecorated function is."""
    try:
        if callable(thing):
            return Drawing(name, definition_of(thing), thing, _every)
    except TypeError as error:
        raise PluginError(str(error)) from None
    raise PluginError("is no function (result) that draws a figure")


FIGURES: Family[Drawing] = Family("figure", "sim.report.figures", "driftline.figures", _made_of)
"""Every figure by name, in the order in which a report shows them."""


def figure(name: str, *, when: When = _every, place: float = math.inf) -> Callable[[Draw], Draw]:
    """Declare a function ``(result) -> matplotlib figure`` as the figure `name`; its docstring's first line says what.

    Result folders hold it from then on, and `sim.plot` draws it by name.

    Parameters
    ----------
    name : str
        As files and `sim.plot` name it.
    when : callable, optional
        Returns whether a comparison has it. Default: every one has.
    place : float, optional
        Where it stands among the others; default: after them, by name.

    Examples
    --------
    >>> from sim.report.drawing.style import Picture
    >>> @figure("blank", when=lambda result: result.replications > 1)
    ... def blank(result):
    ...     '''Show an empty page.'''
    ...     return Picture(4.0, 3.0)
    >>> list(FIGURES)[-1], FIGURES["blank"].definition
    ('blank', 'show an empty page')
    >>> FIGURES.forget("blank")
    """

    def declare(draw: Draw) -> Draw:
        FIGURES.register(name, place)(Drawing(name, definition_of(draw), draw, when))
        return draw

    return declare


def figures_of(result: Result) -> dict[str, Drawing]:
    """Return the figures that a comparison has, those of installed packages included.

    A figure of somebody else's that fails is left out with a warning: it must not cost anybody a result.
    """
    for name in FIGURES.plugins():
        try:
            FIGURES.load(name)
        except PluginError as error:
            left_out(name, error)
    found = {}
    for name, drawing in FIGURES.items():
        try:
            if drawing.fits(result):
                found[name] = drawing
        except PluginError as error:
            left_out(name, error)
    return found


def plot(result: Result, figure: str = "overview") -> Any:
    """Draw a figure of a comparison: a matplotlib figure, which a notebook shows and `savefig` writes.

    Parameters
    ----------
    result : Result
        What `sim.run` returned.
    figure : str
        Its name; default: everything on one page.

    Raises
    ------
    ScenarioError
        If there is no figure of that name, or this comparison does not have it, or somebody else's fails.
    TypeError
        If it is given no result.

    Examples
    --------
    >>> import sim
    >>> result = sim.run(sim.build(horizon="1h", strategies=[{"pattern": "manual"}]), replications=1, workers=1)
    >>> sim.plot(result, "latency").savefig("latency.png")  # doctest: +SKIP
    """
    if not isinstance(result, Result):
        made = "run it first: driftline.plot(driftline.run(scenario))"
        hint = made if isinstance(result, Scenario) else "driftline.run returns one"
        raise TypeError(f"a figure is drawn of a Result, not of a {type(result).__name__}: {hint}")
    if not isinstance(figure, str):
        raise TypeError(f"a figure is asked for by its name, not by {figure!r}")
    if figure not in FIGURES and figure in FIGURES.plugins():
        try:
            FIGURES.load(figure)
        except PluginError as error:
            raise checks_failed(None, [(("figure",), str(error))]) from None
    if figure not in FIGURES:
        known = [*FIGURES, *FIGURES.plugins()]
        near = suggest(figure, known)
        hint = f"did you mean '{near}'?" if near else f"there is: {', '.join(known)}"
        raise checks_failed(None, [(("figure",), f"no figure called '{figure}': {hint}")])
    try:
        if not FIGURES[figure].fits(result):
            refused = f"this comparison has no figure '{figure}': nothing in it to draw"
            raise checks_failed(None, [(("figure",), refused)])
        return FIGURES[figure].drawn(result)
    except PluginError as error:
        raise checks_failed(None, [(("figure",), str(error))]) from error


def left_out(name: str, error: BaseException | str) -> None:
    """Warn that a figure is missing, and why."""
    logging.getLogger("driftline").warning("figure '%s' is left out: %s", name, error)
