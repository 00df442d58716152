"""Tells editors and type checkers what `driftline.x` holds: at each build, one stub per module that points to `sim.x`.

The alias works by an import hook, which type checkers do not run. They read the package `driftline-stubs` instead
(PEP 561), which this hook of the build adds to the wheel, the editable one included.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "driftline-stubs"


class StubsOfTheAlias(BuildHookInterface[Any]):
    """Writes the stubs into a folder of its own and adds them to the wheel: nothing appears in the source tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.folder = Path(tempfile.mkdtemp())
        write_stubs(Path(self.root, "sim"), self.folder)
        build_data["force_include" if version == "standard" else "force_include_editable"][str(self.folder)] = PACKAGE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(self.folder)


def write_stubs(sources: Path, folder: Path) -> None:
    """Write a stub for each module below `sources`."""
    for module in sorted(sources.rglob("*.py")):
        place = module.relative_to(sources)
        if place.parts[0] == "_alias" or place.name == "__main__.py":
            continue
        words = (sources.name, *place.with_suffix("").parts)
        name = ".".join(words[:-1] if words[-1] == "__init__" else words)
        stub = folder / place.with_suffix(".pyi")
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(f"from {name} import *\n", encoding="utf-8")
    # What a stub lacks, one written later say, is looked for in the package itself.
    (folder / "py.typed").write_text("partial\n", encoding="utf-8")
