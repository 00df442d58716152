"""Libraries that a first run does not need are imported late: without them it runs, and what needs one says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.cli.main import main
from sim.deployment.monitoring.detectors import DETECTORS
from sim.experiment.run import run
from sim.inspectors.model import KINDS
from sim.libraries import MissingLibrary, library

ROOT = Path(sim.__file__).parents[1]
LATE = ("river", "pyarrow", "tqdm", "rich", "distributed", "numba", "jupyter", "ipywidgets", "IPython")
#: Run in a process of its own: nothing of the blocked libraries has been imported there.
WITHOUT = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] in {blocked!r} else self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Without, sys.meta_path)
import sim

result = sim.run(sim.build(**{scenario!r}), {settings})
print(*result["manual"].samples["phones"])
{more}
"""
MANUAL = {"horizon": "2h", "replications": 2, "strategies": [{"pattern": "manual"}]}


def ran_without(blocked: tuple[str, ...], scenario: dict[str, Any], settings: str = "", more: str = "") -> str:
    code = WITHOUT.format(blocked=blocked, scenario=scenario, settings=settings, more=more)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_manual_line_runs_without_what_it_does_not_need() -> None:
    more = "from sim.report.data.export import as_csv\nassert as_csv(result)"
    assert ran_without(LATE, MANUAL, 'engine="simpy", workers=1', more) == "359.0 359.0\n"


def test_the_defaults_find_an_engine_and_a_worker() -> None:
    long = {**MANUAL, "horizon": "2d", "replications": 3}
    assert ran_without(LATE, long) == "8639.0 8639.0 8639.0\n"


def test_without_models_no_scikit_learn() -> None:
    people = {**MANUAL, "deployment": {"stable": "humans", "candidate": "humans"}}
    assert ran_without((*LATE, "sklearn", "threadpoolctl", "matplotlib"), people, 'engine="simpy"') == "359.0 359.0\n"


def without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make a library look as if it were not installed, in this process."""
    for module in [module for module in sys.modules if module == name or module.startswith(f"{name}.")]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("kind", ["adwin", "page_hinkley", "ddm", "hddm_a", "hddm_w", "kswin"])
def test_a_detector_of_river_says_what_to_install(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = DETECTORS[kind]()
    without(monkeypatch, "river")
    with pytest.raises(MissingLibrary, match=f"the detector {kind} needs the library river: pip install river"):
        spec.start()


def test_a_file_of_scores_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ours.csv").write_text("score,defective\n0.2,0\n0.9,1\n")
    spec = KINDS["scores"](kind="scores", file=str(tmp_path / "ours.csv"))
    scenario = sim.build(**{**MANUAL, "models": {"v1": spec.model_dump(mode="json")}})
    without(monkeypatch, "pyarrow")
    with pytest.raises(MissingLibrary, match="a file of scores needs the library pyarrow"):
        run(scenario, workers=1)


def test_more_than_one_worker_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import joblib  # noqa: F401  # it reads cloudpickle too, when scikit-learn is imported

    without(monkeypatch, "cloudpickle")
    with pytest.raises(
        MissingLibrary, match="more than one worker needs the library cloudpickle: pip install cloudpickle"
    ):
        run(sim.build(**MANUAL), workers=2)


def test_the_command_refuses_a_folder_of_results_before_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "line.yaml").write_text("driftline: 1\nhorizon: 2h\nreplications: 1\n")
    monkeypatch.chdir(tmp_path)
    import sim.report.folder  # noqa: F401  # matplotlib and Rich are there

    without(monkeypatch, "pyarrow")
    with pytest.raises(SystemExit) as ended:
        main(["run", "line.yaml"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (1, "")
    assert err == "driftline: a folder of results needs the library pyarrow: pip install pyarrow\n"
    assert [file.name for file in tmp_path.iterdir()] == ["line.yaml"]


def test_a_library_that_is_there_and_broken_speaks_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed.py").write_text("import no_such_part\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="no_such_part"):
        library("half_installed", needed_by="a test")
