"""A result as a folder: figures, numbers and what is needed to repeat the run. Whole, or not there at all."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from rich.console import Console
from ruamel.yaml import YAML

from sim.columns import Counts
from sim.document import checks_failed
from sim.experiment.result import Result
from sim.report.data.export import as_csv, as_json
from sim.report.figures import figures_of
from sim.report.figures.style import png, svg
from sim.report.text.sentences import sentence
from sim.report.text.tables import happenings, print_result
from sim.units import SECOND, format_moment

MARKER = "run.json"
#: What file managers leave behind: nobody's work.
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
_COUNTS = ("defective", "escaped", "good", "overkilled", "undecided")
_SHARED = ("decided_by", "assigned", "mirrored")
_WAITS = ("latency_p50_s", "latency_p95_s", "latency_p99_s")


def check(out: Path) -> None:
    """Refuse a place to which no result can be written, before any work is done for it.

    A new or empty folder is fine, and so is an earlier result: it will be replaced, unless somebody has put
    files of their own into it.

    Raises
    ------
    ScenarioError
        With what stands in the way.
    """
    out = Path(out).resolve()
    if out.is_dir():
        entries = {entry.name for entry in out.iterdir()} - _LITTER
        if entries and (own := _files_of(out)) is None:
            raise _refused(f"{out} is not empty and holds no driftline result: choose another folder")
        if entries and (foreign := sorted(_names_in(out) - (own or set()))):
            raise _refused(f"{out} holds files that driftline did not write, such as {foreign[0]}: move them first")
    elif out.exists():
        raise _refused(f"{out} is a file, and a result is a folder")
    above = next(parent for parent in out.parents if parent.exists())
    if not above.is_dir():
        raise _refused(f"{above} is a file, so {out} can't be made")
    try:
        # Permissions don't tell all (a full or read-only disk, /proc): try it.
        tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=above).cleanup()
    except OSError as error:
        raise _refused(f"{above} can't be written ({error.strerror}): choose another folder") from None


def write(result: Result, out: Path) -> None:
    """Write a comparison to a folder: figures, tables, samples, timeline, events, scenario.

    Everything is made in a hidden folder beside `out` and moved there when it is complete. Whatever goes
    wrong, an interrupt included, leaves an earlier result as it was and nothing half-written.

    Parameters
    ----------
    result : Result
        A comparison.
    out : Path
        See `check`; missing parents are made.
    """
    check(out)
    out = Path(out).resolve()
    made = [parent for parent in out.parents if not parent.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        new = work / "new"
        new.mkdir()
        _fill(result, new)
        _swap(new, out, work / "old")
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        for parent in made:
            parent.rmdir()
        raise
    shutil.rmtree(work, ignore_errors=True)


def _swap(new: Path, out: Path, old: Path) -> None:
    try:
        if out.exists():
            out.rename(old)
        new.rename(out)
    except BaseException:
        # Between the two moves the earlier result exists only under its other name: bring it back.
        if old.exists() and not out.exists():
            old.rename(out)
        raise


def _fill(result: Result, folder: Path) -> None:
    (folder / "figures").mkdir()
    for name, draw in figures_of(result).items():
        figure = draw(result)
        (folder / "figures" / f"{name}.png").write_bytes(png(figure, dpi=150))
        (folder / "figures" / f"{name}.svg").write_bytes(svg(figure))
    for name, table in (("metrics", metrics_table(result)), ("timeline", timeline_table(result))):
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        pa_csv.write_csv(table, folder / f"{name}.csv", pa_csv.WriteOptions(quoting_style="needed"))
    _text(folder / "summary.csv", as_csv(result))
    _text(folder / "events.csv", _events(result))
    _text(folder / "table.txt", plain_report(result))
    _text(folder / "result.json", _json(as_json(result)))
    _text(folder / "scenario.yaml", _yaml(result.scenario.model_dump(mode="json")))
    _text(folder / MARKER, _json(_run(result, [*_names_in(folder), MARKER])))


def plain_report(result: Result, width: int = 120) -> str:
    """Return the printed report as plain text without colours."""
    text = io.StringIO()
    print_result(result, Console(file=text, width=width, color_system=None, force_terminal=False, legacy_windows=False))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def metrics_table(result: Result) -> pa.Table:
    """Return every sample, long: strategy, pattern, replication, metric, unit, value (null = undefined)."""
    rows = [
        (strategy.name, strategy.pattern, replication, metric.name, metric.unit, float(value))
        for strategy in result.strategies
        for metric in result.metrics
        for replication, value in enumerate(strategy.samples[metric.name])
    ]
    columns = list(zip(*rows, strict=True))
    names = ("strategy", "pattern", "replication", "metric", "unit", "value")
    # from_pandas makes NaN a null, which is what "undefined" is in a table.
    return pa.table({name: pa.array(column, from_pandas=True) for name, column in zip(names, columns, strict=True)})


def timeline_table(result: Result) -> pa.Table:
    """Return the timelines, a row per strategy, replication and bin; deciders in columns decided_by.NAME."""
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
        columns |= {name: getattr(timeline, name).ravel() for name in _WAITS}
        tables.append(pa.table({name: pa.array(column, from_pandas=True) for name, column in columns.items()}))
    return pa.concat_tables(tables)


def _names_of(result: Result, shared: str) -> list[str]:
    return list(dict.fromkeys(name for s in result.strategies for name in _by_name(getattr(s.timeline, shared))))


def _by_name(counts: Mapping[Any, Counts]) -> dict[str, Counts]:
    return {str(key): count for key, count in counts.items()}


def _events(result: Result) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("time_s", "moment", "strategy", "kind", "text"))
    for event, strategy in happenings(result):
        writer.writerow((event.time_us / SECOND, format_moment(event.time_us), strategy, event.kind, sentence(event)))
    return text.getvalue()


def _run(result: Result, files: Iterable[str]) -> dict[str, Any]:
    """Return what `run.json` says: how the numbers were made, and which files are driftline's."""
    return {
        "driftline": result.versions.get("driftline", ""),
        "scenario": result.scenario.name,
        "seed": result.scenario.seed,
        "replications": result.replications,
        "engine": result.engine,
        "strategies": [strategy.name for strategy in result.strategies],
        "versions": {**result.versions, "matplotlib": _version("matplotlib")},
        "files": sorted(files),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _yaml(data: dict[str, Any]) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keep the format's own order
    yaml.allow_unicode = True
    yaml.width = 110
    text = io.StringIO()
    yaml.dump(data, text)
    return text.getvalue()


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _files_of(folder: Path) -> set[str] | None:
    """Return the files that a result folder says are its own, None if it is no result."""
    try:
        told = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or "driftline" not in told:
        return None
    return {str(name) for name in told.get("files", [])} | {MARKER}


def _names_in(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if not path.is_dir() and path.name not in _LITTER)
    return {path.relative_to(folder).as_posix() for path in files}


def _refused(message: str) -> Exception:
    return checks_failed(None, [((), message)])
