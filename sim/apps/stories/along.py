"""A knob from end to end: what a metric of every strategy comes to at each of its values, in one picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sim.apps.session import Kept, Session
from sim.apps.stories.story import Knob, Story
from sim.apps.stories.values import amount
from sim.document import Problem, ScenarioError, suggest
from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.report.text.values import plain_name, scaled, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: More values than these take their time, and are no better to read.
OF_A_KNOB = 7
APART = 0.06  #: of an axis: the least from one value to the next
HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0}


@dataclass(frozen=True, slots=True)
class _Position:
    settings: Mapping[str, str]
    seed: int
    me: None = None


@dataclass(frozen=True, slots=True)
class Along:
    """What was run along a knob: a comparison at each of its values, all on the same phones."""

    story: Story
    knob: Knob
    metric: TrueMetric
    results: Mapping[str, Result]  #: by the knob's value

    def says(self) -> list[str]:
        """Return a sentence for each strategy: from where to where the metric goes."""
        return [f"{_called(name)}: {self._ends(name)}." for name in self.story.strategies]

    def _ends(self, name: str) -> str:
        values = list(self.results)
        first, last = self._means(name)[0], self._means(name)[-1]
        said = f"{show(first, self.metric.unit)} at {self._said(values[0])}"
        return f"{said}, {show(last, self.metric.unit)} at {self._said(values[-1])}"

    def _said(self, value: str) -> str:
        return dict(zip(self.knob.values, self.knob.says, strict=True))[value]

    def _means(self, name: str) -> list[float]:
        return [result[name].interval(self.metric.name).mean for result in self.results.values()]

    def plot(self) -> Figure:
        """Draw a line for each strategy, with its 95 % interval."""
        from matplotlib.ticker import NullLocator

        from sim.report.drawing.layout import headline, place, spread, text_width
        from sim.report.drawing.style import Picture, house_style, strategy_looks

        results = list(self.results.values())
        strategies = results[0].strategies
        looks = strategy_looks((each.name, each.pattern) for each in strategies)
        moves = {name: abs(self._means(name)[-1] - self._means(name)[0]) for name in self.story.strategies}
        most = max(moves, key=lambda name: moves[name])
        count = results[0].replications
        subtitle = f"Over {count} worlds; the bands are 95 % intervals" if count > 1 else "In one world"
        scale, _, unit = scaled(max(max(self._means(name)) for name in moves), self.metric.unit)
        with house_style():
            picture = Picture(9.5, 4.8)
            top = headline(picture, f"{_called(most)}: {self.metric.label} {self._ends(most)}", subtitle)
            right = 0.3 + max(text_width(plain_name(each.name), 11, True) for each in strategies)
            axes = place(picture, 0.8, 0.62, 9.5 - 0.8 - right - 0.1, 4.8 - 0.62 - top - 0.15)
            places, log = placed(list(self.results))
            axes.set_xscale("log" if log else "linear")
            for each in strategies:
                look = looks[each.name]
                told = [result[each.name].interval(self.metric.name) for result in results]
                axes.plot(
                    places, [one.mean * scale for one in told], color=look.colour, ls=look.dash, marker=look.marker
                )
                if count > 1:
                    low, high = [one.low * scale for one in told], [one.high * scale for one in told]
                    axes.fill_between(places, low, high, color=look.colour, alpha=0.13, lw=0)
            axes.set_ylim(0, None)
            axes.set_xticks(places, [self._said(value) for value in self.results], minor=False)
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xlabel(self.knob.label)
            axes.set_ylabel(f"{self.metric.label},{unit}" if unit else self.metric.label)
            ends = [self._means(each.name)[-1] * scale for each in strategies]
            height = axes.get_ylim()[1]
            for each, end in zip(strategies, spread(ends, 0.075 * height, 0.04 * height, height), strict=True):
                axes.annotate(
                    plain_name(each.name), (1.0, end), xycoords=axes.get_yaxis_transform(), xytext=(6, 0),
                    textcoords="offset points", color=looks[each.name].text, weight="bold", size=11, va="center",
                    annotation_clip=False,
                )  # fmt: skip
            return picture


def along(
    story: Story,
    knob: str,
    metric: str = "escape_rate",
    *,
    replications: int = 5,
    values: Sequence[str] | None = None,
    **settings: str,
) -> Along:
    """Run a story at several values of one knob.

    Parameters
    ----------
    story : Story
        The story.
    knob : str
        Which of its knobs is moved.
    metric : str
        What is told of every strategy.
    replications : int
        Worlds for each value; they are the same for all values.
    values : sequence of str, optional
        Default: the knob's own, or some of them from end to end where it has many.
    **settings
        Where the other knobs stand; default: at their start.

    Returns
    -------
    Along
        With `results`, `says()` and `plot()`.

    Raises
    ------
    ScenarioError
        For a knob, a value or a metric that there is not.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> lamp = along(load_story("lamp"), "lamp", values=["20%", "100%"], replications=1)
    >>> len(lamp.says()), list(lamp.results)
    (5, ['20%', '100%'])
    """
    for name in (knob, *settings):
        _known(name, list(story.knobs), f"story {story.name}", "no knob is called")
    _known(metric, list(TRUE_METRICS), f"story {story.name}", "there is no metric")
    moved = story.knobs[knob]
    for value in values or ():
        _known(value, list(moved.values), f"story {story.name}: {knob}", "the knob has no value")
    kept = Kept()
    results = {}
    for value in values or _some(moved.values):
        *_, part = Session(story, kept).parts(_Position({**settings, knob: value}, story.seed), replications)
        results[value] = part.result
    return Along(story, moved, TRUE_METRICS[metric], results)


def placed(values: Sequence[str]) -> tuple[list[float], bool]:
    """Return where values lie on an axis, and whether it is a log axis: amounts as far apart as they are.

    What is no amount, or could not be told apart on either axis, lies at equal steps.

    >>> placed(["2h", "12h", "1d"]), placed(["1%", "2%", "50%"]), placed(["v1", "v2"])
    (([2.0, 12.0, 24.0], False), ([1.0, 2.0, 50.0], True), ([0.0, 1.0], False))
    """
    try:
        found = [amount(value) for value in values]
    except ValueError:
        found = []
    if found and len({(before, unit) for before, _, unit in found}) == 1:
        places = [float(number) for _, number, _ in found]
    elif found and all(unit in HOURS for _, _, unit in found):
        places = [float(number) * HOURS[unit] for _, number, unit in found]
    else:
        places = []
    if _told_apart(places):
        return places, False
    if min(places, default=0.0) > 0.0 and _told_apart([math.log(each) for each in places]):
        return places, True
    return [float(number) for number in range(len(values))], False


def _told_apart(places: Sequence[float]) -> bool:
    gaps = [after - before for before, after in pairwise(places)]
    return bool(gaps) and min(gaps) >= APART * sum(gaps)


def _called(name: str) -> str:
    plain = plain_name(name)
    return plain[:1].upper() + plain[1:]


def _known(name: str, names: Sequence[str], place: str, wrong: str) -> None:
    if name not in names:
        near = suggest(name, names)
        raise ScenarioError(
            [Problem(f"{wrong} '{name}'", name=place, hint=f"did you mean '{near}'?" if near else ", ".join(names))]
        )


def _some(values: Sequence[str]) -> list[str]:
    """Return at most so many of the values, both ends among them.

    >>> _some([str(number) for number in range(13)])
    ['0', '2', '4', '6', '8', '10', '12']
    """
    if len(values) <= OF_A_KNOB:
        return list(values)
    step = (len(values) - 1) / (OF_A_KNOB - 1)
    return [values[round(number * step)] for number in range(OF_A_KNOB)]
