"""Engines by name: the default where numba works, a word where it doesn't, and machine code that is never stale."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import pytest
from toy_kernel import ASK, ROOT, python, written_to

from sim.line import engines

SMALL = "sim.build(horizon='2h', replications=2, models={'v1': {'training': {'phones': 2000}}})"
TELL = f"import sim; r = sim.run({SMALL}); print(r.engine, r['manual'].samples['escape_rate'].tolist())"


def edit(file: Path, old: str, new: str) -> None:
    """Change a file and keep its date, which is all that numba's own cache looks at."""
    stamp, text = file.stat(), file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


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
def test_the_loop_is_compiled_once_on_a_machine(tmp_path: Path) -> None:
    first, second = (python(TELL, HOME=str(tmp_path)) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert first.stderr.count("compiling the line's event loop: once on this machine") == 1
    assert (second.stdout, second.stderr) == (first.stdout, "")
    specification = python(TELL.replace("})", "}), engine='simpy'"), HOME=str(tmp_path))
    assert specification.stdout.split(" ", 1)[1] == first.stdout.split(" ", 1)[1]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return written_to(tmp_path)


def test_a_changed_rule_is_never_run_from_old_machine_code(toy: Path) -> None:
    """A constant, a rule, a helper two files away: each is changed alone, in the toy as it was."""

    def told() -> list[str]:
        return python(ASK, ROOT, toy, HOME=str(toy)).stdout.split()

    first, again = told(), told()
    assert first[0] == again[0] == "101.5"
    assert (first[-1], again[1:-1]) == (again[-1], ["1"])  # the second time it was loaded
    changes = [
        ("near.py", "SHIFT = 100.0", "SHIFT = 200.0", "201.5"),
        ("near.py", "return half(x)", "return half(3)", "101.5"),
        ("far.py", "return x / 2.0", "return x / 4.0", "100.75"),
    ]
    kept = {again[-1]}
    for file, old, new, answer in changes:
        edit(toy / file, old, new)
        changed = told()
        assert (changed[0], len(changed)) == (answer, 2), new  # compiled
        kept.add(changed[-1])
        edit(toy / file, new, old)
    assert len(kept) == 1 + len(changes)  # and kept elsewhere


WHERE = "from sim.line.engines.compiled import kernel, loop; print(kernel.name_of(loop.run.py_func))"


def test_the_loops_machine_code_follows_the_rules_wherever_they_are_said(tmp_path: Path) -> None:
    """The shipped loop, by the name of its folder: a constant, a helper two files away; and what is no part of it."""
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))

    def name_after(file: str, old: str, new: str) -> str:
        text = (tmp_path / "sim" / file).read_text()
        edit(tmp_path / "sim" / file, old, new)
        told = python(WHERE, tmp_path, HOME=str(tmp_path))
        (tmp_path / "sim" / file).write_text(text)
        assert told.returncode == 0, told.stderr
        return told.stdout.strip()

    usual = name_after("line/rules.py", "", "")
    assert usual == name_after("line/rules.py", "class EventClass", "#: A comment.\n\n\nclass EventClass")
    assert usual == name_after("line/log.py", "stopped: other intervals", "stopped: differ")
    changes = [
        ("line/rules.py", "UNKNOWN_URGENCY = 1.0", "UNKNOWN_URGENCY = 0.0"),
        ("line/rules.py", "Verdict.REJECT if evidence > criterion", "Verdict.REJECT if evidence < criterion"),
        ("line/rules.py", "MISSING = 4", "MISSING = 5"),
        ("inspectors/human/detection.py", "return view * d_prime / 2.0 + z", "return view * d_prime / 2.0 - z"),
        ("line/route.py", "if u < edge", "if u <= edge"),
        ("line/engines/compiled/codes.py", "MANY = 2**40", "MANY = 2**41"),
    ]
    names = [name_after(*change) for change in changes]
    assert len({usual, *names}) == 1 + len(changes)
