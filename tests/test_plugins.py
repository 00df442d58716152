"""Families: what a package brings joins them, replaces nobody, and leaves nothing behind when it fails."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from acme import describe

from sim.deployment.strategy import PATTERNS
from sim.plugins import Family, PluginError, find, groups, plugins

TOOLS: Family[str] = Family("tool", "", "driftline.plugin_tests")

SHED = """
from test_plugins import TOOLS

TOOLS.register("hammer", place=9)("another hammer")
{more}
drill = "drill"
"""


@pytest.fixture
def shed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package's module, which registers a hammer although there is one."""
    TOOLS.register("saw", place=1)("saw")
    TOOLS.register("hammer", place=2)("hammer")
    describe(tmp_path, "shed", "1.0", "[driftline.plugin_tests]\ndrill = shed_of_tools:drill\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "test_plugins", sys.modules[__name__])
    monkeypatch.delitem(sys.modules, "shed_of_tools", raising=False)
    return tmp_path / "shed_of_tools.py"


@pytest.mark.parametrize(
    ("more", "message"),
    [("", "would replace the tool hammer: it needs another name"), ("1 / 0", "ZeroDivisionError")],
)
def test_nobody_is_replaced_whether_the_package_comes_in_or_fails(shed: Path, more: str, message: str) -> None:
    shed.write_text(SHED.format(more=more))
    with pytest.raises(PluginError, match=message):
        TOOLS.load("drill")
    assert dict(TOOLS) == {"saw": "saw", "hammer": "hammer"}
    assert list(TOOLS) == ["saw", "hammer"], "each in its place"


def test_in_another_process_a_family_is_that_processs_own() -> None:
    assert pickle.loads(pickle.dumps(PATTERNS)) is PATTERNS
    code = "import pickle, sys; print(len(pickle.loads(sys.stdin.buffer.read())))"
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(PATTERNS), capture_output=True, check=True, timeout=120
    )
    assert int(done.stdout) == len(PATTERNS.ours())


def test_a_package_that_comes_while_we_run_is_seen_and_so_is_one_that_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = "driftline.come_and_gone"
    monkeypatch.syspath_prepend(str(tmp_path))
    assert plugins(group) == {}
    describe(tmp_path, "late", "1.0", f"[{group}]\nawl = late:awl\n")
    assert plugins(group) == {"awl": "late 1.0"}
    assert group in groups()
    assert find(group, "awl").value == "late:awl"
    for file in (info := next(tmp_path.glob("late*"))).iterdir():
        file.unlink()
    info.rmdir()
    assert plugins(group) == {}


def test_packages_are_looked_up_once_while_none_comes_or_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    def searched_again(**_: object) -> None:
        raise AssertionError

    before = plugins("driftline.patterns")
    monkeypatch.setattr("sim.plugins.entry_points", searched_again)
    assert plugins("driftline.patterns") == before
