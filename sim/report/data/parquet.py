"""The samples and the timelines of a comparison as column tables, in Parquet and CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.columns import Counts
from sim.experiment.result import Result, StrategyResult
from sim.measure.tally import LATENCY_QUANTILES
from sim.report.data.cells import plain
from sim.units import SECOND

if TYPE_CHECKING:
    import pyarrow as pa

_COUNTS = ("defective", "escaped", "good", "overkilled", "undecided", "in_system")
_SHARED = ("decided_by", "assigned", "mirrored")


def write_tables(result: Result, folder: Path) -> None:
    """Write `metrics` and `timeline`, each as Parquet and as CSV."""
    import pyarrow.csv
    import pyarrow.parquet

    needed = pyarrow.csv.WriteOptions(quoting_style="needed")
    for name, table in (("metrics", metrics_table(result)), ("timeline", timeline_table(result))):
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet", compression="zstd")
        pyarrow.csv.write_csv(_plain_texts(table), folder / f"{name}.csv", needed)


def _plain_texts(table: pa.Table) -> pa.Table:
    """Return a table whose texts no spreadsheet runs; see `sim.report.data.cells`."""
    import pyarrow as pa

    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            coded = table[number].combine_chunks().dictionary_encode()
            texts = pa.array([plain(text) for text in coded.dictionary.to_pylist()], type=pa.string())
            table = table.set_column(number, field.name, texts.take(coded.indices))
    return table


def metrics_table(result: Result) -> pa.Table:
    """Return every sample, long: strategy, pattern, replication, metric, unit, value (null = undefined), more_than.

    Of a metric that is a ratio also what it is made of: `part`, `whole`, and the `times` that its quotient is told in.
    """
    import pyarrow as pa

    rows = [
        (strategy.name, strategy.pattern, replication, metric.name, metric.unit, float(value), bool(more), *ratio)
        for strategy in result.strategies
        for metric in result.metrics
        for replication, (value, more, ratio) in enumerate(_samples(strategy, metric.name))
    ]
    columns = list(zip(*rows, strict=True))
    names = ("strategy", "pattern", "replication", "metric", "unit", "value", "more_than", "part", "whole", "times")
    # from_pandas makes NaN a null, which is what "undefined" is in a table.
    return pa.table({name: pa.array(column, from_pandas=True) for name, column in zip(names, columns, strict=True)})


def _samples(strategy: StrategyResult, metric: str) -> Iterator[tuple[float, bool, tuple[float, float, float]]]:
    """Yield each replication's value, whether it is only a lower bound, and what it is made of if it is a ratio."""
    values, made = strategy.samples[metric], strategy.quotients.get(metric)
    more = strategy.more_than.get(metric, np.zeros(len(values), dtype=bool))
    for row, value in enumerate(values):
        ratio = (np.nan,) * 3 if made is None else (float(made.part[row]), float(made.whole[row]), made.times)
        yield float(value), bool(more[row]), ratio


def timeline_table(result: Result) -> pa.Table:
    """Return the timelines, a row per strategy, replication and bin; deciders in columns decided_by.NAME."""
    import pyarrow as pa

    parts = {name: _names_of(result, name) for name in _SHARED}
    tables = []
    for strategy in result.strategies:
        timeline = strategy.timeline
        replications, bins = timeline.defective.shape
        edges = np.asarray(timeline.edges_us) / SECOND
        columns: dict[str, Any] = {
            "strategy": [strategy.name] * (replications * bins),
            "replication": np.repeat(np.arange(replications), bins),
            "bin_start_s": np.tile(edges[:-1], replications),
            "bin_end_s": np.tile(edges[1:], replications),
        }
        columns |= {name: getattr(timeline, name).ravel() for name in _COUNTS}
        nothing = np.zeros(replications * bins, dtype=np.int64)
        for shared, names in parts.items():
            known = _by_name(getattr(timeline, shared))
            columns |= {f"{shared}.{name}": known[name].ravel() if name in known else nothing for name in names}
        columns |= {name: getattr(timeline, name).ravel() for name in LATENCY_QUANTILES}
        tables.append(pa.table({name: pa.array(column, from_pandas=True) for name, column in columns.items()}))
    return pa.concat_tables(tables)


def _names_of(result: Result, shared: str) -> list[str]:
    return list(dict.fromkeys(name for s in result.strategies for name in _by_name(getattr(s.timeline, shared))))


def _by_name(counts: Mapping[Any, Counts]) -> dict[str, Counts]:
    return {str(key): count for key, count in counts.items()}
