"""`import driftline` is `import sim`: one copy of every module, whichever name comes first."""

from __future__ import annotations

import importlib.util
import os
import pickle
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

import sim

ROOT = Path(sim.__file__).parents[1]
PATH = os.pathsep.join([str(ROOT), str(ROOT / "sim" / "_alias")])


def ran(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": PATH}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_the_same_package() -> None:
    import driftline

    assert driftline is sim
    assert driftline.run is sim.run
    assert dir(driftline) == dir(sim)


def test_its_modules_are_the_same_modules() -> None:
    import driftline.units
    import sim.deployment.strategy
    import sim.units
    from driftline.deployment.strategy import PATTERNS, pattern

    assert driftline.units is sim.units
    assert pattern is sim.deployment.strategy.pattern
    assert PATTERNS is sim.deployment.strategy.PATTERNS
    assert sys.modules["driftline.units"] is sys.modules["sim.units"]


@pytest.mark.parametrize("first", ["driftline", "sim"])
def test_there_is_one_copy_whichever_name_comes_first(first: str) -> None:
    other = "sim" if first == "driftline" else "driftline"
    code = f"""
import sys
import {first}.deployment.patterns, {other}.deployment.patterns
from {other}.deployment.rollout import Rollout as one
from {first}.deployment.rollout import Rollout as two
assert one is two
modules = [module for name, module in sys.modules.items() if name.startswith(("sim", "driftline"))]
files = {{getattr(module, "__file__", None): module for module in modules}}
print(all(files[getattr(module, "__file__", None)] is module for module in modules))
print({{module.__name__.split(".")[0] for module in modules}}, {{module.__spec__.name for module in modules}} >= {{"sim"}})
"""
    assert ran(code) == "True\n{'sim'} True\n"


def test_importing_it_costs_nothing() -> None:
    heavy = ran(
        "import sys, driftline; print([name for name in ('numpy', 'pydantic', 'click') if name in sys.modules])"
    )
    assert heavy == "[]\n"


def test_what_is_not_there_is_missed_under_the_name_that_was_typed() -> None:
    import driftline

    with pytest.raises(ModuleNotFoundError, match=r"No module named 'driftline\.nothing'"):
        importlib.import_module("driftline.nothing")
    with pytest.raises(AttributeError):
        _ = driftline.nothing
    assert importlib.util.find_spec("driftline.nothing") is None
    assert importlib.util.find_spec("driftline.line.engines").submodule_search_locations is not None  # type: ignore[union-attr]


def test_objects_pickle_under_one_name() -> None:
    from driftline.document import Problem, ScenarioError

    error = ScenarioError([Problem("wrong", name="a.yaml")])
    data = pickle.dumps(error)
    assert b"driftline" not in data
    assert type(pickle.loads(data)) is sim.ScenarioError
    # What somebody pickled by the other name is read too.
    assert pickle.loads(b"cdriftline.units\nformat_duration\n.") is importlib.import_module("sim.units").format_duration


def test_a_strategy_written_with_it_runs_in_other_processes(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        """
import driftline
from driftline.units import PositiveDuration

@driftline.pattern("leap")
def leap(rollout, *, after: PositiveDuration = "1h"):
    yield from rollout.wait(after)
    rollout.promote()

if __name__ == "__main__":
    scenario = driftline.build(horizon="3h", replications=2, strategies=[{"pattern": "leap"}])
    result = driftline.run(scenario, workers=2)
    print(type(result).__module__, *result["leap"].samples["phones"])
"""
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": PATH},
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "sim.experiment.result 539.0 539.0\n"), done.stderr


def test_notebooks_complete_its_modules() -> None:
    completer = pytest.importorskip("IPython.core.completerlib")
    assert {"driftline.run", "driftline.pattern"} <= {
        f"driftline.{name}" for name in dir(importlib.import_module("driftline"))
    }
    found = completer.module_completion("from driftline import ")
    assert {"run", "pattern", "deployment", "units"} <= set(found)
    assert "driftline.units" in completer.module_completion("import driftline.un")


def test_every_module_has_a_stub_for_type_checkers(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    loader = SourceFileLoader("stubs", str(ROOT / "sim" / "_alias" / "stubs.py"))
    spec = spec_from_loader("stubs", loader)
    assert spec is not None
    stubs = module_from_spec(spec)
    loader.exec_module(stubs)
    stubs.write_stubs(ROOT / "sim", tmp_path)
    assert (tmp_path / "__init__.pyi").read_text() == "from sim import *\n"
    assert (tmp_path / "deployment" / "strategy.pyi").read_text() == "from sim.deployment.strategy import *\n"
    modules = {
        file for file in (ROOT / "sim").rglob("*.py") if "_alias" not in file.parts and file.name != "__main__.py"
    }
    assert {file.relative_to(tmp_path).with_suffix(".py") for file in tmp_path.rglob("*.pyi")} == {
        file.relative_to(ROOT / "sim") for file in modules
    }


def test_a_module_runs_under_this_name_too() -> None:
    """As `python -m sim.x` does, and tools that run modules ask for it."""
    for name in ("driftline", "driftline.cli.main"):
        done = subprocess.run(
            [sys.executable, "-m", name, "--version"],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": PATH},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("driftline ")
    assert ran("import runpy; print('pairs' in str(runpy.run_module('driftline.stats.pairs').keys()).lower())")
