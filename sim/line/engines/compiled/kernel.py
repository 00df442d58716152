"""Kernels: functions that are compiled, and whose machine code is kept for the next time.

Numba's own cache looks at one file's date only: it would go on using the old code of a changed rule that lies in
another file. So each kernel's machine code lies in a folder that is named after everything it is made of.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import __version__ as numba_version
from numba import njit
from numba.core import config

from sim.line.engines.compiled.ingredients import digest

#: Without reference counting, because the loop owns no array and counting them would be most of its work.
OPTIONS: dict[str, Any] = {"_nrt": False, "error_model": "numpy"}

_compile: Any = njit

_FOR_THIS_RUN = "DRIFTLINE_KERNELS"


def inlined(function: Any) -> Any:
    """Compile a part of a kernel into it: a call would copy the state's hundred and fifty words."""
    return _compile(forceinline=True, **OPTIONS)(function)


def kernel(function: Any) -> Any:
    """Compile, and keep the machine code in a folder of its own."""
    settings: Any = config
    usual, settings.CACHE_DIR = settings.CACHE_DIR, str(folder_of(function))
    try:
        return _compile(cache=True, **OPTIONS)(function)
    finally:
        settings.CACHE_DIR = usual


def folder_of(function: Any) -> Path:
    """Return where a kernel's machine code is kept: another folder as soon as anything that it is made of changes."""
    made_of = digest(function, f"numba {numba_version}", f"numpy {np.__version__}", f"{sorted(OPTIONS.items())}")
    folder = Path.home() / ".cache" / "driftline" / f"{function.__name__}-{made_of}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return _folder_for_this_run()
    return folder


@cache
def _folder_for_this_run() -> Path:
    """A read-only home: compile for this run only, and for the processes that it starts.

    No fixed name in /tmp: a folder that others can guess may hold others' machine code.
    """
    if _FOR_THIS_RUN not in os.environ:
        os.environ[_FOR_THIS_RUN] = folder = tempfile.mkdtemp(prefix="driftline-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(os.environ[_FOR_THIS_RUN])


def is_kept(compiled: Any) -> bool:
    """Whether a kernel's machine code is there, so that it will be loaded instead of compiled."""
    source = Path(compiled.py_func.__code__.co_filename)
    kept = Path(compiled.stats.cache_path).glob("*.nbi")  # numba's index of machine code
    return any(index.stat().st_mtime >= source.stat().st_mtime for index in kept)
