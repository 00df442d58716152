"""A small package as somebody else would install it: its code is in `acme_line`, its entry points beside it."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.plugins import FAMILIES

HERE = Path(__file__).parent


def install(folder: Path) -> Path:
    """Put the package into a folder, as `pip install --target` would, and return the folder."""
    shutil.copytree(HERE / "acme_line", folder / "acme_line", ignore=shutil.ignore_patterns("__pycache__"))
    describe(folder, "acme-line", "1.2", (HERE / "entry_points.txt").read_text())
    return folder


@contextmanager
def importable(folder: Path) -> Iterator[Path]:
    """Have the package on the path for a while; afterwards it was never there."""
    known = {group: set(family) for group, family in FAMILIES.items()}
    sys.path.insert(0, str(install(folder)))
    try:
        yield folder
    finally:
        sys.path.remove(str(folder))
        for group, family in FAMILIES.items():
            for name in set(family) - known.get(group, set(family.ours())):
                family.forget(name)
        for name in [name for name in sys.modules if name.split(".")[0] == "acme_line"]:
            del sys.modules[name]


def describe(folder: Path, name: str, version: str, entry_points: str) -> None:
    """Write a package's metadata."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(textwrap.dedent(entry_points))
