"""What every computing process needs: imported once, in the process that the others are copies of.

The engine's machine code is loaded here if an earlier run has kept it: then a copy starts in a blink, and all share its
memory. Nothing is compiled here: who ends a server that has just begun does not wait for that.
"""

from contextlib import suppress

import sklearn.ensemble
import sklearn.pipeline

import sim.apps.web.visits
from sim.line.engines import default, is_prepared, prepare

with suppress(ImportError):  # without it the line moves by SimPy
    import numba

    if is_prepared(default()):
        prepare(default())

__all__ = ["numba", "sim", "sklearn"]
