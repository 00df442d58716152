"""What people look at: the rows in one table, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .peers import Row, Sizes, sections

LIBRARIES = ("driftline", "numpy", "scikit-learn", "numba", "simpy", "ciw")


def machine() -> dict[str, str]:
    """Return the processor, its cores, Python and the libraries that matter."""
    return {
        "cpu": f"{_cpu()}, {os.cpu_count()} cores, of which one is used",
        "python": f"{platform.python_version()} ({platform.system()} {platform.machine()})",
        **{name: _version(name) for name in LIBRARIES},
    }


def _cpu() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def measured(sizes: Sizes, year: bool) -> list[Row]:
    """Run every section, and say which one is under way."""
    rows: list[Row] = []
    console = Console(stderr=True)
    with console.status("measuring, on one core") as status:
        for section in sections(sizes, year):
            for row in section():
                rows.append(row)
                status.update(f"measured: {row.section}, {row.who}")
    return sorted(rows, key=lambda row: row.section)  # stable: each section's rows stay as they came


def show(rows: list[Row]) -> None:
    """Print the table."""
    console = Console(width=max(Console().width, 132))
    for name, value in machine().items():
        console.print(f"{name:>12}  {value}", highlight=False)
    table = Table(caption="ratio: how many times as long as the section's line with ratio 1 takes")
    for column in ("who", "seconds", "phone-inspections / s", "ratio", "note"):
        table.add_column(column, justify="left" if column in ("who", "note") else "right", overflow="fold")
    section = ""
    for row in rows:
        if row.section != section:
            table.add_section()
            table.add_row(f"[bold]{row.section}[/bold]")
            section = row.section
        table.add_row(
            f"  {row.who}",
            "" if row.seconds is None else f"{row.seconds:,.3f}",
            "" if row.per_second is None else f"{row.per_second:,.0f}",
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.note,
        )
    console.print(table)
