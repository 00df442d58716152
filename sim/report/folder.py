"""A result as a folder: figures, numbers and what is needed to repeat the run. Whole, or not there at all."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML

from sim.document import checks_failed
from sim.experiment.result import Result
from sim.libraries import library
from sim.plugins import PluginError, at_work
from sim.report.data.events import events_csv
from sim.report.data.export import as_csv, as_json
from sim.report.data.parquet import write_tables
from sim.report.figure import Drawing, figures_of, left_out
from sim.report.text.tables import print_result

MARKER = "run.json"
#: What file managers leave behind: nobody's work.
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}


def check(out: Path) -> None:
    """Refuse a place to which no result can be written, before any work is done for it.

    A new or empty folder is fine, and so is an earlier result: it will be replaced, unless somebody has put
    files of their own into it.

    Raises
    ------
    ScenarioError
        With what stands in the way.
    """
    library("pyarrow", needed_by="a folder of results")
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
    for drawing in figures_of(result).values():
        for file, content in _pictures(result, drawing).items():
            (folder / "figures" / file).write_bytes(content)
    write_tables(result, folder)
    _text(folder / "summary.csv", as_csv(result))
    _text(folder / "events.csv", events_csv(result))
    _text(folder / "table.txt", plain_report(result))
    _text(folder / "result.json", _json(as_json(result)))
    _text(folder / "scenario.yaml", _yaml(result.scenario.model_dump(mode="json")))
    _text(folder / MARKER, _json(_run(result, [*_names_in(folder), MARKER])))


def _pictures(result: Result, drawing: Drawing) -> dict[str, bytes]:
    """Return a figure's files; nothing but a warning of somebody else's figure that fails."""
    from sim.report.drawing.style import png, svg

    try:
        figure = drawing.drawn(result)
        with at_work(f"the figure {drawing.name}", drawing):  # it may be drawn only when it is written
            return {f"{drawing.name}.png": png(figure, dpi=150), f"{drawing.name}.svg": svg(figure)}
    except PluginError as error:
        left_out(drawing.name, error)
        return {}


def plain_report(result: Result, width: int = 120) -> str:
    """Return the printed report as plain text without colours."""
    text = io.StringIO()
    print_result(result, Console(file=text, width=width, color_system=None, force_terminal=False, legacy_windows=False))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


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
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(marker, dict) or "driftline" not in marker:
        return None
    return {str(name) for name in marker.get("files", [])} | {MARKER}


def _names_in(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if not path.is_dir() and path.name not in _LITTER)
    return {path.relative_to(folder).as_posix() for path in files}


def _refused(message: str) -> Exception:
    return checks_failed(None, [((), message)])
