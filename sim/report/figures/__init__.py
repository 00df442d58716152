"""The figures of a comparison, each a function from a result to a matplotlib figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matplotlib.figure import Figure

from sim.experiment.result import Result
from sim.report.figures.cost_scatter import cost_leakage
from sim.report.figures.deployment_diagram import deployment
from sim.report.figures.latency_dots import latency
from sim.report.figures.leakage_lines import leakage_over_time
from sim.report.figures.one_page import overview
from sim.report.figures.traffic_bands import traffic

FIGURES: Mapping[str, Callable[[Result], Figure]] = {
    "overview": overview,
    "leakage_over_time": leakage_over_time,
    "traffic": traffic,
    "latency": latency,
    "cost_leakage": cost_leakage,
    "deployment": deployment,
}
"""Every figure by name; a result folder holds them all."""

__all__ = ["FIGURES", "cost_leakage", "deployment", "latency", "leakage_over_time", "overview", "traffic"]
