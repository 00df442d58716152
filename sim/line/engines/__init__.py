"""The engines by name. All of them mean the same; they differ in speed and in what they need installed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sim.line.engines.reference import SimpyEngine
from sim.line.stations import Columns, Plant

if TYPE_CHECKING:
    from sim.line.engines.compiled import CompiledEngine


def _compiled(plant: Plant, columns: Columns, horizon_us: int) -> CompiledEngine:
    """Make the compiled engine. Importing numba takes most of a second: only when it is wanted."""
    from sim.line.engines.compiled import CompiledEngine

    return CompiledEngine(plant, columns, horizon_us)


ENGINES: dict[str, Callable[[Plant, Columns, int], SimpyEngine | CompiledEngine]] = {"simpy": SimpyEngine}
if find_spec("numba") is not None:
    ENGINES["compiled"] = _compiled

#: Phones a second on one core, all in, to the nearest power of ten: only to tell whether more processes would pay.
SPEED = {"simpy": 1e5, "compiled": 1e6}


@cache
def default() -> str:
    """Return the compiled engine's name where numba works; elsewhere the specification's, and say so, once."""
    if "compiled" not in ENGINES:
        reason = "numba is not installed"
    else:
        try:
            import sim.line.engines.compiled  # noqa: F401
        except ImportError as error:  # numba is there and doesn't fit this numpy, say
            reason = f"numba does not work here ({error})"
        else:
            return "compiled"
    logging.getLogger("driftline").warning(
        "%s: the SimPy engine moves the phones. The numbers are the same, it only takes longer.", reason
    )
    return "simpy"


def prepare(engine: str) -> None:
    """Compile, once on a machine, what the engine needs compiled: before worker processes would each do it."""
    if engine == "compiled":
        from sim.line.engines.compiled import warm_up

        warm_up()


def is_prepared(engine: str) -> bool:
    """Whether `prepare` should compile nothing: what it needs is kept from an earlier run, or it needs none."""
    if engine != "compiled":
        return True
    from sim.line.engines.compiled import is_kept

    return is_kept()
