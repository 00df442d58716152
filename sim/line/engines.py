"""The engines by name. All of them mean the same; they differ in speed and in what they need installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sim.line.plant import Columns, Plant
from sim.line.simpy_engine import SimpyEngine

if TYPE_CHECKING:
    from sim.line.compiled_engine import CompiledEngine


def compiled(plant: Plant, columns: Columns, horizon_us: int) -> CompiledEngine:
    """Make the compiled engine. Importing numba takes most of a second: only when it is wanted."""
    from sim.line.compiled_engine import CompiledEngine

    return CompiledEngine(plant, columns, horizon_us)


ENGINES: dict[str, Callable[[Plant, Columns, int], SimpyEngine | CompiledEngine]] = {"simpy": SimpyEngine}
if find_spec("numba") is not None:
    ENGINES["compiled"] = compiled

#: The compiled engine where numba is installed; elsewhere the specification itself.
DEFAULT = "compiled" if "compiled" in ENGINES else "simpy"

#: Phones a second on one core, all in, to the nearest power of ten: only to tell whether more processes would pay.
SPEED = {"simpy": 1e5, "compiled": 1e6}


def prepare(engine: str) -> None:
    """Compile, once on a machine, what the engine needs compiled: before worker processes would each do it."""
    if engine == "compiled":
        from sim.line.compiled_engine import warm_up

        warm_up()
