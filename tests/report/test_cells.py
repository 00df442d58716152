"""CSV files hold texts that no spreadsheet runs."""

from __future__ import annotations

import csv
from pathlib import Path

import sim
from sim.report.folder import write


def test_a_name_that_looks_like_a_formula_is_written_as_text(tmp_path: Path) -> None:
    name = '=HYPERLINK("x")'
    line = sim.build(horizon="20min", replications=1, strategies=[{"pattern": "manual", "name": name}])
    write(sim.run(line, workers=1), tmp_path / "out")
    files = sorted((tmp_path / "out").rglob("*.csv"))
    assert len(files) >= 4
    for file in files:
        cells = [cell for row in csv.reader(file.open(encoding="utf-8")) for cell in row]
        assert not any(cell.startswith("=") for cell in cells), file.name
    assert any(f"'{name}" in row for row in csv.reader((tmp_path / "out" / "metrics.csv").open(encoding="utf-8")))
