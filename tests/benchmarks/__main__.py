"""One command, one table: `python tests/benchmarks [--quick] [--year] [--json FILE]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Not `-m tests.benchmarks`: Ciw's wheel brings a package of its own called `tests`. And the `sim` that stands beside
# this folder is measured, not one that happens to be installed.
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent), str(TESTS / "support")]

# On one thread and one core: this has to be said before numpy is imported.
for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse  # noqa: E402
import json  # noqa: E402
from dataclasses import asdict  # noqa: E402

from benchmarks.peers import QUICK, Sizes, run_and_tell_peak  # noqa: E402
from benchmarks.table import machine, measured, show  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, smaller sizes")
    parser.add_argument("--year", action="store_true", help="also the memory that a year takes: 5.3 million phones")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to a file, too")
    parser.add_argument("--peak", type=int, metavar="MICROSECONDS", help=argparse.SUPPRESS)  # what section f starts
    chosen = parser.parse_args()
    if chosen.peak is not None:
        run_and_tell_peak(chosen.peak)
        return
    rows = measured(QUICK if chosen.quick else Sizes(), chosen.year)
    show(rows)
    if chosen.json is not None:
        found = {"machine": machine(), "rows": [{**asdict(row), "per_second": row.per_second} for row in rows]}
        chosen.json.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
