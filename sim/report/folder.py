"""A result as a folder: figures, numbers and what is needed to repeat the run. Whole, or not there at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any

from rich.console import Console

from sim.document import checks_failed
from sim.document.writing import yaml_text
from sim.experiment.result import Result
from sim.libraries import library
from sim.plugins import PluginError, at_work
from sim.report.data.events import events_csv
from sim.report.data.export import as_csv, as_json
from sim.report.data.parquet import write_tables
from sim.report.data.people import people_csv
from sim.report.data.stations import stations_csv
from sim.report.figure import Drawing, figures_of, left_out
from sim.report.text.tables import print_result
from sim.report.trained import covers
from sim.workplace import of_the_machine, workplace

MARKER = "run.json"
#: What file managers leave behind: nobody's work.
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
#: The name of the earlier result while the new one takes its place.
_OLD = "old"
#: Letters of a path that a message shows.
_SHOWN = 200


def check(out: Path) -> None:
    """Refuse a place to which no result can be written, before any work is done for it.

    A new or empty folder is fine, and so is an earlier result: it will be replaced, unless somebody has put
    something of their own into it.

    Raises
    ------
    ScenarioError
        With what stands in the way.
    OSError
        If the machine can't, whatever the place: its disk is full.
    """
    library("pyarrow", needed_by="a folder of results")
    try:
        out = _place(out)
        _check_content(out)
        above = next(parent for parent in out.parents if parent.exists())
        if not above.is_dir():
            raise _refused(f"{above} is a file, so {out} can't be made")
    except OSError as error:
        if of_the_machine(error):
            raise
        raise _refused(f"{_shown(out)} can't be a folder ({error.strerror}): choose another place") from None
    try:
        # Permissions don't tell all (a full or read-only disk, /proc): try it.
        with _work_for(out, above) as work:
            for missing in {part.name for part in (out, *out.parents) if not part.exists()}:
                (work / missing).mkdir()
    except OSError as error:
        if of_the_machine(error):
            raise
        raise _refused(f"{_shown(above)} can't be written ({error.strerror}): choose another folder") from None


def write(result: Result, out: Path) -> None:
    """Write a comparison to a folder: figures, tables, samples, timeline, events, scenario.

    Everything is made in a hidden folder beside `out` and moved there when it is complete. Whatever goes
    wrong, an interrupt included, leaves an earlier result as it was and nothing half-written; if this process is
    killed, the next one that writes there tidies up.

    Parameters
    ----------
    result : Result
        A comparison.
    out : Path
        See `check`; missing parents are made.
    """
    check(out)
    out = _place(out)
    made = [parent for parent in out.parents if not parent.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _work_for(out, out.parent) as work:
            new = work / "new"
            new.mkdir()
            _fill(result, new)
            _check_content(out)  # drawing takes a while: somebody may have put something there
            _swap(new, out, work / _OLD)
    except BaseException:
        for parent in made:
            with suppress(OSError):  # somebody else writes there too
                parent.rmdir()
        raise


def _place(out: Path) -> Path:
    """Return where links lead; a loop of them leads nowhere."""
    place = Path(os.path.realpath(out))
    for part in (place, *place.parents):
        if part.is_symlink():
            raise _refused(f"{part} is a link that leads back to itself: choose another folder")
    return place


def _check_content(out: Path) -> None:
    if out.is_dir():
        entries = {entry.name for entry in out.iterdir()} - _LITTER
        if entries and (own := _files_of(out)) is None:
            raise _refused(f"{out} is not empty and holds no driftline result: choose another folder")
        if entries and (foreign := sorted(_foreign_in(out, own or set()))):
            raise _refused(f"{out} holds files that driftline did not write, such as {foreign[0]}: move them first")
    elif os.path.lexists(out):
        raise _refused(f"{out} is a file, and a result is a folder")


def _work_for(out: Path, parent: Path) -> AbstractContextManager[Path]:
    """Make the hidden folder in which a result for `out` is made; tidy up what a killed process left of its own."""

    def rescue(work: Path) -> None:
        # Between the two moves of `_swap` the earlier result exists only here.
        if (work / _OLD).exists() and not os.path.lexists(out):
            (work / _OLD).rename(out)

    # By a digest: a name of full length leaves no room for more letters.
    whose = hashlib.blake2b(os.fsencode(out.name), digest_size=8).hexdigest()
    return workplace(parent, f".driftline-{whose}-", rescue)


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
    if (people := people_csv(result)) is not None:
        _text(folder / "people.csv", people)
    if (stations := stations_csv(result)) is not None:
        _text(folder / "stations.csv", stations)
    _text(folder / "table.txt", plain_report(result))
    _text(folder / "detail.txt", plain_report(result, detail=True))
    _text(folder / "result.json", _json(as_json(result)))
    _text(folder / "scenario.yaml", yaml_text(result.scenario.model_dump(mode="json")))
    _text(folder / MARKER, _json(_run(result, [*_files_in(folder), MARKER])))


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


def plain_report(result: Result, width: int = 120, detail: bool = False) -> str:
    """Return the printed report as plain text without colours."""
    text = io.StringIO()
    page = Console(
        file=text,
        width=width,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,  # in a notebook, rich would show it in the cell and write nothing
        legacy_windows=False,
    )
    print_result(result, page, detail)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _run(result: Result, files: Iterable[str]) -> dict[str, Any]:
    """Return what `run.json` says: how the numbers were made, and which files are driftline's."""
    return {
        "driftline": result.versions.get("driftline", ""),
        "scenario": result.scenario.name,
        "seed": result.scenario.seed,
        "replications": result.replications,
        "train_replications": result.scenario.train_replications,
        "intervals": covers(result),
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


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _files_of(folder: Path) -> set[str] | None:
    """Return the files that a result folder says are its own, None if it is no result."""
    place = folder / MARKER
    if place.is_symlink() or not place.is_file():  # a pipe of that name would never be read to its end
        return None
    try:
        marker = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(marker, dict) or "driftline" not in marker or not isinstance(marker.get("files"), list):
        return None
    return {str(name) for name in marker["files"]} | {MARKER}


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _foreign_in(folder: Path, own: set[str]) -> set[str]:
    """Return what is neither one of the files nor a folder that holds some: links and empty folders are somebody's."""
    folders = {parent.as_posix() for name in own for parent in PurePosixPath(name).parents}
    foreign = set()
    for place, inner, files in os.walk(folder):
        for entry in (Path(place, name) for name in (*inner, *files) if name not in _LITTER):
            name = entry.relative_to(folder).as_posix()
            ours = name in (folders if entry.is_dir() else own)
            if entry.is_symlink() or not ours:
                foreign.add(name)
    return foreign


def _shown(place: Path) -> str:
    """Return a path as a part of one message, however long it is."""
    text = str(place)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _refused(message: str) -> Exception:
    return checks_failed(None, [((), message)])
