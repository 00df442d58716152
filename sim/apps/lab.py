"""JupyterLab on the shipped notebooks: where they are opened, and with which settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sim import shipped
from sim.libraries import library

#: Where notebooks are copied to out of an installed package.
COPIES = "driftline-notebooks"
#: The server asks nobody outside for news, newer versions or extensions, nor does the page that it serves.
_QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


_SETTINGS = Path(__file__).with_name("lab_settings")


class Opened(NamedTuple):
    """The folder that is opened, and which of its files were left as they are though ours are others."""

    folder: Path
    kept: tuple[str, ...]


def opened(notebooks: Path, here: Path) -> Opened:
    """Return the folder of notebooks that a user may change: the source folder's own, or copies of a package's.

    Parameters
    ----------
    notebooks : Path
        The shipped ones.
    here : Path
        Copies are made in a folder of it. A file that is there and differs is never written over.

    Raises
    ------
    OSError
        If they cannot be copied.
    """
    if not notebooks.is_relative_to(Path(shipped.__file__).parent):
        return Opened(notebooks, ())
    kept = []
    for file in sorted(each for each in notebooks.rglob("*") if each.is_file()):
        name = file.relative_to(notebooks)
        copy = here / COPIES / name
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        elif copy.read_bytes() != file.read_bytes():
            kept.append(str(name))
    return Opened(here / COPIES, tuple(kept))


def arguments(folder: Path, port: int | None, browser: bool) -> Sequence[str]:
    """Return what JupyterLab is started with.

    Examples
    --------
    >>> arguments(Path("notebooks"), 8888, browser=False)[-2:]
    ['--ServerApp.port=8888', '--no-browser']
    """
    given = [*_QUIET, f"--ServerApp.root_dir={folder.resolve()}"]
    if os.name == "posix" and os.geteuid() == 0:
        given.append("--allow-root")  # whoever is root asked for this as root
    if port is not None:
        given.append(f"--ServerApp.port={port}")
    if not browser:
        given.append("--no-browser")
    return given


def check() -> None:
    """Make sure that the extra for notebooks is installed.

    Raises
    ------
    MissingLibrary
        If it is not.
    """
    for needed in ("anywidget", "jupyterlab.labapp"):
        library(needed, needed_by="driftline lab", extra="lab")


def serve(given: Sequence[str]) -> None:
    """Start JupyterLab in this process, and return when it has ended."""
    # Its page asks whether news are wanted, and looks for extensions, unless its settings say so.
    others = os.environ.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [*others, str(_SETTINGS)]))
    library("jupyterlab.labapp", needed_by="driftline lab", extra="lab").LabApp.launch_instance(list(given))
