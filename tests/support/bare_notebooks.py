"""Notebooks are committed without outputs: what they show is computed when they are opened, or when docs are built.

python tests/support/bare_notebooks.py notebooks/*.ipynb
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path


def leftovers(notebook: Path) -> Iterator[str]:
    """Yield what a run has left in a notebook."""
    found = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in found["cells"]:
        if cell["cell_type"] == "code" and cell["outputs"]:
            yield f"{notebook}: cell '{cell.get('id')}' holds outputs"
        if cell["cell_type"] == "code" and cell["execution_count"] is not None:
            yield f"{notebook}: cell '{cell.get('id')}' holds an execution count"
    if "widgets" in found["metadata"]:
        yield f"{notebook}: the metadata hold the state of widgets"
    if "version" in found["metadata"].get("language_info", {}):
        yield f"{notebook}: the metadata name a version of Python"


if __name__ == "__main__":
    said = [line for name in sys.argv[1:] for line in leftovers(Path(name))]
    print("\n".join([*said, "clear all outputs and save again"] if said else []), end="")
    sys.exit(bool(said))
