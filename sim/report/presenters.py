"""How people look at a result: `Result` asks here, and nowhere else."""

from __future__ import annotations

from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.report.text.values import more_than, plain_name, show, show_interval

if TYPE_CHECKING:
    from sim.experiment.result import Result, StrategyResult
    from sim.measure.metric import TrueMetric


def plot(result: Result, figure: str) -> Any:
    """Draw a figure."""
    from sim.report.figure import plot as drawn

    return drawn(result, figure)


def table(result: Result, width: int, detail: bool) -> str:
    """Return the printed report as plain text."""
    from sim.report.folder import plain_report

    return plain_report(result, width, detail)


def answer(result: Result, detail: bool = False) -> list[str]:
    """Return the answer: a line for each judged metric, in detail every verdict."""
    from sim.report.answer import answer as lines

    return lines(result, detail)


def to_frame(result: Result) -> Any:
    """Return every sample as a pandas data frame, without pandas as a pyarrow table."""
    from sim.report.data.parquet import metrics_table

    return framed(metrics_table(result))


def framed(samples: Any) -> Any:
    """Return a pyarrow table as a data frame where there is pandas."""
    return samples.to_pandas() if find_spec("pandas") is not None else samples


def save(result: Result, folder: str | Path) -> Path:
    """Write a result folder."""
    from sim.report.folder import write

    write(result, Path(folder))
    return Path(folder)


def as_html(result: Result) -> str:
    """Return a small table for a notebook: the judged metrics of every strategy, and the answer."""
    from sim.report.findings import judged
    from sim.report.trained import covers

    metrics = judged(result)
    head = "".join(f"<th>{escape(metric.label)}</th>" for metric in metrics)
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(plain_name(strategy.name))}</th>"
        + "".join(f"<td>{escape(_cell(result, strategy, metric))}</td>" for metric in metrics)
        + "</tr>"
        for strategy in result.strategies
    )
    title = escape(result.scenario.title or result.scenario.name)
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in answer(result))
    whose = f"<br>{escape(told)}" if (told := covers(result)) else ""
    return (
        f"<div><p><b>{title}</b><br>{result.replications} replications, seed {result.scenario.seed}{whose}</p>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table><ul>{said}</ul></div>"
    )


def _cell(result: Result, strategy: StrategyResult, metric: TrueMetric) -> str:
    found = strategy.interval(metric.name)
    if result.is_more_than(strategy, metric.name):
        return more_than(found.mean, metric.unit)
    return show_interval(found, metric.unit) if found.n > 1 else show(found.mean, metric.unit)
