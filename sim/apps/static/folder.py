"""Pages in a folder: all of them or none, and nothing of anybody else's touched."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from sim.apps.static.page import is_ours
from sim.document import checks_failed
from sim.workplace import of_the_machine, workplace


def check(out: Path, names: Collection[str]) -> None:
    """Refuse a folder to which pages can't be written, before any work is done for them.

    The folder may hold other files: they stay as they are.

    Raises
    ------
    ScenarioError
        If a page would take the place of a file that `driftline export` has not written, or the place is no folder.
    OSError
        If the machine can't, whatever the place: its disk is full.
    """
    try:
        file = next((file for name in names if _is_somebodys(file := out / name)), None)
        if file is not None:
            raise _refused(
                f"{file} is there, and `driftline export` has not written it: move it, or choose another DIR"
            )
        above = next(parent for parent in (out, *out.parents) if os.path.lexists(parent))
        if not above.is_dir():
            raise _refused(f"{above} is a file, and pages are put into a folder: choose another DIR")
        with _work_for(out) as work:  # permissions don't tell all: try it
            for missing in {part.name for part in (out, *out.parents) if not part.exists()}:
                (work / missing).mkdir()
    except OSError as error:
        if of_the_machine(error):
            raise
        raise _refused(f"nothing can be written to {out} ({error.strerror}): choose another DIR") from None


def _is_somebodys(file: Path) -> bool:
    return os.path.lexists(file) and (file.is_symlink() or not file.is_file() or not is_ours(file))


def write(out: Path, names: Collection[str], pages: Iterable[tuple[str, str]]) -> None:
    """Write pages into a folder, which is made if it is not there.

    They are made in a hidden folder and moved when the last one is complete, so that whatever goes wrong before, an
    interrupt included, leaves everything as it was; if this process is killed, the next that writes there tidies up.

    Parameters
    ----------
    out : Path
        See `check`.
    names : collection of str
        Of all pages.
    pages : iterable of (str, str)
        Names and texts, made one by one while they are asked for. The last one to be moved is the last one here.
    """
    check(out, names)
    made = [parent for parent in out.parents if not parent.exists()]
    with _work_for(out) as work:
        new = work / "new"
        new.mkdir()
        for name, text in pages:
            (new / name).write_text(text, encoding="utf-8", newline="\n")
        check(out, names)  # the runs took a while: somebody may have put something there
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            if not out.exists():
                new.rename(out)
                return
            for name in names:
                os.replace(new / name, out / name)
        except BaseException:
            for parent in made:
                with suppress(OSError):  # somebody else writes there too
                    parent.rmdir()
            raise


def _work_for(out: Path) -> AbstractContextManager[Path]:
    """Make the hidden folder for pages: on the disk where they go, since files are moved within one only."""
    place = next(parent for parent in (out, *out.parents) if parent.exists())
    return workplace(place, ".driftline-export-")


def _refused(message: str) -> Exception:
    return checks_failed(None, [((), message)])
