"""The line as a compiled event loop: the same meaning as `reference`, its executable specification, in arrays.

`state` holds everything that changes, `loop` is what numba compiles (`kernel`), `engine` is what others see. Machine
code is kept from run to run (`machine_code`), in a file named after everything that it is made of (`ingredients`).
"""

from sim.line.engines.compiled.engine import CompiledEngine, is_kept, warm_up

__all__ = ["CompiledEngine", "is_kept", "warm_up"]
