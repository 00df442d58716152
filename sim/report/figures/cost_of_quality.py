"""Cost of quality: what finding out costs, and what goes wrong inside and at customers', strategy by strategy."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.experiment.result import Result
from sim.report.drawing.colour import ink_on
from sim.report.drawing.layout import headline, name_within, place, size_of, text_width
from sim.report.drawing.style import INK, QUIET, Picture, house_style, strategy_looks
from sim.report.figure import figure
from sim.report.text.values import brief, show

#: Each class by its metric: what it is called, and its colour.
CLASSES = {
    "appraisal_per_1000": ("appraisal", "#56B4E9"),
    "internal_failure_per_1000": ("internal failure", "#E69F00"),
    "external_failure_per_1000": ("external failure", "#A63C00"),
}
NAMES = 2.9  #: inches left of the bars


def _has_classes(result: Result) -> bool:
    return all(name in result.strategies[0].samples for name in CLASSES)


@figure("cost_of_quality", when=_has_classes, place=55)
def cost_of_quality(result: Result) -> Figure:
    """Draw what 1,000 phones cost, split into appraisal, internal failure and external failure."""
    with house_style():
        picture = Picture(10.0, 2.5 + 0.52 * len(result.strategies))
        count = result.replications
        detail = (
            f"Per 1,000 phones decided, {'one replication' if count == 1 else f'mean of {count} replications'}. "
            "Appraisal: labour, servers, audits. Internal failure: rework, false rejects. External failure: escapes. "
            "Nothing that has a price here is prevention."
        )
        top = headline(picture, title(result), detail)
        across, up = size_of(picture)
        paid = means(result)
        wide = across - NAMES - 0.3 - max(text_width(_total(values), 11.0, bold=True) for values in paid.values())
        axes = place(picture, NAMES, 0.62, wide, up - top - 1.0)
        _bars(axes, result, paid, wide)
        left = NAMES / across
        for label, colour in CLASSES.values():
            at = 1 - (top + 0.14) / up
            picture.text(left, at, "■", color=colour, size=13, va="center")
            picture.text(left + 0.22 / across, at, label, color=INK, size=11, va="center")
            left += (text_width(label, 11.0) + 0.55) / across
        return picture


def means(result: Result) -> dict[str, list[float]]:
    """Return each strategy's cost by class in dollars per 1,000 phones decided; NaN where it decided none."""
    return {s.name: [s.interval(name).mean for name in CLASSES] for s in result.strategies}


def title(result: Result) -> str:
    """Return what the picture says: how much of the cost is failure, of whoever costs least and most of it."""
    known = {name: values for name, values in means(result).items() if math.isfinite(sum(values)) and sum(values) > 0}
    if not known:
        return "Nothing was paid, or no phone was decided: there is no cost of quality to split"
    failed = sorted(1.0 - values[0] / sum(values) for values in known.values())
    low, high = f"{100 * failed[0]:.0f}", f"{100 * failed[-1]:.0f}"
    if len(known) == 1:
        ((name, values),) = known.items()
        return f"Failures are {low} % of the {show(sum(values), '$')} that {brief(name)} costs; appraisal is the rest"
    span = low if low == high else f"{low} to {high}"
    return f"Failures are {span} % of the cost of quality under each strategy; appraisal is the rest"


def _bars(axes: Axes, result: Result, paid: dict[str, list[float]], width: float) -> None:
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    totals = [sum(values) if all(map(math.isfinite, values)) else 0.0 for values in paid.values()]
    reach = max([*totals, 0.0]) or 1.0
    axes.set_xlim(0.0, reach)
    axes.set_ylim(len(paid) - 0.5, -0.5)
    axes.set_yticks(range(len(paid)), [name_within(name, NAMES - 0.5, 11.0) for name in paid], weight="bold")
    for label, name in zip(axes.get_yticklabels(), paid, strict=True):
        label.set_color(looks[name].text)
    for row, (values, total) in enumerate(zip(paid.values(), totals, strict=True)):
        begin = 0.0
        for value, (_, colour) in zip(values if total else (), CLASSES.values(), strict=False):
            axes.barh([row], [value], left=[begin], color=colour, height=0.66, ec="white", lw=0.8)
            told = show(value, "$")
            if text_width(told, 10.0) + 0.12 < value / reach * width:
                axes.text(begin + value / 2, row, told, ha="center", va="center", size=10, color=ink_on(colour))
            begin += value
        known = all(map(math.isfinite, values))
        axes.annotate(
            _total(values), (total, row), xytext=(5, 0), textcoords="offset points",
            va="center", size=11, weight="bold" if known else "normal", color=INK if known else QUIET,
            annotation_clip=False,
        )  # fmt: skip
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(6 if reach < 1e5 else 2))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"${value:,.0f}" if value >= 1000.0 else f"${value:,.4g}")
    )
    axes.set_xlabel("dollars per 1,000 phones decided")


def _total(values: list[float]) -> str:
    total = sum(values)
    return show(total, "$") if math.isfinite(total) else "no phone decided"
