"""Everything on one page: leakage, who decides, latency, and cost against leakage."""

from __future__ import annotations

from matplotlib.figure import Figure

from sim.experiment.result import Result
from sim.report.figures.cost_scatter import draw_cost_leakage
from sim.report.figures.latency_dots import draw_latency
from sim.report.figures.leakage_lines import MOST_LINES, draw_leakage, leakage_lines
from sim.report.figures.traffic_bands import draw_traffic
from sim.report.style import Picture, house_style


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
        upper = 8.0 if many else 5.4
        lower = max(4.6, 2.2 + 0.3 * len(result.strategies))
        picture = Picture(17.0, upper + lower)
        rows = picture.add_gridspec(2, 1, height_ratios=[upper, lower], hspace=0.0)
        above = rows[0].subgridspec(1, 2, width_ratios=[10.6, 6.4], wspace=0.0)
        below = rows[1].subgridspec(1, 2, width_ratios=[9.6, 7.4], wspace=0.0)
        draw_leakage(picture.add_subfigure(above[0]), result, compact=True)
        draw_cost_leakage(picture.add_subfigure(above[1]), result, compact=True)
        draw_traffic(picture.add_subfigure(below[0]), result, compact=True)
        draw_latency(picture.add_subfigure(below[1]), result, compact=True)
        return picture
