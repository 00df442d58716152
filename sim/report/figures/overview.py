"""Everything on one page: leakage, who decides, latency, and cost against leakage."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure, SubFigure

from sim.experiment.result import Result
from sim.report.drawing.layout import Panel, headline_height
from sim.report.drawing.style import Picture, house_style
from sim.report.figure import figure
from sim.report.figures.cost_leakage import draw_cost_leakage
from sim.report.figures.latency import draw_latency
from sim.report.figures.leakage_over_time import MOST_LINES, draw_leakage, leakage_headline, leakage_lines
from sim.report.figures.traffic import draw_traffic


@figure("overview", place=10)
def overview(result: Result) -> Figure:
    """Draw the one-page summary of a comparison, for a README, a notebook or a slide.

    Parameters
    ----------
    result : Result
        A comparison of any number of strategies.

    Returns
    -------
    Figure
        Four pictures, each with its own message: leakage over time, cost against leakage, who
        decides, latency.
    """
    with house_style():
        many = len(leakage_lines(result)) > MOST_LINES
        # Where names are long, the headline takes more lines, and so do the names at the lines' ends.
        usual, more = 1.03, headline_height(*leakage_headline(result), 8.6, compact=True)
        upper = (6.6 if many else 4.1) + 2.5 * max(0.0, more - usual)
        lower = max(3.75, 1.95 + 0.3 * len(result.strategies))
        # Three rows of bands, within the same height: where the names at the lines' ends leave room for them.
        if len(result.strategies) in (5, 6) and len(leakage_lines(result)) <= 4:
            upper, lower = upper - 0.35, lower + 0.35
        # A screen's width at which the small letters are still read.
        picture = Picture(14.0, upper + lower)
        above, below = _split(picture, rows=(upper, lower))
        leakage, cost = _split(above, columns=(8.6, 5.4))
        who, latency = _split(below, columns=(7.6, 6.4))
        draw_leakage(leakage, result, compact=True)
        draw_cost_leakage(cost, result, compact=True)
        draw_traffic(who, result, compact=True)
        draw_latency(latency, result, compact=True)
        return picture


def _split(panel: Panel, rows: Sequence[float] = (1.0,), columns: Sequence[float] = (1.0,)) -> list[SubFigure]:
    """Divide a panel into parts of these heights or widths, without gaps."""
    shape = {"height_ratios": list(rows), "width_ratios": list(columns), "hspace": 0.0, "wspace": 0.0}
    grid = panel.add_gridspec(len(rows), len(columns), **shape)
    return [panel.add_subfigure(grid[i, j]) for i in range(len(rows)) for j in range(len(columns))]
