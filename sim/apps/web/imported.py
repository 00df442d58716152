"""What every computing process needs: imported once, in the process that the others are copies of.

Nothing is compiled here: who ends a server that has just begun does not wait for that.
"""

from contextlib import suppress

import sklearn.ensemble
import sklearn.pipeline

import sim.apps.web.visits

with suppress(ImportError):  # without it the line moves by SimPy
    import numba

__all__ = ["numba", "sim", "sklearn"]
