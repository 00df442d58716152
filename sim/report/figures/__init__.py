"""The figures of a comparison, each a function from a result to a matplotlib figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matplotlib.figure import Figure

from sim.experiment.result import Result
from sim.report.figures.cost_scatter import cost_leakage
from sim.report.figures.deployment_diagram import deployment
from sim.report.figures.latency_dots import latency
from sim.report.figures.leakage_lines import leakage_over_time
from sim.report.figures.lifecycle_lanes import has_life, lifecycle
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


def figures_of(result: Result) -> dict[str, Callable[[Result], Figure]]:
    """Return the figures that a result has: all, and the life of its models if they have one."""
    return {**FIGURES, "lifecycle": lifecycle} if has_life(result) else dict(FIGURES)


__all__ = [
    "FIGURES",
    "cost_leakage",
    "deployment",
    "figures_of",
    "latency",
    "leakage_over_time",
    "lifecycle",
    "overview",
    "traffic",
]
