"""What is in the wheel and in the source distribution. `python tests/packaging` installs and uses them."""

from __future__ import annotations

import email
import tarfile
import zipfile
from pathlib import Path

import pytest
from built import ROOT, build

pytest.importorskip("build")
pytest.importorskip("hatchling")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(both: tuple[Path, Path]) -> set[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(both[1]) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def source(both: tuple[Path, Path]) -> set[str]:
    """The names of the files in the source distribution, from its top folder on."""
    with tarfile.open(both[0]) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def sources(folder: str, ending: str) -> set[str]:
    """Return the names of the files below a folder of the project that hold text somebody wrote."""
    hidden = {"__pycache__", ".ipynb_checkpoints"}
    made = [ROOT / "docs" / name for name in ("_build", "notebooks", "reference/modules")]  # by a build of the pages
    files = (
        file
        for file in (ROOT / folder).rglob(f"*{ending}")
        if not hidden & set(file.parts) and not any(file.is_relative_to(place) for place in made)
    )
    return {file.relative_to(ROOT).as_posix() for file in files}


def test_the_wheel_carries_the_scenarios_and_notebooks(wheel: set[str]) -> None:
    for folder, ending in (("scenarios", ".yaml"), ("notebooks", ".ipynb")):
        there = sources(folder, ending)
        assert there, "or the test would prove nothing"
        assert {f"sim/shipped/{name}" for name in there} <= wheel
    assert "sim/shipped/scenarios/scenario.schema.json" in wheel
    assert {"sim/cli/starter.yaml", "sim/cli/starter_story.yaml"} <= wheel


@pytest.mark.parametrize("ending", [".js", ".css", ".html"])
def test_the_wheel_carries_what_pages_load(wheel: set[str], ending: str) -> None:
    there = sources("sim", ending)
    assert there, "or the test would prove nothing"
    assert there <= wheel


def test_the_wheel_carries_every_module_once(wheel: set[str]) -> None:
    modules = {name for name in sources("sim", ".py") if not name.startswith("sim/_alias/")}
    assert {name for name in wheel if name.startswith("sim/") and name.endswith(".py")} == modules


def test_the_wheel_carries_the_name_that_people_import(wheel: set[str]) -> None:
    assert {name for name in wheel if name.startswith("driftline/")} == {"driftline/__init__.py", "driftline/py.typed"}
    assert {"sim/py.typed", "driftline-stubs/py.typed", "driftline-stubs/units.pyi"} <= wheel


def test_the_wheel_carries_nothing_else(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"sim", "driftline", "driftline-stubs"}
    assert [name for name in wheel if name.startswith("sim/_") and name.count("/") > 1] == []
    assert [name for name in wheel if "__pycache__" in name or "checkpoint" in name] == []


def test_the_wheel_says_what_it_needs(both: tuple[Path, Path], wheel: set[str]) -> None:
    (name,) = (name for name in wheel if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(both[1]) as archive:
        metadata = email.message_from_bytes(archive.read(name))
        (scripts,) = (name for name in wheel if name.endswith("entry_points.txt"))
        assert "driftline = sim.cli.main:main" in archive.read(scripts).decode()
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"


def test_the_source_distribution_holds_the_project(source: set[str]) -> None:
    for folder, ending in (
        ("sim", ".py"),
        ("tests", ".py"),
        ("scenarios", ".yaml"),
        ("notebooks", ".ipynb"),
        ("docs", ""),
    ):
        assert sources(folder, ending) - {name for name in sources(folder, ending) if (ROOT / name).is_dir()} <= source
    assert {
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "pyproject.toml",
        "requirements.lock",
        "sim/_alias/stubs.py",
    } <= source


def test_building_leaves_nothing_in_the_project(both: tuple[Path, Path]) -> None:
    assert [name for name in ("build", "dist", "driftline.egg-info") if (ROOT / name).exists()] == []
