"""Kernels: functions that are compiled, and whose machine code is kept for the next time.

Numba's own cache looks at one file's date only: it would go on using the old code of a changed rule that lies in
another file. So each kernel's machine code is named after everything it is made of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import njit

from sim.line.engines.compiled.ingredients import digest
from sim.line.engines.compiled.machine_code import MachineCode

#: Without reference counting, because the loop owns no array and counting them would be most of its work.
OPTIONS: dict[str, Any] = {"_nrt": False, "error_model": "numpy"}

_compile: Any = njit


def inlined(function: Any) -> Any:
    """Compile a part of a kernel into it: a call would copy the state's hundred and fifty words.

    Only the kernel calls it: entries for Python and for C, which nobody uses, took half of the time to compile.
    """
    return _compile(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, **OPTIONS)(function)


def apart(function: Any) -> Any:
    """Compile a part of a kernel that few plants need on its own: it is called, and no burden on the rest."""
    return _compile(no_cpython_wrapper=True, no_cfunc_wrapper=True, **OPTIONS)(function)


def kernel(what: str, takes: str) -> Callable[[Any], Any]:
    """Compile what is called `what` in words, which `takes` so long, and keep the machine code."""

    def compiled(function: Any) -> Any:
        dispatcher = _compile(no_cfunc_wrapper=True, **OPTIONS)(function)
        dispatcher._cache = MachineCode(what, name_of(function), takes)
        return dispatcher

    return compiled


def name_of(function: Any) -> str:
    """Return the name under which a kernel is kept: another one as soon as anything that it is made of changes."""
    made_of = digest(
        function,
        f"python {sys.implementation.cache_tag}",
        f"numba {numba.__version__}",
        f"numpy {np.__version__}",
        f"{sorted(OPTIONS.items())}",
    )
    return f"{function.__name__}-{made_of}"
