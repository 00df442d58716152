"""`import driftline` is `import sim`: the same modules under the name that people install.

Nothing is copied. `driftline.deployment.strategy` *is* the module `sim.deployment.strategy`, so a pattern registered
through one name is known through the other, and objects pickle under one name.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_file_location
from types import CodeType, ModuleType
from typing import TYPE_CHECKING

import sim

if TYPE_CHECKING:
    from sim import *  # noqa: F403  # for type checkers: the names of today and tomorrow

ALIAS = __name__


class SameModules(MetaPathFinder, Loader):
    """Answers `import driftline.x` with the module `sim.x`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith(f"{ALIAS}."):
            return None
        real = find_spec(real_name(name))
        if real is None:
            return None
        if name == f"{ALIAS}.__main__":
            # `python -m driftline` runs the file: nobody else ever asks for this module.
            return spec_from_file_location(name, real.origin)
        return ModuleSpec(name, self, origin=real.origin, is_package=real.submodule_search_locations is not None)

    def create_module(self, spec: ModuleSpec) -> None:
        """Let the import system make an empty module, which `exec_module` replaces."""

    def get_code(self, name: str) -> CodeType | None:
        """Return what `python -m driftline.x` runs: the code of the file."""
        loader = getattr(find_spec(real_name(name)), "loader", None)
        return loader.get_code(real_name(name)) if isinstance(loader, InspectLoader) else None

    def exec_module(self, module: ModuleType) -> None:
        # The import system takes what stands in sys.modules now, and leaves the module's own __spec__ alone.
        sys.modules[module.__name__] = import_module(real_name(module.__name__))


def real_name(name: str) -> str:
    """Return the name of a module where its file is."""
    return f"{sim.__name__}{name.removeprefix(ALIAS)}"


# In front: the folders of `sim` are this package's too, and another finder would load a second copy from them.
sys.meta_path.insert(0, SameModules())
sys.modules[ALIAS] = sim
