"""The common case in C, compiled here and now: `c_line.c` through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .common_case import WEIGHT, CommonCase

SOURCE = Path(__file__).with_name("c_line.c")

#: Without contraction a fused multiply-add can't change the last bit of a human's evidence.
FLAGS = ("-std=c99", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-shared", "-fPIC")

# These mirror the structures of c_line.c.
FATES = np.dtype([("release_us", "i8"), ("verdict_us", "i8"), ("pi", "f8"), ("arm", "i2"), ("decided_by", "i1"),
                  ("verdict", "i1")], align=True)  # fmt: skip
LOOKS = np.dtype([("enter", "i8"), ("start", "i8"), ("end", "i8"), ("seen", "f8"), ("phone", "i4"), ("behind", "i4"),
                  ("server", "i4"), ("station", "i2"), ("kind", "i1"), ("verdict", "i1")])  # fmt: skip


class _Phones(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int64), *((name, ctypes.c_void_p) for name in (
        "due_us", "u_arm", "score", "view", "z", "model_us", "human_us"
    ))]  # fmt: skip


class _Rules(ctypes.Structure):
    _fields_ = [
        ("models", ctypes.c_int64),
        ("humans", ctypes.c_int64),
        *((name, ctypes.c_double) for name in ("weight", "low", "high", "d_prime", "criterion")),
        ("horizon_us", ctypes.c_int64),
    ]


@dataclass(frozen=True)
class Outcome:
    """Records as in `FATES`, by phone, and as in `LOOKS`, in the order in which the looks were asked for."""

    fates: NDArray[Any]
    decided: NDArray[np.int64]
    looks: NDArray[Any]


def compiler() -> str | None:
    """Return where the C compiler is, if there is one."""
    return shutil.which("cc")


@cache
def _library() -> Any:
    """Compile once per process. The file may go as soon as it is loaded, except on Windows, where it stays."""
    found = compiler()
    assert found is not None, "ask `compiler` first"
    with tempfile.TemporaryDirectory(prefix="c_line-", ignore_cleanup_errors=True) as folder:
        target = Path(folder) / "c_line.so"
        subprocess.run([found, *FLAGS, str(SOURCE), "-o", str(target)], check=True)
        library = ctypes.CDLL(str(target))
    library.run_line.restype = ctypes.c_int64
    return library


def prepare() -> None:
    """Compile before anything is timed."""
    _library()


def run(case: CommonCase) -> Outcome:
    """Run the phones through the line."""
    columns, plant = case.columns, case.plant
    inputs = (columns.due_us, columns.u_arm, case.score, columns.human.view, columns.human.z, case.model_us,
              columns.human.service_us)  # fmt: skip
    inputs = tuple(np.ascontiguousarray(column) for column in inputs)
    phones = _Phones(len(case), *(column.ctypes.data for column in inputs))
    rules = _Rules(
        plant.models[0].servers, plant.humans.servers, WEIGHT / 100.0, *case.cut_offs, plant.d_prime, plant.criterion,
        case.scenario.horizon,
    )  # fmt: skip
    fates, looks = np.empty(len(case), dtype=FATES), np.empty(2 * len(case), dtype=LOOKS)
    decided = np.empty(len(case), dtype=np.int64)
    pointers = (ctypes.c_void_p(table.ctypes.data) for table in (fates, decided, looks))
    count = _library().run_line(ctypes.byref(phones), ctypes.byref(rules), *pointers)
    if count < 0:
        raise MemoryError("the line in C found no memory")
    return Outcome(fates, decided[: int((fates["verdict"] >= 0).sum())], looks[:count])
