"""Engines by name: the default where numba works, a word where it doesn't, and machine code that is never stale."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.line import engines

ROOT = Path(sim.__file__).parents[1]
SMALL = "sim.build(horizon='2h', replications=2, models={'v1': {'training': {'phones': 2000}}})"
TELL = f"import sim; r = sim.run({SMALL}); print(r.engine, r['manual'].samples['escape_rate'].tolist())"


def python(code: str, *, package: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd=package,
        timeout=240,
    )


def test_without_numba_it_says_so_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(engines, "ENGINES", {"simpy": engines.SimpyEngine})
    engines.default.cache_clear()
    try:
        with caplog.at_level(logging.WARNING, "driftline"):
            assert [engines.default(), engines.default()] == ["simpy", "simpy"]
        (record,) = caplog.records
        assert "numba is not installed" in record.getMessage()
    finally:
        engines.default.cache_clear()


@pytest.mark.slow
def test_a_numba_that_cannot_be_imported_changes_no_number() -> None:
    # None in sys.modules makes `import numba` fail as a numba that doesn't fit its numpy does.
    without = python("import sys; sys.modules['numba.core'] = None; " + TELL)
    assert without.returncode == 0, without.stderr
    assert without.stderr.count("numba does not work here") == 1
    found = python(TELL)
    assert (found.stdout.split()[0], without.stdout.split()[0]) == ("compiled", "simpy")
    assert found.stdout.split(" ", 1)[1] == without.stdout.split(" ", 1)[1]


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, in which nobody can make a folder")
    found = python(TELL, HOME=str(tmp_path / "home"))
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("compiled ")


@pytest.mark.slow
def test_a_changed_rule_is_never_run_from_old_machine_code(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    rules = tmp_path / "sim" / "line" / "rules.py"
    home = str(tmp_path)
    first = python(TELL, package=tmp_path, HOME=home)
    again = python(TELL, package=tmp_path, HOME=home)
    assert (again.stdout, again.stderr) == (first.stdout, "")
    assert first.stderr.count("compiling the line's event loop: once on this machine") == 1
    stamp = rules.stat()
    text = rules.read_text()
    changed = text.replace("Verdict.REJECT if evidence > criterion", "Verdict.REJECT if evidence < criterion")
    assert changed != text
    rules.write_text(changed)
    os.utime(rules, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # the same length and date: numba's own cache would err
    second = python(TELL, package=tmp_path, HOME=home)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert first.stdout != second.stdout
    specification = python(TELL.replace("})", "}), engine='simpy'"), package=tmp_path, HOME=home)
    assert specification.stdout.split(" ", 1)[1] == second.stdout.split(" ", 1)[1]
